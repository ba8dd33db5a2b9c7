import type { CallTags } from '../accounts/call-tags.ts';
import type { DialectId, Usage } from '../dialects/neutral.ts';

type CallStatus = 'open' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted';

/** How a call was decided. Every field is left out where it does not apply; hashes are in hex. */
export interface CallDecision {
  routingVersion?: number | undefined;
  ruleId?: string | undefined;
  /** The step that chose the model, where it was not the caller. */
  chosenBy?: 'rule' | 'arm' | 'auto' | 'budget' | undefined;
  experimentId?: string | undefined;
  arm?: string | undefined;
  unit?: string | undefined;
  task?: string | undefined;
  promptId?: string | undefined;
  promptVersion?: number | undefined;
  /** Of the messages of a call with a task: the same text has the same. */
  promptHash?: string | undefined;
  /** The call that this one is compared with. */
  shadowOf?: string | undefined;
}

/** The savings of a call, in nanodollars with a sign: the total, and two of its parts. The rest of the total is the response cache's. */
export interface Savings {
  totalNanos: bigint;
  /** By another model than the baseline. */
  routeNanos: bigint;
  /** By the marks that the gateway placed in a provider's cache. */
  marksNanos: bigint;
}

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
  /** Undefined where only the caller decided. */
  decision?: CallDecision | undefined;
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
  /** No price is known for the model of an attempt, whose cost is left out. Undefined for all others: a row has no byte of it. */
  unpriced?: true | undefined;
  errorCode?: string | undefined;
  /** Went out on the operator's keys: the plan counts it. */
  metered?: boolean | undefined;
  ttftMs?: number | undefined;
  totalMs: number;
  cache?: 'hit' | 'stored' | undefined;
  savings?: Savings | undefined;
  /** Of an answer that had to be JSON: does it parse, and fit its schema? */
  jsonOk?: boolean | undefined;
  /** Of an answer that calls tools: are they tools of the call, and do their arguments fit? */
  toolOk?: boolean | undefined;
}

export const noUsage: Usage = {
  inputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};
