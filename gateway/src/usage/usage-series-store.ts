import type { Db } from '../db/transaction.ts';
import { billedColumns, type SumColumn } from './narrow-sums-store.ts';
import { partsFor, partsForDays, type SumFilter } from './summed-range-store.ts';
import type { UsageDay } from './usage-range.ts';

export type SeriesGrouping = 'client' | 'project' | 'scenario' | 'model' | 'provider' | 'platform' | 'key';
export type SeriesInterval = 'hour' | 'day' | 'week' | 'month';
export type SeriesMetric =
  | 'cost_usd'
  | 'billable_usd'
  | 'requests'
  | 'input_tokens'
  | 'cached_tokens'
  | 'output_tokens'
  | 'tokens';

const groupColumn: Record<SeriesGrouping, SumColumn> = {
  client: 'client_id',
  project: 'project',
  scenario: 'scenario_id',
  model: 'model',
  provider: 'provider',
  platform: 'scenario_platform',
  key: 'key_id',
};

const sumsBilled = `round(sum(cost * (100 + coalesce(c.markup_percent, 0)::text::numeric) / 100))`;

/** Money in nano-dollars. Billed amounts are not here: they need the sums of each client first. */
const sumOf: Record<Exclude<SeriesMetric, 'billable_usd'>, string> = {
  cost_usd: 'sum(cost_nanos + second_cost_nanos)',
  requests: 'sum(requests)',
  input_tokens: 'sum(input_tokens)',
  cached_tokens: 'sum(cached_tokens)',
  output_tokens: 'sum(output_tokens)',
  tokens: 'sum(input_tokens + output_tokens)',
};

/** With each client's markup, for what is billed. */
const partsOfClients = `left join clients c on c.workspace_id = $1 and c.livemode = $2 and c.id = grouped.client_id`;
const sumsOfTags = `sum(requests)::bigint as requests, sum(input_tokens)::bigint as input, sum(cached_tokens)::bigint as cached,
  sum(output_tokens)::bigint as output, sum(cost_nanos)::bigint as cost, sum(second_cost_nanos)::bigint as second_cost`;

export interface SeriesPoint {
  /** A date, or the first moment of an hour. */
  at: string;
  group: string | null;
  /** It adds up the groups that are not among the largest. */
  isOther: boolean;
  value: bigint;
}

/** Points in the order of time, the largest group first. Only intervals in which calls ended have points. */
export async function selectSeries(
  db: Db,
  options: {
    filter: SumFilter;
    metric: SeriesMetric;
    interval: SeriesInterval;
    grouping: SeriesGrouping | undefined;
    timezone: string;
    days: readonly UsageDay[];
    top: number;
  },
): Promise<SeriesPoint[]> {
  const { filter, metric, interval, grouping } = options;
  const byZone = interval !== 'hour' && options.timezone !== 'UTC';
  const read: SumColumn[] = [
    ...(grouping === undefined ? [] : [groupColumn[grouping]]),
    ...(metric === 'billable_usd' ? await billedColumns(db, filter) : []),
  ];
  const { parts, values } = byZone
    ? await partsForDays(db, filter, { days: options.days, columns: read })
    : await partsFor(db, filter, { days: interval !== 'hour', columns: read });
  values.push(options.top);
  const columns = `${momentOf(interval, byZone)} as at, ${grouping === undefined ? 'null::text' : groupColumn[grouping]} as g`;
  const valued =
    metric === 'billable_usd'
      ? `grouped as (select ${columns}, client_id, ${sumsOfTags} from parts group by 1, 2, 3),
     valued as (select at, g, ${sumsBilled}::bigint as v from grouped ${partsOfClients} group by 1, 2)`
      : `valued as (select ${columns}, ${sumOf[metric]}::bigint as v from parts group by 1, 2)`;
  const { rows } = await db.query(
    `${parts},
     ${valued},
     ranked as (select g, row_number() over (order by sum(v) desc, g nulls last) > $${values.length} as is_other,
       row_number() over (order by sum(v) desc, g nulls last) as place from valued group by g)
     select to_char(at, '${formatOf(interval)}') as at, case when is_other then null else valued.g end as g, is_other, sum(v)::bigint as value
     from valued join ranked on coalesce(valued.g, '') = coalesce(ranked.g, '') and (valued.g is null) = (ranked.g is null)
     group by valued.at, 2, 3 order by valued.at, min(place)`,
    values,
  );
  return (rows as { at: string; g: string | null; is_other: boolean; value: bigint }[]).map((row) => ({
    at: row.at,
    group: row.g,
    isOther: row.is_other,
    value: row.value,
  }));
}

/** Where an interval begins, without a zone: its text is made of the few rows that are answered. */
function momentOf(interval: SeriesInterval, byZone: boolean): string {
  return `date_trunc('${interval}', ${byZone ? 'day::timestamp' : `at at time zone 'UTC'`})`;
}

function formatOf(interval: SeriesInterval): string {
  return interval === 'hour' ? 'YYYY-MM-DD"T"HH24:MI:SS".000Z"' : 'YYYY-MM-DD';
}

/** The cost and the billed amount of each group over the whole range, in nano-dollars. */
export async function sumCosts(
  db: Db,
  { filter, grouping }: { filter: SumFilter; grouping: SeriesGrouping },
): Promise<Map<string | null, { cost: bigint; billable: bigint }>> {
  const column = groupColumn[grouping];
  const { parts, values } = await partsFor(db, filter, { columns: [column, ...(await billedColumns(db, filter))] });
  const { rows } = await db.query(
    `${parts},
     grouped as (select ${column} as g, client_id, ${sumsOfTags} from parts group by 1, 2)
     select g, sum(cost + second_cost)::bigint as cost, ${sumsBilled}::bigint as billable from grouped ${partsOfClients} group by 1`,
    values,
  );
  return new Map(
    (rows as { g: string | null; cost: bigint; billable: bigint }[]).map(({ g, ...sums }) => [g, sums] as const),
  );
}
