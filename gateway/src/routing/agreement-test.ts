import { logBeta, logLowerBeta, logUpperBeta } from './beta-integral.ts';

/**
 * Does a small model agree with a strong one often enough? A test that may be read after every pair, however often.
 *
 * For a share `p0` it weighs what was seen under every share above `p0` (a Beta(1,½) mixture) against `p0` itself. Where the true share is
 * `p0` or less, this weight is a supermartingale that starts at 1, so by Ville's inequality it reaches 1/α with a probability of at most α,
 * ever. The mirrored test, over the shares below `p0`, refutes that the models agree that often.
 */

/** The probability of a false word, either way. */
export const alpha = 0.05;

/** Pairs of answers, and how many of them agree. */
export interface Pairs {
  pairs: number;
  agreed: number;
}

/** The logarithm of the weight for a share above `p0`. */
export function logWeightAbove({ pairs, agreed }: Pairs, p0: number): number {
  const [a, b] = [agreed + 1, pairs - agreed + 0.5];
  // The density ½(1−p)^(−½) has the mass √(1−p0) above p0.
  return (
    logBeta(a, b) + logUpperBeta(p0, a, b) - Math.log(2) - 0.5 * Math.log1p(-p0) - logLikelihood(pairs, agreed, p0)
  );
}

/** The logarithm of the weight for a share below `p0`. */
export function logWeightBelow({ pairs, agreed }: Pairs, p0: number): number {
  const [a, b] = [agreed + 1, pairs - agreed + 0.5];
  return (
    logBeta(a, b) +
    logLowerBeta(p0, a, b) -
    Math.log(2) -
    Math.log1p(-Math.sqrt(1 - p0)) -
    logLikelihood(pairs, agreed, p0)
  );
}

function logLikelihood(pairs: number, agreed: number, p: number): number {
  return agreed * Math.log(p) + (pairs - agreed) * Math.log1p(-p);
}

/** Is a share of `p0` or less refuted? */
export function isAbove(seen: Pairs, p0: number, within = alpha): boolean {
  return logWeightAbove(seen, p0) >= -Math.log(within);
}

/** Is a share of `p0` or more refuted? */
export function isBelow(seen: Pairs, p0: number, within = alpha): boolean {
  return logWeightBelow(seen, p0) >= -Math.log(within);
}

/**
 * The largest share that is refuted from above, or `atLeast` where none above it is: the true one is higher in 95 % of all cases, at
 * every moment at once. 0 at first.
 */
export function lowerBound(seen: Pairs, atLeast = 0): number {
  const from = Math.max(atLeast, least);
  return isAbove(seen, from) ? bisect(from, 1 - least, (p0) => isAbove(seen, p0)) : atLeast;
}

/** The smallest share that is refuted from below, or `atMost`. 1 at first. */
export function upperBound(seen: Pairs, atMost = 1): number {
  const to = Math.min(atMost, 1 - least);
  return isBelow(seen, to) ? bisect(least, to, (p0) => !isBelow(seen, p0)) : atMost;
}

const least = 1e-4;
/** Half a ten-thousandth: less than anybody reads. */
const bisections = 15;

/** The last share between the two for which it holds. */
function bisect(from: number, to: number, holds: (p0: number) => boolean): number {
  let [low, high] = [from, to];
  for (let i = 0; i < bisections; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
