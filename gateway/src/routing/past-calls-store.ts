import type { Db } from '../db/transaction.ts';

/** The columns of a call that a rule may look at, and its cost. */
export interface PastCall {
  createdAtMs: number;
  dialect: 'chat' | 'responses' | 'messages';
  streamed: boolean;
  modelRequested: string;
  provider: string | null;
  model: string | null;
  keyId: string;
  client: string | null;
  project: string | null;
  scenario: string | null;
  platform: string | null;
  promptId: string | null;
  inputTokens: number;
  cachedTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  costNanos: bigint;
}

/** The newest first; embeddings are no calls that rules decide. */
export async function listPastCalls(
  db: Db,
  { workspaceId, livemode, last }: { workspaceId: string; livemode: boolean; last: number },
): Promise<PastCall[]> {
  const { rows } = await db.query(
    `select extract(epoch from created_at) * 1000 as "createdAtMs", dialect, streamed, model_requested as "modelRequested", provider, model,
       key_id as "keyId", client_id as client, project, scenario_id as scenario, scenario_platform as platform, prompt_id as "promptId",
       input_tokens as "inputTokens", cached_tokens as "cachedTokens", cache_write_tokens as "cacheWriteTokens",
       output_tokens as "outputTokens", reasoning_tokens as "reasoningTokens", cost_nanos as "costNanos"
     from calls where workspace_id = $1 and livemode = $2 and dialect <> 'embeddings' and shadow_of is null
     order by created_at desc, id desc limit $3`,
    [workspaceId, livemode, last],
  );
  return (rows as Record<keyof PastCall, unknown>[]).map((row) => ({
    ...(row as unknown as PastCall),
    createdAtMs: Number(row.createdAtMs),
    inputTokens: Number(row.inputTokens),
    cachedTokens: Number(row.cachedTokens),
    cacheWriteTokens: Number(row.cacheWriteTokens),
    outputTokens: Number(row.outputTokens),
    reasoningTokens: Number(row.reasoningTokens),
    costNanos: BigInt(String(row.costNanos)),
  }));
}
