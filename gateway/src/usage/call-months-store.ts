import type { Pool, PoolClient } from 'pg';
import pg from 'pg';
import { type Db, withLongTransaction } from '../db/transaction.ts';
import { forgetKinds } from './call-kinds-store.ts';
import { forgetTimes } from './call-times-store.ts';
import { copyPromptQuarters, writePromptQuarters } from './prompt-sums-store.ts';
import { sumColumns, sumsOfCalls } from './sum-columns.ts';
import { copyTaskQuarters, writeTaskQuarters } from './task-sums-store.ts';

/** A partition of `calls`. */
export interface CallMonth {
  table: string;
  from: Date;
  to: Date;
}

/** Any number that no other part takes: one process at a time drops months. */
const lock = 7_203_114_403n;
/** Waiting for `calls` makes calls wait behind: never for longer than this, and again a moment later. */
const lockMs = 200;
const tries = 50;
const pauseMs = 500;

const parts = `
  select c.relname as table, bounds[1]::timestamptz as from_at, bounds[2]::timestamptz as to_at
  from pg_inherits i join pg_class c on c.oid = i.inhrelid,
    regexp_match(pg_get_expr(c.relpartbound, c.oid), $re$FROM \\('([^']+)'\\) TO \\('([^']+)'\\)$re$) as bounds
  where i.inhparent = 'calls'::regclass and bounds is not null`;

/** The months whose calls are there, oldest first. */
export async function listMonths(db: Db): Promise<CallMonth[]> {
  const { rows } = await db.query(`${parts} order by from_at`);
  return (rows as { table: string; from_at: Date; to_at: Date }[]).map((row) => ({
    table: row.table,
    from: row.from_at,
    to: row.to_at,
  }));
}

/** The months that ended before `before`, by this clock and the database's: a clock that runs ahead drops nothing. */
export async function listOldMonths(db: Db, before: { nowMs: number; days: number }): Promise<CallMonth[]> {
  const { rows } = await db.query('select least(now(), $1::timestamptz) - make_interval(hours => $2) as at', [
    new Date(before.nowMs),
    before.days * 24,
  ]);
  const { at } = rows[0] as { at: Date };
  return (await listMonths(db)).filter(({ to }) => to <= at);
}

export type Dropped = { kind: 'dropped'; calls: number } | { kind: 'busy' | 'gone' | 'open calls' | 'not summed yet' };

/**
 * Drops a month: first its sums by the quarter hour, which edges of ranges are read from then, and what its calls were charged to
 * each balance; then the calls. All of it or nothing. Calls under way wait for it for milliseconds.
 */
export async function dropMonth(db: Pool, month: CallMonth): Promise<Dropped> {
  return withLongTransaction(db, 30, async (tx): Promise<Dropped> => {
    await tx.query(`set local idle_in_transaction_session_timeout = '10min'`);
    const { rows } = await tx.query('select pg_try_advisory_xact_lock($1) as mine', [lock]);
    if (!(rows[0] as { mine: boolean }).mine) return { kind: 'busy' };
    if (!(await listMonths(tx)).some(({ table }) => table === month.table)) return { kind: 'gone' };
    const range = [month.from, month.to] as const;
    if (!(await isSummed(tx, range))) return { kind: 'not summed yet' };
    const { rowCount: open } = await tx.query(
      `select 1 from calls c where status = 'open' and created_at >= $1 and created_at < $2 and not exists (
         select 1 from unwritten_calls u where u.workspace_id = c.workspace_id and u.created_at = c.created_at and u.id = c.id) limit 1`,
      [...range],
    );
    if (open !== 0) return { kind: 'open calls' };
    const { rows: counted } = await tx.query(
      'select count(*)::float8 as calls from calls where created_at >= $1 and created_at < $2',
      [...range],
    );
    const [{ calls } = { calls: 0 }] = counted as { calls: number }[];
    await tx.query(quarterSums, [...range]);
    await writeTaskQuarters(tx, ...range);
    await writePromptQuarters(tx, ...range);
    await forgetGroups(tx, range);
    const { rows: charged } = await tx.query(
      `select meter, sum(cost_nanos)::text as nanos from calls c, unnest(meters) as meter
       where created_at >= $1 and created_at < $2 and status <> 'open' and not exists (
         select 1 from unwritten_calls u where u.workspace_id = c.workspace_id and u.created_at = c.created_at and u.id = c.id)
       group by 1 order by 1`,
      [...range],
    );
    await detach(tx, month);
    // A call may have been written into the month meanwhile by a process whose clock is wrong.
    if (!(await isSummed(tx, range))) throw new Error(`Calls of ${month.table} were written while it was dropped.`);
    await archive(tx, charged as { meter: bigint; nanos: string }[]);
    await tx.query(
      `insert into dropped_months (from_at, to_at, calls, summed_apart) values ($1, $2, $3, true)
       on conflict (from_at) do update set calls = dropped_months.calls + excluded.calls, dropped_at = now()`,
      [...range, calls],
    );
    await tx.query(`drop table ${pg.escapeIdentifier(month.table)}`);
    return { kind: 'dropped', calls };
  });
}

