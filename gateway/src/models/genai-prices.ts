import {
  type ConditionalPrice,
  findProvider,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
} from '@pydantic/genai-prices';
import { type Price, rate } from './price.ts';

/** The models of a vendor by the package's name for it. */
export function vendorModels(providerId: string): readonly ModelInfo[] {
  return findProvider({ providerId })?.models ?? [];
}

/**
 * Does the package's rule take this name for that model? Two things are stricter than there. Case counts, as it does at the
 * vendors. And `contains` and `ends_with`, which are meant for paths (`publishers/google/models/gemini-1.5-pro`), hold from
 * the beginning: names come without a path here, and `not-gemini-1.5-pro` is not Gemini.
 */
export function matches(rule: MatchLogic, name: string): boolean {
  if ('equals' in rule) return name === rule.equals;
  if ('starts_with' in rule) return name.startsWith(rule.starts_with);
  if ('ends_with' in rule) return name === rule.ends_with;
  if ('contains' in rule) return name.startsWith(rule.contains);
  if ('regex' in rule) return new RegExp(rule.regex).test(name);
  if ('or' in rule) return rule.or.some((part) => matches(part, name));
  return rule.and.every((part) => matches(part, name));
}

/**
 * The price in force at a time; undefined where the package has none for plain tokens (images, audio by the minute). The same
 * object for the same price, so that a change of price is seen by its identity.
 */
export function priceAt(model: ModelInfo, at: Date): Price | undefined {
  const prices = Array.isArray(model.prices) ? inForce(model.prices, at) : model.prices;
  if (prices === undefined) return undefined;
  if (!read.has(prices)) read.set(prices, readPrice(prices));
  return read.get(prices);
}

const read = new WeakMap<ModelPrice, Price | undefined>();

/** Later entries take the place of earlier ones once their time has come; where none has, the first holds. */
function inForce(choices: readonly ConditionalPrice[], at: Date): ModelPrice | undefined {
  return (choices.findLast(({ constraint }) => constraint === undefined || holds(constraint, at)) ?? choices[0])
    ?.prices;
}

function holds(constraint: NonNullable<ConditionalPrice['constraint']>, at: Date): boolean {
  if (constraint.type === 'start_date') return at.getTime() >= Date.parse(constraint.start_date);
  const now = withinDay(at.getTime());
  const start = withinDay(Date.parse(`1970-01-01T${constraint.start_time}`));
  const end = withinDay(Date.parse(`1970-01-01T${constraint.end_time}`));
  return start <= end ? now >= start && now < end : now >= start || now < end;
}

/** Times of the day carry their zone (`09:00:00+08:00`) and may lie before the epoch's midnight. */
function withinDay(timeMs: number): number {
  const dayMs = 86_400_000;
  return ((timeMs % dayMs) + dayMs) % dayMs;
}

function readPrice(prices: ModelPrice): Price | undefined {
  const { input_mtok: input, output_mtok: output = 0 } = prices;
  if (input === undefined) return undefined;
  const cached = prices.cache_read_mtok ?? input;
  const cacheWrite = prices.cache_write_mtok ?? input;
  const longCacheWrite = prices.cache_write_1h_mtok ?? cacheWrite;
  const starts = [input, cached, cacheWrite, longCacheWrite, output].flatMap((price) =>
    typeof price === 'number' ? [] : price.tiers.map(({ start }) => start),
  );
  const { web_searches_kcount: web, storage_searches_kcount: files } = prices;
  const { input_audio_mtok: soundIn, cache_audio_read_mtok: soundCached, output_audio_mtok: soundOut } = prices;
  return {
    ...(typeof web === 'number' ? { webSearchNanos: rate(web) } : {}),
    ...(typeof files === 'number' ? { fileSearchNanos: rate(files) } : {}),
    ...(typeof soundIn === 'number'
      ? {
          sound: {
            input: rate(soundIn),
            cached: rate(typeof soundCached === 'number' ? soundCached : soundIn),
            output: typeof soundOut === 'number' ? rate(soundOut) : rateOver(output, -1),
          },
        }
      : {}),
    tiers: [-1, ...[...new Set(starts)].sort((a, b) => a - b)].map((start) => ({
      overInputTokens: start,
      input: rateOver(input, start),
      cached: rateOver(cached, start),
      cacheWrite: rateOver(cacheWrite, start),
      longCacheWrite: rateOver(longCacheWrite, start),
      output: rateOver(output, start),
    })),
  };
}

function rateOver(price: NonNullable<ModelPrice[string]>, start: number): bigint {
  if (typeof price === 'number') return rate(price);
  const reached = price.tiers.filter((tier) => tier.start <= start).sort((a, b) => a.start - b.start);
  return rate(reached.at(-1)?.price ?? price.base);
}
