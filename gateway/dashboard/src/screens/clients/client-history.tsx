import type { OutputOf } from '@ai-gateway/shared/contract';
import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { Money } from '../../components/money.tsx';
import { Table } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';

type Entry = OutputOf<'budgets.history'>['data'][number];

/** The events of the budgets of a client: past periods, raises, changes, each with the person or key behind it. */
export function ClientHistory({ id }: { id: string }): ReactNode {
  const may = useMay();
  const budgets = useRead('budgets.list', { client_id: id, limit: 20 }, { enabled: may('budgets.list') });
  return (
    <Loaded query={budgets}>
      {({ data }) =>
        data.length === 0 ? (
          <Card title="History">
            <Empty>This client has no budget, so there is no history yet.</Empty>
          </Card>
        ) : (
          data.map((budget) => <BudgetHistory key={budget.id} id={budget.id} name={budget.name} />)
        )
      }
    </Loaded>
  );
}

const kinds: Readonly<Record<Entry['kind'], string>> = {
  period: 'Period ended',
  created: 'Created',
  changed: 'Changed',
  raise: 'Raised',
  raise_undone: 'Raise taken back',
};

export function BudgetHistory({ id, name }: { id: string; name: string }): ReactNode {
  const history = useRead('budgets.history', { id, limit: 50 });
  return (
    <Card title={`History of ${name}`}>
      <Loaded query={history}>
        {({ data }) => (
          <Table
            stacked
            caption={`History of ${name}`}
            columns={[
              { key: 'at', title: 'When', cell: ({ at }) => <When at={at} /> },
              { key: 'kind', title: 'Event', cell: ({ kind }) => kinds[kind] },
              { key: 'by', title: 'By', cell: ({ by }) => (by === null ? '–' : <bdi>{by}</bdi>) },
              {
                key: 'amount',
                title: 'Amount',
                end: true,
                cell: ({ by_usd: amount, spent_usd: spent }) =>
                  amount !== null ? <Money amount={amount} /> : spent !== null ? <Money amount={spent} /> : '–',
              },
              { key: 'limit', title: 'Limit', end: true, cell: ({ limit_usd: limit }) => <Money amount={limit} /> },
            ]}
            rows={data}
            rowKey={(entry) => `${entry.kind} ${entry.at} ${entry.raise_id ?? ''}`}
            empty="Nothing has changed yet."
          />
        )}
      </Loaded>
    </Card>
  );
}
