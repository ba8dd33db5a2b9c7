import {
  type ConditionalPrice,
  findProvider,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
} from '@pydantic/genai-prices';
import { type Price, rate } from './price.ts';

/** The models of a vendor, as `@pydantic/genai-prices` knows them: the one source of names, prices and context windows. */
export function vendorModels(providerId: 'openai' | 'anthropic' | 'google'): readonly ModelInfo[] {
  return findProvider({ providerId })?.models ?? [];
}

/** Does the package's rule take this name for that model? */
export function matches(rule: MatchLogic, name: string): boolean {
  if ('equals' in rule) return name === rule.equals;
  if ('starts_with' in rule) return name.startsWith(rule.starts_with);
  if ('ends_with' in rule) return name.endsWith(rule.ends_with);
  if ('contains' in rule) return name.includes(rule.contains);
  if ('regex' in rule) return new RegExp(rule.regex).test(name);
  if ('or' in rule) return rule.or.some((part) => matches(part, name));
  return rule.and.every((part) => matches(part, name));
}

/** The price in force at a time; undefined where the package has none for plain tokens (images, audio by the minute). */
export function priceAt(model: ModelInfo, at: Date): Price | undefined {
  const prices = Array.isArray(model.prices) ? inForce(model.prices, at) : model.prices;
  return prices === undefined ? undefined : readPrice(prices);
}

/** Later entries take the place of earlier ones once their start date has come; hours of the day are UTC. */
function inForce(choices: readonly ConditionalPrice[], at: Date): ModelPrice | undefined {
  return choices.findLast(({ constraint }) => {
    if (constraint === undefined) return true;
    if (constraint.type === 'start_date') return at.toISOString().slice(0, 10) >= constraint.start_date;
    const time = at.toISOString().slice(11, 19);
    const { start_time: start, end_time: end } = constraint;
    return start <= end
      ? time >= start.slice(0, 8) && time < end.slice(0, 8)
      : time >= start.slice(0, 8) || time < end.slice(0, 8);
  })?.prices;
}

function readPrice(prices: ModelPrice): Price | undefined {
  const { input_mtok: input, output_mtok: output } = prices;
  if (input === undefined) return undefined;
  const cached = prices.cache_read_mtok ?? input;
  const cacheWrite = prices.cache_write_mtok ?? input;
  const kinds = [input, cached, cacheWrite, output ?? 0];
  const starts = [
    ...new Set(kinds.flatMap((price) => (typeof price === 'number' ? [] : price.tiers.map(({ start }) => start)))),
  ].sort((a, b) => a - b);
  return {
    tiers: [-1, ...starts].map((start) => ({
      overInputTokens: start,
      input: rate(priceOver(input, start)),
      cached: rate(priceOver(cached, start)),
      cacheWrite: rate(priceOver(cacheWrite, start)),
      output: rate(priceOver(output ?? 0, start)),
    })),
  };
}

function priceOver(price: NonNullable<ModelPrice[string]>, start: number): number {
  if (typeof price === 'number') return price;
  return price.tiers.findLast((tier) => tier.start <= start)?.price ?? price.base;
}
