import { Link, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMode } from '../../api/mode.ts';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { BudgetLine } from '../../components/budget-line.tsx';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import styles from '../../components/parts.module.css';
import { RaiseButtons } from '../../components/raise-buttons.tsx';
import { Screen } from '../../components/screen.tsx';
import { useFormDialog } from '../../frame/overlay.tsx';
import { ClientBilling } from './client-billing.tsx';
import { ClientHistory } from './client-history.tsx';
import { ClientInvoices } from './client-invoices.tsx';
import { ClientLinks } from './client-links.tsx';
import { ClientUsage } from './client-usage.tsx';

const tabs = [
  ['scenarios', 'Scenarios'],
  ['models', 'Models'],
  ['invoices', 'Invoices'],
  ['links', 'Links and keys'],
  ['billing', 'Billing'],
  ['history', 'History'],
] as const;

/** All about one client: its budgets, this month's usage, invoices, links, and how it is billed. */
export function ClientScreen(): ReactNode {
  const { id } = useParams({ from: '/frame/app/clients/$id' });
  const { tab = 'scenarios' } = useSearch({ from: '/frame/app/clients/$id' });
  const client = useRead('clients.get', { id });
  const name = client.data?.name ?? id;
  return (
    <Screen title={name} note={<ClientFigures id={id} />} actions={<ClientActions id={id} name={name} />}>
      <ClientBudgets id={id} name={name} />
      <nav className={`${styles.tabs} screen-only`} aria-label="Client">
        {tabs.map(([key, title]) => (
          <Link
            key={key}
            to="/app/clients/$id"
            params={{ id }}
            search={{ tab: key }}
            className={styles.tab}
            aria-current={tab === key ? 'page' : undefined}
          >
            {title}
          </Link>
        ))}
      </nav>
      {tab === 'scenarios' ? <ClientUsage id={id} group="scenario" /> : null}
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
      This month: cost <Money amount={totals.cost_usd} />, billed <Money amount={totals.billable_usd} />,{' '}
      {totals.requests} calls
    </>
  );
}

function ClientActions({ id, name }: { id: string; name: string }): ReactNode {
  const may = useMay();
  const mode = useMode();
  const openForm = useFormDialog();
  return (
    <>
      {may('clients.links.create') ? (
        <Button
          onClick={() =>
            openForm({
              operation: 'clients.links.create',
              title: `Share the portal with ${name}`,
              fixed: { id },
              initial: { name },
              submit: 'Create link',
            })
          }
        >
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
              initial: { period: 'last_month' },
              only: ['period'],
              submit: 'Issue',
              done: `The invoice of ${name} is issued`,
            })
          }
        >
          Invoice
        </Button>
      ) : null}
      {may('keys.create') ? (
        <Button
          kind="primary"
          onClick={() =>
            openForm({
              operation: 'keys.create',
              title: `New key for ${name}`,
              fixed: { tags: { client_id: id }, locked_tags: ['client_id'], mode, role: 'caller' },
              initial: { name },
              only: ['name', 'expires_at'],
              submit: 'Create',
            })
          }
        >
          New key
        </Button>
      ) : null}
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
        {({ data }) =>
          data.length === 0 ? (
            <p className={styles.muted}>No budget limits this client. Calls are never refused for money.</p>
          ) : (
            <div className={styles.stack}>
              {[...data]
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
            </div>
          )
        }
      </Loaded>
    </Card>
  );
}
