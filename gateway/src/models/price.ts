import type { Usage } from '../dialects/neutral.ts';

/** Picodollars for one token, as a bigint: $2.50 a million tokens is 2_500_000. No provider has a finer price. */
export type Rate = bigint;

interface Tier {
  /** The tier holds for calls whose input is over this many tokens, and then for all of their tokens. */
  overInputTokens: number;
  input: Rate;
  cached: Rate;
  cacheWrite: Rate;
  /** Writes that are kept for an hour, not the usual minutes. */
  longCacheWrite: Rate;
  output: Rate;
}

/** The price of a model. The first tier begins at nothing; reasoning tokens are output and cost the same everywhere. */
export interface Price {
  tiers: readonly Tier[];
  /** Beside the tokens, for each call. */
  callNanos?: bigint | undefined;
  /** For each use of the vendor's own search. */
  webSearchNanos?: bigint | undefined;
  fileSearchNanos?: bigint | undefined;
  /** Where sound has rates of its own. */
  sound?: { input: Rate; cached: Rate; output: Rate } | undefined;
}

/** A call that costs one amount, whatever its tokens. */
export function callPrice(nanos: bigint): Price {
  return { ...flatPrice({ input: 0, output: 0 }), callNanos: nanos };
}

/** A price as one knows it of one's own provider. */
export function flatPrice(usdPerMtok: {
  input: number;
  output: number;
  cached?: number | undefined;
  cacheWrite?: number | undefined;
}): Price {
  const input = rate(usdPerMtok.input);
  const cacheWrite = usdPerMtok.cacheWrite === undefined ? input : rate(usdPerMtok.cacheWrite);
  return {
    tiers: [
      {
        overInputTokens: -1,
        input,
        cached: usdPerMtok.cached === undefined ? input : rate(usdPerMtok.cached),
        cacheWrite,
        longCacheWrite: cacheWrite,
        output: rate(usdPerMtok.output),
      },
    ],
  };
}

export function rate(usdPerMtok: number): Rate {
  return BigInt(Math.round(usdPerMtok * 1e6));
}

/** A price with its tokens at another rate; fees by the use stay. The same object for the same price, as the catalogue has it. */
export function atRate(price: Price, hundredths: number): Price {
  if (hundredths === 100) return price;
  const known = rated.get(price)?.get(hundredths);
  if (known !== undefined) return known;
  const at = (one: Rate): Rate => (one * BigInt(hundredths) + 99n) / 100n;
  const { sound } = price;
  const changed: Price = {
    ...price,
    tiers: price.tiers.map((tier) => ({
      ...tier,
      input: at(tier.input),
      cached: at(tier.cached),
      cacheWrite: at(tier.cacheWrite),
      longCacheWrite: at(tier.longCacheWrite),
      output: at(tier.output),
    })),
    ...(sound && { sound: { input: at(sound.input), cached: at(sound.cached), output: at(sound.output) } }),
  };
  rated.set(price, new Map(rated.get(price)).set(hundredths, changed));
  return changed;
}

/** By the few rates there are. */
const rated = new WeakMap<Price, ReadonlyMap<number, Price>>();

/** Nano-dollars, rounded half up once for the whole call. */
export function costNanos(price: Price, usage: Usage): bigint {
  const tier = tierOf(price, usage.inputTokens);
  // A provider that reports more cached tokens than input has said nonsense; nobody is paid back for it.
  const cached = Math.min(usage.cachedTokens, usage.inputTokens);
  const written = Math.min(usage.cacheWriteTokens, usage.inputTokens - cached);
  const writtenLong = Math.min(usage.longCacheWriteTokens ?? 0, written);
  let picos = BigInt(usage.inputTokens - cached - written) * tier.input + BigInt(usage.outputTokens) * tier.output;
  // Most calls have neither, and a product is made anew even of nothing.
  if (cached > 0) picos += BigInt(cached) * tier.cached;
  if (written > 0) picos += BigInt(written - writtenLong) * tier.cacheWrite + BigInt(writtenLong) * tier.longCacheWrite;
  const cost = usesMore(usage) ? costWithExtras(price, usage, { picos, tier }) : (picos + 500n) / 1000n;
  return price.callNanos === undefined ? cost : cost + price.callNanos;
}

