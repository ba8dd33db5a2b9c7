import type { Db } from '../db/transaction.ts';
import { endedDays } from './ended-days.ts';
import { type TaskFigure, taskFigures, taskFiguresOfCall } from './sum-columns.ts';
import { boundsOf, type SumFilter } from './summed-range-store.ts';
import type { UsageDay } from './usage-range.ts';

/**
 * The savings of calls, by task and model, or by client, task and model.
 *
 *     calls ── whole hours ──> usage_task_hours ── whole days ──> usage_task_days
 *       └── quarters of an hour, once a month's calls are dropped ──> usage_task_quarters
 */
type TaskSums = 'task' | 'auto';

const columns = 'client_id, task, model';
const figures = taskFigures.join(', ');
const sumsOfFigures = taskFigures.map((figure) => `sum(${figure}) as ${figure}`).join(', ');
const sumsOfCalls = taskFigures.map((figure) => `sum(${taskFiguresOfCall[figure]}) as ${figure}`).join(', ');
const zeros = taskFigures.map(() => '0').join(', ');

/** Nobody but the gateway asks for second answers, and open calls have saved nothing yet. */
const isCounted = `status <> 'open' and shadow_of is null`;

/** Each kind has all calls, or those alone that `auto` moved. */
const kinds = {
  task: { client: 'null::text', isOfKind: '' },
  auto: { client: 'client_id', isOfKind: `and saved_route_nanos <> 0 and chosen_by is distinct from 'rule'` },
} as const satisfies Record<TaskSums, object>;

/** A system text with a date or an order in it makes a task a call: only so many tasks of an hour, and of a day, have sums of their own. */
export const tasksMax = 1_000;
/** The task of the rest. A hash is never empty. */
export const otherTasks = `''::bytea`;

/**
 * The largest tasks of each hour, or day, keep their rows, those with pairs first: evidence is of these. All others become one. Windows do what joins
 * would, since Postgres estimates the newest hour at one row, and then reads the other side once for each.
 */
const ofLargest = (sums: string): string => `
  select workspace_id, livemode, kind, at, client_id, case when nth > ${tasksMax} and task is not null then ${otherTasks} else task end, model, ${sumsOfFigures}
  from (
    select *, dense_rank() over (
      partition by workspace_id, livemode, kind, at order by is_compared desc, task_requests desc, task_cost desc, task) as nth
    from (
      select *, bool_or(at is null) over (partition by workspace_id, livemode, task) as is_compared,
        sum(requests) over of_task as task_requests, sum(cost_nanos) over of_task as task_cost
      from (
        select workspace_id, livemode, kind, at, ${columns}, ${figures} from (${sums}) as of_calls
        union all select workspace_id, livemode, null, null, null, task, null, ${zeros} from task_claims where pairs > 0) as with_claims
      window of_task as (partition by workspace_id, livemode, task, kind, at)) as sums
    where at is not null) as ranked
  group by 1, 2, 3, 4, 5, 6, 7`;

const ofCalls = (kind: TaskSums, step: string): string => `
  select workspace_id, livemode, '${kind}' as kind, ${step} as at, ${kinds[kind].client} as client_id, task, model, ${sumsOfCalls}
  from calls where created_at >= $1 and created_at < $2 and ${isCounted} ${kinds[kind].isOfKind}
  group by 1, 2, 4, 5, 6, 7`;

const addHours = (kind: TaskSums): string => `
  insert into usage_task_hours (workspace_id, livemode, kind, hour, ${columns}, ${figures})
  ${ofLargest(ofCalls(kind, `date_trunc('hour', created_at, 'UTC')`))}`;

const addDays = `
  insert into usage_task_days (workspace_id, livemode, kind, day, ${columns}, ${figures})
  ${ofLargest(
    `select workspace_id, livemode, kind, date_trunc('day', hour, 'UTC') as at, ${columns}, ${sumsOfFigures}
     from usage_task_hours where hour >= $1 and hour < $2 group by workspace_id, livemode, kind, 4, ${columns}`,
  )}`;

/** Quarters keep the tasks that their hours have kept: what was compared may have changed since. */
const addQuarters = (kind: TaskSums): string => `
  insert into usage_task_quarters (workspace_id, livemode, kind, quarter, ${columns}, ${figures})
  select workspace_id, livemode, kind, at, client_id, case when task is null or is_kept then task else ${otherTasks} end, model, ${sumsOfFigures}
  from (
    select *, bool_or(is_hour) over (partition by workspace_id, livemode, date_trunc('hour', at, 'UTC'), task) as is_kept
    from (
      select workspace_id, livemode, kind, at, ${columns}, ${figures}, false as is_hour
      from (${ofCalls(kind, `date_bin('15 minutes', created_at, 'epoch')`)}) as of_calls
      union all select distinct workspace_id, livemode, kind, hour, null, task, null, ${zeros}, true
      from usage_task_hours where hour >= $1 and hour < $2 and kind = '${kind}') as with_hours) as sums
  where not is_hour
  group by 1, 2, 3, 4, 5, 6, 7`;

