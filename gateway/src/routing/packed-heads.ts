import { structureSize } from './call-structure.ts';
import { wordBuckets } from './hashed-words.ts';
import type { LearnedHeads } from './learned-heads.ts';
import type { LogisticHead } from './logistic-head.ts';
import type { TaskGuess } from './task-guess.ts';
import type { TextHeads } from './text-heads.ts';

/** A task takes about fifty bytes; the ones with the most calls come first. */
const tasksMax = 900;

/** Counts up where calls are seen differently: heads of another format say nothing of a call. Those before the second have no such number. */
export const headsFormat = 2;

/**
 * At most 300 KiB: two heads of 64 KiB, the guess of the task, and the rates of the tasks. First the length of the JSON, then the JSON,
 * then the bytes of the heads and of the guess.
 */
export function packHeads({ heads, gainMost, report }: LearnedHeads): Buffer {
  const { weak, strong, rates, guess, ...rest } = heads;
  const head: PackedHead = {
    // The store looks for it at the beginning.
    format: headsFormat,
    ...rest,
    rates: [...rates].slice(0, tasksMax).map(([task, rate]) => [task, short(rate.weak), short(rate.strong)]),
    weak: bare(weak),
    strong: bare(strong),
    guess: guess && { tasks: guess.tasks, shares: guess.shares, sizes: guess.sizes, buckets: guess.rarity.length },
    gainMost,
    report,
  };
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const ofGuess = guess === undefined ? [] : [guess.rarity, guess.levels];
  return Buffer.concat([length, json, bytesOf(weak), bytesOf(strong), ...ofGuess]);
}

/** Undefined for heads without weights, and for those of a version of the gateway that sees calls differently: they are learned again. */
export function unpackHeads(packed: Buffer): LearnedHeads | undefined {
  if (packed.length === 0) return undefined;
  const { head, start } = unpackJson(packed);
  if (head.format !== headsFormat) return undefined;
  const { gainMost, report, rate, rates, guess, weak, strong, known, guessed } = head;
  const [middle, end] = [start + wordBuckets, start + 2 * wordBuckets];
  const heads: TextHeads = {
    ...{ rate, known, guessed },
    rates: new Map(rates.map(([task, weakRate, strongRate]) => [task, { weak: weakRate, strong: strongRate }])),
    weak: { ...unmarked(weak), words: new Int8Array(packed.subarray(start, middle)) },
    strong: { ...unmarked(strong), words: new Int8Array(packed.subarray(middle, end)) },
    guess: guess && {
      ...{ tasks: guess.tasks, shares: guess.shares, sizes: guess.sizes },
      rarity: new Uint8Array(packed.subarray(end, end + guess.buckets)),
      levels: new Uint8Array(packed.subarray(end + guess.buckets)),
    },
  };
  return { gainMost, report, heads };
}

/** A later version of the gateway learned them, and looks after them as long as it runs: two versions side by side do not replace the heads of each other. */
export function areOfLaterGateway(packed: Buffer): boolean {
  return packed.length > 0 && (unpackJson(packed).head.format ?? 0) > headsFormat;
}

function unpackJson(packed: Buffer): { head: PackedHead; start: number } {
  const start = 4 + packed.readUInt32LE(0);
  return { head: JSON.parse(packed.subarray(4, start).toString('utf8')) as PackedHead, start };
}

type BareHead = Omit<LogisticHead, 'words'>;

interface PackedHead extends Pick<TextHeads, 'rate' | 'known' | 'guessed'> {
  format?: number;
  rates: [task: string, weak: number, strong: number][];
  weak: BareHead;
  strong: BareHead;
  guess: (Omit<TaskGuess, 'rarity' | 'levels'> & { buckets: number }) | undefined;
  gainMost: Readonly<Record<string, number>>;
  report: LearnedHeads['report'];
}

/**
 * Follow the weights of the structure. Versions of before the formats had numbers know their own heads by the length of this structure, which was
 * 30 and later 31; they leave others alone.
 */
const marks = [0];

function bare({ words: _, structure, ...head }: LogisticHead): BareHead {
  return { ...head, structure: [...structure, ...marks] };
}

function unmarked({ structure, ...head }: BareHead): BareHead {
  return { ...head, structure: structure.slice(0, structureSize) };
}

function bytesOf({ words }: LogisticHead): Buffer {
  return Buffer.from(Int8Array.from(words).buffer);
}

function short(rate: number): number {
  return Math.round(rate * 1e4) / 1e4;
}
