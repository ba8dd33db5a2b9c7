import type { OutputOf } from '@ai-gateway/shared/contract';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, ErrorCard, Loaded } from '../../components/card.tsx';
import { useHeldOrder } from '../../components/held-order.ts';
import { Money } from '../../components/money.tsx';
import { Pages, sortedUpTo100 } from '../../components/pages.tsx';
import styles from '../../components/parts.module.css';
import { Screen } from '../../components/screen.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { sortingBy, sortRows } from '../../components/sorted-rows.ts';
import { type Column, Table } from '../../components/table.tsx';
import { ViewsMenu } from '../../components/views-menu.tsx';
import { countForPeople } from '../../format/money.ts';
import { useFormDialog } from '../../frame/overlay.tsx';
import { type ClientUsage, useClientFigures } from './use-client-figures.ts';

type Client = OutputOf<'clients.list'>['data'][number];

/** Every client by name, with this month's figures. */
export function ClientsScreen(): ReactNode {
  const { search, sort, cursor } = useSearch({ from: '/frame/app/clients' });
  const navigate = useNavigate({ from: '/app/clients' });
  const may = useMay();
  const openForm = useFormDialog();
  const clients = useRead(
    'clients.list',
    { ...(search && { search }), ...(cursor && { cursor }), limit: 100 },
    { keep: true },
  );
  const ids = (clients.data?.data ?? []).map(({ id }) => id);
  const { usedBy, error } = useClientFigures(ids);
  const columns = columnsOf(usedBy);
  // A page of a longer list has the order of the API.
  const isWhole = clients.data?.next_cursor === null && cursor === undefined;
  const rows = useHeldOrder({
    rows: clients.data?.data ?? [],
    // Figures come after the names.
    by: JSON.stringify([sort, isWhole, ids.filter((id) => usedBy.has(id)).sort()]),
    idOf: ({ id }) => id,
    sort: (data) => (isWhole ? sortRows(data, columns, sort) : data),
  });
  return (
    <Screen
      title="Clients"
      note="This month by client. A client appears with the first call that names it."
      actions={
        <>
          <ViewsMenu screen="clients" />
          {may('clients.set') ? (
            <Button onClick={() => openForm({ operation: 'clients.set', title: 'Add a client', submit: 'Save' })}>
              Add a client
            </Button>
          ) : null}
        </>
      }
    >
      <Card title="All clients">
        <SearchField
          value={search ?? ''}
          onSearch={(text) =>
            void navigate({
              search: { ...(sort !== undefined && { sort }), ...(text !== '' && { search: text }) },
              replace: true,
            })
          }
        />
        <Loaded query={clients}>
          {({ next_cursor: next }) => {
            const onSort = (to: string): void => void navigate({ search: (before) => ({ ...before, sort: to }) });
            return (
              <>
                {error === null ? null : <ErrorCard error={error} />}
                <Table
                  caption="Clients"
                  columns={columns}
                  rows={rows}
                  {...(isWhole && { sorting: sortingBy(columns, sort, onSort) })}
                  rowKey={({ id }) => id}
                  empty={
                    search === undefined
                      ? 'No client yet. Send a call with the header x-client-id, or add a client here.'
                      : 'No client has such a name or id.'
                  }
                />
                <Pages
                  next={next}
                  cursor={cursor}
                  note={sortedUpTo100}
                  onCursor={(to) => void navigate({ search: (before) => ({ ...before, cursor: to }) })}
                />
              </>
            );
          }}
        </Loaded>
      </Card>
    </Screen>
  );
}

function columnsOf(usedBy: ReadonlyMap<string | null, ClientUsage>): readonly Column<Client>[] {
  const figure = (
    key: string,
    title: string,
    of: (usage: ClientUsage) => number,
    show: (value: number) => ReactNode,
  ): Column<Client> => ({
    ...{ key, title, end: true },
    order: ({ id }) => {
      const usage = usedBy.get(id);
      return usage === undefined ? Number.NEGATIVE_INFINITY : of(usage);
    },
    cell: ({ id }) => {
      const usage = usedBy.get(id);
      return usage === undefined ? '–' : show(of(usage));
    },
  });
  const money = (
    key: string,
    title: string,
    of: (usage: ClientUsage) => number,
    show = (amount: number): ReactNode => <Money amount={amount} />,
  ): Column<Client> => ({
    ...figure(key, title, of, show),
    amount: ({ id }) => {
      const usage = usedBy.get(id);
      return usage === undefined ? undefined : of(usage);
    },
  });
  return [
    {
      key: 'name',
      title: 'Client',
      order: ({ name }) => name,
      cell: ({ id, name }) => (
        <Link to="/app/clients/$id" params={{ id }}>
          <bdi>{name}</bdi>
        </Link>
      ),
    },
    figure('calls', 'Calls', ({ requests }) => requests, countForPeople),
    money('cost', 'Cost', ({ cost_usd: cost }) => cost),
    money('billed', 'Billed', ({ billable_usd: billed }) => billed),
    money('margin', 'Margin', marginOf, (margin) => <Margin amount={margin} />),
    {
      key: 'markup',
      title: 'Markup',
      end: true,
      order: ({ markup_percent: markup }) => markup ?? -1,
      cell: ({ markup_percent: markup }) => (markup === null ? '–' : `${markup} %`),
    },
  ];
}

function marginOf({ billable_usd: billed, cost_usd: cost }: ClientUsage): number {
  return billed - cost;
}

/** A client that brings nothing is said in words too: its markup is 0 % or none is set. */
function Margin({ amount }: { amount: number }): ReactNode {
  return Math.abs(amount) < 1e-9 ? <span className={styles.muted}>none</span> : <Money amount={amount} />;
}
