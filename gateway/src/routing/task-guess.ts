import { singleBuckets } from './hashed-words.ts';
import type { TextFeatures } from './logistic-head.ts';
import { callsInPiece, type Pieces } from './pieces.ts';

/** Tells from its words which of the tasks of a workspace a call is most like: naive Bayes over single words. */
export interface TaskGuess {
  /** Those with the most calls. */
  tasks: readonly string[];
  /** Of each task: its share of the calls, and how many words it has, as logarithms. */
  shares: readonly number[];
  sizes: readonly number[];
  /** Of each bucket of words: how rare it is, in steps of `rarityStep`. */
  rarity: Uint8Array;
  /** Of each bucket, the tasks one after another: the logarithm of how many calls of the task have it, four bits each. */
  levels: Uint8Array;
}

/** A task with fewer calls tells nothing of its words. */
const tasksMax = 58;
const callsMin = 8;
const rarityStep = 0.05;
/** Words share buckets, the fewer there are tasks the less: 117 KiB. Pairs of words would fill them (measured). */
const levelsMax = 240_000;
const bucketsMax = 16_384;
const bucketsFor = (tasks: number): number => Math.min(bucketsMax, 2 ** Math.floor(Math.log2(levelsMax / tasks)));
/** Words that a task has not had may come all the same: over all buckets, as often as so many that it has had. */
const unseenWords = 1_000;
const levelStep = 0.45;
/** Words do not come one by one, as Bayes has it: their sum is worth as much as its root. Measured. */
const temperature = 4;

/** Undefined with fewer than two tasks to tell apart. */
export function* fitGuessInPieces(calls: readonly (TextFeatures & { task: string })[]): Pieces<TaskGuess | undefined> {
  const tasks = frequentTasks(calls);
  const size = tasks.length;
  if (size < 2) return undefined;
  const indexOf = new Map(tasks.map((task, i) => [task, i]));
  const buckets = bucketsFor(size);
  const counts = new Uint16Array(buckets * size);
  const [ofTask, wordsOfTask] = [new Float64Array(size), new Float64Array(size)];
  const inCalls = new Uint32Array(buckets);
  let known = 0;
  for (const [nth, { task, words }] of calls.entries()) {
    if (nth % callsInPiece === 0) yield;
    const index = indexOf.get(task);
    if (index === undefined) continue;
    known += 1;
    ofTask[index] = (ofTask[index] ?? 0) + 1;
    for (const bucket of bucketsOf(words, buckets)) {
      const at = bucket * size + index;
      counts[at] = (counts[at] ?? 0) + 1;
      inCalls[bucket] = (inCalls[bucket] ?? 0) + 1;
      wordsOfTask[index] = (wordsOfTask[index] ?? 0) + 1;
    }
  }
  return {
    tasks,
    shares: [...ofTask].map((count) => Math.log(count / known)),
    sizes: [...wordsOfTask].map((count) => Math.log(count + unseenWords)),
    rarity: Uint8Array.from(inCalls, (count) => (count === 0 ? 0 : Math.log(1 + known / count) / rarityStep)),
    levels: packed(counts, buckets),
  };
}

function frequentTasks(calls: readonly { task: string }[]): string[] {
  const counts = new Map<string, number>();
  for (const { task } of calls) counts.set(task, (counts.get(task) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= callsMin)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, tasksMax)
    .map(([task]) => task);
}

/** The buckets of the single words of a call, each once. */
function bucketsOf(words: Uint16Array, count: number): Set<number> {
  const buckets = new Set<number>();
  for (const word of words) if (word < singleBuckets) buckets.add(word & (count - 1));
  return buckets;
}

function packed(counts: Uint16Array, buckets: number): Uint8Array {
  const unseen = unseenWords / buckets;
  const bytes = new Uint8Array(Math.ceil(counts.length / 2));
  counts.forEach((count, at) => {
    const level = Math.min(15, Math.round(Math.log(1 + count / unseen) / levelStep));
    bytes[at >> 1] = (bytes[at >> 1] ?? 0) | (at % 2 === 0 ? level : level << 4);
  });
  return bytes;
}

/** The probability of each task, in their order. */
export function guessTasks({ tasks, shares, sizes, rarity, levels }: TaskGuess, call: TextFeatures): Float64Array {
  const size = tasks.length;
  const sums = new Float64Array(size);
  let [known, weight] = [0, 0];
  for (const bucket of bucketsOf(call.words, rarity.length)) {
    const rare = (rarity[bucket] ?? 0) * rarityStep;
    if (rare === 0) continue;
    known += 1;
    weight += rare;
    for (let i = 0, at = bucket * size; i < size; i++, at++) {
      const byte = levels[at >> 1] ?? 0;
      sums[i] = (sums[i] ?? 0) + rare * levelStep * (at % 2 === 0 ? byte & 15 : byte >> 4);
    }
  }
  const scale = 1 / (temperature * Math.sqrt(Math.max(1, known)));
  for (let i = 0; i < size; i++) sums[i] = ((sums[i] ?? 0) - weight * (sizes[i] ?? 0)) * scale + (shares[i] ?? 0);
  return softmax(sums);
}

function softmax(scores: Float64Array): Float64Array {
  const highest = Math.max(...scores);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    const power = Math.exp((scores[i] ?? 0) - highest);
    scores[i] = power;
    sum += power;
  }
  for (let i = 0; i < scores.length; i++) scores[i] = (scores[i] ?? 0) / sum;
  return scores;
}
