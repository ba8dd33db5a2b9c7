import { isVendor } from '@ai-gateway/shared/provider-kinds';
import { addUsage } from '../dialects/add-usage.ts';
import type { Advice, ProviderKind, Usage } from '../dialects/neutral.ts';
import { findModel } from '../models/catalog.ts';
import { costNanos, type Price } from '../models/price.ts';

/** The cost of all that a call has used. Advice costs what the model that gave it costs, and nothing where that is unknown. */
export function priceUsage({ kind, price }: { kind: ProviderKind; price: Price }, usage: Usage): bigint {
  let cost = costNanos(price, isVendor(kind) ? usage : atUsualRate(usage));
  for (const advice of usage.advice ?? none) {
    const own = priceOf(advice);
    if (own !== undefined) cost += costNanos(own, advice.usage);
  }
  return cost;
}

/** The tiers of other servers have OpenAI's names and prices of their own: of Groq's `flex` "pricing matches the on-demand tier". */
function atUsualRate({ rateHundredths: _, ...usage }: Usage): Usage {
  return usage;
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
