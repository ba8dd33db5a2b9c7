import type { OutputOf } from '@ai-gateway/shared/contract';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import { PagedTable } from '../../components/pages.tsx';
import { Screen } from '../../components/screen.tsx';
import { SearchField } from '../../components/search-field.tsx';
import type { Column } from '../../components/table.tsx';
import { ViewsMenu } from '../../components/views-menu.tsx';
import { When } from '../../components/when.tsx';
import { countForPeople } from '../../format/money.ts';
import { useFormDialog } from '../../frame/overlay.tsx';
import { type ClientUsage, useClientFigures } from './use-client-figures.ts';

type Client = OutputOf<'clients.list'>['data'][number];

/** Every client by name, with this month's figures. */
export function ClientsScreen(): ReactNode {
  const { search, cursor } = useSearch({ from: '/frame/app/clients' });
  const navigate = useNavigate({ from: '/app/clients' });
  const may = useMay();
  const openForm = useFormDialog();
  const clients = useRead(
    'clients.list',
    { ...(search && { search }), ...(cursor && { cursor }), limit: 50 },
    { keep: true },
  );
  const usedBy = useClientFigures((clients.data?.data ?? []).map(({ id }) => id));
  return (
    <Screen
      title="Clients"
      note="A client appears with its first call that names it. Cost and billed amounts are of this month."
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
          onSearch={(text) => void navigate({ search: text === '' ? {} : { search: text }, replace: true })}
        />
        <PagedTable
          caption="Clients"
          columns={columnsOf(usedBy)}
          query={clients}
          cursor={cursor}
          onCursor={(to) => void navigate({ search: (before) => ({ ...before, cursor: to }) })}
          rowKey={({ id }) => id}
          empty="No client yet. Send a call with the header x-client-id, or add a client here."
        />
      </Card>
    </Screen>
  );
}

function columnsOf(usedBy: ReadonlyMap<string | null, ClientUsage>): readonly Column<Client>[] {
  const figure = (of: (usage: ClientUsage) => ReactNode) => (client: Client) => {
    const usage = usedBy.get(client.id);
    return usage === undefined ? '–' : of(usage);
  };
  return [
    {
      key: 'name',
      title: 'Client',
      cell: ({ id, name }) => (
        <Link to="/app/clients/$id" params={{ id }}>
          <bdi>{name}</bdi>
        </Link>
      ),
    },
    { key: 'calls', title: 'Calls', end: true, cell: figure(({ requests }) => countForPeople(requests)) },
    { key: 'cost', title: 'Cost', end: true, cell: figure(({ cost_usd: cost }) => <Money amount={cost} />) },
    {
      key: 'billed',
      title: 'Billed',
      end: true,
      cell: figure(({ billable_usd: billed }) => <Money amount={billed} />),
    },
    {
      key: 'markup',
      title: 'Markup',
      end: true,
      cell: ({ markup_percent: markup }) => (markup === null ? '–' : `${markup} %`),
    },
    { key: 'first', title: 'First call', cell: ({ first_call_at: at }) => (at === null ? '–' : <When at={at} />) },
  ];
}
