import { Link, useParams, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useMode } from '../../api/mode.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { useToday } from '../../api/today.ts';
import { Answer } from '../../components/answer.tsx';
import { BudgetLine } from '../../components/budget-line.tsx';
import { Button } from '../../components/button.tsx';
import { Card, Loaded, messageOf } from '../../components/card.tsx';
import { copyText } from '../../components/copy-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Money } from '../../components/money.tsx';
import { PartLinks } from '../../components/part-links.tsx';
import styles from '../../components/parts.module.css';
import { RaiseButtons } from '../../components/raise-buttons.tsx';
import { Screen } from '../../components/screen.tsx';
import { useToast } from '../../components/toast.tsx';
import { callsForPeople } from '../../format/money.ts';
import { addMonths } from '../../format/when.ts';
import { useFormDialog } from '../../frame/overlay.tsx';
import { ClientBilling } from './client-billing.tsx';
import { ClientChart } from './client-chart.tsx';
import { ClientHistory } from './client-history.tsx';
import { ClientInvoices } from './client-invoices.tsx';
import { ClientLinks } from './client-links.tsx';
import { ClientUsage } from './client-usage.tsx';

/** Each with the operation that it needs. */
const tabs = [
  ['scenarios', 'Scenarios', 'usage.clients'],
  ['models', 'Models', 'usage.clients'],
  ['invoices', 'Invoices', 'invoices.list'],
  ['links', 'Links and keys', 'clients.links.list'],
  ['billing', 'Billing', 'clients.get'],
  ['history', 'History', 'budgets.history'],
] as const;

/** All about one client: its budgets, this month's usage, invoices, links, and how it is billed. */
export function ClientScreen(): ReactNode {
  const { id } = useParams({ from: '/frame/app/clients/$id' });
  const { tab: asked } = useSearch({ from: '/frame/app/clients/$id' });
  const may = useMay();
  const shown = tabs.filter(([, , needs]) => may(needs));
  const [tab] = shown.find(([key]) => key === asked) ?? tabs[0];
  const client = useRead('clients.get', { id });
  const name = client.data?.name ?? id;
  return (
    <Screen title={name} note={<ClientFigures id={id} />} actions={<ClientActions id={id} name={name} />}>
      <ClientBudgets id={id} name={name} />
      <PartLinks
        label="Client"
        parts={shown.map(([key, title]) => ({
          name: title,
          href: `/app/clients/${encodeURIComponent(id)}?tab=${key}`,
          isChosen: tab === key,
        }))}
      />
      {tab === 'scenarios' ? (
        <>
          <ClientUsage id={id} group="scenario" />
          <ClientChart id={id} />
        </>
      ) : null}
      {tab === 'models' ? <ClientUsage id={id} group="model" /> : null}
      {tab === 'invoices' ? <ClientInvoices id={id} /> : null}
      {tab === 'links' ? <ClientLinks id={id} /> : null}
      {tab === 'billing' ? <Loaded query={client}>{(data) => <ClientBilling client={data} />}</Loaded> : null}
      {tab === 'history' ? <ClientHistory id={id} /> : null}
    </Screen>
  );
}

function ClientFigures({ id }: { id: string }): ReactNode {
  const usage = useRead('usage.clients', { client_id: id });
  const totals = usage.data?.totals;
  if (totals === undefined) return 'This month';
  return (
    <>
      This month: cost <Money amount={totals.cost_usd} />, billed <Money amount={totals.billable_usd} />, margin{' '}
      <Money amount={totals.billable_usd - totals.cost_usd} />, {callsForPeople(totals.requests)}
    </>
  );
}

