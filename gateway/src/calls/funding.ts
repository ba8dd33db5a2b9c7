import type { Caller } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import type { Hold, Ledger } from '../ledger/ledger.ts';
import type { ExceededPorts } from '../ledger/notify-exceeded.ts';
import type { Candidate } from '../routing/candidate.ts';
import type { MarkupCache } from '../usage/markup.ts';
import type { Cancellation } from './cancellation.ts';

export interface FundingPorts extends ExceededPorts {
  ledger: Ledger;
  policies: MarkupCache;
}

export interface Funding {
  /** Undefined where no budget applies. */
  hold: Hold | undefined;
  /** The most the call can cost, and the amount that is settled should the process die. */
  holdNanos: bigint;
  /** The candidates that the money pays for. */
  candidates: readonly Candidate[];
  /** The most tokens of answer that may be asked for; undefined where nothing limits them. */
  maxTokens: number | undefined;
  /** An upper bound, by the bytes of the request. */
  inputTokens: number;
  /** Too little money is left for a longer answer. */
  isShortened?: boolean | undefined;
}

export interface FundingRequest {
  call: NeutralCall;
  /** The request as it came. */
  json: JsonObject;
  candidates: readonly Candidate[];
  /** An upper bound. */
  inputTokens: number;
  balances: readonly BudgetBalance[];
  caller: Caller;
  tags: CallTags;
  cancellation: Cancellation;
}
