import type { Pool, PoolClient } from 'pg';
import { type Db, withLongTransaction, withTransaction } from '../db/transaction.ts';
import { rowsInSlice, type Slice, sliceOf } from './slices.ts';

/** `length`: of second answers, which say how long a model's answers are, and nothing of how it fails. */
export type Signal = 'agreement' | 'feedback' | 'json_ok' | 'tool_ok' | 'retry' | 'error' | 'length';

export interface TaskRateRow {
  task: string;
  model: string;
  signal: Signal;
  n: number;
  okSum: number;
  outTokensSum: number;
  /** The weight that is left of what was counted: it was counted days ago, and nothing since. */
  fade: number;
}

/** Any number that is nobody else's: one process at a time counts. */
const lock = 7_203_114_421n;
/** The hours that are counted at a time: a transaction of seconds, also over a month that was never counted. */
const hoursAtOnce = 24;
/** The journal writes a call within moments; a call is counted once nothing older can come. */
const settleSeconds = 30;

/**
 * Counts the calls that ended since the last time into the rates of their tasks, up to the first that is still open. Returns whether
 * there is more to do. A process that dies on the way has counted nothing: the counts and how far they reach are one transaction.
 */
export async function countRates(db: Pool, nowMs: number): Promise<boolean> {
  return withLongTransaction(db, 5, async (tx) => {
    const { rows: locked } = await tx.query('select pg_try_advisory_xact_lock($1) as mine', [lock]);
    if (!(locked[0] as { mine: boolean }).mine) return false;
    const { rows } = await tx.query(
      `select coalesce((select until from task_rates_until), (select min(created_at) from calls)) as start,
         least(least($1::timestamptz, now()) - interval '${settleSeconds} seconds',
           (select min(created_at) from calls where status = 'open' and created_at > now() - interval '2 hours')) as limit_at`,
      [new Date(nowMs)],
    );
    const { start, limit_at: limitAt } = rows[0] as { start: Date | null; limit_at: Date };
    // A clock that was set back: nothing is counted twice, and the count goes on once the time is there again.
    if (start === null || start >= limitAt) return false;
    const end = new Date(Math.min(limitAt.getTime(), start.getTime() + hoursAtOnce * 3_600_000));
    await addRates(tx, start, end);
    await addRetries(tx, start, end);
    await tx.query(
      `insert into task_rates_until (until) values ($1) on conflict (one) do update set until = excluded.until`,
      [end],
    );
    return end < limitAt;
  });
}

/** A system text with a date or an order in it makes a task a call: this many tasks of a workspace have rates of their own in any case, or of an hour. */
export const roomyTasks = 1_000;
/** Beyond, so many new ones each minute, those with the most calls first. A task that comes again and again gets its turn. */
export const newTasksAtLeast = 50;
/** The task of the rest: no call has it, but what a model does over all tasks has its rates. A hash is never empty. */
const otherTasks = `''::bytea`;

function newTasksIn(from: Date, to: Date): number {
  const ofHours = Math.ceil((roomyTasks * (to.getTime() - from.getTime())) / 3_600_000);
  return Math.min(roomyTasks, Math.max(newTasksAtLeast, ofHours));
}

const key = 'workspace_id, livemode, task, model, signal';

/**
 * A model, a prompt or a provider's bad day changes what calls show, so that each day takes a tenth of what was counted before: half in a week. Whole
 * days, since rounded minutes would take nothing. `r` is the row.
 */
const weightLeft = `power(0.9::float8, greatest(0, (now() at time zone 'UTC')::date - (r.updated_at at time zone 'UTC')::date))`;
const callsLeft = `round(r.n * ${weightLeft})`;
const shareLeft = `case when r.n > 0 then ${callsLeft} / r.n else 1 end`;
const addFaded = `
  n = ${callsLeft}::bigint + excluded.n, ok_sum = r.ok_sum * ${shareLeft} + excluded.ok_sum,
  out_tokens_sum = round(r.out_tokens_sum * ${shareLeft})::bigint + excluded.out_tokens_sum, updated_at = now()`;

const isKnown = (of: string): string =>
  `exists (select 1 from task_rates k where k.workspace_id = ${of}.workspace_id and k.livemode = ${of}.livemode and k.task = ${of}.task)`;

/**
 * Adds what was counted (by key: n, ok_sum, out_tokens_sum) to the rates of tasks that have some, or for which there is room, and else to the rest's.
 * `$1`: how many new tasks a workspace may get beyond its room. `$2` shuffles tasks with as many calls, since a fixed order would keep some of
 * them out for ever. Windows do what joins would: Postgres estimates the newest calls at one row, and then reads the other side once for each.
 */
