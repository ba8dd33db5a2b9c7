import type { Usage } from '../dialects/neutral.ts';
import { costNanos, type Price } from '../models/price.ts';
import type { Savings } from './call-record.ts';

/**
 * The saving of a call, step by step, so that each dollar is counted once and the parts add up:
 *
 *     the baseline model at the same tokens ── route ──> the model that answered ── marks ──> the same, with its cache
 *
 * Where the baseline's answers are known to be shorter, it is taken to have written that much less.
 *
 * Each part has a sign: a dearer model, or a mark that was written and never read, costs more than it saves. Undefined where there is
 * nothing to compare with.
 */
export function savingsOf({
  baseline,
  lengthShare = 1,
  price,
  usage,
  isMarked,
  earlierNanos = 0n,
}: {
  /** Of the model that would have answered without us. */
  baseline: Price | undefined;
  /** The share of the answer's tokens that it would have written: see `Baseline`. */
  lengthShare?: number | undefined;
  /** Of the model that answered. */
  price: Price | undefined;
  usage: Usage;
  /** Did the gateway place marks in the request? Tokens that a provider caches by itself are cached without us too. */
  isMarked: boolean;
  /** The cost of attempts that failed before: the baseline model is taken to have answered at once. */
  earlierNanos?: bigint | undefined;
}): Savings | undefined {
  if (price === undefined || (baseline === undefined && !isMarked)) return undefined;
  const plain = isMarked ? uncached(usage) : usage;
  const chosen = costNanos(price, plain);
  const routeNanos =
    baseline === undefined ? 0n : costNanos(baseline, shortened(plain, lengthShare)) - chosen - earlierNanos;
  const marksNanos = isMarked ? chosen - costNanos(price, usage) : 0n;
  return { totalNanos: routeNanos + marksNanos, routeNanos, marksNanos };
}

/**
 * The usage and the cost of an answer as each hit of it saves them: of the attempt that answered, and without marks, since those that failed before
 * it would not fail again, and a mark is written once.
 */
export function keptUsage({ price, usage, isMarked }: { price: Price | undefined; usage: Usage; isMarked: boolean }): {
  usage: Usage;
  costNanos: bigint;
} {
  const plain = isMarked ? uncached(usage) : usage;
  return { usage: plain, costNanos: price === undefined ? 0n : costNanos(price, plain) };
}

/** The saving of an answer from the response cache: what it cost when it was made (see `keptUsage`), and what its model saved then. */
export function savingsOfHit({
  baseline,
  lengthShare,
  price,
  usage,
  firstCostNanos,
}: {
  baseline: Price | undefined;
  lengthShare?: number | undefined;
  price: Price | undefined;
  usage: Usage;
  firstCostNanos: bigint;
}): Savings {
  const routeNanos = savingsOf({ baseline, lengthShare, price, usage, isMarked: false })?.routeNanos ?? 0n;
  return { totalNanos: routeNanos + firstCostNanos, routeNanos, marksNanos: 0n };
}

function uncached({ longCacheWriteTokens: _long, soundCachedTokens: _sound, ...usage }: Usage): Usage {
  return { ...usage, cachedTokens: 0, cacheWriteTokens: 0 };
}

function shortened(usage: Usage, share: number): Usage {
  if (share === 1) return usage;
  const [outputTokens, reasoningTokens] = [usage.outputTokens, usage.reasoningTokens].map((n) => Math.round(n * share));
  return { ...usage, outputTokens: outputTokens ?? 0, reasoningTokens: reasoningTokens ?? 0 };
}
