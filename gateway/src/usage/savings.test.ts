import fc from 'fast-check';
import { expect, it } from 'vitest';
import { costNanos, flatPrice } from '../models/price.ts';
import { keptUsage, savingsOf, savingsOfHit } from './savings.ts';

const usd = fc.integer({ min: 0, max: 100_000 }).map((cents) => cents / 1000);
const price = fc.record({ input: usd, output: usd, cached: usd, cacheWrite: usd }).map((one) => flatPrice(one));
const tokens = fc.integer({ min: 0, max: 2_000_000 });
const usage = fc
  .record({ input: tokens, cached: tokens, written: tokens, output: tokens })
  .map(({ input, cached, written, output }) => ({
    inputTokens: input + cached + written,
    cachedTokens: cached,
    cacheWriteTokens: written,
    outputTokens: output,
    reasoningTokens: 0,
  }));

it('what a call saved and what it cost add up to what the baseline would have cost', () => {
  fc.assert(
    fc.property(price, price, usage, fc.boolean(), (baseline, chosen, used, isMarked) => {
      const saved = savingsOf({ baseline, price: chosen, usage: used, isMarked });
      const plain = isMarked ? { ...used, cachedTokens: 0, cacheWriteTokens: 0 } : used;
      expect(saved?.totalNanos).toBe((saved?.routeNanos ?? 0n) + (saved?.marksNanos ?? 0n));
      expect((saved?.totalNanos ?? 0n) + costNanos(chosen, used)).toBe(costNanos(baseline, plain));
    }),
    { seed: 18 },
  );
});

it('a hit saves what the answer cost, beside what its model saved', () => {
  fc.assert(
    fc.property(price, price, usage, (baseline, chosen, used) => {
      const firstCostNanos = costNanos(chosen, used);
      const saved = savingsOfHit({ baseline, price: chosen, usage: used, firstCostNanos });
      expect(saved.totalNanos).toBe(costNanos(baseline, used));
      expect(saved.totalNanos - saved.routeNanos - saved.marksNanos).toBe(firstCostNanos);
    }),
    { seed: 18 },
  );
});

it('hits of an answer with marks save what equal calls without marks would have cost', () => {
  fc.assert(
    fc.property(price, price, usage, (baseline, chosen, used) => {
      const kept = keptUsage({ price: chosen, usage: used, isMarked: true });
      const hit = savingsOfHit({ baseline, price: chosen, usage: kept.usage, firstCostNanos: kept.costNanos });
      const first = savingsOf({ baseline, price: chosen, usage: used, isMarked: true });
      const plain = { ...used, cachedTokens: 0, cacheWriteTokens: 0 };
      const paid = costNanos(chosen, used);
      // Two equal calls: the first is paid, and the second is a hit.
      expect((first?.totalNanos ?? 0n) + hit.totalNanos + paid).toBe(2n * costNanos(baseline, plain));
    }),
    { seed: 18 },
  );
});

it('a mark that is written and never read counts against the saving', () => {
  const claude = flatPrice({ input: 4, output: 20, cached: 0.4, cacheWrite: 5 });
  const of = (cachedTokens: number, cacheWriteTokens: number) =>
    savingsOf({
      baseline: undefined,
      price: claude,
      usage: { inputTokens: 10_000, cachedTokens, cacheWriteTokens, outputTokens: 100, reasoningTokens: 0 },
      isMarked: true,
    });
  // 8,000 tokens, written at a dollar a million above the usual price, or read at $3.60 below it.
  expect(of(0, 8_000)).toEqual({ totalNanos: -8_000_000n, routeNanos: 0n, marksNanos: -8_000_000n });
  expect(of(8_000, 0)).toEqual({ totalNanos: 28_800_000n, routeNanos: 0n, marksNanos: 28_800_000n });
});

it('a model that writes more than the baseline saves nothing by the tokens that the baseline would not have written', () => {
  const [sol, luna] = [flatPrice({ input: 2, output: 10 }), flatPrice({ input: 0.1, output: 0.5 })];
  const used = {
    inputTokens: 1_000,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 4_000,
    reasoningTokens: 3_600,
  };
  const of = (lengthShare: number) =>
    savingsOf({ baseline: sol, lengthShare, price: luna, usage: used, isMarked: false });
  // $0.042 at the same tokens, and $0.006 with a tenth of them; luna cost $0.0021.
  expect([of(1)?.routeNanos, of(0.1)?.routeNanos]).toEqual([39_900_000n, 3_900_000n]);
});

it('a call that nothing is known to compare with saves nothing, and says so', () => {
  const used = { inputTokens: 10, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 };
  expect(
    savingsOf({ baseline: undefined, price: flatPrice({ input: 1, output: 1 }), usage: used, isMarked: false }),
  ).toBe(undefined);
  expect(
    savingsOf({ baseline: flatPrice({ input: 1, output: 1 }), price: undefined, usage: used, isMarked: false }),
  ).toBe(undefined);
});

it('attempts that failed and were paid count against the saving of the model that answered', () => {
  const used = { inputTokens: 1_000_000, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 };
  const of = (baseline: number | undefined) =>
    savingsOf({
      baseline: baseline === undefined ? undefined : flatPrice({ input: baseline, output: 0 }),
      price: flatPrice({ input: 1, output: 0 }),
      usage: used,
      isMarked: true,
      earlierNanos: 400_000_000n,
    });
  expect(of(2)).toEqual({ totalNanos: 600_000_000n, routeNanos: 600_000_000n, marksNanos: 0n });
  // The caller chose every model: nobody knows what would have failed without us.
  expect(of(undefined)).toEqual({ totalNanos: 0n, routeNanos: 0n, marksNanos: 0n });
});
