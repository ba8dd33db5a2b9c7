import type { OutputOf } from '@ai-gateway/shared/contract';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useClientNames } from '../../api/client-names.ts';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { GroupButtons } from '../../components/group-buttons.tsx';
import { NoCalls } from '../../components/no-calls.tsx';
import { RangeButtons } from '../../components/range-buttons.tsx';
import { ranges, useDays } from '../../components/ranges.ts';
import { Screen } from '../../components/screen.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { ViewsMenu } from '../../components/views-menu.tsx';
import { countForPeople, durationForPeople, uptimeForPeople } from '../../format/money.ts';
import { nameForPeople } from '../../format/names.ts';
import { groupTitles, speedGroups, withoutName } from './groups.ts';
import { UsageTabs } from './usage-tabs.tsx';

type Row = OutputOf<'usage.latency'>['data'][number];

/** How long models take: the half, 95 % and 99 % of calls are at least this fast. */
export function SpeedScreen(): ReactNode {
  const { range = 'month', by = 'model' } = useSearch({ from: '/frame/app/usage/speed' });
  const navigate = useNavigate({ from: '/app/usage/speed' });
  const latency = useRead('usage.latency', { ...useDays(range), group_by: by }, { keep: true });
  const clientName = useClientNames(by === 'client' ? (latency.data?.data ?? []).map((row) => row.client_id) : []);
  return (
    <Screen
      title="Usage: Speed"
      note={`${ranges[range]}. Calls that failed are left out.`}
      actions={<ViewsMenu screen="speed" />}
    >
      <UsageTabs chosen="Speed" />
      <RangeButtons chosen={range} onChoose={(name) => void navigate({ search: (s) => ({ ...s, range: name }) })} />
      <GroupButtons
        groups={speedGroups}
        chosen={by}
        onChoose={(group) => void navigate({ search: (s) => ({ ...s, by: group }) })}
      />
      <Card title={`By ${by}`}>
        <Loaded query={latency}>
          {({ data }) => (
            <Table
              caption={`Speed by ${by}`}
              columns={columnsFor(by, clientName)}
              rows={data}
              rowKey={(row) => JSON.stringify([row.model, row.provider, row.client_id])}
              empty={<NoCalls />}
            />
          )}
        </Loaded>
      </Card>
      <ServiceLevel />
    </Screen>
  );
}

/** The figures of a report: this month, in the workspace's zone. */
function ServiceLevel(): ReactNode {
  const may = useMay();
  const sla = useRead('sla.get', {}, { enabled: may('sla.get') });
  if (!may('sla.get')) return null;
  return (
    <Card title="Service level">
      <Loaded query={sla}>
        {({ uptime_percent: uptime, latency_ms: latency }) => (
          <p>
            This month: uptime {uptime === null ? 'not recorded' : uptimeForPeople(uptime)}.{' '}
            {latency === null
              ? 'The total time is shown from 20 calls on.'
              : `Total time: ${timeOf(latency.p50)} P50, ${timeOf(latency.p95)} P95, ${timeOf(latency.p99)} P99.`}
          </p>
        )}
      </Loaded>
    </Card>
  );
}

function columnsFor(by: (typeof speedGroups)[number], clientName: (id: string) => string): readonly Column<Row>[] {
  const share = (title: string, of: 'first_byte_ms' | 'total_ms', name: 'p50' | 'p95' | 'p99'): Column<Row> => ({
    key: `${of} ${name}`,
    title,
    end: true,
    cell: (row) => timeOf(row[of]?.[name]),
  });
  return [
    {
      key: 'name',
      title: groupTitles[by],
      cell: ({ model, provider, client_id: id }) => (
        <bdi>
          {{
            model,
            provider: provider === null ? null : nameForPeople(provider),
            client: id === null ? null : clientName(id),
          }[by] ?? withoutName[by]}
        </bdi>
      ),
    },
    { key: 'n', title: 'Calls', end: true, cell: ({ n }) => countForPeople(n) },
    share('First byte P50', 'first_byte_ms', 'p50'),
    share('First byte P95', 'first_byte_ms', 'p95'),
    share('First byte P99', 'first_byte_ms', 'p99'),
    share('Total P50', 'total_ms', 'p50'),
    share('Total P95', 'total_ms', 'p95'),
    share('Total P99', 'total_ms', 'p99'),
  ];
}

function timeOf(ms: number | null | undefined): string {
  return ms == null ? 'too few' : durationForPeople(ms);
}
