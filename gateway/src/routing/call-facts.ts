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
  /** The prompt that the call was made from. `gaveModel`: the model is the prompt's, and the caller named none. */
  prompt: { id: string; version: number; gaveModel?: boolean | undefined } | undefined;
  /** How much of the tightest budget is spent, in percent; undefined where no budget applies. Asked only by a rule that needs it. */
  budgetPercentUsed: () => number | undefined;
  /** The topic of the call, where it is known. Asked only by a rule that needs it. */
  topic?: (() => string | undefined) | undefined;
  nowMs: number;
}
