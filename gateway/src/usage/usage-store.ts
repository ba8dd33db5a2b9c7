import type { Db } from '../db/transaction.ts';

/** Filters are equalities on these columns; names come from here alone, never from a caller. */
export interface CallFilter {
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
  ttft_ms: number | null;
  total_ms: number | null;
  livemode: boolean;
}

const filters = [
  ['clientId', 'client_id'],
  ['project', 'project'],
  ['scenarioId', 'scenario_id'],
  ['scenarioPlatform', 'scenario_platform'],
  ['executionId', 'execution_id'],
  ['keyId', 'key_id'],
  ['status', 'status'],
] as const;

/** The single calls, newest first. */
export async function selectCalls(db: Db, filter: CallFilter): Promise<StoredCall[]> {
  // The index is entered at the upper end of `created_at` alone: with the end of the whole range there, each page would walk
  // over all the pages before it.
  const after = filter.after === undefined ? undefined : new Date(Date.parse(filter.after.createdAt) + 1);
  const to = after === undefined || after > filter.to ? filter.to : after;
  const values: unknown[] = [filter.workspaceId, filter.livemode, filter.from, to, filter.limit];
  const conditions = filters.flatMap(([field, column]) => {
    const value = filter[field];
    if (value === undefined) return [];
    values.push(value);
    return [`and ${column} = $${values.length}`];
  });
  if (filter.after !== undefined) {
    values.push(filter.after.createdAt, filter.after.id);
    conditions.push(`and (created_at, id) < ($${values.length - 1}::timestamptz, $${values.length})`);
  }
  const { rows } = await db.query(
    `select id, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at, client_id, project, scenario_id, scenario_platform,
       execution_id, organization_id, node, key_id, model_requested, model, provider, attempts, status, error_code, input_tokens, cached_tokens,
       cache_write_tokens, output_tokens, reasoning_tokens, cost_nanos, estimated, ttft_ms, total_ms, livemode
     from calls
     where workspace_id = $1 and livemode = $2 and created_at >= $3 and created_at < $4 ${conditions.join(' ')}
     order by calls.created_at desc, calls.id desc limit $5`,
    values,
  );
  return rows as StoredCall[];
}
