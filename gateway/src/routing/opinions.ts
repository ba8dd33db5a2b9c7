import { logit, sigmoid } from './logistic-head.ts';
import type { Pieces } from './pieces.ts';

/** The parts of the heads, words and task, each say of a call how good the small and the strong model are: as logits. */
export type Opinions = readonly [weakWords: number, weakTask: number, strongWords: number, strongTask: number];

/** Makes opinions into one probability that comes true. */
export interface Mix {
  weights: readonly number[];
  bias: number;
}

export function mixed({ weights, bias }: Mix, opinions: Opinions): number {
  let sum = bias;
  for (let j = 0; j < opinions.length; j++) sum += (weights[j] ?? 0) * (opinions[j] ?? 0);
  return sigmoid(sum);
}

interface Belief {
  weight: number;
  /** Another weight takes about this many labels to be believed. */
  doubt: number;
}

/** Measured: with a doubt of 5, no set differs by more than 0.002. */
const own: Belief = { weight: 0.5, doubt: 30 };
const other: Belief = { weight: 0, doubt: 30 };
/** Where there is one task, its rate says nothing that the words do not, and calls are few: Platt's scaling of the words. */
const ownWords: Belief = { weight: 1, doubt: 1e-3 };
const nothing: Belief = { weight: 0, doubt: 1e9 };

/** Before any label, words and task of the model itself count the same, and those of the other model nothing. */
const beliefs = {
  weak: { one: [ownWords, nothing, nothing, nothing], many: [own, own, other, other] },
  strong: { one: [nothing, nothing, ownWords, nothing], many: [other, other, own, own] },
} as const;

const rounds = 30;

interface Labelled {
  opinions: readonly Opinions[];
  labels: readonly number[];
  tasks: 'one' | 'many';
}

/**
 * Fits the weights of opinions by Newton's method, with Platt's labels, which are never quite 0 or 1. The opinions are of parts that had not
 * seen these calls: a head is far too sure of those that it has seen.
 */
export function* fitMixInPieces(of: 'weak' | 'strong', { opinions, labels, tasks }: Labelled): Pieces<Mix> {
  const yes = labels.reduce((sum, label) => sum + label, 0);
  const no = labels.length - yes;
  const first = beliefs[of][tasks];
  const constant = { weights: first.map(() => 0), bias: logit((yes + 1) / (labels.length + 2)) };
  if (yes < 1 || no < 1) return constant;
  const low = 1 / (no + 2);
  const high = (yes + 1) / (yes + 2);
  const means = first.map((_, j) => opinions.reduce((sum, one) => sum + (one[j] ?? 0), 0) / opinions.length);
  const targets = labels.map((label) => low + (high - low) * label);
  // The last weight is the bias.
  const weights = [...first.map(({ weight }) => weight), logit(yes / labels.length)];
  const doubts = [...first.map(({ doubt }) => doubt), 1e-9];
  for (let round = 0; round < rounds; round++) {
    yield;
    const slopes = doubts.map((doubt, j) => doubt * ((weights[j] ?? 0) - (first[j]?.weight ?? weights[j] ?? 0)));
    const curves = doubts.map((doubt, j) => doubts.map((_, k) => (j === k ? doubt : 0)));
    addCurves({ slopes, curves }, { opinions, targets, means, weights });
    const steps = solved(curves, slopes);
    for (const [j, step] of steps.entries()) weights[j] = (weights[j] ?? 0) - step;
    if (steps.every((step) => Math.abs(step) < 1e-9)) break;
  }
  const bias = means.reduce((sum, mean, j) => sum - mean * (weights[j] ?? 0), weights[first.length] ?? 0);
  const words = weights[of === 'weak' ? 0 : 2] ?? 0;
  // Words that speak against themselves have nothing to say.
  if (!Number.isFinite(bias) || (tasks === 'one' && words <= 0)) return constant;
  return { weights: weights.slice(0, first.length), bias };
}

/** Adds the first and the second derivatives of the loss of all calls. */
function addCurves(
  { slopes, curves }: { slopes: number[]; curves: readonly number[][] },
  given: {
    opinions: readonly Opinions[];
    targets: readonly number[];
    means: readonly number[];
    weights: readonly number[];
  },
): void {
  const { opinions, targets, means, weights } = given;
  const width = weights.length;
  const row = new Float64Array(width).fill(1);
  for (const [i, one] of opinions.entries()) {
    let sum = weights[width - 1] ?? 0;
    for (let j = 0; j < width - 1; j++) {
      row[j] = (one[j] ?? 0) - (means[j] ?? 0);
      sum += (row[j] ?? 0) * (weights[j] ?? 0);
    }
    const p = sigmoid(sum);
    const error = p - (targets[i] ?? 0);
    const curve = Math.max(p * (1 - p), 1e-9);
    for (let j = 0; j < width; j++) {
      const value = row[j] ?? 0;
      slopes[j] = (slopes[j] ?? 0) + error * value;
      const line = curves[j] ?? [];
      for (let k = 0; k < width; k++) line[k] = (line[k] ?? 0) + curve * value * (row[k] ?? 0);
    }
  }
}

/** Solves the linear equations of a symmetric positive matrix by Gauss: it needs no pivots. */
function solved(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  rows.forEach((pivot, i) => {
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = (row[i] ?? 0) / (pivot[i] ?? 1);
      for (let k = i; k < row.length; k++) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0);
    }
  });
  return rows.map((row, i) => (row.at(-1) ?? 0) / (row[i] ?? 1));
}
