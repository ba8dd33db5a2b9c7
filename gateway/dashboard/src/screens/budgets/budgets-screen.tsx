import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { type ScopeNames, useScopeNames } from '../../api/scope-names.ts';
import { useMay } from '../../api/session.ts';
import { type Budget, BudgetLine } from '../../components/budget-line.tsx';
import { budgetStateOf, budgetStates } from '../../components/budget-states.ts';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Empty } from '../../components/empty.tsx';
import { useHeldOrder } from '../../components/held-order.ts';
import { Money } from '../../components/money.tsx';
import { Pages } from '../../components/pages.tsx';
import styles from '../../components/parts.module.css';
import { RaiseButtons } from '../../components/raise-buttons.tsx';
import { Screen } from '../../components/screen.tsx';
import { Status } from '../../components/status.tsx';
import { Table } from '../../components/table.tsx';
import { useFormDialog } from '../../frame/overlay.tsx';
import { BudgetHistory } from '../clients/client-history.tsx';
import { NewBudget } from './new-budget.tsx';
import { tightestFirst } from './tightest-first.ts';

const onLimit = {
  block: 'Refuses calls at the limit.',
  notify: 'Sends alerts, and refuses nothing.',
  downgrade: 'Answers with cheaper models from the first threshold on, and refuses calls at the limit.',
} as const;
const shownStates = ['exceeded', 'warning', 'ok'] as const;

/** Every budget with what is left of it. */
export function BudgetsScreen(): ReactNode {
  const { budget: openId, status, cursor } = useSearch({ from: '/frame/app/budgets' });
  const navigate = useNavigate({ from: '/app/budgets' });
  const may = useMay();
  const input = { limit: 50, ...(status && { status }), ...(cursor && { cursor }) };
  const budgets = useRead('budgets.list', input, { keep: true });
  const sorted = useHeldOrder({
    rows: budgets.data?.data ?? [],
    by: '',
    idOf: ({ id }) => id,
    sort: tightestFirst,
  });
  const nameOf = useScopeNames(sorted);
  return (
    <Screen
      title="Budgets"
      note="A budget is a hard limit: a call that could exceed it is refused before it is sent."
      actions={may('budgets.create') ? <NewBudget /> : undefined}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would look like part of a form. */}
      <div className={`${styles.row} screen-only`} role="group" aria-label="Budgets to show">
        {[undefined, ...shownStates].map((one) => (
          <Button
            key={one ?? 'all'}
            small
            aria-pressed={one === status}
            onClick={() => void navigate({ search: one === undefined ? {} : { status: one } })}
          >
            {one === undefined ? 'All' : budgetStates[one][1]}
          </Button>
        ))}
      </div>
      <Loaded query={budgets}>
        {({ data, next_cursor: next }) => (
          <>
            {data.length === 0 ? (
              <Card title="All budgets">
                <Empty>
                  {status === undefined
                    ? 'No budget yet. “$5 a day for each scenario” stops a loop before it costs more than $5.'
                    : 'No budget is in this state.'}
                </Empty>
              </Card>
            ) : null}
            <div className={styles.pair}>
              {sorted.map((budget) => (
                <BudgetCard key={budget.id} budget={budget} nameOf={nameOf} />
              ))}
            </div>
            <Pages
              next={next}
              cursor={cursor}
              note="Each page has its tightest budgets first."
              onCursor={(to) => void navigate({ search: ({ cursor: _c, ...rest }) => ({ ...rest, cursor: to }) })}
            />
          </>
        )}
      </Loaded>
      {openId === undefined ? null : (
        <BudgetDialog id={openId} onClose={() => void navigate({ search: ({ budget: _b, ...rest }) => rest })} />
      )}
    </Screen>
  );
}

