import { alpha } from './agreement-test.ts';
import { finish, type Pieces } from './pieces.ts';

/*
 * Which of two does better on the same calls? Bounds for the mean of paired differences, each from -1 to 1, that hold at every look.
 *
 * Bets of several sizes share a purse of 1 and are placed on "the mean is above m", call after call. Where the mean of each difference is m or
 * less, whatever came before it, the purse is a supermartingale, so by Ville's inequality it ever reaches 1/α with a probability of at
 * most α. The lower bound is the highest m at which it has. No variance is estimated, so rare and large differences break nothing
 * (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", 2024).
 */

export interface PairedBound {
  mean: number;
  /** The mean is higher in 95 % of all cases, at every moment at once. */
  lower: number;
  upper: number;
}

/** Parts of the purse that a bet may lose on one call. Small differences that are nearly certain ask for large bets, noisy ones for small. */
const stakes = [0.8, 0.4, 0.2, 0.1, 0.05, 0.025];
/** A hundred-thousandth: less than anybody reads. */
const bisections = 18;

export function pairedBound(differences: readonly number[]): PairedBound {
  return finish(pairedBoundInPieces(differences));
}

export function* pairedBoundInPieces(differences: readonly number[]): Pieces<PairedBound> {
  if (differences.length === 0) return { mean: 0, lower: -1, upper: 1 };
  return {
    mean: differences.reduce((sum, one) => sum + one, 0) / differences.length,
    lower: yield* lowerOf(differences),
    upper: -(yield* lowerOf(differences.map((one) => -one))),
  };
}

/** The highest mean that is refuted from above, or -1. */
function* lowerOf(differences: readonly number[]): Pieces<number> {
  let [low, high] = [-1, 1];
  for (let i = 0; i < bisections; i++) {
    yield;
    const middle = (low + high) / 2;
    if (logPurse(differences, middle) >= -Math.log(alpha)) low = middle;
    else high = middle;
  }
  return low;
}

/** The logarithm of what the bets on a mean above `m` have made of 1. It falls with `m`. */
function logPurse(differences: readonly number[], m: number): number {
  const logs = stakes.map((stake) => {
    const size = stake / (1 + m);
    let [log, purse] = [0, 1];
    for (const one of differences) {
      purse *= 1 + size * (one - m);
      // A logarithm for each call would take ten times as long.
      if (purse > 1e-200 && purse < 1e200) continue;
      log += Math.log(purse);
      purse = 1;
    }
    return log + Math.log(purse);
  });
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / stakes.length);
}
