/*
 * Confidence sequences: intervals for the difference of two means that hold at every look, however often one looks.
 *
 * A plain confidence interval holds for one look at a number of units that was fixed beforehand. A person who looks every day and stops at
 * the first interval without zero cries wolf in 22 to 67 % of experiments without any difference (measured by looking every 10 calls).
 * These are wider, by the normal mixture of Robbins (1970): with n units, the half width is SE * sqrt((1 + 1/u) * (ln(1 + u) + 2 ln(1/alpha)))
 * where u = n * rho^2, and rho is chosen so that it is tightest at 1,000 units.
 */

/** The unit means of one arm. */
export interface Sample {
  n: number;
  mean: number;
  /** Divided by n. */
  variance: number;
}

export interface Interval {
  estimate: number;
  lower: number;
  upper: number;
}

/** `rate`: means from 0 to 1. `log`: logarithms of what has no upper end, such as costs and times. */
export type Scale = 'rate' | 'log';

/** Fewer units in either arm say nothing: sums are not normal yet. */
export const leastUnits = 100;

const tightestAt = 1_000;

/** How many standard errors the interval reaches to each side, with n units in both arms together. */
function reach(n: number, alpha: number): number {
  const u = (n * tightest(alpha)) / tightestAt;
  return Math.sqrt((1 + 1 / u) * (Math.log1p(u) - 2 * Math.log(alpha)));
}

/** n * rho^2 where the interval is tightest: the root of u = ln(1 + u) + 2 ln(1/alpha). The iteration gains a digit a step. */
function tightest(alpha: number): number {
  const c = -2 * Math.log(alpha);
  let u = c;
  for (let i = 0; i < 20; i++) u = Math.log1p(u) + c;
  return u;
}

/** By how much `b` is above `a`; undefined where one of them has too few units. */
export function difference(
  a: Sample,
  b: Sample,
  { scale, alpha }: { scale: Scale; alpha: number },
): Interval | undefined {
  if (Math.min(a.n, b.n) < leastUnits) return undefined;
  const estimate = b.mean - a.mean;
  const standardError = Math.sqrt(spread(a, scale) / a.n + spread(b, scale) / b.n);
  const half = reach(a.n + b.n, alpha) * standardError;
  return { estimate, lower: estimate - half, upper: estimate + half };
}

/** A thousandth to each side. */
const leastLogSpread = 1e-6;

/**
 * The variance of a unit. A rate of 0 of 150 has none in the sample, but is no certainty: with one success and one failure more it is that of
 * (k+1)/(n+2). Logarithms have a little in any case: where every call costs the same, means differ in their last digit, and that is no difference.
 */
export function spread({ n, mean, variance }: Sample, scale: Scale): number {
  if (scale === 'log') return Math.max(variance, leastLogSpread);
  const squares = (variance + mean * mean) * n;
  const shrunk = (mean * n + 1) / (n + 2);
  return Math.max(variance, (squares + 1) / (n + 2) - shrunk * shrunk);
}

/**
 * About how many units, in both arms together, half of all experiments take to show a true difference. `spreads`: the variance of a unit in
 * each arm; `shares`: the part of all units that each arm gets.
 */
export function expectedUnits(
  effect: number,
  {
    spreads: [a, b],
    alpha,
    shares: [shareA, shareB] = [0.5, 0.5],
  }: { spreads: readonly [number, number]; alpha: number; shares?: readonly [number, number] },
): number {
  const variance = a / shareA + b / shareB;
  const total = shareA + shareB;
  const floor = leastUnits / Math.min(shareA, shareB);
  if (effect === 0 || !Number.isFinite(effect)) return Number.POSITIVE_INFINITY;
  let n = floor;
  for (let i = 0; i < 50; i++) n = (reach(n * total, alpha) ** 2 * variance) / (effect * effect);
  return Math.max(floor, n * earlyShare(n)) * total;
}

/**
 * A path that wanders crosses the bound before its drift does, and the more so the longer the way is. Fitted to 1,000 simulated experiments each:
 * half of them were over by 0.88, 0.83, 0.85 and 0.69 of 400, 690, 1,010 and 4,870 units.
 */
function earlyShare(n: number): number {
  return Math.min(1, Math.max(0.5, 0.87 - 0.079 * Math.log(n / 500)));
}
