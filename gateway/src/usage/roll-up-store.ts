import type { Pool, PoolClient } from 'pg';
import pg from 'pg';
import { withLongTransaction } from '../db/transaction.ts';
import { writeKinds } from './call-kinds-store.ts';
import { writeTimes } from './call-times-store.ts';
import { endedDays } from './ended-days.ts';
import { refreshMarked, writeUnits } from './experiment-units-store.ts';
import { writeLatency, writeLatencyDays } from './latency-store.ts';
import { writeNarrow, writeNarrowDays } from './narrow-sums-store.ts';
import { refreshMarkedPrompts, writePromptDays, writePromptSums } from './prompt-sums-store.ts';
import { sumColumns, sumsOfCalls, sumsOfSums } from './sum-columns.ts';
import { writeTaskDays, writeTaskSums } from './task-sums-store.ts';

/** Any number that is nobody else's: one process at a time sums up. */
const lock = 7_203_114_402n;
/** The number of hours that are summed at a time: a transaction of seconds, also over a month that was never summed. */
const hoursAtOnce = 24;

const sumsOf = (table: string, columns: string, from: string): string => `
  insert into ${table} (workspace_id, livemode, ${columns}, client_id, project, scenario_id, key_id, model, provider, scenario_platform, metered, summed_apart, ${sumColumns})
  ${from}`;

const hourSums = sumsOf(
  'usage_hours',
  'summed_tasks, summed_prompts, hour',
  `select workspace_id, livemode, true, true, date_trunc('hour', created_at, 'UTC'), client_id, project, scenario_id, key_id, model, provider,
     scenario_platform, metered, true, ${sumsOfCalls}
   from calls where created_at >= $1 and created_at < $2 and status <> 'open'
   group by 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13`,
);
const daySums = sumsOf(
  'usage_days',
  'day',
  `select workspace_id, livemode, date_trunc('day', hour, 'UTC'), client_id, project, scenario_id, key_id, model, provider,
     scenario_platform, metered, true, ${sumsOfSums}
   from usage_hours where hour >= $1 and hour < $2
   group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11`,
);

/** Somebody sums up for longer than one waits. */
class SumsInUse extends Error {}

/** Waits until nobody sums up, for as long as a statement of the transaction may take, and keeps it so until the transaction ends. */
export async function lockSums(
  tx: PoolClient,
  /** Throws `SumsInUse` after this time. A request has one: summing up millions of calls takes longer than its caller waits. */
  { waitMs }: { waitMs?: number | undefined } = {},
): Promise<void> {
  const { rows } = await tx.query(`select current_setting('lock_timeout') as usual`);
  // The limit 0 is none in Postgres.
  const limitMs = waitMs === undefined ? 0 : Math.max(1, Math.ceil(waitMs));
  await tx.query(`select set_config('lock_timeout', $1, true)`, [String(limitMs)]);
  await tx.query('select pg_advisory_xact_lock($1)', [lock]).catch((error: unknown) => {
    throw error instanceof pg.DatabaseError && error.code === '55P03' ? new SumsInUse() : error;
  });
  await tx.query(`select set_config('lock_timeout', $1, true)`, [(rows[0] as { usual: string }).usual]);
}

/** Does `work` while nobody sums up. False where somebody did for longer than `waitMs`: then nothing of it has happened. */
export async function withSums(
  db: Pool,
  waitMs: number | undefined,
  work: (tx: PoolClient) => Promise<void>,
): Promise<boolean> {
  try {
    await withLongTransaction(db, 5, async (tx) => {
      await lockSums(tx, { waitMs });
      await work(tx);
    });
    return true;
  } catch (error) {
    if (error instanceof SumsInUse) return false;
    throw error;
  }
}

/**
 * Sums up whole hours, up to the last but one and to the first with a call still open, and whole days of them. Returns whether
 * there is more to do.
 */
export async function rollUp(db: Pool, nowMs: number): Promise<boolean> {
  // Ten million calls take longer than a caller's statement may.
  return withLongTransaction(db, 5, async (tx) => {
    const { rows: locked } = await tx.query('select pg_try_advisory_xact_lock($1) as mine', [lock]);
    if (!(locked[0] as { mine: boolean }).mine) return false;
    await markOlder(tx);
    const hasStale = (await refreshStale(tx)) || (await refreshMarked(tx)) || (await refreshMarkedPrompts(tx));
    const { rows } = await tx.query(
      `select coalesce((select until from usage_rollup), (select date_trunc('hour', min(created_at), 'UTC') from calls)) as start,
         least(date_trunc('hour', least($1::timestamptz, now()) - interval '1 hour', 'UTC'),
           (select date_trunc('hour', min(created_at), 'UTC') from calls c where status = 'open' and not exists (
             select 1 from unwritten_calls u where u.workspace_id = c.workspace_id and u.created_at = c.created_at and u.id = c.id))) as limit_at`,
      [new Date(nowMs)],
    );
    const { start, limit_at: limitAt } = rows[0] as { start: Date | null; limit_at: Date };
    if (start === null) return false;
    if (start >= limitAt)
      return hasStale || (await follow(tx)) || (await addMoreNarrow(tx)) || (await markMissed(db, tx));
    const end = new Date(Math.min(limitAt.getTime(), start.getTime() + hoursAtOnce * 3_600_000));
    await tx.query(hourSums, [start, end]);
    await sumDays(tx, start, end);
    await tx.query(
      `insert into usage_rollup (until) values ($1) on conflict (one) do update set until = excluded.until`,
      [end],
    );
    const isBehind = await follow(tx);
    const lacksNarrow = await addMoreNarrow(tx);
    return hasStale || isBehind || lacksNarrow || end < limitAt;
  });
}

