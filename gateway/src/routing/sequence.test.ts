import { describe, expect, it } from 'vitest';
import { difference, expectedUnits, leastUnits, type Sample, type Scale, spread } from './sequence.ts';

/** mulberry32: the same numbers in every run. */
function chances(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Draw = (chance: () => number) => number;
const rate =
  (p: number): Draw =>
  (chance) =>
    chance() < p ? 1 : 0;
/** The logarithm of a cost: that of a fifth of the calls is far above the rest, as long prompts are. */
const logCost =
  (shift: number): Draw =>
  (chance) =>
    shift + Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance()) * costSpread;
/** Standard deviation of the logarithm of a call's cost. */
const costSpread = 1.14;

class Running {
  n = 0;
  #sum = 0;
  #squares = 0;
  add(value: number): void {
    this.n += 1;
    this.#sum += value;
    this.#squares += value * value;
  }
  get sample(): Sample {
    const mean = this.#sum / this.n;
    return { n: this.n, mean, variance: Math.max(0, this.#squares / this.n - mean * mean) };
  }
}

/** After how many units the interval leaves out zero, looked at every ten; undefined: never. */
function decidedAt(
  seed: number,
  { a, b, scale, shareB = 0.5, most }: { a: Draw; b: Draw; scale: Scale; shareB?: number; most: number },
): number | undefined {
  const chance = chances(seed);
  const [armA, armB] = [new Running(), new Running()];
  for (let n = 1; n <= most; n++) {
    if (chance() < shareB) armB.add(b(chance));
    else armA.add(a(chance));
    if (n % 10 !== 0) continue;
    const found = difference(armA.sample, armB.sample, { scale, alpha: 0.05 });
    if (found !== undefined && (found.lower > 0 || found.upper < 0)) return n;
  }
  return undefined;
}

const runs = Array.from({ length: 400 }, (_one, i) => 1_000 + i);

describe('experiments without a difference', () => {
  it.each([
    ['thumbs up, split evenly', { a: rate(0.9), b: rate(0.9), scale: 'rate' as const, shareB: 0.5 }],
    ['thumbs up, a tenth in B', { a: rate(0.9), b: rate(0.9), scale: 'rate' as const, shareB: 0.1 }],
    ['rare errors, a tenth in B', { a: rate(0.01), b: rate(0.01), scale: 'rate' as const, shareB: 0.1 }],
    ['costs, split evenly', { a: logCost(0), b: logCost(0), scale: 'log' as const, shareB: 0.5 }],
    ['costs, a tenth in B', { a: logCost(0), b: logCost(0), scale: 'log' as const, shareB: 0.1 }],
  ])('are decided in at most 6 of 100, looked at every ten of 10,000 units: %s', (_name, arms) => {
    const wrong = runs.filter((seed) => decidedAt(seed, { ...arms, most: 10_000 }) !== undefined).length;
    expect(wrong / runs.length).toBeLessThanOrEqual(0.06);
  });
});

const rateSpreads = (a: number, b: number): readonly [number, number] => [a * (1 - a), b * (1 - b)];
const costSpreads: readonly [number, number] = [costSpread ** 2, costSpread ** 2];
const table = [
  { name: '95 to 90 %', a: rate(0.95), b: rate(0.9), effect: 0.05, spreads: rateSpreads(0.95, 0.9), units: 900 },
  { name: '80 to 70 %', a: rate(0.8), b: rate(0.7), effect: 0.1, spreads: rateSpreads(0.8, 0.7), units: 610 },
  {
    name: 'cost -30 %',
    a: logCost(0),
    b: logCost(Math.log(0.7)),
    effect: Math.log(0.7),
    spreads: costSpreads,
    units: 370,
  },
  {
    name: 'cost -10 %',
    a: logCost(0),
    b: logCost(Math.log(0.9)),
    effect: Math.log(0.9),
    spreads: costSpreads,
    units: 3_500,
  },
] as const;

describe('the size of an experiment', () => {
  it.each(table)(
    'is as expected before the start and as simulated, within 15 %: $name',
    ({ name, a, b, effect, spreads, units }) => {
      const expected = expectedUnits(effect, { spreads, alpha: 0.05 });
      expect(expected / units).toBeGreaterThan(0.85);
      expect(expected / units).toBeLessThan(1.15);
      const scale = name.startsWith('cost') ? 'log' : 'rate';
      const found = runs
        .map((seed) => decidedAt(seed, { a, b, scale, most: units * 5 }) ?? Number.POSITIVE_INFINITY)
        .sort((one, other) => one - other);
      const median = found[runs.length / 2] ?? 0;
      expect(median / units).toBeGreaterThan(0.85);
      expect(median / units).toBeLessThan(1.15);
    },
  );

  it('is more than 4,000 units for 80 against 77 %', () => {
    expect(expectedUnits(0.03, { spreads: rateSpreads(0.8, 0.77), alpha: 0.05 })).toBeGreaterThan(4_000);
  });

  it('is never less than a hundred units in the smaller arm', () => {
    expect(expectedUnits(0.5, { spreads: [0.2, 0.2], alpha: 0.05, shares: [0.9, 0.1] })).toBe(1_000);
  });
});

describe('the interval', () => {
  it('has no winner where every unit costs the same and the means differ in their last digit', () => {
    const mean = Math.log(12_345);
    const [a, b] = [
      { n: 150, mean, variance: 0 },
      { n: 170, mean: mean + 4e-15, variance: 1e-30 },
    ];
    const found = difference(a, b, { scale: 'log', alpha: 0.05 });
    expect([(found?.lower ?? 1) < 0, (found?.upper ?? -1) > 0]).toEqual([true, true]);
    // A third more is one at once.
    expect(difference(a, { ...b, mean: mean + Math.log(4 / 3) }, { scale: 'log', alpha: 0.05 })?.lower).toBeGreaterThan(
      0,
    );
  });

  it('is undefined below a hundred units in either arm', () => {
    const [few, many] = [
      { n: leastUnits - 1, mean: 0, variance: 0 },
      { n: 5_000, mean: 1, variance: 0 },
    ];
    expect(difference(few, many, { scale: 'rate', alpha: 0.05 })).toBeUndefined();
    expect(difference(many, few, { scale: 'rate', alpha: 0.05 })).toBeUndefined();
  });

  it('leaves room for chance where every unit of an arm was the same', () => {
    expect(spread({ n: 150, mean: 0, variance: 0 }, 'rate')).toBeCloseTo((1 / 152) * (1 - 1 / 152), 12);
    const found = difference(
      { n: 150, mean: 0, variance: 0 },
      { n: 150, mean: 0, variance: 0 },
      { scale: 'rate', alpha: 0.05 },
    );
    expect(found?.lower).toBeLessThan(0);
    expect(found?.upper).toBeGreaterThan(0);
  });

  it('has the variance of (k+1)/(n+2) for units that are right or wrong', () => {
    const [k, n] = [30, 200];
    const p = (k + 1) / (n + 2);
    expect(spread({ n, mean: k / n, variance: (k / n) * (1 - k / n) }, 'rate')).toBeCloseTo(p * (1 - p), 12);
  });

  it('is wider for each of several arms', () => {
    const [a, b] = [
      { n: 500, mean: 0.5, variance: 0.25 },
      { n: 500, mean: 0.5, variance: 0.25 },
    ];
    const two = difference(a, b, { scale: 'rate', alpha: 0.05 });
    const five = difference(a, b, { scale: 'rate', alpha: 0.05 / 4 });
    expect(five?.upper).toBeGreaterThan(two?.upper ?? 1);
  });
});
