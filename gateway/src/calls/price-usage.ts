import { isVendor } from '@ai-gateway/shared/provider-kinds';
import { addUsage } from '../dialects/add-usage.ts';
import type { Advice, ProviderKind, Usage } from '../dialects/neutral.ts';
import { findModel } from '../models/catalog.ts';
import { costNanos, type Price } from '../models/price.ts';

/**
 * A usage as it is billed: bills, savings and kept answers count the same. The tiers of servers that are no vendor's have OpenAI's names and prices
 * of their own: of Groq's `flex` "pricing matches the on-demand tier".
 */
export function billedUsage(kind: ProviderKind | undefined, usage: Usage): Usage {
  if (usage.rateHundredths === undefined || (kind !== undefined && isVendor(kind))) return usage;
  const { rateHundredths: _, ...billed } = usage;
  return billed;
}

/** The cost of all that a call has used (see `billedUsage`). */
export function priceUsage(price: Price, usage: Usage): bigint {
  return costNanos(price, usage) + adviceNanos(usage);
}

/** Advice costs what the model that gave it costs, and nothing where that is unknown. */
export function adviceNanos({ advice = none }: Usage): bigint {
  return advice.reduce((sum, one) => {
    const own = priceOf(one);
    return own === undefined ? sum : sum + costNanos(own, one.usage);
  }, 0n);
}

export function isAdvicePriced({ advice = none }: Usage): boolean {
  return advice.every((one) => priceOf(one) !== undefined);
}

/** The tokens of a call with those of the advice it took. */
export function withAdvice(usage: Usage): Usage {
  const { advice } = usage;
  return advice === undefined ? usage : advice.reduce((sum, one) => addUsage(sum, one.usage), usage);
}

/** Anthropic alone has advisors, and they are Claudes. */
function priceOf({ model }: Advice): Price | undefined {
  return findModel(`anthropic/${model}`)?.entry?.price;
}

const none: readonly Advice[] = [];
