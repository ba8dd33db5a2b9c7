import type { Db } from '../db/transaction.ts';
import { endedDays } from './ended-days.ts';
import { boundsOf } from './summed-range-store.ts';

/**
 * Latencies as histograms with fixed buckets, each 4 % wider than the one before: 1 ms to 10 minutes are 340 buckets. Histograms of
 * hours and days add up exactly, so a percentile of a month reads a few hundred rows instead of sorting its calls.
 */
const growth = 1.04;
const bucketOf = (ms: string): string => `ceil(ln(greatest(${ms}, 1)::float8) / ln(${growth}::float8))::smallint`;
/** Half way between a bucket's bounds by the relative error: 1.96 % off at most. */
const milliseconds = (bucket: string): string =>
  `round(2 * power(${growth}::float8, ${bucket}) / ${1 + growth})::integer`;

/** Of a column `ms`, and of a column `bucket`, for other sums with such histograms. */
export const bucketOfMs = bucketOf('ms');
export const msOfBucket = milliseconds('bucket');

const perMetric = `cross join lateral (values ('total', total_ms), ('first_byte', ttft_ms)) as m (metric, ms)`;
/** An answer from the cache says nothing of its provider, and nobody waits for a second answer. */
const isMeasured = `status = 'succeeded' and cache is distinct from 'hit' and shadow_of is null and m.ms is not null`;

const addHours = `
  insert into latency_hours (workspace_id, livemode, hour, provider, model, metric, buckets, counts)
  select workspace_id, livemode, hour, provider, model, metric, array_agg(bucket order by bucket), array_agg(n::integer order by bucket)
  from (
    select workspace_id, livemode, date_trunc('hour', created_at, 'UTC') as hour, provider, model, metric, ${bucketOf('ms')} as bucket,
      count(*) as n
    from calls ${perMetric} where created_at >= $1 and created_at < $2 and ${isMeasured} group by 1, 2, 3, 4, 5, 6, 7) as counted
  group by 1, 2, 3, 4, 5, 6`;

const addDays = `
  insert into latency_days (workspace_id, livemode, day, all_clients, client_id, provider, model, metric, buckets, counts)
  select workspace_id, livemode, day, all_clients, client_id, provider, model, metric, array_agg(bucket order by bucket),
    array_agg(n::integer order by bucket)
  from (
    select workspace_id, livemode, date_trunc('day', created_at, 'UTC') as day, false as all_clients, client_id, provider, model, metric,
      ${bucketOf('ms')} as bucket, count(*) as n
    from calls ${perMetric} where created_at >= $1 and created_at < $2 and ${isMeasured} group by 1, 2, 3, 4, 5, 6, 7, 8, 9
    union all
    select workspace_id, livemode, date_trunc('day', hour, 'UTC'), true, null, provider, model, metric, bucket, sum(n)
    from latency_hours cross join lateral unnest(buckets, counts) as b (bucket, n)
    where hour >= $1 and hour < $2 group by 1, 2, 3, 4, 5, 6, 7, 8, 9) as counted
  group by 1, 2, 3, 4, 5, 6, 7, 8`;

/** Writes the histograms of whole hours and of the days that end with them, in place of those written before. */
export async function writeLatency(tx: Db, from: Date, to: Date): Promise<void> {
  await tx.query('delete from latency_hours where hour >= $1 and hour < $2', [from, to]);
  await tx.query(addHours, [from, to]);
  await writeLatencyDays(tx, from, to);
}

/** The days that ended between the two. */
export async function writeLatencyDays(tx: Db, from: Date, to: Date): Promise<void> {
  const days = endedDays(from, to);
  if (days === undefined) return;
  await tx.query('delete from latency_days where day >= $1 and day < $2', [...days]);
  await tx.query(addDays, [...days]);
}

export type LatencyGrouping = 'model' | 'provider' | 'client' | 'hour' | 'day';

const columnsOfPercentiles = [50, 95, 99]
  .map((percent) => `${milliseconds(`min(bucket) filter (where upto * 100 >= total * ${percent})`)} as p${percent}`)
  .join(', ');

export interface LatencyFilter {
  workspaceId: string;
  livemode: boolean;
  clientId?: string | undefined;
  model?: string | undefined;
  provider?: string | undefined;
  /** Histograms do not know these: with one of them every call of the range is read. */
  project?: string | undefined;
  scenarioId?: string | undefined;
  scenarioPlatform?: string | undefined;
  keyId?: string | undefined;
}

/** The percentiles of one metric, in milliseconds. */
export interface Percentiles {
  calls: number;
  p50: number;
  p95: number;
  p99: number;
}

export interface LatencyGroup {
  group: string | null;
  total?: Percentiles;
  firstByte?: Percentiles;
}

/** A part of the range with a name: a day of the workspace's zone. */
export interface Stretch {
  name: string | null;
  from: Date;
  to: Date;
}

