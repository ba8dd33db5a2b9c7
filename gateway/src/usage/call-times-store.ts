import type { Db } from '../db/transaction.ts';

/**
 * Finds the calls that a filter matches among many that it does not, without an index on `calls`: such an index would cost every
 * call of the hot path. `call_groups` knows each combination of tags, key and status; `call_times` knows at which milliseconds of
 * which hour a combination had calls; the primary key of `calls` does the rest.
 *
 * A call's status may change after its hour was written down: what was open or interrupted then may be anything now. So a filter
 * by status looks among those too, and every call that is found is asked for its own columns again.
 */
interface CallTags {
  clientId?: string | undefined;
  project?: string | undefined;
  scenarioId?: string | undefined;
  scenarioPlatform?: string | undefined;
  keyId?: string | undefined;
  status?: string | undefined;
}

const groupColumns = [
  ['clientId', 'client_id'],
  ['project', 'project'],
  ['scenarioId', 'scenario_id'],
  ['scenarioPlatform', 'scenario_platform'],
  ['keyId', 'key_id'],
] as const;

const groupOf = 'workspace_id, livemode, client_id, project, scenario_id, scenario_platform, key_id, status';
const fingerprint = `md5(json_build_array(${groupOf})::text)::uuid`;
/** Half a microsecond more, since a fraction such as .123 is a little less in binary; calls are written by the millisecond. */
const offset = `floor(date_part('epoch', created_at - date_trunc('hour', created_at, 'UTC')) * 1000 + 0.0005)::integer`;

const addGroups = `
  with found as materialized (
    select ${groupOf}, date_trunc('hour', created_at, 'UTC') as hour, array_agg(${offset}) as offsets, count(*) as calls
    from calls where created_at >= $1 and created_at < $2 group by 1, 2, 3, 4, 5, 6, 7, 8, 9),
  printed as materialized (select *, ${fingerprint} as fingerprint from found),
  known as (
    insert into call_groups (fingerprint, ${groupOf}, calls, first_hour, last_hour)
    select fingerprint, ${groupOf}, sum(calls), min(hour), max(hour) from printed group by 1, 2, 3, 4, 5, 6, 7, 8, 9
    on conflict (fingerprint) do update set calls = call_groups.calls + excluded.calls,
      first_hour = least(call_groups.first_hour, excluded.first_hour), last_hour = greatest(call_groups.last_hour, excluded.last_hour)
    returning id, fingerprint)
  insert into call_times (group_id, hour, offsets) select id, hour, offsets from printed join known using (fingerprint)`;

/** The comment of the migration that made the table (000035) says 256: it was tried first, and migrations are never edited. */
const buckets = 1024;
const hashOf = (text: string): string => `('x' || left(md5(${text}), 8))::bit(32)::integer`;

const addExecutions = `
  insert into execution_times (workspace_id, livemode, bucket, hour, entries)
  select workspace_id, livemode, hash & ${buckets - 1}, hour, array_agg((hash::bigint << 32) | at) from (
    select workspace_id, livemode, ${hashOf('execution_id')} as hash, date_trunc('hour', created_at, 'UTC') as hour, ${offset} as at
    from calls where created_at >= $1 and created_at < $2 and execution_id is not null) as executions
  group by 1, 2, 3, 4`;

/** Writes down the calls of whole hours, in place of what was written of these hours before. */
export async function writeTimes(tx: Db, from: Date, to: Date): Promise<void> {
  await forgetTimes(tx, from, to);
  await tx.query(addGroups, [from, to]);
  await tx.query(addExecutions, [from, to]);
}

export async function forgetTimes(tx: Db, from: Date, to: Date): Promise<void> {
  await tx.query(
    `with gone as (
       delete from call_times where hour >= $1 and hour < $2 returning group_id, cardinality(offsets) as calls),
     sums as (select group_id, sum(calls) as calls from gone group by 1)
     update call_groups g set calls = greatest(0, g.calls - sums.calls) from sums where g.id = sums.group_id`,
    [from, to],
  );
  await tx.query('delete from execution_times where hour >= $1 and hour < $2', [from, to]);
}

/** Hours before this are written down; undefined where none is. */
export async function timedUntil(db: Db): Promise<Date | undefined> {
  const { rows } = await db.query('select timed_until from usage_rollup');
  return (rows as { timed_until: Date | null }[])[0]?.timed_until ?? undefined;
}

/** The conditions of one page, which every call that is found must meet. `$1` is the workspace, `$2` the mode. */
export interface CallConditions {
  /** `and created_at >= $3 … and client_id = $6 …`; `$5` is the limit. */
  conditions: string;
  columns: string;
  values: readonly unknown[];
}

