import { calcPrice } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Usage } from '../dialects/neutral.ts';
import { vendorOf, vendors } from '../providers/providers.ts';
import { type CatalogModel, findModel, listModels } from './catalog.ts';
import { vendorModels } from './genai-prices.ts';
import { atRate, costNanos, flatPrice, maxCostNanos, type Price } from './price.ts';

const at = new Date('2026-11-24T12:00:00Z');

function usage(counts: Partial<Usage> = {}): Usage {
  return { inputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0, ...counts };
}

/** Sound usage around every tier of every model there is. */
const anyUsage = fc
  .record({
    inputTokens: fc.oneof(
      fc.nat(5_000),
      fc.nat(1_000_000),
      fc.constantFrom(128_000, 128_001, 200_000, 200_001, 271_999, 272_000, 272_001),
    ),
    cachedShare: fc.nat(100),
    writtenShare: fc.nat(100),
    longShare: fc.nat(100),
    outputTokens: fc.nat(100_000),
  })
  .map(({ inputTokens, cachedShare, writtenShare, longShare, outputTokens }): Usage => {
    const cachedTokens = Math.floor((inputTokens * cachedShare) / 100);
    const cacheWriteTokens = Math.floor(((inputTokens - cachedTokens) * writtenShare) / 100);
    const longCacheWriteTokens = Math.floor((cacheWriteTokens * longShare) / 100);
    return usage({ inputTokens, cachedTokens, cacheWriteTokens, longCacheWriteTokens, outputTokens });
  });

interface Priced extends CatalogModel {
  price: Price;
}
const priced = listModels(at).filter((model): model is Priced => model.price !== undefined);
const anyModel = fc.constantFrom(...priced);

