import { describe, expect, it } from 'vitest';
import { isAbove, isBelow, logWeightAbove, logWeightBelow, lowerBound, upperBound } from './agreement-test.ts';
import { logBeta, logGamma, logLowerBeta, logUpperBeta } from './beta-integral.ts';
import { seeded } from './logistic-head.ts';

/** For each number of pairs, how many must agree at least to clear a level. Found once, so that a simulation only counts. */
function boundary(level: number, pairsMax: number): number[] {
  const least: number[] = [0];
  let agreed = 0;
  for (let pairs = 1; pairs <= pairsMax; pairs++) {
    while (agreed <= pairs && !isAbove({ pairs, agreed }, level)) agreed += 1;
    least.push(agreed);
  }
  return least;
}

/** After how many pairs a task whose models truly agree so often is cleared; undefined where it is not. */
function pairsToClear(share: number, least: readonly number[], random: () => number): number | undefined {
  let agreed = 0;
  for (let pairs = 1; pairs < least.length; pairs++) {
    if (random() < share) agreed += 1;
    if (agreed >= (least[pairs] ?? Number.POSITIVE_INFINITY)) return pairs;
  }
  return undefined;
}

function simulate(
  share: number,
  level: number,
  { runs, pairsMax, seed }: { runs: number; pairsMax: number; seed: number },
) {
  const [random, least] = [seeded(seed), boundary(level, pairsMax)];
  return Array.from({ length: runs }, () => pairsToClear(share, least, random) ?? Number.POSITIVE_INFINITY).sort(
    (a, b) => a - b,
  );
}

describe('the pairs that clear a task', () => {
  it.each([
    [1, 0.95, 75],
    [0.99, 0.95, 130],
    [0.98, 0.95, 249],
    [0.99, 0.97, 291],
  ])('of models that agree in %d are, for a level of %d, about %d', (share, level, expected) => {
    const pairs = simulate(share, level, { runs: 2_000, pairsMax: 3_000, seed: 5 });
    const median = pairs[1_000] ?? 0;
    expect(median).toBeGreaterThan(expected * 0.85);
    expect(median).toBeLessThan(expected * 1.15);
  });

  it.each([0.9, 0.95, 0.97, 0.98])(
    'clear one at the level of %d itself in at most 6 of 100, however often somebody looks',
    (level) => {
      const pairs = simulate(level, level, { runs: 2_000, pairsMax: 3_000, seed: 7 });
      expect(pairs.filter(Number.isFinite).length / pairs.length).toBeLessThanOrEqual(0.06);
    },
  );

  it('clear one a point below the level in about 1 of 100', () => {
    const pairs = simulate(0.94, 0.95, { runs: 2_000, pairsMax: 3_000, seed: 9 });
    expect(pairs.filter(Number.isFinite).length / pairs.length).toBeLessThanOrEqual(0.02);
  });
});

describe('the bounds', () => {
  it('say nothing before there are pairs', () => {
    expect([lowerBound({ pairs: 0, agreed: 0 }), upperBound({ pairs: 0, agreed: 0 })]).toEqual([0, 1]);
    expect([lowerBound({ pairs: 50, agreed: 0 }), upperBound({ pairs: 50, agreed: 50 })]).toEqual([0, 1]);
  });

  it('enclose the share that was seen, and come closer with more pairs', () => {
    const widths = [20, 200, 2_000, 20_000].map((pairs) => {
      const seen = { pairs, agreed: pairs * 0.95 };
      const [lower, upper] = [lowerBound(seen), upperBound(seen)];
      expect(lower).toBeLessThan(0.95);
      expect(upper).toBeGreaterThan(0.95);
      return upper - lower;
    });
    expect(widths).toEqual([...widths].sort((a, b) => b - a));
    expect(widths[3]).toBeLessThan(0.02);
  });

  it('refute every share outside and none inside', () => {
    const seen = { pairs: 300, agreed: 290 };
    const [lower, upper] = [lowerBound(seen), upperBound(seen)];
    for (let level = 0.01; level < 1; level += 0.01) {
      expect(isAbove(seen, level)).toBe(level <= lower);
      expect(isBelow(seen, level)).toBe(level > upper);
    }
  });

  it('hold a million pairs', () => {
    const seen = { pairs: 1_000_000, agreed: 990_000 };
    expect(lowerBound(seen)).toBeGreaterThan(0.989);
    expect(upperBound(seen)).toBeLessThan(0.991);
  });
});

describe('the weights', () => {
  it('start at 1 and are martingales at the level itself', () => {
    for (const level of [0.5, 0.9, 0.95, 0.99])
      for (const weight of [logWeightAbove, logWeightBelow]) {
        expect(weight({ pairs: 0, agreed: 0 }, level)).toBeCloseTo(0, 9);
        for (const [pairs, agreed] of [
          [0, 0],
          [10, 10],
          [100, 93],
        ] as const) {
          const next = (more: number) => Math.exp(weight({ pairs: pairs + 1, agreed: agreed + more }, level));
          const now = Math.exp(weight({ pairs, agreed }, level));
          expect((level * next(1) + (1 - level) * next(0)) / now).toBeCloseTo(1, 8);
        }
      }
  });

  it('are made of Beta integrals that agree with known values', () => {
    expect(logGamma(5)).toBeCloseTo(Math.log(24), 12);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
    expect(Math.exp(logBeta(2, 3))).toBeCloseTo(1 / 12, 12);
    // I_x(1, b) is 1 − (1−x)^b, and I_x(a, 1) is x^a.
    expect(Math.exp(logLowerBeta(0.3, 1, 4))).toBeCloseTo(1 - 0.7 ** 4, 12);
    expect(logLowerBeta(0.5, 900, 1)).toBeCloseTo(900 * Math.log(0.5), 6);
    for (const x of [0.01, 0.3, 0.95])
      expect(Math.exp(logLowerBeta(x, 40.5, 3)) + Math.exp(logUpperBeta(x, 40.5, 3))).toBeCloseTo(1, 10);
  });
});
