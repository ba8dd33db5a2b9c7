import type { CallTags } from '../accounts/call-tags.ts';
import type { DialectId, Usage } from '../dialects/neutral.ts';

type CallStatus = 'open' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted';

/** The facts of a call when it goes out. */
export interface OpenCall {
  workspaceId: string;
  id: string;
  createdAtMs: number;
  livemode: boolean;
  keyId: string;
  tags: CallTags;
  dialect: DialectId | 'embeddings';
  streamed: boolean;
  modelRequested: string;
  /** The most the call could cost; a call that a dying process leaves open is settled at this. */
  holdNanos: bigint;
  /** An upper bound, overwritten by what the provider reports. */
  inputTokens: number;
  /** The balances it is held on, as text (JSON has no bigint); undefined where no budget applies. */
  balanceIds?: readonly string[] | undefined;
}

/** The facts of a call when it is over. */
export interface ClosedCall {
  status: Exclude<CallStatus, 'open'>;
  model?: string | undefined;
  provider?: string | undefined;
  route?: string | undefined;
  attempts: number;
  usage: Usage;
  costNanos: bigint;
  /** Usage was counted by us, because the stream was cut or the provider reported none. */
  estimated: boolean;
  errorCode?: string | undefined;
  /** Went out on the operator's keys: the plan counts it. */
  metered?: boolean | undefined;
  ttftMs?: number | undefined;
  totalMs: number;
}

export function addUsage(a: Usage, b: Usage): Usage {
  const longCacheWriteTokens = (a.longCacheWriteTokens ?? 0) + (b.longCacheWriteTokens ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    ...(longCacheWriteTokens > 0 ? { longCacheWriteTokens } : {}),
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  };
}

export const noUsage: Usage = {
  inputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};
