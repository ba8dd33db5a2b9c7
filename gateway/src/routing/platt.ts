import { logit, sigmoid } from './logistic-head.ts';

/** Platt's scaling: makes the sums of a head into probabilities that come true. */
export interface Platt {
  slope: number;
  offset: number;
}

export function calibrated({ slope, offset }: Platt, sum: number): number {
  return sigmoid(slope * sum + offset);
}

/** Fits by Newton's method, with Platt's own labels, which are never quite 0 or 1. `sums` are of samples that the head has not seen. */
export function fitPlatt(sums: readonly number[], labels: readonly number[]): Platt {
  const yes = labels.reduce((sum, label) => sum + label, 0);
  const no = labels.length - yes;
  if (yes < 1 || no < 1) return { slope: 0, offset: logit((yes + 1) / (labels.length + 2)) };
  const [high, low] = [(yes + 1) / (yes + 2), 1 / (no + 2)];
  let [slope, offset] = [1, 0];
  for (let i = 0; i < 50; i++) {
    // A little weight on the head's own sums keeps the matrix from being singular.
    let [gs, go, ss, so, oo] = [1e-3 * (slope - 1), 0, 1e-3, 0, 1e-9];
    sums.forEach((sum, j) => {
      const label = labels[j] ?? 0;
      const p = sigmoid(slope * sum + offset);
      const error = p - (low + (high - low) * label);
      const weight = Math.max(p * (1 - p), 1e-9);
      gs += error * sum;
      go += error;
      ss += weight * sum * sum;
      so += weight * sum;
      oo += weight;
    });
    const determinant = ss * oo - so * so;
    const ds = (oo * gs - so * go) / determinant;
    const dof = (ss * go - so * gs) / determinant;
    slope -= ds;
    offset -= dof;
    if (Math.abs(ds) + Math.abs(dof) < 1e-9) break;
  }
  return slope > 0 && Number.isFinite(slope + offset)
    ? { slope, offset }
    : { slope: 0, offset: logit(yes / labels.length) };
}
