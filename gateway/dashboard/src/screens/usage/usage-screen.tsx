import type { OutputOf } from '@ai-gateway/shared/contract';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { useZone } from '../../api/zone.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { DayChart } from '../../components/day-chart.tsx';
import { stacksOf } from '../../components/day-series.ts';
import { DownloadButton } from '../../components/download-button.tsx';
import { GroupButtons } from '../../components/group-buttons.tsx';
import { Money } from '../../components/money.tsx';
import { RangeButtons } from '../../components/range-buttons.tsx';
import { ranges, useDays } from '../../components/ranges.ts';
import { Screen } from '../../components/screen.tsx';
import { Table } from '../../components/table.tsx';
import { countForPeople, moneyForPeople } from '../../format/money.ts';
import { daysBetween, placeOf } from '../../format/when.ts';
import { groups } from './groups.ts';
import { UsageTabs } from './usage-tabs.tsx';

type Row = OutputOf<'usage.clients'>['data'][number];
type Group = (typeof groups)[number];

/** Cost by day and by whatever the reader asks for; the file has the same rows. */
export function UsageScreen(): ReactNode {
  const { range = 'month', by = 'client' } = useSearch({ from: '/frame/app/usage' });
  const navigate = useNavigate({ from: '/app/usage' });
  const zone = useZone();
  const days = useDays(range);
  const usage = useRead('usage.clients', { ...days, group_by: by, limit: 100 }, { keep: true });
  const series = useRead('usage.series', { ...days, metric: 'cost_usd', group_by: by }, { keep: true });
  const query = new URLSearchParams({ format: 'csv', from: days.from, to: days.to, group_by: by });
  return (
    <Screen
      title="Usage"
      note={`${ranges[range]}, ${days.from} to ${days.to}, ${placeOf(zone)} time`}
      actions={
        <DownloadButton label="Export" href={`/v1/usage/clients?${query}`} name={`usage-by-${by}-${days.from}.csv`} />
      }
    >
      <UsageTabs chosen="Cost" />
      <RangeButtons chosen={range} onChoose={(name) => void navigate({ search: (s) => ({ ...s, range: name }) })} />
      <GroupButtons
        groups={groups}
        chosen={by}
        onChoose={(group) => void navigate({ search: (s) => ({ ...s, by: group }) })}
      />
      <Card title="Cost by day">
        <Loaded query={series}>
          {({ data }) => {
            const stacks = stacksOf(data, 'none', daysBetween(days.from, days.to));
            return (
              <DayChart
                label={`Daily cost by ${by}`}
                stacks={stacks}
                sentence={`${moneyForPeople(stacks.total)} in ${stacks.days.length} days.`}
                format={(value) => moneyForPeople(value)}
              />
            );
          }}
        </Loaded>
      </Card>
      <Card title={`By ${by}`}>
        <Loaded query={usage}>
          {({ data, totals }) => (
            <>
              <p>
                Total: cost <Money amount={totals.cost_usd} />, billed <Money amount={totals.billable_usd} />,{' '}
                {countForPeople(totals.requests)} calls
              </p>
              <Table
                caption={`Usage by ${by}`}
                columns={[
                  { key: 'name', title: by, cell: (row: Row) => <bdi>{nameOf(row, by)}</bdi> },
                  { key: 'calls', title: 'Calls', end: true, cell: ({ requests }) => countForPeople(requests) },
                  { key: 'in', title: 'Tokens in', end: true, cell: (row) => countForPeople(row.input_tokens) },
                  { key: 'out', title: 'Tokens out', end: true, cell: (row) => countForPeople(row.output_tokens) },
                  {
                    key: 'cost',
                    title: 'Cost',
                    end: true,
                    cell: (row) => <Money amount={row.cost_usd} estimated={row.estimated_requests > 0} />,
                  },
                  { key: 'billed', title: 'Billed', end: true, cell: (row) => <Money amount={row.billable_usd} /> },
                ]}
                rows={data}
                rowKey={({ client_id, project, scenario_id, scenario_platform, model, provider, key_id }) =>
                  JSON.stringify([client_id, project, scenario_id, scenario_platform, model, provider, key_id])
                }
                empty="No calls in this range."
              />
            </>
          )}
        </Loaded>
      </Card>
    </Screen>
  );
}

function nameOf(row: Row, by: Group): string {
  const value = {
    client: row.name ?? row.client_id,
    project: row.project,
    scenario: row.scenario_id,
    model: row.model,
    provider: row.provider,
    key: row.name ?? row.key_id,
  }[by];
  return value ?? 'none';
}
