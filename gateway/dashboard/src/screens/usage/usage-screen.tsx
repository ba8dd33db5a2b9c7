import type { OutputOf } from '@ai-gateway/shared/contract';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useClientNames } from '../../api/client-names.ts';
import { useRead } from '../../api/queries.ts';
import { useScenarioNames } from '../../api/scenario-names.ts';
import { useZone } from '../../api/zone.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { DayChart } from '../../components/day-chart.tsx';
import { groupsIn, stacksOf } from '../../components/day-series.ts';
import { DownloadButton } from '../../components/download-button.tsx';
import { GoLink } from '../../components/go-link.tsx';
import { GroupButtons } from '../../components/group-buttons.tsx';
import { useHeldOrder } from '../../components/held-order.ts';
import { Money } from '../../components/money.tsx';
import { NoCalls } from '../../components/no-calls.tsx';
import { Pages, sortedUpTo100 } from '../../components/pages.tsx';
import { RangeButtons } from '../../components/range-buttons.tsx';
import { ranges, useDays } from '../../components/ranges.ts';
import { ScenarioName } from '../../components/scenario-name.tsx';
import { Screen } from '../../components/screen.tsx';
import { sortingBy, sortRows } from '../../components/sorted-rows.ts';
import { type Column, Table } from '../../components/table.tsx';
import { ViewsMenu } from '../../components/views-menu.tsx';
import { callsForPeople, countForPeople, moneyForPeople, shortCount } from '../../format/money.ts';
import { nameForPeople } from '../../format/names.ts';
import { daysBetween, daysForPeople, placeOf } from '../../format/when.ts';
import { type Group, groups, groupTitles, type UsageSearch, withoutName } from './groups.ts';
import { UsageTabs } from './usage-tabs.tsx';

type Row = OutputOf<'usage.clients'>['data'][number];

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
  const sort = search.sort ?? (tab === 'Cost' ? '-cost' : '-total');
  const kept = search.sort === undefined ? {} : { sort: search.sort };
  const zone = useZone();
  const days = useDays(range);
  const { metric, say, unit } = figures[tab];
  const usage = useRead(
    'usage.clients',
    { ...days, group_by: by, limit: 100, ...(cursor && { cursor }) },
    { keep: true },
  );
  // As many as the chart has colours.
  const series = useRead('usage.series', { ...days, metric, group_by: by, top: 6 }, { keep: true });
  const clientName = useClientNames(by === 'client' ? groupsIn(series.data?.data) : []);
  const scenarioName = useScenarioNames(by === 'scenario' ? groupsIn(series.data?.data) : []);
  const columns = columnsOf(tab, by);
  // A page of a longer list has the order of the API.
  const isWhole = usage.data?.next_cursor === null && cursor === undefined;
  const rows = useHeldOrder({
    rows: usage.data?.data ?? [],
    by: `${by} ${sort} ${isWhole}`,
    idOf: rowKey,
    sort: (data) => (isWhole ? sortRows(data, columns, sort) : data),
  });
  const query = new URLSearchParams({ format: 'csv', from: days.from, to: days.to, group_by: by });
  return (
    <Screen
      title={tab === 'Cost' ? 'Usage' : `Usage: ${tab}`}
      note={`${ranges[range]}, ${daysForPeople(days)}, ${placeOf(zone)} time`}
      actions={
        <>
          <ViewsMenu screen={tab === 'Cost' ? 'usage' : 'tokens'} />
          <DownloadButton label="Export" href={`/v1/usage/clients?${query}`} name={`usage-by-${by}-${days.from}.csv`} />
        </>
      }
    >
      <UsageTabs chosen={tab} />
      <RangeButtons chosen={range} onChoose={(name) => onSearch({ ...kept, by, range: name })} />
      <GroupButtons groups={groups} chosen={by} onChoose={(group) => onSearch({ ...kept, range, by: group })} />
      <Card title={`${tab} by day`}>
        <Loaded query={series}>
          {({ data }) => {
            const stacks = stacksOf(data, withoutName[by], daysBetween(days.from, days.to));
            return (
              <DayChart
                label={`Daily ${tab.toLowerCase()} by ${by}`}
                stacks={stacks}
                sentence={`${say(stacks.total)}${unit} in ${stacks.days.length === 1 ? '1 day' : `${stacks.days.length} days`}.`}
                format={say}
                {...(by === 'client' && { nameOf: clientName })}
                {...(by === 'scenario' && { nameOf: (id: string) => scenarioName(id) ?? id })}
              />
            );
          }}
        </Loaded>
      </Card>
      <Card title={`By ${by}`}>
        <Loaded query={usage}>
          {({ totals, next_cursor: next }) => (
            <>
              <Totals tab={tab} totals={totals} />
              <Table
                caption={`Usage by ${by}`}
                columns={columns}
                rows={rows}
                {...(isWhole && { sorting: sortingBy(columns, sort, (to) => onSearch({ ...search, sort: to })) })}
                rowKey={rowKey}
                empty={<NoCalls />}
              />
              <Pages
                next={next}
                cursor={cursor}
                note={sortedUpTo100}
                onCursor={(to) => onSearch({ ...search, cursor: to })}
              />
            </>
          )}
        </Loaded>
      </Card>
    </Screen>
  );
}

