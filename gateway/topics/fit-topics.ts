import { taskTypes } from '../src/routing/task-types.ts';
import type { TopicsFile } from '../src/routing/topic-head.ts';
import { visitWords } from '../src/routing/words.ts';
import { type Sample, seeded } from './make-samples.ts';

const wordsMax = 6_000;
const epochs = 16;
const rate = 1;
const decay = 1e-6;

type FitTopics = Omit<TopicsFile, 'templates'>;

interface Document {
  type: number;
  words: Int32Array;
  values: Float64Array;
}

/** One logistic head over the words that samples share, by AdaGrad; the strongest words are kept, at four bits a weight. */
export function fitTopics(samples: readonly Sample[], seed: number): FitTopics {
  const types = taskTypes.map(({ id }) => id);
  const { hashes, rarity } = vocabularyOf(samples);
  const indexOf = new Map(hashes.map((hash, i) => [hash, i]));
  const documents = samples.map((sample) => documentOf(sample, { types, indexOf, rarity }));
  const { weights, bias } = fit(documents, { words: hashes.length, types: types.length, random: seeded(seed) });
  return packed({ types, hashes, rarity, weights, bias });
}

/** Words that occur in one sample alone tell nothing of others. */
function vocabularyOf(samples: readonly Sample[]): { hashes: number[]; rarity: number[] } {
  const counts = new Map<number, number>();
  for (const { text } of samples) for (const hash of wordsOf(text)) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  const kept = [...counts].filter(([, count]) => count > 2).sort(([a], [b]) => a - b);
  return {
    hashes: kept.map(([hash]) => hash),
    rarity: kept.map(([, count]) => Math.log(1 + samples.length / count)),
  };
}

function wordsOf(text: string): Set<number> {
  const words = new Set<number>();
  visitWords(text, (hash) => words.add(hash));
  return words;
}

function documentOf(
  { type, text }: Sample,
  {
    types,
    indexOf,
    rarity,
  }: { types: readonly string[]; indexOf: ReadonlyMap<number, number>; rarity: readonly number[] },
): Document {
  const words = [...wordsOf(text)].flatMap((hash) => indexOf.get(hash) ?? []);
  const norm = Math.hypot(...words.map((word) => rarity[word] ?? 0)) || 1;
  const index = types.indexOf(type);
  if (index < 0) throw new Error(`there is no task type "${type}"`);
  return {
    type: index,
    words: Int32Array.from(words),
    values: Float64Array.from(words, (word) => (rarity[word] ?? 0) / norm),
  };
}

function fit(
  documents: readonly Document[],
  { words, types, random }: { words: number; types: number; random: () => number },
): { weights: Float64Array; bias: Float64Array } {
  const weights = new Float64Array(words * types);
  const squares = new Float64Array(words * types).fill(1e-2);
  const bias = new Float64Array(types);
  const biasSquares = new Float64Array(types).fill(1e-2);
  const order = documents.map((_, i) => i);
  const scores = new Float64Array(types);
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random);
    for (const at of order) {
      const document = documents[at];
      if (document === undefined) continue;
      guessInto(scores, document, { weights, bias });
      for (let type = 0; type < types; type++) {
        const error = (scores[type] ?? 0) - (type === document.type ? 1 : 0);
        if (Math.abs(error) < 1e-4) continue;
        step(bias, biasSquares, type, error);
        document.words.forEach((word, i) => {
          const place = word * types + type;
          step(weights, squares, place, error * (document.values[i] ?? 0) + decay * (weights[place] ?? 0));
        });
      }
    }
  }
  return { weights, bias };
}

function step(values: Float64Array, squares: Float64Array, place: number, gradient: number): void {
  const square = (squares[place] ?? 0) + gradient * gradient;
  squares[place] = square;
  values[place] = (values[place] ?? 0) - (rate * gradient) / Math.sqrt(square);
}

function guessInto(
  scores: Float64Array,
  { words, values }: Document,
  { weights, bias }: { weights: Float64Array; bias: Float64Array },
): void {
  const types = scores.length;
  scores.set(bias);
  words.forEach((word, i) => {
    const value = values[i] ?? 0;
    for (let type = 0; type < types; type++)
      scores[type] = (scores[type] ?? 0) + value * (weights[word * types + type] ?? 0);
  });
  const highest = Math.max(...scores);
  let sum = 0;
  for (let type = 0; type < types; type++) {
    const power = Math.exp((scores[type] ?? 0) - highest);
    scores[type] = power;
    sum += power;
  }
  for (let type = 0; type < types; type++) scores[type] = (scores[type] ?? 0) / sum;
}

function shuffle(order: number[], random: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const kept = order[i] as number;
    order[i] = order[j] as number;
    order[j] = kept;
  }
}

function packed({
  types,
  hashes,
  rarity,
  weights,
  bias,
}: {
  types: readonly string[];
  hashes: readonly number[];
  rarity: readonly number[];
  weights: Float64Array;
  bias: Float64Array;
}): FitTopics {
  const size = types.length;
  const weightOf = (word: number, type: number): number => weights[word * size + type] ?? 0;
  const strength = hashes.map(
    (_, word) => Math.max(...types.map((_type, type) => Math.abs(weightOf(word, type)))) * (rarity[word] ?? 0),
  );
  const kept = hashes
    .map((_, word) => word)
    .sort((a, b) => (strength[b] ?? 0) - (strength[a] ?? 0) || a - b)
    .slice(0, wordsMax)
    .sort((a, b) => a - b);
  // The few largest weights would make the steps coarse for all others.
  const steps = types.map(
    (_, type) =>
      quantile(
        kept.map((word) => Math.abs(weightOf(word, type))),
        0.995,
      ) / 7,
  );
  const nibbles = kept.flatMap((word) =>
    types.map((_, type) => 8 + Math.max(-7, Math.min(7, Math.round(weightOf(word, type) / (steps[type] || 1))))),
  );
  if (nibbles.length % 2 === 1) nibbles.push(8);
  const bytes = Buffer.alloc(nibbles.length / 2);
  nibbles.forEach((nibble, i) => {
    bytes[i >> 1] = (bytes[i >> 1] ?? 0) | (i % 2 === 0 ? nibble : nibble << 4);
  });
  const words = Buffer.alloc(kept.length * 4);
  for (const [i, word] of kept.entries()) words.writeInt32LE(hashes[word] ?? 0, i * 4);
  const rarityUnit = 0.05;
  const rarities = Buffer.from(kept.map((word) => Math.min(255, Math.round((rarity[word] ?? 0) / rarityUnit))));
  return {
    types,
    words: words.toString('base64'),
    rarity: rarities.toString('base64'),
    rarityUnit,
    weights: bytes.toString('base64'),
    steps: steps.map(short),
    bias: [...bias].map(short),
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function short(value: number): number {
  return Number(value.toPrecision(6));
}
