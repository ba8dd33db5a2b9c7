import type { Db } from '../db/transaction.ts';

/**
 * Knows the moments of calls by their tags: `call_groups` knows each combination of tags, key and status; `call_times` knows at which
 * milliseconds of which hour a combination had calls.
 *
 * A call's status may change after its hour was written down: what was open or interrupted then may be anything now. So a filter
 * by status looks among those too.
 */
export interface CallTags {
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
export const offset = `floor(date_part('epoch', created_at - date_trunc('hour', created_at, 'UTC')) * 1000 + 0.0005)::integer`;

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

/** Moments at which there are calls that a filter may match. */
export interface CallSource {
  calls: number;
  firstHour: Date;
  lastHour: Date;
  values: readonly unknown[];
  /** A query of the column `at`; `first` is the number of the first value, `hours` bounds a column of hours. `$1` is the workspace, `$2` the mode. */
  text: (first: number, hours: (column: string) => string) => string;
}

interface TagQuery extends CallTags {
  workspaceId: string;
  livemode: boolean;
}

/** The moments of the calls with these tags; undefined where there are none. */
export async function tagSource(db: Db, filter: TagQuery): Promise<CallSource | undefined> {
  const { conditions, values } = groupConditions(filter, 3);
  const { rows } = await db.query(
    `select sum(calls)::float8 as calls, min(first_hour) as first_hour, max(last_hour) as last_hour
     from call_groups where workspace_id = $1 and livemode = $2 ${conditions}`,
    [filter.workspaceId, filter.livemode, ...values],
  );
  const [row] = rows as { calls: number | null; first_hour: Date; last_hour: Date }[];
  if (row === undefined || row.calls === null) return undefined;
  return {
    calls: row.calls,
    firstHour: row.first_hour,
    lastHour: row.last_hour,
    values,
    text: (first, hours) =>
      `select t.hour + at * interval '1 millisecond' as at
       from call_groups g join call_times t on t.group_id = g.id, unnest(t.offsets) as at
       where workspace_id = $1 and livemode = $2 ${groupConditions(filter, first).conditions} and ${hours('t.hour')}`,
  };
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

/** The moments of the calls of one execution, in the hours that `within` has calls in. */
export function executionSource(executionId: string, within: CallSource): CallSource {
  return {
    ...within,
    values: [executionId],
    text: (first, hours) => {
      const hash = hashOf(`$${first}::text`);
      return `select hour + (entry & 4294967295) * interval '1 millisecond' as at
        from execution_times, unnest(entries) as entry
        where workspace_id = $1 and livemode = $2 and bucket = ${hash} & ${buckets - 1} and ${hours('hour')} and entry >> 32 = ${hash}`;
    },
  };
}