describe('the price of a call', () => {
  it('is what the price package itself says, for every model and any usage, to the nano-dollar', () => {
    fc.assert(
      fc.property(anyModel, anyUsage, ({ id, vendor, price }, one) => {
        const theirs = calcPrice(
          {
            input_tokens: one.inputTokens,
            cache_read_tokens: one.cachedTokens,
            cache_write_tokens: one.cacheWriteTokens,
            ...(vendor === 'anthropic' ? { cache_write_1h_tokens: one.longCacheWriteTokens } : {}),
            output_tokens: one.outputTokens,
          },
          id,
          { providerId: vendorOf(vendor).vendor.catalogue, timestamp: at },
        );
        // They reckon in floating point: a nano-dollar either way, and what a double loses of a large sum.
        const nanos = (theirs?.total_price ?? Number.NaN) * 1e9;
        expect(Math.abs(Number(costNanos(price, one)) - nanos)).toBeLessThanOrEqual(1 + nanos * 1e-12);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is never finer than a picodollar a token, so that nothing is lost in whole numbers', () => {
    const fine = vendors
      .flatMap(({ vendor }) => vendorModels(vendor.catalogue))
      .flatMap(({ prices }) => (Array.isArray(prices) ? prices.map((one) => one.prices) : [prices]))
      .flatMap((prices) => Object.entries(prices))
      .filter(([unit]) => unit.endsWith('_mtok'))
      .flatMap(([, price]) =>
        typeof price === 'object' ? [price.base, ...price.tiers.map((tier) => tier.price)] : [price],
      )
      .filter((price) => price !== undefined && Math.abs(price * 1e6 - Math.round(price * 1e6)) > 1e-6);
    expect(fine).toEqual([]);
  });

  it('counts cached, written and long-kept tokens at their own price', () => {
    const sonnet = priceOf('claude-3-5-sonnet-20241022');
    expect(costNanos(sonnet, usage({ inputTokens: 1_000_000 }))).toBe(3_000_000_000n);
    expect(costNanos(sonnet, usage({ inputTokens: 1_000_000, cachedTokens: 1_000_000 }))).toBe(300_000_000n);
    expect(costNanos(sonnet, usage({ inputTokens: 1_000_000, cacheWriteTokens: 1_000_000 }))).toBe(3_750_000_000n);
    const long = usage({ inputTokens: 1_000_000, cacheWriteTokens: 1_000_000, longCacheWriteTokens: 1_000_000 });
    expect(costNanos(sonnet, long)).toBe(6_000_000_000n);
    expect(costNanos(sonnet, usage({ outputTokens: 1_000_000, reasoningTokens: 900_000 }))).toBe(15_000_000_000n);
  });

  it('counts cached tokens as input where the model has no price for them', () => {
    const price = priceOf('gpt-4-turbo');
    expect(costNanos(price, usage({ inputTokens: 1_000, cachedTokens: 1_000 }))).toBe(10_000_000n);
  });

  it('takes the long-context price for all tokens of a call that passes the mark, and not one token before', () => {
    const price = priceOf('gemini-1.5-pro');
    expect(costNanos(price, usage({ inputTokens: 128_000, outputTokens: 1_000 }))).toBe(165_000_000n);
    expect(costNanos(price, usage({ inputTokens: 128_001, outputTokens: 1_000 }))).toBe(330_002_500n);
  });

  it('is rounded half up, once for the whole call', () => {
    const price = flatPrice({ input: 0.0005, output: 0.0004 });
    expect(costNanos(price, usage({ inputTokens: 1 }))).toBe(1n);
    expect(costNanos(price, usage({ outputTokens: 1 }))).toBe(0n);
    expect(costNanos(price, usage({ inputTokens: 1, outputTokens: 1 }))).toBe(1n);
  });

  it('pays nobody back for more cached tokens than there was input', () => {
    const price = priceOf('claude-3-5-sonnet-20241022');
    const nonsense = usage({ inputTokens: 10, cachedTokens: 500, cacheWriteTokens: 500, longCacheWriteTokens: 900 });
    expect(costNanos(price, nonsense)).toBe(costNanos(price, usage({ inputTokens: 10, cachedTokens: 10 })));
  });

  it('is nothing for nothing', () => {
    for (const { price } of priced) expect(costNanos(price, usage())).toBe(0n);
  });

  it('never falls when a call uses more', () => {
    fc.assert(
      fc.property(anyModel, anyUsage, fc.nat(300_000), fc.nat(10_000), ({ price }, one, input, output) => {
        const more = { ...one, inputTokens: one.inputTokens + input, outputTokens: one.outputTokens + output };
        expect(costNanos(price, more)).toBeGreaterThanOrEqual(costNanos(price, one));
      }),
    );
  });

  it('of two calls in one tier is the price of both together, but for the rounding', () => {
    const small = anyUsage.filter(({ inputTokens }) => inputTokens <= 50_000);
    fc.assert(
      fc.property(anyModel, small, small, ({ price }, a, b) => {
        const sum = usage({
          inputTokens: a.inputTokens + b.inputTokens,
          cachedTokens: a.cachedTokens + b.cachedTokens,
          cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
          longCacheWriteTokens: (a.longCacheWriteTokens ?? 0) + (b.longCacheWriteTokens ?? 0),
          outputTokens: a.outputTokens + b.outputTokens,
        });
        const apart = costNanos(price, a) + costNanos(price, b);
        const difference = apart - costNanos(price, sum);
        expect(difference >= -1n && difference <= 1n).toBe(true);
      }),
    );
  });
});

describe('the price of sound', () => {
  it('is what the price package itself says, from the cache too', () => {
    const theirs = calcPrice(
      {
        input_tokens: 10_000,
        cache_read_tokens: 6_000,
        input_audio_tokens: 8_000,
        cache_audio_read_tokens: 5_000,
        output_tokens: 100,
      },
      'gemini-2.5-flash-lite',
      { providerId: 'google', timestamp: at },
    );
    const sound = { inputTokens: 10_000, cachedTokens: 6_000, soundInputTokens: 8_000, soundCachedTokens: 5_000 };
    const cost = costNanos(priceOf('gemini-2.5-flash-lite'), usage({ ...sound, outputTokens: 100 }));
    expect(Number(cost)).toBeCloseTo((theirs?.total_price ?? Number.NaN) * 1e9, 0);
  });
});

describe('the most a call can cost', () => {
  it('is never passed, whatever of the input was cached or written', () => {
    fc.assert(
      fc.property(anyModel, anyUsage, fc.nat(1_000), fc.nat(1_000), ({ price }, one, input, output) => {
        const bound = { inputTokens: one.inputTokens + input, maxOutputTokens: one.outputTokens + output };
        expect(maxCostNanos(price, bound)).toBeGreaterThanOrEqual(costNanos(price, one));
      }),
      { numRuns: 1_000 },
    );
  });

  it('looks no further than the tier the call may reach', () => {
    const price = priceOf('gemini-1.5-pro');
    expect(maxCostNanos(price, { inputTokens: 128_000, maxOutputTokens: 0 })).toBe(160_000_000n);
    expect(maxCostNanos(price, { inputTokens: 128_001, maxOutputTokens: 0 })).toBe(320_002_500n);
  });
});

function priceOf(name: string): Price {
  const price = findModel(name, at)?.entry?.price;
  if (price === undefined) throw new Error(`the catalogue has no price for ${name}`);
  return price;
}

it('a price at another rate has other tokens and the same fees, and is the same object each time', () => {
  const price: Price = { ...flatPrice({ input: 1, output: 5 }), webSearchNanos: 10_000_000n };
  const higher = atRate(price, 110);
  expect(costNanos(higher, usage({ inputTokens: 1_000, outputTokens: 100, webSearches: 1 }))).toBe(11_650_000n);
  expect(atRate(price, 110)).toBe(higher);
  expect(atRate(price, 100)).toBe(price);
});