function BudgetCard({ budget, nameOf }: { budget: Budget; nameOf: ScopeNames }): ReactNode {
  const may = useMay();
  const openForm = useFormDialog();
  const [kind, words] = budgetStateOf(budget);
  return (
    <Card
      title={
        <Link to="/app/budgets" search={{ budget: budget.id }}>
          <bdi>{budget.name}</bdi>
        </Link>
      }
      actions={<Status kind={kind}>{words}</Status>}
    >
      <div className={styles.stack}>
        <BudgetLine budget={budget} />
        <BudgetRule budget={budget} nameOf={nameOf} />
        <div className={`${styles.row} screen-only`}>
          <RaiseButtons budget={budget} />
          {may('budgets.update') ? (
            <Button
              small
              aria-label={`Change ${budget.name}`}
              onClick={() =>
                openForm({
                  operation: 'budgets.update',
                  title: `Change ${budget.name}`,
                  fixed: { id: budget.id },
                  initial: budget,
                  submit: 'Save',
                })
              }
            >
              Change
            </Button>
          ) : null}
          {may('budgets.remove') ? (
            <Button
              small
              kind="quiet"
              aria-label={`Remove limit ${budget.name}`}
              onClick={() =>
                openForm({
                  operation: 'budgets.remove',
                  title: `Remove the limit ${budget.name}`,
                  fixed: { id: budget.id },
                  confirmName: budget.name,
                  submit: 'Remove limit',
                })
              }
            >
              Remove limit
            </Button>
          ) : null}
        </div>
      </div>
    </Card>
  );
}

/** The calls that it counts, and what it does with them at its limit. */
function BudgetRule({ budget, nameOf }: { budget: Budget; nameOf: ScopeNames }): ReactNode {
  return (
    <p className={styles.muted}>
      {scopeText(budget, nameOf)}, {budget.period === 'total' ? 'in total' : `a ${budget.period}`}.{' '}
      {onLimit[budget.on_limit]}
    </p>
  );
}

/** One budget in full, as an alert leads to it: the way to raise it, its instances where it has them, and its history. */
function BudgetDialog({ id, onClose }: { id: string; onClose: () => void }): ReactNode {
  const budget = useRead('budgets.get', { id });
  const nameOf = useScopeNames(budget.data === undefined ? [] : [budget.data]);
  return (
    <Dialog title={budget.data?.name ?? 'Budget'} wide onClose={onClose}>
      <div className={styles.stack}>
        <Loaded query={budget}>
          {(data) => (
            <>
              <BudgetLine budget={data} />
              <BudgetRule budget={data} nameOf={nameOf} />
              <div className={`${styles.row} screen-only`}>
                <RaiseButtons budget={data} plain />
              </div>
              {Object.values(data.scope).includes('*') ? <Instances id={id} /> : null}
            </>
          )}
        </Loaded>
        <BudgetHistory id={id} name={budget.data?.name ?? id} />
      </div>
    </Dialog>
  );
}

function Instances({ id }: { id: string }): ReactNode {
  const instances = useRead('budgets.instances', { id, limit: 100 });
  const nameOf = useScopeNames(instances.data?.data ?? []);
  return (
    <Loaded query={instances}>
      {({ data }) => (
        <Table
          caption="Instances"
          columns={[
            {
              key: 'scope',
              title: 'For',
              cell: ({ scope }) => (
                <bdi>
                  {Object.entries(scope)
                    .map(([tag, value]) => nameOf(tag, value ?? ''))
                    .join(', ')}
                </bdi>
              ),
            },
            { key: 'spent', title: 'Spent', end: true, cell: ({ spent_usd: spent }) => <Money amount={spent} /> },
            { key: 'left', title: 'Left', end: true, cell: ({ remaining_usd: left }) => <Money amount={left} /> },
          ]}
          rows={data}
          rowKey={({ scope }) => JSON.stringify(scope)}
          empty="Nobody has called in this period yet."
        />
      )}
    </Loaded>
  );
}

const tagNames: Readonly<Record<string, string>> = {
  client_id: 'client',
  project: 'project',
  scenario_id: 'scenario',
  key_id: 'key',
};

function scopeText({ scope }: Pick<Budget, 'scope'>, nameOf: ScopeNames): string {
  const parts = Object.entries(scope).map(([tag, value]) =>
    value === '*' ? `each ${tagNames[tag] ?? tag} by itself` : `${tagNames[tag] ?? tag} ${nameOf(tag, value ?? '')}`,
  );
  return parts.length === 0 ? 'All calls' : `Calls of ${parts.join(' and ')}`;
}