const addCounted = (counts: string): string => `
  insert into task_rates as r (${key}, n, ok_sum, out_tokens_sum)
  select workspace_id, livemode,
    case when is_known or nth <= greatest($1::bigint, ${roomyTasks} - known_tasks) then task else ${otherTasks} end,
    model, signal, sum(n), sum(ok_sum), sum(out_tokens_sum)
  from (
    select *, dense_rank() over (
        partition by workspace_id, livemode, is_known order by task_n desc, hashtextextended(encode(task, 'hex'), $2::bigint), task) as nth,
      max(known_once) over (partition by workspace_id, livemode) as known_tasks
    from (
      select *, ${isKnown('c')} as is_known, sum(n) over (partition by workspace_id, livemode, task) as task_n,
        case when row_number() over (partition by workspace_id, livemode) = 1 then (
          select count(*) from (
            select distinct task from task_rates k where k.workspace_id = c.workspace_id and k.livemode = c.livemode limit ${roomyTasks}) as of_workspace)
        end as known_once
      from (${counts}) as c) as known) as ranked
  group by 1, 2, 3, 4, 5
  on conflict (${key}) do update set ${addFaded}
  returning workspace_id`;

async function addRates(tx: PoolClient, from: Date, to: Date): Promise<void> {
  await tx.query(
    `with counted as (${addCounted(`
       select ${key}, count(*) as n, count(*) filter (where ok)::float8 as ok_sum,
         coalesce(sum(output_tokens) filter (where ok and signal in ('error', 'length')), 0) as out_tokens_sum
       from calls cross join lateral (
         -- A second answer that fails has failed for no customer.
         -- Nor does a request that its provider refuses as wrong say anything of the model.
         values ('error', case when shadow_of is null and error_code is distinct from 'invalid_request' then status = 'succeeded' end),
           ('length', case when shadow_of is not null and status = 'succeeded' then true end), ('json_ok', json_ok), ('tool_ok', tool_ok)) as s (signal, ok)
       where created_at >= $3 and created_at < $4 and task is not null and model is not null and status in ('succeeded', 'failed')
         and cache is distinct from 'hit' and ok is not null
       group by ${key}`)})
     select pg_notify('evidence', workspace_id) from (select distinct workspace_id from counted) as changed`,
    [newTasksIn(from, to), to.getTime(), from, to],
  );
}

/**
 * An answer was no help where the same text comes again within ten minutes, after the answer, from the same key, client and scenario. Each call
 * counts once; one that is repeated in a later stretch of time loses its mark then. Repeats of the rest are left out: they are compared among
 * the models of one task, and the rest is many.
 */
async function addRetries(tx: PoolClient, from: Date, to: Date): Promise<void> {
  await tx.query(
    `with seen as (
       select workspace_id, livemode, task, model, status, cache, created_at, total_ms,
         lead(created_at) over (partition by workspace_id, livemode, task, prompt_hash, key_id, client_id, scenario_id order by created_at, id) as next_at
       from calls where created_at >= $1::timestamptz - interval '10 minutes' and created_at < $2
         and prompt_hash is not null and task is not null and shadow_of is null),
     marked as (
       select workspace_id, livemode, task, model, (created_at >= $1)::int as n, coalesce(
         next_at >= $1 and next_at >= created_at + coalesce(total_ms, 0) * interval '1 millisecond' and next_at < created_at + interval '10 minutes', false)::int as again
       from seen where status = 'succeeded' and cache is distinct from 'hit' and model is not null),
     counted as (
       insert into task_rates as r (workspace_id, livemode, task, model, signal, n, ok_sum)
       select * from (
         select workspace_id, livemode, task, model, 'retry', sum(n), sum(n - again) from marked where n > 0 or again > 0 group by 1, 2, 3, 4) as m
       where ${isKnown('m')}
       on conflict (workspace_id, livemode, task, model, signal)
         do update set ${addFaded}
       returning workspace_id)
     select pg_notify('evidence', workspace_id) from (select distinct workspace_id from counted) as changed`,
    [from, to],
  );
}

const feedbackAtOnce = 1_000;

/**
 * Counts feedback that is new or was changed, in place of what was counted of it before. Returns whether there is more. The call of new
 * feedback may be open for a moment still, so feedback waits as long as calls do.
 */
