import type { CallTags } from '../accounts/call-tags.ts';
import type { CallWishes } from '../accounts/call-wishes.ts';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';

/** The facts of a call that rules, experiments and `auto` may look at. */
export interface CallFacts {
  workspaceId: string;
  livemode: boolean;
  keyId: string;
  tags: CallTags;
  call: NeutralCall;
  /** The body, for `metadata`. */
  json: JsonObject;
  wishes: CallWishes | undefined;
  /** An upper bound. */
  inputTokens: number;
  /** The prompt that the call was made from. */
  prompt: { id: string; version: number } | undefined;
  /** How much of the tightest budget is spent, in percent; undefined where no budget applies. Asked only by a rule that needs it. */
  budgetPercentUsed: () => number | undefined;
  nowMs: number;
}
