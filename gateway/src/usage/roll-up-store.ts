import type { Pool, PoolClient } from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { writeTimes } from './call-times-store.ts';

/** Any number that is nobody else's: one process at a time sums up. */
const lock = 7_203_114_402n;
/** So many hours at a time: a transaction of seconds, also over a month that was never summed. */
const hoursAtOnce = 24;

const sumsOf = (table: string, at: string, from: string): string => `
  insert into ${table} (workspace_id, livemode, ${at}, client_id, project, scenario_id, key_id, model, provider, scenario_platform, metered, requests,
    estimated_requests, input_tokens, cached_tokens, output_tokens, cost_nanos)
  ${from}`;

const hourSums = sumsOf(
  'usage_hours',
  'hour',
  `select workspace_id, livemode, date_trunc('hour', created_at, 'UTC'), client_id, project, scenario_id, key_id, model, provider,
     scenario_platform, metered, count(*), count(*) filter (where estimated), sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(cost_nanos)
   from calls where created_at >= $1 and created_at < $2 and status <> 'open'
   group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11`,
);
const daySums = sumsOf(
  'usage_days',
  'day',
  `select workspace_id, livemode, date_trunc('day', hour, 'UTC'), client_id, project, scenario_id, key_id, model, provider,
     scenario_platform, metered, sum(requests), sum(estimated_requests), sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(cost_nanos)
   from usage_hours where hour >= $1 and hour < $2
   group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11`,
);

/** Waits until nobody sums up, and keeps it so until the transaction ends. */
export async function lockSums(tx: PoolClient): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [lock]);
}

/**
 * Sums up whole hours, up to the last but one and to the first with a call still open, and whole days of them. Returns whether
 * there is more to do.
 */
export async function rollUp(db: Pool, nowMs: number): Promise<boolean> {
  return withTransaction(db, async (tx) => {
    const { rows: locked } = await tx.query('select pg_try_advisory_xact_lock($1) as mine', [lock]);
    if (!(locked[0] as { mine: boolean }).mine) return false;
    // Ten million calls take longer than a caller's statement may.
    await tx.query(`set local statement_timeout = '5min'`);
    await refreshStale(tx);
    const { rows } = await tx.query(
      `select coalesce((select until from usage_rollup), (select date_trunc('hour', min(created_at), 'UTC') from calls)) as start,
         least(date_trunc('hour', least($1::timestamptz, now()) - interval '1 hour', 'UTC'),
           (select date_trunc('hour', min(created_at), 'UTC') from calls c where status = 'open' and not exists (
             select 1 from unwritten_calls u where u.workspace_id = c.workspace_id and u.created_at = c.created_at and u.id = c.id))) as limit_at`,
      [new Date(nowMs)],
    );
    const { start, limit_at: limitAt } = rows[0] as { start: Date | null; limit_at: Date };
    if (start === null) return false;
    if (start >= limitAt) return addMoreTimes(tx);
    const end = new Date(Math.min(limitAt.getTime(), start.getTime() + hoursAtOnce * 3_600_000));
    await tx.query(hourSums, [start, end]);
    await sumDays(tx, start, end);
    await tx.query(
      `insert into usage_rollup (until) values ($1) on conflict (one) do update set until = excluded.until`,
      [end],
    );
    const isBehind = await addMoreTimes(tx);
    return isBehind || end < limitAt;
  });
}

/** Hours that are summed are written down by the moments of their calls too. Returns whether there is more to do. */
async function addMoreTimes(tx: Tx): Promise<boolean> {
  const { rows } = await tx.query(
    `select until, coalesce(timed_until, (select date_trunc('hour', min(created_at), 'UTC') from calls)) as start from usage_rollup`,
  );
  const [row] = rows as { until: Date; start: Date | null }[];
  if (row?.start == null || row.start >= row.until) return false;
  const end = new Date(Math.min(row.until.getTime(), row.start.getTime() + hoursAtOnce * 3_600_000));
  await writeTimes(tx, row.start, end);
  await tx.query('update usage_rollup set timed_until = $1', [end]);
  return end < row.until;
}

type Tx = PoolClient;

/** The days that ended between the two. */
async function sumDays(tx: Tx, start: Date, end: Date): Promise<void> {
  const dayMs = 86_400_000;
  const first = new Date(Math.floor(start.getTime() / dayMs) * dayMs);
  const last = new Date(Math.floor(end.getTime() / dayMs) * dayMs);
  if (first >= last) return;
  await tx.query('delete from usage_days where day >= $1 and day < $2', [first, last]);
  await tx.query(daySums, [first, last]);
}

/** Hours in which a call was settled late are summed anew, and their days. */
async function refreshStale(tx: Tx): Promise<void> {
  const { rows } = await tx.query(
    `delete from usage_stale_hours where hour < coalesce((select until from usage_rollup), '-infinity') returning hour`,
  );
  const hours = new Set((rows as { hour: Date }[]).map(({ hour }) => hour.getTime()));
  for (const hour of [...hours].map((ms) => new Date(ms))) {
    const end = new Date(hour.getTime() + 3_600_000);
    // The sums of calls that are gone are all that is left of them.
    const { rows: dropped } = await tx.query('select 1 from dropped_months where from_at <= $1 and to_at > $1', [hour]);
    if (dropped.length > 0) continue;
    await tx.query('delete from usage_hours where hour >= $1 and hour < $2', [hour, end]);
    await tx.query(hourSums, [hour, end]);
    const { rows: timed } = await tx.query('select 1 from usage_rollup where timed_until > $1', [hour]);
    if (timed.length > 0) await writeTimes(tx, hour, end);
    const day = new Date(Math.floor(hour.getTime() / 86_400_000) * 86_400_000);
    const { rows: summed } = await tx.query(
      `select 1 where $1::timestamptz + interval '1 day' <= (select until from usage_rollup)`,
      [day],
    );
    if (summed.length > 0) await sumDays(tx, day, new Date(day.getTime() + 86_400_000));
  }
}