function rowKey(row: Row): string {
  const { client_id, project, scenario_id, scenario_platform, model, provider, key_id } = row;
  return JSON.stringify([client_id, project, scenario_id, scenario_platform, model, provider, key_id]);
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
      , billed <Money amount={totals.billable_usd} />, {callsForPeople(requests)}
    </p>
  ) : (
    <p>
      Total: {countForPeople(read)} in, of which {countForPeople(cached)} from a cache, and {countForPeople(written)}{' '}
      out, {callsForPeople(requests)}
    </p>
  );
}

function columnsOf(tab: 'Cost' | 'Tokens', by: Group): readonly Column<Row>[] {
  const name: Column<Row> = {
    key: 'name',
    title: groupTitles[by],
    order: (row) => nameOf(row, by) ?? '\uffff',
    cell: (row) => <RowName row={row} by={by} />,
  };
  return [name, count('calls', 'Calls', ({ requests }) => requests), ...(tab === 'Cost' ? costColumns : tokenColumns)];
}

/** A client leads to its own screen. */
function RowName({ row, by }: { row: Row; by: Group }): ReactNode {
  const name = nameOf(row, by);
  if (name === undefined) return withoutName[by];
  if (by === 'scenario') return <ScenarioName id={row.scenario_id} name={name === row.scenario_id ? null : name} />;
  if (by !== 'client' || row.client_id === null) return <bdi>{by === 'provider' ? nameForPeople(name) : name}</bdi>;
  return (
    <GoLink href={`/app/clients/${encodeURIComponent(row.client_id)}`}>
      <bdi>{name}</bdi>
    </GoLink>
  );
}

const count = (key: string, title: string, of: (row: Row) => number): Column<Row> => ({
  ...{ key, title, end: true, order: of },
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
    order: (row) => row.cost_usd,
    amount: (row) => row.cost_usd,
    cell: (row) => <Money amount={row.cost_usd} estimated={row.estimated_requests > 0} />,
  },
  {
    key: 'billed',
    title: 'Billed',
    end: true,
    order: (row) => row.billable_usd,
    amount: (row) => row.billable_usd,
    cell: (row) => <Money amount={row.billable_usd} />,
  },
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

function nameOf(row: Row, by: Group): string | undefined {
  const value = {
    client: row.name ?? row.client_id,
    project: row.project,
    scenario: row.name ?? row.scenario_id,
    model: row.model,
    provider: row.provider,
    key: row.name ?? row.key_id,
  }[by];
  return value ?? undefined;
}