/** Writes the sums of whole hours, and of the days that ended between the two, in place of those written before. */
export async function writeTaskSums(tx: Db, from: Date, to: Date): Promise<void> {
  await tx.query('delete from usage_task_hours where hour >= $1 and hour < $2', [from, to]);
  for (const kind of ['task', 'auto'] as const) await tx.query(addHours(kind), [from, to]);
  await writeTaskDays(tx, from, to);
}

/** The days that ended between the two. */
export async function writeTaskDays(tx: Db, from: Date, to: Date): Promise<void> {
  const days = endedDays(from, to);
  if (days === undefined) return;
  await tx.query('delete from usage_task_days where day >= $1 and day < $2', [...days]);
  await tx.query(addDays, [...days]);
}

/** Of a month whose calls are about to be dropped. */
export async function writeTaskQuarters(tx: Db, from: Date, to: Date): Promise<void> {
  for (const kind of ['task', 'auto'] as const) await tx.query(addQuarters(kind), [from, to]);
}

/** Of a month whose calls somebody else dropped: there is nothing finer than its hours. */
export async function copyTaskQuarters(tx: Db, from: Date, to: Date): Promise<void> {
  await tx.query(
    `insert into usage_task_quarters (workspace_id, livemode, kind, quarter, ${columns}, ${figures})
     select workspace_id, livemode, kind, hour, ${columns}, ${figures} from usage_task_hours where hour >= $1 and hour < $2`,
    [from, to],
  );
}

/** Whole days from their sums, what is left of the range from those of hours, its edges from the calls: as `partsOf` of usage. */
const partsOfRange = `
  with parts as (
    @days and day >= $5 and day < $6
    union all @hours and hour >= $4 and hour < $5
    union all @hours and hour >= $6 and hour < $7
    union all @calls and created_at >= $3 and created_at < $4
    union all @calls and created_at >= $7 and created_at < $8
    union all @quarters and quarter >= $3 and quarter < $4
    union all @quarters and quarter >= $7 and quarter < $8)`;

/** The same by the days of a zone, which begin and end within days of UTC: `$3` has their bounds. */
const partsOfDays = `
  with days as (
    select * from json_to_recordset($3::json) as d (
      day text, start_at timestamptz, first_hour timestamptz, last_hour timestamptz, end_at timestamptz)),
  parts as (
    @hours and hour >= first_hour and hour < last_hour
    union all @calls and created_at >= start_at and created_at < first_hour
    union all @calls and created_at >= last_hour and created_at < end_at
    union all @quarters and (quarter >= start_at and quarter < first_hour or quarter >= last_hour and quarter < end_at))`;

interface TaskParts {
  /** A `with` clause that makes `parts`: the columns that were asked for. */
  parts: string;
  values: readonly unknown[];
}

interface TaskPartsQuery {
  kind: TaskSums;
  /** By these days, in a column `day`; undefined for the range as a whole. */
  days?: readonly UsageDay[] | undefined;
  columns: readonly ('client_id' | 'task' | 'model')[];
  figures: readonly TaskFigure[];
}

/** Reads only the columns that are asked for: by a hash of 16 bytes and a name, a month of tasks is sorted in memory. */
export async function taskPartsFor(db: Db, filter: SumFilter, query: TaskPartsQuery): Promise<TaskParts> {
  const until = await tasksSummedUntil(db);
  const { workspaceId, livemode } = filter;
  const isByDay = query.days !== undefined;
  const of = [...(isByDay ? ['days.day'] : []), ...query.columns];
  const ofSums = [...of, ...query.figures].join(', ');
  const ofCalls = [...of, ...query.figures.map((figure) => `(${taskFiguresOfCall[figure]})::bigint`)].join(', ');
  const ofWorkspace = `workspace_id = $1 and livemode = $2`;
  const from = isByDay ? 'days join ' : '';
  const where = isByDay ? 'on' : 'where';
  const sums = (table: string): string =>
    `select ${ofSums} from ${from}${table} as sums ${where} ${ofWorkspace} and kind = '${query.kind}'`;
  const parts = (isByDay ? partsOfDays : partsOfRange)
    .replaceAll('@days', sums('usage_task_days'))
    .replaceAll('@hours', sums('usage_task_hours'))
    .replaceAll('@quarters', sums('usage_task_quarters'))
    .replaceAll(
      '@calls',
      `select ${ofCalls} from ${from}calls ${where} ${ofWorkspace} and ${isCounted} ${kinds[query.kind].isOfKind}`,
    );
  if (query.days === undefined) return { parts, values: [workspaceId, livemode, ...boundsOf(filter, until)] };
  const rows = query.days.map(({ day, from, to }) => {
    const [start_at, first_hour, , , last_hour, end_at] = boundsOf({ from, to }, until);
    return { day, start_at, first_hour, last_hour, end_at };
  });
  return { parts, values: [workspaceId, livemode, JSON.stringify(rows)] };
}

/** How far the sums go: they are behind for some minutes after they are introduced. */
async function tasksSummedUntil(db: Db): Promise<Date | undefined> {
  const { rows } = await db.query('select tasks_until from usage_rollup');
  return (rows as { tasks_until: Date | null }[])[0]?.tasks_until ?? undefined;
}