export async function countFeedback(db: Pool, nowMs: number): Promise<boolean> {
  return withTransaction(db, async (tx) => {
    const { rows: locked } = await tx.query('select pg_try_advisory_xact_lock($1) as mine', [lock]);
    if (!(locked[0] as { mine: boolean }).mine) return false;
    const { rows } = await tx.query(
      `with uncounted as (
         select workspace_id, call_id, name, counted_score from feedback
         where counted_score is distinct from score and at < $3::timestamptz - interval '${settleSeconds} seconds'
         order by at limit ${feedbackAtOnce} for update),
       scored as (
         update feedback f set counted_score = f.score from uncounted u
         where f.workspace_id = u.workspace_id and f.call_id = u.call_id and f.name = u.name
         returning f.workspace_id, f.livemode, f.call_id, f.call_at, f.score, u.counted_score as before),
       counted as (${addCounted(`
         select workspace_id, s.livemode, task, model, 'feedback' as signal, count(*) filter (where before is null) as n,
           sum(score - coalesce(before, 0)) as ok_sum, 0 as out_tokens_sum
         from scored s join calls c using (workspace_id)
         where c.id = s.call_id and c.created_at = s.call_at and task is not null and model is not null and cache is distinct from 'hit'
         group by 1, 2, 3, 4`)}),
       said as (select pg_notify('evidence', workspace_id) from (select distinct workspace_id from counted) as changed)
       select (select count(*)::int from scored) as n, (select count(*) from said) as said`,
      // Feedback gives no task a place beyond the room that there is: its calls do.
      [0, nowMs, new Date(nowMs)],
    );
    return (rows[0] as { n: number }).n >= feedbackAtOnce;
  });
}

type RateValues = [
  ...[task: string, model: string, signal: Signal],
  ...[marks: number, okSum: number, outTokensSum: number, fade: number],
];

function rateOf([task, model, signal, marks, okSum, outTokensSum, fade]: RateValues): TaskRateRow {
  return { task, model, signal, n: marks, okSum, outTokensSum, fade };
}

/** The rates of a workspace, those of the tasks with the most calls. A task may have lost its mark for a call that the rest's rates have. */
export async function listRates(
  db: Db,
  { workspaceId, livemode, most }: { workspaceId: string; livemode: boolean; most: number },
): Promise<Slice<TaskRateRow>[]> {
  const { rows } = await db.query(
    `select json_agg(json_build_array(encode(task, 'hex'), model, signal, n::float8, greatest(ok_sum, 0), out_tokens_sum::float8, ${weightLeft})
       order by nth)::text as slice
     from (
       select *, row_number() over (order by task_n desc nulls last, task) as nth from (
         select *, sum(n) filter (where signal = 'error') over (partition by task) as task_n
         from task_rates where workspace_id = $1 and livemode = $2
         order by task_n desc nulls last, task limit $3) as frequent) as r
     group by (nth - 1) / $4::integer order by min(nth)`,
    [workspaceId, livemode, most, rowsInSlice],
  );
  return (rows as { slice: string }[]).map((row) => sliceOf(row, rateOf));
}

/** A system text with a date in it makes a task a day. */
const keptDays = 90;
const rowsMax = 100_000;

/**
 * Forgets tasks that nobody has called for long. Of a workspace with too many it keeps the claims that changed last, and the rates of the tasks
 * with the most calls and of those that were called last, half of each: new tasks would not stay where only many calls count, nor frequent
 * ones where each call has a task of its own.
 */
export async function forgetOldTasks(db: Db): Promise<void> {
  for (const table of ['task_rates', 'task_claims'] as const)
    await db.query(`delete from ${table} where updated_at < now() - $1 * interval '1 day'`, [keptDays]);
  await db.query(ofCrowded('task_claims', 'age_nth > $1'), [rowsMax]);
  await db.query(ofCrowded('task_rates', 'age_nth > $1 / 2 and calls_nth > $1 / 2'), [rowsMax]);
  // By these days savings know that there were second answers, for as long as calls are likely to be kept.
  await db.query(`delete from shadow_days where day < current_date - 800`);
}

/** Most workspaces have few rows: they are counted, and not sorted. */
function ofCrowded(table: 'task_rates' | 'task_claims', isTooMany: string): string {
  const n = table === 'task_rates' ? 'n' : 'pairs';
  return `
    delete from ${table} t using (
      select row_id, row_number() over (partition by workspace_id, livemode order by updated_at desc) as age_nth,
        row_number() over (partition by workspace_id, livemode order by task_n desc, updated_at desc) as calls_nth
      from (
        select ctid as row_id, workspace_id, livemode, updated_at, sum(${n}) over (partition by workspace_id, livemode, task) as task_n
        from ${table} where (workspace_id, livemode) in (select workspace_id, livemode from ${table} group by 1, 2 having count(*) > $1::bigint)) as sized
      ) as ranked
    where t.ctid = ranked.row_id and ${isTooMany}`;
}