/** All that is written of hours that are summed. A column of `usage_rollup` says how far each of them goes. */
const followers = [
  { until: 'timed_until', write: writeTimes },
  { until: 'latency_until', write: writeLatency },
  { until: 'kinds_until', write: writeKinds },
  { until: 'units_until', write: writeUnits },
  { until: 'tasks_until', write: writeTaskSums },
  { until: 'prompts_until', write: writePromptSums },
] as const;

/** Those that sum days up from their hours. */
const dayWriters = [
  { until: 'narrow_until', write: writeNarrowDays },
  { until: 'tasks_until', write: writeTaskDays },
  { until: 'prompts_until', write: writePromptDays },
] as const;

/** Returns whether there is more to do. */
async function follow(tx: Tx): Promise<boolean> {
  let isBehind = false;
  for (const { until, write } of followers) {
    const { rows } = await tx.query(
      `select until, coalesce(${until}, (select date_trunc('hour', min(created_at), 'UTC') from calls), until) as start, ${until} is null as is_new
       from usage_rollup`,
    );
    const [row] = rows as { until: Date; start: Date; is_new: boolean }[];
    if (row === undefined || (row.start >= row.until && !row.is_new)) continue;
    const end = new Date(Math.min(row.until.getTime(), row.start.getTime() + hoursAtOnce * 3_600_000));
    // Nothing is to be written where there are no calls before `until`: a month waits for those that follow, not for calls.
    if (row.start < end) await write(tx, row.start, end);
    await tx.query(`update usage_rollup set ${until} = $1`, [end]);
    if (end < row.until) isBehind = true;
  }
  return isBehind;
}

/** Hours that are summed get their narrow sums too: those of months whose calls are gone as well. Returns whether there is more to do. */
async function addMoreNarrow(tx: Tx): Promise<boolean> {
  const { rows } = await tx.query(
    'select until, coalesce(narrow_until, (select min(hour) from usage_hours)) as start from usage_rollup',
  );
  const [row] = rows as { until: Date; start: Date | null }[];
  if (row?.start == null || row.start >= row.until) return false;
  const end = new Date(Math.min(row.until.getTime(), row.start.getTime() + hoursAtOnce * 3_600_000));
  await writeNarrow(tx, row.start, end);
  await tx.query('update usage_rollup set narrow_until = $1', [end]);
  return end < row.until;
}

type Tx = PoolClient;

/** The days that ended between the two. */
async function sumDays(tx: Tx, start: Date, end: Date): Promise<void> {
  const days = endedDays(start, end);
  if (days === undefined) return;
  await tx.query('delete from usage_days where day >= $1 and day < $2', [...days]);
  await tx.query(daySums, [...days]);
}

/** Hours from this one on that are summed already are summed again. */
export async function sumAgain(db: Pick<Pool, 'query'>, from: Date): Promise<void> {
  await db.query(
    `insert into usage_stale_hours (hour)
     select generate_series(date_trunc('hour', $1::timestamptz, 'UTC'), now(), interval '1 hour')`,
    [from],
  );
}

/**
 * Hours and days that a gateway of an older version has summed beside this one are marked to be summed again. It counts second answers
 * as requests, or makes no sums of tasks or prompts; marks that it has worked off are not lost thereby.
 */
async function markOlder(tx: Tx): Promise<void> {
  const { rows } = await tx.query(
    `select hour from usage_hours where not summed_apart and hour < (select until from usage_rollup)
     union select hour from usage_hours where not summed_tasks and hour < (select until from usage_rollup)
     union select hour from usage_hours where not summed_prompts and hour < (select until from usage_rollup)
     union select day from usage_days where not summed_apart and day < (select until from usage_rollup) order by 1 limit $1`,
    [hoursAtOnce],
  );
  if (rows.length === 0) return;
  const hours = (rows as { hour: Date }[]).map(({ hour }) => hour);
  await tx.query('insert into usage_stale_hours (hour) select unnest($1::timestamptz[])', [hours]);
}

