import type { Comparison } from './compare-heads.ts';

/** Why a version of heads is what it is. */
export type HeadReason =
  | 'better_than_tasks'
  | 'no_better_than_tasks'
  | 'proves_less'
  | 'comparing'
  | 'better'
  | 'worse'
  | 'no_difference'
  | 'too_few_calls'
  | 'overtaken'
  | 'chosen'
  | 'broken_promise'
  | 'not_compared';

/** A sentence for the person who asks why. Versions of older gateways have no reason. */
export function wordsOfReason(
  reason: HeadReason | null,
  { against, compared }: { against: number | null; compared: Comparison | null },
): string | null {
  const beside = `version ${against ?? 0}`;
  const on = `on ${compared?.calls ?? 0} calls that neither had seen`;
  switch (reason) {
    case 'better_than_tasks':
      return 'It was better than the rates of the tasks on calls that it had not seen.';
    case 'no_better_than_tasks':
      return 'It was not shown to be better than the rates of the tasks on calls that it had not seen.';
    case 'proves_less':
      return 'It proves fewer shares of right answers than the active version.';
    case 'comparing':
      return `It is compared with ${beside} on calls newer than both.`;
    case 'better':
      return `It was better than ${beside} ${on}.`;
    case 'worse':
      return `It was worse than ${beside} ${on}.`;
    case 'no_difference':
      return `It showed no difference from ${beside} ${on}.`;
    case 'too_few_calls':
      return `28 days brought too few calls to compare it with ${beside}.`;
    case 'overtaken':
      return `It was compared with ${beside}, which is no longer active.`;
    case 'chosen':
      return 'Somebody activated it before its comparison was over.';
    case 'broken_promise':
      return 'The latest calls that it left to the small model were right less often than it had proven.';
    case 'not_compared':
      return 'Its two models are no longer compared: calls are compared with others.';
    case null:
      return null;
  }
}

/** Of heads that another version of the gateway learned, which saw calls differently. A later one may run beside this one. */
export function wordsOfOtherFormat(needed: number, { isOfLaterGateway }: { isOfLaterGateway: boolean }): string {
  if (isOfLaterGateway)
    return `A later version of the gateway learned it from calls that it saw differently, so this one does not use it. New heads need ${needed} calls that this version compares, and a day without a call that the later one compares. Until then, the rates of the tasks decide alone.`;
  return `Another version of the gateway learned it from calls that it saw differently, so this one does not use it. New heads need ${needed} newer compared calls. Until then, the rates of the tasks decide alone.`;
}