function usesMore({ webSearches, fileSearches, soundInputTokens, soundOutputTokens, rateHundredths }: Usage): boolean {
  return (
    webSearches !== undefined ||
    fileSearches !== undefined ||
    soundInputTokens !== undefined ||
    soundOutputTokens !== undefined ||
    rateHundredths !== undefined
  );
}

function costWithExtras(price: Price, usage: Usage, { picos, tier }: { picos: bigint; tier: Tier }): bigint {
  const { sound = tier } = price;
  const { soundInputTokens = 0, soundCachedTokens = 0 } = usage;
  const tokens =
    picos +
    BigInt(soundInputTokens - soundCachedTokens) * (sound.input - tier.input) +
    BigInt(soundCachedTokens) * (sound.cached - tier.cached) +
    BigInt(usage.soundOutputTokens ?? 0) * (sound.output - tier.output);
  const rated = (tokens * BigInt(usage.rateHundredths ?? 100)) / 100n;
  return (
    (rated + 500n) / 1000n +
    BigInt(usage.webSearches ?? 0) * (price.webSearchNanos ?? 0n) +
    BigInt(usage.fileSearches ?? 0) * (price.fileSearchNanos ?? 0n)
  );
}

/** The price of a call that may be sound: all of it at the higher rate. */
export function withSound(price: Price): Price {
  const { sound } = price;
  if (sound === undefined) return price;
  const higher = (one: Rate, other: Rate): Rate => (one > other ? one : other);
  return {
    ...price,
    tiers: price.tiers.map((tier) => ({
      ...tier,
      input: higher(tier.input, sound.input),
      output: higher(tier.output, sound.output),
    })),
  };
}

/** The most a call can cost: all of its input at the highest price input has, in the highest tier it may come to. */
export function maxCostNanos(price: Price, tokens: { inputTokens: number; maxOutputTokens: number }): bigint {
  let highest = 0n;
  for (const tier of price.tiers) {
    if (tokens.inputTokens <= tier.overInputTokens) continue;
    const picos = BigInt(tokens.inputTokens) * highestInput(tier) + BigInt(tokens.maxOutputTokens) * tier.output;
    if (picos > highest) highest = picos;
  }
  return (highest + 999n) / 1000n + (price.callNanos ?? 0n);
}

/** However the provider comes to count the input. */
function highestInput({ input, cached, cacheWrite, longCacheWrite }: Tier): Rate {
  let highest = input;
  if (cached > highest) highest = cached;
  if (cacheWrite > highest) highest = cacheWrite;
  if (longCacheWrite > highest) highest = longCacheWrite;
  return highest;
}

/** How many tokens of answer an amount pays for beside the input, at the most the call could cost. */
export function affordableOutputTokens(price: Price, options: { nanos: bigint; inputTokens: number }): number {
  let least: bigint | undefined;
  for (const tier of price.tiers) {
    if (options.inputTokens <= tier.overInputTokens) continue;
    const left = (options.nanos - (price.callNanos ?? 0n)) * 1000n - BigInt(options.inputTokens) * highestInput(tier);
    const tokens = left < 0n ? 0n : tier.output === 0n ? freeTokens : left / tier.output;
    if (least === undefined || tokens < least) least = tokens;
  }
  return Number(least ?? 0n);
}

/** The number of tokens that is affordable where a token costs nothing. */
const freeTokens = 1_000_000_000n;

function tierOf(price: Price, inputTokens: number): Tier {
  let found = price.tiers[0];
  for (const tier of price.tiers) if (inputTokens > tier.overInputTokens) found = tier;
  if (found === undefined) throw new Error('a price has at least one tier');
  return found;
}