export interface TimedFilter extends CallTags {
  workspaceId: string;
  livemode: boolean;
  from: Date;
  to: Date;
  executionId?: string | undefined;
  limit: number;
}

const hourMs = 3_600_000;
/** The number of calls that are looked up at a time, in any hours. */
const fewCalls = 2_000;

/** The newest calls of a range that is written down, newest first. */
export async function findTimed(db: Db, filter: TimedFilter, page: CallConditions): Promise<unknown[]> {
  const groups = await groupsOf(db, filter);
  if (groups === undefined) return [];
  const byExecution = filter.executionId !== undefined && groups.calls > fewCalls;
  const floor = (at: Date): number => Math.floor(at.getTime() / hourMs) * hourMs;
  const first = Math.max(floor(filter.from), groups.firstHour.getTime());
  let end = Math.min(Math.ceil(filter.to.getTime() / hourMs) * hourMs, groups.lastHour.getTime() + hourMs);
  const found: unknown[] = [];
  // Where many calls match, the newest hours have a page of them; each stretch that has not is followed by one four times as long.
  let hours = byExecution ? 24 : groups.calls <= fewCalls ? Number.POSITIVE_INFINITY : 1;
  while (end > first && found.length < filter.limit) {
    const start = Math.max(first, end - hours * hourMs);
    const times = byExecution ? timesOfExecution(filter) : timesOfGroups(filter);
    found.push(...(await callsAt(db, { times, from: new Date(start), to: new Date(end) }, page)));
    end = start;
    hours *= 4;
  }
  return found.slice(0, filter.limit);
}

/** How many calls the groups of a filter have, and between which hours; undefined where there are none. */
async function groupsOf(
  db: Db,
  filter: TimedFilter,
): Promise<{ calls: number; firstHour: Date; lastHour: Date } | undefined> {
  const { conditions, values } = groupConditions(filter, 3);
  const { rows } = await db.query(
    `select sum(calls)::float8 as calls, min(first_hour) as first_hour, max(last_hour) as last_hour
     from call_groups where workspace_id = $1 and livemode = $2 ${conditions}`,
    [filter.workspaceId, filter.livemode, ...values],
  );
  const [row] = rows as { calls: number | null; first_hour: Date; last_hour: Date }[];
  if (row === undefined || row.calls === null) return undefined;
  return { calls: row.calls, firstHour: row.first_hour, lastHour: row.last_hour };
}

function groupConditions(filter: CallTags, first: number): { conditions: string; values: unknown[] } {
  const values: unknown[] = [];
  let conditions = '';
  for (const [field, column] of groupColumns) {
    if (filter[field] === undefined) continue;
    conditions += ` and ${column} = $${first + values.length}`;
    values.push(filter[field]);
  }
  if (filter.status !== undefined) {
    conditions += ` and status in ($${first + values.length}, 'open', 'interrupted')`;
    values.push(filter.status);
  }
  return { conditions, values };
}

/** Moments of calls between two hours; the hours follow the values. */
interface Times {
  text: (first: number) => string;
  values: readonly unknown[];
}

function timesOfGroups(filter: TimedFilter): Times {
  return {
    text: (first) => {
      const { conditions } = groupConditions(filter, first + 2);
      return `select t.hour + at * interval '1 millisecond' as at
        from call_groups g join call_times t on t.group_id = g.id, unnest(t.offsets) as at
        where workspace_id = $1 and livemode = $2 ${conditions} and t.hour >= $${first} and t.hour < $${first + 1}`;
    },
    values: groupConditions(filter, 0).values,
  };
}

function timesOfExecution(filter: TimedFilter): Times {
  return {
    text: (first) => {
      const hash = hashOf(`$${first + 2}::text`);
      return `select hour + (entry & 4294967295) * interval '1 millisecond' as at
        from execution_times, unnest(entries) as entry
        where workspace_id = $1 and livemode = $2 and bucket = ${hash} & ${buckets - 1} and hour >= $${first} and hour < $${first + 1}
          and entry >> 32 = ${hash}`;
    },
    values: [filter.executionId],
  };
}

/** One moment after the other, newest first, until the page is full: `lateral` with an order of its own keeps it so. */
async function callsAt(
  db: Db,
  { times, from, to }: { times: Times; from: Date; to: Date },
  page: CallConditions,
): Promise<unknown[]> {
  const parts = times.text(page.values.length + 1);
  const { rows } = await db.query(
    `select call.* from (select distinct at from (${parts}) as every order by at desc) as moment
     cross join lateral (
       select ${page.columns} from calls
       where workspace_id = $1 and livemode = $2 and created_at >= moment.at and created_at < moment.at + interval '1 millisecond' ${page.conditions}
       order by calls.created_at desc, calls.id desc limit $5) as call
     limit $5`,
    [...page.values, from, to, ...times.values],
  );
  return rows;
}
