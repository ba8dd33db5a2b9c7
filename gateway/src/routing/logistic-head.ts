import { wordBuckets } from './hashed-words.ts';
import { callsInPiece, finish, type Pieces } from './pieces.ts';

/** A call as a head sees it: which words it has, and what it is like otherwise. */
export interface TextFeatures {
  words: Uint16Array;
  /** About 0 to 1 each, in a fixed order. */
  structure: readonly number[];
}

/** A logistic regression over hashed words and structure: the probability of one thing. */
export interface LogisticHead {
  words: Float32Array | Int8Array;
  /** The worth of a weight of 1 in `words`. */
  scale: number;
  structure: readonly number[];
  bias: number;
}

interface Fitting {
  rate: number;
  epochs: number;
  l2: number;
  /** How much a number of the structure counts that is one standard deviation from its mean; all words together count 1. */
  structure: number;
  /** Of the order of the samples. */
  seed: number;
}

/**
 * Measured on the routing data: steps three times as large score 0.01 to 0.04 lower, and more epochs nothing. The rate is that of a few
 * thousand samples.
 */
export const usualFitting: Fitting = { rate: 0.025, epochs: 6, l2: 1e-5, structure: 0.2, seed: 1 };

/** Fits by AdaGrad. A label is a probability, 0 to 1. */
export function fitHead(...given: Parameters<typeof fitInPieces>): LogisticHead {
  return finish(fitInPieces(...given));
}

export function* fitInPieces(
  samples: readonly TextFeatures[],
  labels: ArrayLike<number>,
  { rate, epochs, l2, structure: share, seed }: Fitting = usualFitting,
): Pieces<LogisticHead> {
  const { means, factors } = yield* spreadInPieces(samples, share);
  const stepSize = rate * stepsFor(samples.length);
  const width = means.length;
  const size = wordBuckets + width + 1;
  const weights = new Float32Array(size);
  const squares = new Float32Array(size).fill(1e-8);
  const random = seeded(seed);
  const order = samples.map((_, i) => i);
  const shape = new Float64Array(width);
  const step = (at: number, slope: number): void => {
    const gradient = slope + l2 * (weights[at] ?? 0);
    const square = (squares[at] ?? 0) + gradient * gradient;
    squares[at] = square;
    weights[at] = (weights[at] ?? 0) - (stepSize * gradient) / Math.sqrt(square);
  };
  weights[size - 1] = logit(mean(labels));
  // Where all are labelled alike, the words have nothing to say.
  const steps = isConstant(labels) ? 0 : epochs;
  for (let epoch = 0; epoch < steps; epoch++) {
    shuffle(order, random);
    for (const [nth, i] of order.entries()) {
      if (nth % callsInPiece === 0) yield;
      const sample = samples[i];
      if (sample === undefined) continue;
      const { words, structure } = sample;
      const value = wordValue(words);
      let sum = weights[size - 1] ?? 0;
      for (const word of words) sum += (weights[word] ?? 0) * value;
      for (let j = 0; j < width; j++) {
        shape[j] = ((structure[j] ?? 0) - (means[j] ?? 0)) * (factors[j] ?? 0);
        sum += (weights[wordBuckets + j] ?? 0) * (shape[j] ?? 0);
      }
      const slope = sigmoid(sum) - (labels[i] ?? 0);
      for (const word of words) step(word, slope * value);
      for (let j = 0; j < width; j++) {
        const feature = shape[j] ?? 0;
        if (feature !== 0) step(wordBuckets + j, slope * feature);
      }
      step(size - 1, slope);
    }
  }
  // The scores of calls need no means: they are part of the weights.
  const slopes = factors.map((factor, j) => (weights[wordBuckets + j] ?? 0) * factor);
  const bias = slopes.reduce((sum, slope, j) => sum - slope * (means[j] ?? 0), weights[size - 1] ?? 0);
  return { words: weights.slice(0, wordBuckets), scale: 1, structure: slopes, bias };
}

/** A few hundred samples make few steps: each of them is larger. */
function stepsFor(samples: number): number {
  return Math.min(2.4, Math.max(0.8, Math.sqrt(4_000 / samples)));
}

/** A number that hardly ever differs must not count for much where it does. */
const deviationMin = 0.01;

/** The numbers of the structure are of many sizes: each counts by how far it is from its mean. */
function* spreadInPieces(
  samples: readonly TextFeatures[],
  share: number,
): Pieces<{ means: number[]; factors: number[] }> {
  const means = yield* structureMeans(samples, (value) => value);
  const variances = yield* structureMeans(samples, (value, j) => (value - (means[j] ?? 0)) ** 2);
  return { means, factors: variances.map((variance) => share / Math.max(Math.sqrt(variance), deviationMin)) };
}

/** Of what each number of the structure comes to, over all samples. */
function* structureMeans(
  samples: readonly TextFeatures[],
  worth: (value: number, j: number) => number,
): Pieces<number[]> {
  const sums = Array.from({ length: samples[0]?.structure.length ?? 0 }, () => 0);
  for (const [nth, { structure }] of samples.entries()) {
    if (nth % callsInPiece === 0) yield;
    for (let j = 0; j < sums.length; j++) sums[j] = (sums[j] ?? 0) + worth(structure[j] ?? 0, j);
  }
  return sums.map((sum) => sum / samples.length);
}

/** The sum that the head's probability is made of. */
export function logitOf(
  { words: weights, scale, structure: slopes, bias }: LogisticHead,
  features: TextFeatures,
): number {
  let sum = 0;
  for (const word of features.words) sum += weights[word] ?? 0;
  sum *= scale * wordValue(features.words);
  for (let j = 0; j < slopes.length; j++) sum += (slopes[j] ?? 0) * (features.structure[j] ?? 0);
  return sum + bias;
}

/** A long text has many words, each of which says less. */
function wordValue(words: Uint16Array): number {
  return words.length === 0 ? 0 : 1 / Math.sqrt(words.length);
}

/** The same head in a quarter of the memory: a weight is one of 255 steps. Measured: no difference. */
export function smaller({ words, ...head }: LogisticHead): LogisticHead {
  let most = 0;
  for (const weight of words) most = Math.max(most, Math.abs(weight));
  const scale = most === 0 ? 1 : most / 127;
  return { ...head, scale: head.scale * scale, words: Int8Array.from(words, (weight) => Math.round(weight / scale)) };
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export function logit(p: number): number {
  const inside = Math.min(Math.max(p, 1e-4), 1 - 1e-4);
  return Math.log(inside / (1 - inside));
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  return values.length === 0 ? 0.5 : sum / values.length;
}

function shuffle(order: number[], random: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const one = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = one;
  }
}

/** Random numbers from a seed, 0 to 1: mulberry32. A fit is to come out the same whenever it is repeated. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