/** Sums of calls that are gone stay as they are. */
async function keepOlder(tx: Tx, hour: Date): Promise<void> {
  await tx.query(
    `update usage_hours set summed_apart = true, summed_tasks = true, summed_prompts = true
     where hour = $1 and not (summed_apart and summed_tasks and summed_prompts)`,
    [hour],
  );
  await tx.query('update usage_days set summed_apart = true where day = $1 and not summed_apart', [hour]);
}

/**
 * Hours in which a call was settled late are summed again, and their days; the oldest first, and so many at a time. Returns whether
 * there are more.
 */
async function refreshStale(tx: Tx): Promise<boolean> {
  const { rows } = await tx.query(
    `with oldest as (
       select distinct hour from usage_stale_hours where hour < coalesce((select until from usage_rollup), '-infinity')
       order by hour limit $1)
     delete from usage_stale_hours s using oldest where s.hour = oldest.hour returning s.hour`,
    [hoursAtOnce],
  );
  const hours = new Set((rows as { hour: Date }[]).map(({ hour }) => hour.getTime()));
  const days = new Set<number>();
  for (const hour of [...hours].map((ms) => new Date(ms))) {
    const end = new Date(hour.getTime() + 3_600_000);
    // The sums of calls that are gone are all that is left of them.
    const { rows: dropped } = await tx.query('select 1 from dropped_months where from_at <= $1 and to_at > $1', [hour]);
    if (dropped.length > 0) {
      await keepOlder(tx, hour);
      continue;
    }
    await tx.query('delete from usage_hours where hour >= $1 and hour < $2', [hour, end]);
    await tx.query(hourSums, [hour, end]);
    for (const { until, write } of followers) {
      const { rowCount } = await tx.query(`select 1 from usage_rollup where ${until} > $1`, [hour]);
      if (rowCount === 1) await write(tx, hour, end);
    }
    const { rows: narrow } = await tx.query('select 1 from usage_rollup where narrow_until > $1', [hour]);
    if (narrow.length > 0) await writeNarrow(tx, hour, end);
    await refreshLatencyDay(tx, hour);
    days.add(Math.floor(hour.getTime() / 86_400_000) * 86_400_000);
  }
  for (const day of [...days].map((ms) => new Date(ms))) {
    const { rows: summed } = await tx.query(
      `select 1 where $1::timestamptz + interval '24 hours' <= (select until from usage_rollup)`,
      [day],
    );
    const next = new Date(day.getTime() + 86_400_000);
    if (summed.length === 0) continue;
    await sumDays(tx, day, next);
    for (const { until, write } of dayWriters) {
      const { rowCount } = await tx.query(`select 1 from usage_rollup where ${until} >= $1`, [next]);
      if (rowCount === 1) await write(tx, day, next);
    }
  }
  return hours.size === hoursAtOnce;
}

/** The histograms of the day of an hour, where that day is over. */
async function refreshLatencyDay(tx: Tx, hour: Date): Promise<void> {
  const { rows } = await tx.query('select latency_until as until from usage_rollup where latency_until > $1', [hour]);
  const [row] = rows as { until: Date }[];
  if (row === undefined) return;
  const day = new Date(Math.floor(hour.getTime() / 86_400_000) * 86_400_000);
  const next = new Date(day.getTime() + 86_400_000);
  if (next <= row.until) await writeLatencyDays(tx, day, next);
}

/** When calls were last counted, by the database they are in. */
const counted = new WeakMap<Pool, number>();
const countEveryMs = 30 * 60_000;

/**
 * Calls that somebody wrote past the journal, into hours that were summed before, are marked to be summed. Counting them all takes
 * seconds for ten million, so that is done only where Postgres's own estimate is well above what is known, and not often. Returns
 * whether any were found.
 */
async function markMissed(db: Pool, tx: Tx): Promise<boolean> {
  if (performance.now() < (counted.get(db) ?? Number.NEGATIVE_INFINITY) + countEveryMs) return false;
  const { rows } = await tx.query(
    `select (select coalesce(sum(greatest(c.reltuples, 0)), 0) from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'calls'::regclass)::float8 as estimate,
       (select coalesce(sum(calls), 0) from call_groups)::float8 as known`,
  );
  const [{ estimate, known } = { estimate: 0, known: 0 }] = rows as { estimate: number; known: number }[];
  if (estimate < known * 1.05 + 5_000) return false;
  counted.set(db, performance.now());
  const { rowCount } = await tx.query(
    `with counts as (
       select date_trunc('hour', created_at, 'UTC') as hour, count(*) as calls from calls
       where created_at < (select until from usage_rollup) and status <> 'open' group by 1),
     sums as (select hour, sum(requests + second_answers) as calls from usage_hours group by 1)
     insert into usage_stale_hours (hour)
     select hour from counts left join sums using (hour) where sums.calls is distinct from counts.calls
       and not exists (select 1 from dropped_months where from_at <= hour and to_at > hour)`,
  );
  return (rowCount ?? 0) > 0;
}
