import { inputOf } from '../dialects/call-input.ts';
import type { NeutralCall, Usage } from '../dialects/neutral.ts';
import { boundOpaque, estimateUsage, reachesOut } from '../models/count-tokens.ts';
import { providerOf } from '../providers/providers.ts';
import type { Candidate } from '../routing/candidate.ts';
import { ceilingOf } from './max-cost.ts';

/** The known facts of an attempt whose request went out. The provider bills it, whether or not its answer was of use. */
export interface Spent {
  /** As the provider reported it at the end; nothing is estimated then. */
  usage: Usage | undefined;
  /** As the provider reported it before its answer was over: the input is whole in it, the output is not. */
  begun?: Usage | undefined;
  /** The answer as far as it was seen. */
  text: string;
  /**
   * The answer that may have been written beside it. `ceiling`: the provider may have written all that was asked for, where nothing was
   * seen. `time`: a stream was aborted, so a model that thinks wrote no more than it can in that time. Nothing where left out.
   */
  unseen?: 'ceiling' | 'time';
}

/** The attempt that is under way, or the last one. */
export interface AttemptSoFar {
  call: NeutralCall;
  candidate: Candidate | undefined;
  /** The most tokens of answer asked of it; undefined where only the caller and the model say. */
  maxTokens: number | undefined;
  /** By `performance.now()`. */
  attemptAt: number;
  /** Lists of token ids, which stand in no text. */
  tokenIds?: number | undefined;
}

/**
 * The most tokens a model is taken to write in a second. Our own estimate, above what the vendors' fast models usually do; their
 * documentation promises no upper bound.
 */
const tokensPerSecond = 250;

/** The usage of an attempt whose provider gave none, or only a beginning: counted, and no more than could have been asked for. */
export async function estimateSpent(attempt: AttemptSoFar, spent: Spent, isGuarded: boolean): Promise<Usage> {
  const { call, candidate, tokenIds } = attempt;
  const { begun } = spent;
  const counted = await estimateUsage({ ...inputOf(call), outputText: spent.text });
  const input = begun ?? { ...counted, inputTokens: inputTokensOf(counted.inputTokens + (tokenIds ?? 0)) };
  const outputTokens = Math.min(Math.max(counted.outputTokens, unseenTokens(attempt, spent)), answerTokensMax(attempt));
  const { extras } = call;
  return {
    ...input,
    outputTokens: Math.max(begun?.outputTokens ?? 0, outputTokens),
    // Uses of a vendor's tools are reported at the end only.
    ...(spent.unseen === undefined || extras === undefined || extras.webSearches + extras.fileSearches === 0
      ? {}
      : { webSearches: extras.webSearches, fileSearches: extras.fileSearches }),
  };

  function inputTokensOf(seen: number): number {
    // Text that the vendor reads beside the request is not counted here; the budget held its window.
    return isGuarded && candidate !== undefined && spent.unseen !== undefined && reachesOut(call)
      ? boundOpaque(seen, candidate)
      : seen;
  }
}

function unseenTokens(attempt: AttemptSoFar, { unseen, text }: Spent): number {
  if (unseen === undefined) return 0;
  if (unseen === 'ceiling' && text === '') return Number.POSITIVE_INFINITY;
  // A model sends its words as it writes them; only thoughts are kept back.
  return mayThink(attempt) ? timeTokens(attempt) : 0;
}

function mayThink({ call, candidate }: AttemptSoFar): boolean {
  if (call.reasoning?.effort === 'none') return false;
  if (call.reasoning !== undefined || candidate === undefined) return true;
  return candidate.kind !== 'sandbox' && providerOf(candidate.kind).thinksUnasked(candidate.model);
}

function timeTokens({ attemptAt, candidate }: AttemptSoFar): number {
  const perSecond =
    candidate === undefined || candidate.kind === 'sandbox'
      ? tokensPerSecond
      : providerOf(candidate.kind).tokensPerSecond;
  return Math.ceil(((performance.now() - attemptAt) / 1000) * perSecond);
}

function answerTokensMax({ call, candidate, maxTokens }: AttemptSoFar): number {
  const own = candidate === undefined ? Number.POSITIVE_INFINITY : ceilingOf(candidate, call);
  return Math.min(own, maxTokens ?? Number.POSITIVE_INFINITY) * (call.choices ?? 1);
}
