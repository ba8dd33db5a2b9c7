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
  /** For the guesses by a part of a text and by all of it: one text at a time, so two lists do for all. */
  readonly scores: { focus: Float64Array; whole: Float64Array };
  readonly #words: WordTable;
  readonly #rarity: Float32Array;
  /** Word by word, a byte each: small enough to stay near the processor. */
  readonly #weights: Uint8Array;
  /** The value of each of the sixteen weights, type by type. */
  readonly #values: Float32Array;
  readonly #bias: Float64Array;
  /** The known words of the text that is looked at: one text at a time, so one list does for all. */
  readonly #seen: number[] = [];
  readonly #see = (hash: number): void => {
    const index = this.#words.find(hash);
    // Instructions have a dozen known words: looking through them is cheaper than a set. Long ones have no more than a few hundred.
    if (index >= 0 && !this.#seen.includes(index)) this.#seen.push(index);
  };

  constructor(file: TopicsFile) {
    this.types = file.types;
    this.taskTypes = file.types.map((id) => taskTypes.find((type) => type.id === id) ?? unclear);
    this.unclearAt = file.types.indexOf(unclear.id);
    this.#bias = Float64Array.from(file.bias);
    const words = Buffer.from(file.words, 'base64');
    const count = words.length / 4;
    this.#words = new WordTable(Int32Array.from({ length: count }, (_, i) => words.readInt32LE(i * 4)));
    this.#rarity = Float32Array.from(Buffer.from(file.rarity, 'base64'), (byte) => byte * file.rarityUnit);
    const packed = Buffer.from(file.weights, 'base64');
    const size = file.types.length;
    this.scores = { focus: new Float64Array(size), whole: new Float64Array(size) };
    this.#weights = Uint8Array.from({ length: count * size }, (_, i) => {
      const byte = packed[i >> 1] ?? 0x88;
      return i % 2 === 0 ? byte & 15 : byte >> 4;
    });
    this.#values = Float32Array.from({ length: size * 16 }, (_, i) => ((i & 15) - 8) * (file.steps[i >> 4] ?? 0));
  }

  /** The probability of each type, in the order of `types`, in a list of the caller's: a new one takes as long as filling it. */
  guess(text: string, scores: Float64Array): Float64Array {
    const seen = this.#seen;
    seen.length = 0;
    visitWords(text, this.#see);
    const rarities = this.#rarity;
    const weights = this.#weights;
    const values = this.#values;
    let norm = 0;
    for (let i = 0; i < seen.length; i++) {
      const rarity = rarities[seen[i] ?? 0] ?? 0;
      norm += rarity * rarity;
    }
    const size = this.types.length;
    const bias = this.#bias;
    for (let type = 0; type < size; type++) scores[type] = bias[type] ?? 0;
    const scale = norm === 0 ? 0 : 1 / Math.sqrt(norm);
    for (let i = 0; i < seen.length; i++) {
      const index = seen[i] ?? 0;
      const value = (rarities[index] ?? 0) * scale;
      for (let type = 0, at = index * size; type < size; type++, at++) {
        const weight = values[(type << 4) | (weights[at] ?? 8)] ?? 0;
        scores[type] = (scores[type] ?? 0) + value * weight;
      }
    }
    return softmax(scores);
  }
}

/** Finds words by their hashes. Nearly every pair of words is unknown, and told so by one look into a small table. */
class WordTable {
  readonly #hashes: Int32Array;
  /** In the slot of a hash, or one behind it: the index of the word, from 1; 0 where the slot is free. */
  readonly #slots: Uint16Array;
  readonly #mask: number;

  constructor(hashes: Int32Array) {
    this.#hashes = hashes;
    const size = 2 ** Math.ceil(Math.log2(hashes.length * 2 + 1));
    this.#mask = size - 1;
    this.#slots = new Uint16Array(size);
    hashes.forEach((hash, i) => {
      let slot = this.#slotOf(hash);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = i + 1;
    });
  }

  /** -1 where the word is unknown. */
  find(hash: number): number {
    for (let slot = this.#slotOf(hash); ; slot = (slot + 1) & this.#mask) {
      const index = (this.#slots[slot] ?? 0) - 1;
      if (index < 0 || this.#hashes[index] === hash) return index;
    }
  }

  #slotOf(hash: number): number {
    return (hash ^ (hash >>> 16)) & this.#mask;
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
