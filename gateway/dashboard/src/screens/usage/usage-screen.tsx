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
import { Pages } from '../../components/pages.tsx';
import { RangeButtons } from '../../components/range-buttons.tsx';
import { ranges, useDays } from '../../components/ranges.ts';
import { Screen } from '../../components/screen.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { ViewsMenu } from '../../components/views-menu.tsx';
import { countForPeople, moneyForPeople, shortCount } from '../../format/money.ts';
import { daysBetween, placeOf } from '../../format/when.ts';
import { groups, type UsageSearch } from './groups.ts';
import { UsageTabs } from './usage-tabs.tsx';

type Row = OutputOf<'usage.clients'>['data'][number];
type Group = (typeof groups)[number];

/** Cost by day and by whatever the reader asks for; the file has the same rows. */
export function UsageScreen(): ReactNode {
  const search = useSearch({ from: '/frame/app/usage' });
  const navigate = useNavigate({ from: '/app/usage' });
  return <UsageBy tab="Cost" search={search} onSearch={(next) => void navigate({ search: next })} />;
}

/** The same for tokens: read, taken from a provider's cache, and written. */
export function TokensScreen(): ReactNode {
  const search = useSearch({ from: '/frame/app/usage/tokens' });
  const navigate = useNavigate({ from: '/app/usage/tokens' });
  return <UsageBy tab="Tokens" search={search} onSearch={(next) => void navigate({ search: next })} />;
}

interface UsageByProps {
  tab: 'Cost' | 'Tokens';
  search: UsageSearch;
  onSearch: (search: UsageSearch) => void;
}

function UsageBy({ tab, search, onSearch }: UsageByProps): ReactNode {
  const { range = 'month', by = 'client', cursor } = search;
  const zone = useZone();
  const days = useDays(range);
  const { metric, say, unit } = figures[tab];
  const usage = useRead(
    'usage.clients',
    { ...days, group_by: by, limit: 100, ...(cursor && { cursor }) },
    { keep: true },
  );
  const series = useRead('usage.series', { ...days, metric, group_by: by }, { keep: true });
  const query = new URLSearchParams({ format: 'csv', from: days.from, to: days.to, group_by: by });
  return (
    <Screen
      title={tab === 'Cost' ? 'Usage' : `Usage: ${tab}`}
      note={`${ranges[range]}, ${days.from} to ${days.to}, ${placeOf(zone)} time`}
      actions={
        <>
          <ViewsMenu screen={tab === 'Cost' ? 'usage' : 'tokens'} />
          <DownloadButton label="Export" href={`/v1/usage/clients?${query}`} name={`usage-by-${by}-${days.from}.csv`} />
        </>
      }
    >
      <UsageTabs chosen={tab} />
      <RangeButtons chosen={range} onChoose={(name) => onSearch({ by, range: name })} />
      <GroupButtons groups={groups} chosen={by} onChoose={(group) => onSearch({ range, by: group })} />
      <Card title={`${tab} by day`}>
        <Loaded query={series}>
          {({ data }) => {
            const stacks = stacksOf(data, 'none', daysBetween(days.from, days.to));
            return (
              <DayChart
                label={`Daily ${tab.toLowerCase()} by ${by}`}
                stacks={stacks}
                sentence={`${say(stacks.total)}${unit} in ${stacks.days.length} days.`}
                format={say}
              />
            );
          }}
        </Loaded>
      </Card>
      <Card title={`By ${by}`}>
        <Loaded query={usage}>
          {({ data, totals, next_cursor: next }) => (
            <>
              <Totals tab={tab} totals={totals} />
              <Table
                caption={`Usage by ${by}`}
                columns={[
                  { key: 'name', title: by, cell: (row: Row) => <bdi>{nameOf(row, by)}</bdi> },
                  { key: 'calls', title: 'Calls', end: true, cell: ({ requests }) => countForPeople(requests) },
                  ...(tab === 'Cost' ? costColumns : tokenColumns),
                ]}
                rows={data}
                rowKey={({ client_id, project, scenario_id, scenario_platform, model, provider, key_id }) =>
                  JSON.stringify([client_id, project, scenario_id, scenario_platform, model, provider, key_id])
                }
                empty="No calls in this range."
              />
              <Pages next={next} cursor={cursor} onCursor={(to) => onSearch({ ...search, cursor: to })} />
            </>
          )}
        </Loaded>
      </Card>
    </Screen>
  );
}

const figures = {
  Cost: { metric: 'cost_usd', unit: '', say: (value: number) => moneyForPeople(value) },
  Tokens: { metric: 'tokens', unit: ' tokens', say: shortCount },
} as const;

type TotalsOf = Pick<
  Row,
  'requests' | 'input_tokens' | 'cached_tokens' | 'output_tokens' | 'cost_usd' | 'billable_usd' | 'second_answers_usd'
>;

function Totals({ tab, totals }: { tab: 'Cost' | 'Tokens'; totals: TotalsOf }): ReactNode {
  const { requests, input_tokens: read, cached_tokens: cached, output_tokens: written } = totals;
  return tab === 'Cost' ? (
    <p>
      Total: cost <Money amount={totals.cost_usd} />
      {totals.second_answers_usd > 0 && (
        <>
          , of which <Money amount={totals.second_answers_usd} /> for second answers of auto
        </>
      )}
      , billed <Money amount={totals.billable_usd} />, {countForPeople(requests)} calls
    </p>
  ) : (
    <p>
      Total: {countForPeople(read)} in, of which {countForPeople(cached)} from a cache, and {countForPeople(written)}{' '}
      out, {countForPeople(requests)} calls
    </p>
  );
}

const count = (key: string, title: string, of: (row: Row) => number): Column<Row> => ({
  ...{ key, title, end: true },
  cell: (row) => countForPeople(of(row)),
});
const tokensIn = count('in', 'Tokens in', ({ input_tokens: tokens }) => tokens);
const tokensOut = count('out', 'Tokens out', ({ output_tokens: tokens }) => tokens);

const costColumns: readonly Column<Row>[] = [
  tokensIn,
  tokensOut,
  {
    key: 'cost',
    title: 'Cost',
    end: true,
    cell: (row) => <Money amount={row.cost_usd} estimated={row.estimated_requests > 0} />,
  },
  { key: 'billed', title: 'Billed', end: true, cell: (row) => <Money amount={row.billable_usd} /> },
];

const tokenColumns: readonly Column<Row>[] = [
  tokensIn,
  count('cached', 'Of them cached', ({ cached_tokens: tokens }) => tokens),
  tokensOut,
  count('total', 'Total', (row) => row.input_tokens + row.output_tokens),
  {
    key: 'each',
    title: 'A call',
    end: true,
    cell: (row) =>
      row.requests === 0 ? '–' : countForPeople(Math.round((row.input_tokens + row.output_tokens) / row.requests)),
  },
];

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
