import { type TaskType, taskTypes, unclear } from './task-types.ts';
import { visitWords } from './words.ts';

/** The shipped head as it lies in `topics.json`; see gateway/topics/README.md for how it is made. */
export interface TopicsFile {
  /** Ids of the task types, in the order of the weights. */
  types: readonly string[];
  /** Base64: the hashes of the words that are known, ascending, four bytes each, little-endian. */
  words: string;
  /** Base64: how rare each word is, a byte each, in units of `rarityUnit`. */
  rarity: string;
  rarityUnit: number;
  /** Base64: four bits a weight, two a byte, word by word; 8 is nothing. */
  weights: string;
  /** The size of one step of a weight, for each type. */
  steps: readonly number[];
  bias: readonly number[];
  /** A digest of the templates that it was fit on. */
  templates: string;
}

/** Guesses the type of a task from its instructions. Made once from the file; a text is read in one pass. */
export class TopicHead {
  readonly types: readonly string[];
  /** The same with their classes; an id that is no longer known is unclear. */
  readonly taskTypes: readonly TaskType[];
  readonly unclearAt: number;
  readonly #indexOf: ReadonlyMap<number, number>;
  readonly #rarity: Float32Array;
  readonly #weights: Float32Array;
  readonly #bias: readonly number[];

  constructor(file: TopicsFile) {
    this.types = file.types;
    this.taskTypes = file.types.map((id) => taskTypes.find((type) => type.id === id) ?? unclear);
    this.unclearAt = file.types.indexOf(unclear.id);
    this.#bias = file.bias;
    const words = Buffer.from(file.words, 'base64');
    const count = words.length / 4;
    this.#indexOf = new Map(Array.from({ length: count }, (_, i) => [words.readInt32LE(i * 4), i]));
    this.#rarity = Float32Array.from(Buffer.from(file.rarity, 'base64'), (byte) => byte * file.rarityUnit);
    const packed = Buffer.from(file.weights, 'base64');
    const size = file.types.length;
    this.#weights = Float32Array.from({ length: count * size }, (_, i) => {
      const byte = packed[i >> 1] ?? 0x88;
      const nibble = i % 2 === 0 ? byte & 15 : byte >> 4;
      return (nibble - 8) * (file.steps[i % size] ?? 0);
    });
  }

  /** The probability of each type, in the order of `types`. */
  guess(text: string): Float64Array {
    const seen: number[] = [];
    let norm = 0;
    visitWords(text, (hash) => {
      const index = this.#indexOf.get(hash);
      // Instructions have a dozen known words: looking through them is cheaper than a set. Long ones have no more than a few hundred.
      if (index === undefined || seen.includes(index)) return;
      seen.push(index);
      const rarity = this.#rarity[index] ?? 0;
      norm += rarity * rarity;
    });
    const size = this.types.length;
    const scores = Float64Array.from(this.#bias);
    const scale = norm === 0 ? 0 : 1 / Math.sqrt(norm);
    for (const index of seen) {
      const value = (this.#rarity[index] ?? 0) * scale;
      for (let type = 0; type < size; type++)
        scores[type] = (scores[type] ?? 0) + value * (this.#weights[index * size + type] ?? 0);
    }
    return softmax(scores);
  }
}

function softmax(scores: Float64Array): Float64Array {
  let highest = scores[0] ?? 0;
  for (let i = 1; i < scores.length; i++) highest = Math.max(highest, scores[i] ?? 0);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    const power = Math.exp((scores[i] ?? 0) - highest);
    scores[i] = power;
    sum += power;
  }
  for (let i = 0; i < scores.length; i++) scores[i] = (scores[i] ?? 0) / sum;
  return scores;
}
