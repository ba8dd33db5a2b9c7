import { describe, expect, it } from 'vitest';
import { seeded } from './logistic-head.ts';
import { pairedBound } from './paired-bound.ts';

type Draw = (random: () => number) => number;

/** Differences without a mean: small ones of two sides, few and large ones, and many small losses beside rare gains. */
const without: readonly (readonly [string, Draw])[] = [
  ['of two sides', (random) => (random() < 0.5 ? 0.1 : -0.1)],
  ['rare and large', (random) => (random() < 0.01 ? (random() < 0.5 ? 1 : -1) : 0)],
  ['mostly small losses', (random) => (random() < 0.02 ? 0.98 : -0.02)],
  ['mostly small gains', (random) => (random() < 0.02 ? -0.98 : 0.02)],
  ['of a mean that wanders', (random) => (random() < 0.5 ? 0.3 : -0.3) * random()],
];

/** After how many calls the lower bound is above 0, looked at every hundred; undefined: never. */
function decidedAt(seed: number, draw: Draw, most: number): number | undefined {
  const random = seeded(seed);
  const seen: number[] = [];
  for (let n = 1; n <= most; n++) {
    seen.push(draw(random));
    if (n % 100 === 0 && pairedBound(seen).lower > 0) return n;
  }
  return undefined;
}

const seeds = Array.from({ length: 100 }, (_, i) => i + 1);

describe('the bound of paired differences', () => {
  it.each(without)(
    'is above 0 in at most 6 of 100 cases without a difference, looked at every hundred calls: %s',
    (_, draw) => {
      const wrong = seeds.filter((seed) => decidedAt(seed, draw, 1_000) !== undefined).length;
      expect(wrong / seeds.length).toBeLessThanOrEqual(0.06);
    },
  );

  it.each([
    ['0.02 of noise of 0.1', 0.02, 0.1, 400],
    ['0.05 of noise of 0.2', 0.05, 0.2, 300],
    ['0.01 of noise of 0.03', 0.01, 0.03, 700],
  ] as const)('shows a difference of %s', (_, mean, noise, calls) => {
    const needed = seeds
      .map((seed) => decidedAt(seed, (random) => mean + (random() < 0.5 ? noise : -noise), 1_000) ?? 1_000)
      .sort((a, b) => a - b);
    expect(needed[50], 'half of the cases').toBeLessThanOrEqual(calls);
  });

  it('holds the mean between its ends, turns with its sign, and says nothing without calls', () => {
    const random = seeded(3);
    const values = Array.from({ length: 500 }, () => random() * 0.4 - 0.1);
    const { mean, lower, upper } = pairedBound(values);
    expect(lower).toBeLessThan(mean);
    expect(upper).toBeGreaterThan(mean);
    expect(upper - lower).toBeLessThan(0.1);
    const turned = pairedBound(values.map((value) => -value));
    expect([turned.lower, turned.upper]).toEqual([-upper, -lower]);
    expect(pairedBound([])).toEqual({ mean: 0, lower: -1, upper: 1 });
  });
});