function ClientActions({ id, name }: { id: string; name: string }): ReactNode {
  const may = useMay();
  const mode = useMode();
  const openForm = useFormDialog();
  const toast = useToast();
  const lastMonth = addMonths(useToday(), -1).slice(0, 7);
  const link = useChange('clients.links.create');
  const key = useChange('keys.create');
  const [made, setMade] = useState<{ title: string; answer: object; outcome?: string } | undefined>();
  // Names of clients may be longer than those of links and keys.
  const shortName = name.slice(0, 100);
  /** Made and copied at once, and shown once: what comes of it is for somebody else's eyes. */
  const make = async (
    title: string,
    work: () => Promise<{ answer: object; text: string; outcome?: string }>,
  ): Promise<void> => {
    try {
      const { text, ...rest } = await work();
      toast({ text: (await copyText(text)) ? 'Copied' : 'Copying is not allowed here. Copy it from the page.' });
      setMade({ title, ...rest });
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  const share = (): Promise<void> =>
    make(`The portal of ${name}`, async () => {
      const { url } = await link.mutateAsync({ id, name: shortName });
      const outcome = `Send this link to ${name}. It shows what they are billed, and never your cost, for 90 days. “Links and keys” revokes it.`;
      return { answer: { url }, text: url, outcome };
    });
  const newKey = (): Promise<void> =>
    make(`New key for ${name}`, async () => {
      const tags = { client_id: id };
      const input = { name: shortName, role: 'caller', mode, tags, locked_tags: ['client_id'] } as const;
      const { key: text } = await key.mutateAsync({ ...input, locked_tags: [...input.locked_tags] });
      return { answer: { key: text }, text };
    });
  return (
    <>
      {may('clients.links.create') ? (
        <Button disabled={link.isPending} onClick={() => void share()}>
          Share
        </Button>
      ) : null}
      {may('invoices.create') ? (
        <Button
          onClick={() =>
            openForm({
              operation: 'invoices.create',
              title: `Invoice ${name}`,
              fixed: { client_id: id },
              initial: { period: lastMonth },
              only: ['period'],
              help: { period: 'A month, such as 2026-10. The running month is billed up to now.' },
              submit: 'Issue',
              done: `The invoice of ${name} is issued`,
            })
          }
        >
          Invoice
        </Button>
      ) : null}
      {may('keys.create') ? (
        <Button kind="primary" disabled={key.isPending} onClick={() => void newKey()}>
          New key
        </Button>
      ) : null}
      {made === undefined ? null : (
        <Dialog title={made.title} onClose={() => setMade(undefined)}>
          <Answer answer={made.answer} outcome={made.outcome} onClose={() => setMade(undefined)} />
        </Dialog>
      )}
    </>
  );
}

function ClientBudgets({ id, name }: { id: string; name: string }): ReactNode {
  const may = useMay();
  const openForm = useFormDialog();
  const budgets = useRead('budgets.list', { client_id: id, limit: 100 }, { enabled: may('budgets.list') });
  return (
    <Card
      title="Budget"
      actions={
        may('budgets.create') ? (
          <Button
            small
            onClick={() =>
              openForm({
                operation: 'budgets.create',
                title: `New budget for ${name}`,
                initial: { name, period: 'month', scope: { client_id: id } },
                submit: 'Save',
              })
            }
          >
            New budget
          </Button>
        ) : undefined
      }
    >
      <Loaded query={budgets}>
        {({ data }) => {
          const own = data.filter(({ scope }) => scope.client_id === id);
          // Their figures are those of the client that has used most, and a raise is one for every client.
          const each = data.filter(({ scope }) => scope.client_id === '*');
          return (
            <div className={styles.stack}>
              {own.length === 0 ? (
                <p className={styles.muted}>
                  This client has no budget of its own. Budgets of the workspace, of projects and of scenarios still
                  apply.
                </p>
              ) : null}
              {own
                .sort((a, b) => b.percent_used - a.percent_used)
                .map((budget, index) => (
                  <div key={budget.id} className={styles.stack}>
                    <h3 dir="auto">{budget.name}</h3>
                    <BudgetLine budget={budget} />
                    <div className={`${styles.row} screen-only`}>
                      <RaiseButtons budget={budget} plain={index === 0} />
                    </div>
                  </div>
                ))}
              {each.map((budget) => (
                <p key={budget.id}>
                  <Link to="/app/budgets" search={{ budget: budget.id }}>
                    <bdi>{budget.name}</bdi>
                  </Link>
                  : <Money amount={budget.limit_usd} /> for each client
                </p>
              ))}
            </div>
          );
        }}
      </Loaded>
    </Card>
  );
}