async function isSummed(tx: PoolClient, range: readonly Date[]): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select 1 from usage_rollup where until >= $2 and latency_until >= $2 and tasks_until >= $2 and prompts_until >= $2
       and not exists (select 1 from usage_stale_hours where hour >= $1 and hour < $2)`,
    [...range],
  );
  if (rowCount !== 1) return false;
  const { rowCount: older } = await tx.query(
    'select 1 from usage_hours where hour >= $1 and hour < $2 and not (summed_apart and summed_tasks and summed_prompts) limit 1',
    [...range],
  );
  return older === 0;
}

const columns = `workspace_id, livemode, client_id, project, scenario_id, key_id, model, provider, scenario_platform, metered`;

const quarterSums = `
  insert into usage_quarters (quarter, ${columns}, ${sumColumns}, second_input_tokens, second_output_tokens)
  select date_bin('15 minutes', created_at, 'epoch'), ${columns}, ${sumsOfCalls},
    coalesce(sum(input_tokens) filter (where shadow_of is not null), 0), coalesce(sum(output_tokens) filter (where shadow_of is not null), 0)
  from calls where created_at >= $1 and created_at < $2 and status <> 'open'
  group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11`;

async function forgetGroups(tx: PoolClient, [from, to]: readonly [Date, Date]): Promise<void> {
  await forgetTimes(tx, from, to);
  await forgetKinds(tx, from, to);
  await tx.query(
    `delete from call_groups g where last_hour >= $1 and last_hour < $2
       and not exists (select 1 from call_times t where t.group_id = g.id)`,
    [from, to],
  );
  await tx.query(
    `delete from call_kinds k where last_hour >= $1 and first_hour < $2
       and not exists (select 1 from call_kind_times t where t.kind_id = k.id)`,
    [from, to],
  );
}

/** Waits only briefly for statements that read calls, since later ones queue behind this lock. */
async function detach(tx: PoolClient, { table }: CallMonth): Promise<void> {
  await tx.query(`select set_config('lock_timeout', $1, true)`, [`${lockMs}ms`]);
  for (let left = tries; ; left--) {
    await tx.query('savepoint before');
    try {
      await tx.query(`alter table calls detach partition ${pg.escapeIdentifier(table)}`);
      break;
    } catch (error) {
      await tx.query('rollback to before');
      if (!isLockTimeout(error) || left <= 1) throw error;
      await tx.query('select pg_sleep($1)', [pauseMs / 1000]);
    }
  }
  await tx.query(`set local lock_timeout = '10s'`);
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === '55P03' || error.code === '40P01');
}

/** Balances in id order, as everywhere. A call that is in `unwritten_calls` counts by its row there, and goes on to. */
async function archive(tx: PoolClient, charged: readonly { meter: bigint; nanos: string }[]): Promise<void> {
  const ids = charged.map(({ meter }) => meter);
  await tx.query('select id from meters where id = any($1) order by id for update', [ids]);
  await tx.query(
    `update meters m set archived_nanos = archived_nanos + c.nanos
     from unnest($1::bigint[], $2::bigint[]) as c (meter, nanos) where m.id = c.meter`,
    [ids, charged.map(({ nanos }) => nanos)],
  );
}

/**
 * Months that have sums and no calls any more, and that the gateway did not drop: somebody else did. Noted, with their sums by the
 * hour in place of those by the quarter, since there is nothing finer. Returns those that were not known.
 */
export async function noteMissingMonths(db: Pool): Promise<CallMonth[]> {
  return withLongTransaction(db, 5, async (tx) => {
    const { rows: mine } = await tx.query('select pg_try_advisory_xact_lock($1) as mine', [lock]);
    if (!(mine[0] as { mine: boolean }).mine) return [];
    const missing = await missingMonths(tx);
    for (const { from, to } of missing) {
      await tx.query(
        `insert into dropped_months (from_at, to_at, elsewhere, summed_apart, calls)
         select $1, $2, true, true, coalesce(sum(requests + second_answers), 0) from usage_hours where hour >= $1 and hour < $2`,
        [from, to],
      );
      await tx.query(
        `insert into usage_quarters (quarter, ${columns}, ${sumColumns})
         select hour, ${columns}, ${sumColumns} from usage_hours where hour >= $1 and hour < $2`,
        [from, to],
      );
      await copyTaskQuarters(tx, from, to);
      await copyPromptQuarters(tx, from, to);
      await forgetGroups(tx, [from, to]);
    }
    return missing;
  });
}

async function missingMonths(tx: PoolClient): Promise<CallMonth[]> {
  const { rows } = await tx.query(
    `select distinct date_trunc('month', day, 'UTC') as month from usage_days
     where not exists (select 1 from dropped_months d where day >= d.from_at and day < d.to_at) order by 1`,
  );
  const there = await listMonths(tx);
  return (rows as { month: Date }[]).flatMap(({ month: from }) => {
    const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1));
    return there.some((month) => month.from < to && month.to > from) ? [] : [{ table: '', from, to }];
  });
}

/** Stretches of time whose calls are in the books: months that are there, and those whose calls the gateway itself dropped. */
export async function listAccountedMonths(db: Db): Promise<{ from: Date; to: Date }[]> {
  const { rows } = await db.query('select from_at, to_at from dropped_months where not elsewhere');
  const dropped = (rows as { from_at: Date; to_at: Date }[]).map((row) => ({ from: row.from_at, to: row.to_at }));
  return [...(await listMonths(db)), ...dropped];
}