const ofWorkspace = 'workspace_id = $1 and livemode = $2';
const columns = 'provider, model, client_id';
const fromCalls = (from: string, to: string): string => `
  select name, created_at as at, ${columns}, metric, ${bucketOf('ms')} as bucket, 1 as n from stretches join calls
    on ${ofWorkspace} and created_at >= ${from} and created_at < ${to} ${perMetric} where ${isMeasured} @calls`;
const fromHours = (from: string, to: string): string => `
  select name, hour, provider, model, null as client_id, metric, bucket, n from stretches join latency_hours
    on ${ofWorkspace} and hour >= ${from} and hour < ${to} cross join lateral unnest(buckets, counts) as b (bucket, n) where true @sums`;

/** Whole days from the histograms of days, what is left of the range from those of hours, its edges from the calls. */
const partsFor = (perClient: boolean): string => `
  with stretches as (
    select * from json_to_recordset($3::json) as s (name text, start_at timestamptz, first_hour timestamptz, first_day timestamptz,
      last_day timestamptz, last_hour timestamptz, end_at timestamptz)),
  parts as (
    select name, day as at, ${columns}, metric, bucket, n from stretches join latency_days
      on ${ofWorkspace} and all_clients = ${!perClient} and day >= first_day and day < last_day
      cross join lateral unnest(buckets, counts) as b (bucket, n) where true @sums
    union all ${perClient ? fromCalls('start_at', 'first_day') : `${fromCalls('start_at', 'first_hour')} union all ${fromHours('first_hour', 'first_day')}`}
    union all ${perClient ? fromCalls('last_day', 'end_at') : `${fromHours('last_day', 'last_hour')} union all ${fromCalls('last_hour', 'end_at')}`})`;

const groupOf: Record<LatencyGrouping, string> = {
  model: 'model',
  provider: 'provider',
  client: 'client_id',
  day: 'name',
  // The hours of UTC in local time, `05:30` where a zone is half an hour off.
  hour: `to_char(date_trunc('hour', at, 'UTC') at time zone $4, 'YYYY-MM-DD"T"HH24:MI')`,
};

/** Percentiles of each group, the groups in their order. By hour the range is read by hours of UTC. */
export async function selectLatency(
  db: Db,
  options: { filter: LatencyFilter; grouping: LatencyGrouping; timezone: string; stretches: readonly Stretch[] },
): Promise<LatencyGroup[]> {
  const { filter, grouping } = options;
  const { rows: rollUps } = await db.query('select latency_until from usage_rollup');
  const known = (rollUps as { latency_until: Date | null }[])[0]?.latency_until ?? undefined;
  const isSummed = [filter.project, filter.scenarioId, filter.scenarioPlatform, filter.keyId].every(
    (tag) => tag === undefined,
  );
  const perClient = grouping === 'client' || filter.clientId !== undefined;
  const stretches = options.stretches.map(({ name, from, to }) => {
    const until = isSummed ? known : undefined;
    const [start_at, first_hour, first_day, last_day, last_hour, end_at] = boundsOf({ from, to }, until, {
      days: grouping !== 'hour',
    });
    return { name, start_at, first_hour, first_day, last_day, last_hour, end_at };
  });
  const values: unknown[] = [filter.workspaceId, filter.livemode, JSON.stringify(stretches)];
  if (grouping === 'hour') values.push(options.timezone);
  const condition = ([column, value]: readonly [string, string | undefined]): string => {
    if (value === undefined) return '';
    values.push(value);
    return `and ${column} = $${values.length}`;
  };
  const ofSums = (
    [
      ['client_id', filter.clientId],
      ['model', filter.model],
      ['provider', filter.provider],
    ] as const
  )
    .map(condition)
    .join(' ');
  const ofCalls = (
    [
      ['project', filter.project],
      ['scenario_id', filter.scenarioId],
      ['scenario_platform', filter.scenarioPlatform],
      ['key_id', filter.keyId],
    ] as const
  )
    .map(condition)
    .join(' ');
  const parts = partsFor(perClient).replaceAll('@sums', ofSums).replaceAll('@calls', `${ofSums} ${ofCalls}`);
  const column = groupOf[grouping];
  const { rows } = await db.query(
    `${parts},
     counted as (select ${column} as g, metric, bucket, sum(n) as n from parts group by 1, 2, 3),
     running as (select *, sum(n) over (partition by g, metric order by bucket) as upto, sum(n) over (partition by g, metric) as total from counted)
     select g, metric, max(total)::bigint as calls, ${columnsOfPercentiles}
     from running group by g, metric order by g nulls last, metric`,
    values,
  );
  const groups = new Map<string | null, LatencyGroup>();
  for (const { g, metric, calls, p50, p95, p99 } of rows as RawPercentiles[]) {
    const group = groups.get(g) ?? { group: g };
    group[metric === 'total' ? 'total' : 'firstByte'] = { calls: Number(calls), p50, p95, p99 };
    groups.set(g, group);
  }
  return [...groups.values()];
}

interface RawPercentiles {
  g: string | null;
  metric: 'total' | 'first_byte';
  calls: bigint;
  p50: number;
  p95: number;
  p99: number;
}
