import type { Db } from '../db/transaction.ts';
import { hasKind, type KindFilter, kindConditions } from './call-kinds-store.ts';
import { findableUntil, findTimed } from './find-calls-store.ts';

/** Filters by tag, key, status and id are equalities on these columns; names come from here alone, never from a caller. */
export interface CallFilter extends KindFilter {
  workspaceId: string;
  livemode: boolean;
  from: Date;
  to: Date;
  clientId?: string | undefined;
  project?: string | undefined;
  scenarioId?: string | undefined;
  scenarioPlatform?: string | undefined;
  executionId?: string | undefined;
  keyId?: string | undefined;
  status?: string | undefined;
  id?: string | undefined;
  /** The last row of the page before. */
  after?: { createdAt: string; id: string } | undefined;
  limit: number;
}

export interface StoredCall {
  id: string;
  /** ISO with milliseconds, which is all that calls are written with: a cursor hits its row exactly. */
  created_at: string;
  client_id: string | null;
  project: string | null;
  scenario_id: string | null;
  scenario_platform: string | null;
  execution_id: string | null;
  organization_id: string | null;
  node: string | null;
  key_id: string;
  model_requested: string;
  model: string | null;
  provider: string | null;
  attempts: number;
  status: 'open' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted';
  error_code: string | null;
  input_tokens: bigint;
  cached_tokens: bigint;
  cache_write_tokens: bigint;
  output_tokens: bigint;
  reasoning_tokens: bigint;
  cost_nanos: bigint;
  estimated: boolean;
  unpriced: boolean;
  ttft_ms: number | null;
  total_ms: number | null;
  livemode: boolean;
  cache: 'hit' | 'stored' | null;
  /** Null where nothing is known that it could be compared with. */
  saved_nanos: bigint | null;
  /** The part by the response cache. */
  saved_by_hit_nanos: bigint | null;
}

const filters = [
  ['clientId', 'client_id'],
  ['project', 'project'],
  ['scenarioId', 'scenario_id'],
  ['scenarioPlatform', 'scenario_platform'],
  ['executionId', 'execution_id'],
  ['keyId', 'key_id'],
  ['status', 'status'],
  ['id', 'id'],
] as const;

/** The number of newest calls that are read first: a page of a common filter is among them. */
const rowsAtOnce = 2_000;

/**
 * The single calls, newest first. A filter that few match is looked up by when such calls came in; the newest hours, which are not
 * written down yet, are read themselves.
 */
export async function selectCalls(db: Db, filter: CallFilter): Promise<StoredCall[]> {
  // An id has the millisecond in which the call came in, so its range has few calls.
  if (filter.id !== undefined || (!hasKind(filter) && filters.every(([field]) => filter[field] === undefined)))
    return scanCalls(db, filter);
  const newest = await scanNewest(db, filter);
  if (newest.isWhole) return newest.calls;
  const until = await findableUntil(db, filter);
  const to = endOf(filter);
  if (until === undefined || until <= filter.from) return scanCalls(db, filter);
  const recent = to > until ? await scanCalls(db, { ...filter, from: until }) : [];
  if (recent.length === filter.limit) return recent;
  const timed = {
    ...filter,
    to: new Date(Math.min(to.getTime(), until.getTime())),
    limit: filter.limit - recent.length,
  };
  const { conditions, values } = pageOf(timed);
  const older = await findTimed(db, timed, {
    columns,
    conditions: `and created_at >= $3 and created_at < $4 ${conditions}`,
    values,
  });
  return [...recent, ...(older as StoredCall[])];
}

const columns = `id, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at, client_id, project, scenario_id, scenario_platform,
  execution_id, organization_id, node, key_id, model_requested, model, provider, attempts, status, error_code, input_tokens, cached_tokens,
  cache_write_tokens, output_tokens, reasoning_tokens, cost_nanos, estimated, coalesce(unpriced, false) as unpriced, ttft_ms, total_ms, livemode, cache, saved_nanos,
  case when cache = 'hit' then saved_nanos - coalesce(saved_route_nanos, 0) - coalesce(saved_marks_nanos, 0) end as saved_by_hit_nanos`;
const conditionsOfRange = 'workspace_id = $1 and livemode = $2 and created_at >= $3 and created_at < $4';

async function scanCalls(db: Db, filter: CallFilter): Promise<StoredCall[]> {
  const { conditions, values } = pageOf(filter);
  const result = await db.query(
    `select ${columns} from calls where ${conditionsOfRange} ${conditions} order by calls.created_at desc, calls.id desc limit $5`,
    values,
  );
  const { rows } = result;
  // Results that were waited for often live until old memory is collected, and their rows with them: a CSV of a million calls grew the heap by
  // 93 MB with them, and by about 50 without.
  result.rows = [];
  return rows as StoredCall[];
}

/** The matching rows among the newest calls of the range. Whole: a full page, or all rows. */
async function scanNewest(db: Db, filter: CallFilter): Promise<{ calls: StoredCall[]; isWhole: boolean }> {
  const { pageAfter, conditions, values } = pageOf(filter);
  const { rows } = await db.query(
    `with scanned as materialized (select * from calls where ${conditionsOfRange} ${pageAfter} order by calls.created_at desc, calls.id desc limit ${rowsAtOnce})
     select (select count(*) from scanned)::integer as scanned_calls, page.*
     from (values (1)) as one left join lateral (
       select ${columns} from scanned as calls where true ${conditions} order by calls.created_at desc, calls.id desc limit $5) as page on true`,
    values,
  );
  const [first] = rows as { scanned_calls: number; id: string | null }[];
  const calls = first?.id === null ? [] : (rows as (StoredCall & { scanned_calls?: number })[]);
  const isWhole = calls.length === filter.limit || (first?.scanned_calls ?? 0) < rowsAtOnce;
  for (const call of calls) delete call.scanned_calls;
  return { calls, isWhole };
}

/**
 * The index is entered at the upper end of `created_at` alone: with the end of the whole range there, each page would walk over all
 * the pages before it.
 */
function endOf({ after, to }: CallFilter): Date {
  const end = after === undefined ? undefined : new Date(Date.parse(after.createdAt) + 1);
  return end === undefined || end > to ? to : end;
}

/** `$1` to `$5` are workspace, mode, range and limit; `pageAfter` is also among the conditions. */
function pageOf(filter: CallFilter): { pageAfter: string; conditions: string; values: unknown[] } {
  const values: unknown[] = [filter.workspaceId, filter.livemode, filter.from, endOf(filter), filter.limit];
  let pageAfter = '';
  if (filter.after !== undefined) {
    values.push(filter.after.createdAt, filter.after.id);
    pageAfter = `and (created_at, id) < ($6::timestamptz, $7)`;
  }
  let conditions = pageAfter;
  for (const [field, column] of filters) {
    if (filter[field] === undefined) continue;
    values.push(filter[field]);
    conditions += ` and ${column} = $${values.length}`;
  }
  const kinds = kindConditions(filter, values.length + 1);
  return { pageAfter, conditions: conditions + kinds.conditions, values: [...values, ...kinds.values] };
}
