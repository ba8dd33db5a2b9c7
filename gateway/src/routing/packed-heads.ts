import { structureSize } from './call-structure.ts';
import { wordBuckets } from './hashed-words.ts';
import type { LearnedHeads } from './learned-heads.ts';
import type { LogisticHead } from './logistic-head.ts';
import type { TaskGuess } from './task-guess.ts';
import type { TextHeads } from './text-heads.ts';

/** A task takes about fifty bytes; the ones with the most calls come first. */
const tasksMax = 900;

/**
 * At most 300 KiB: two heads of 64 KiB, the guess of the task, and the rates of the tasks. First the length of the JSON, then the JSON,
 * then the bytes of the heads and of the guess.
 */
export function packHeads({ heads, gainMost, report }: LearnedHeads): Buffer {
  const { weak, strong, rates, guess, ...rest } = heads;
  const head: PackedHead = {
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

/** Undefined for heads of an earlier version of the gateway, which sees calls differently: they are learned again. */
export function unpackHeads(packed: Buffer): LearnedHeads | undefined {
  const start = 4 + packed.readUInt32LE(0);
  const { gainMost, report, rates, guess, weak, strong, known, ...rest } = JSON.parse(
    packed.subarray(4, start).toString('utf8'),
  ) as PackedHead;
  if (weak.structure.length !== structureSize || strong.structure.length !== structureSize) return undefined;
  if (known === undefined) return undefined;
  const [middle, end] = [start + wordBuckets, start + 2 * wordBuckets];
  const heads: TextHeads = {
    ...rest,
    known,
    rates: new Map(rates.map(([task, weakRate, strongRate]) => [task, { weak: weakRate, strong: strongRate }])),
    weak: { ...weak, words: new Int8Array(packed.subarray(start, middle)) },
    strong: { ...strong, words: new Int8Array(packed.subarray(middle, end)) },
    guess: guess && {
      ...{ tasks: guess.tasks, shares: guess.shares, sizes: guess.sizes },
      rarity: new Uint8Array(packed.subarray(end, end + guess.buckets)),
      levels: new Uint8Array(packed.subarray(end + guess.buckets)),
    },
  };
  return { gainMost, report, heads };
}

type BareHead = Omit<LogisticHead, 'words'>;

interface PackedHead extends Pick<TextHeads, 'rate' | 'guessed'> {
  /** Heads of an earlier version of the gateway have none. */
  known?: TextHeads['known'];
  rates: [task: string, weak: number, strong: number][];
  weak: BareHead;
  strong: BareHead;
  guess: (Omit<TaskGuess, 'rarity' | 'levels'> & { buckets: number }) | undefined;
  gainMost: Readonly<Record<string, number>>;
  report: LearnedHeads['report'];
}

function bare({ words: _, ...head }: LogisticHead): BareHead {
  return head;
}

function bytesOf({ words }: LogisticHead): Buffer {
  return Buffer.from(Int8Array.from(words).buffer);
}

function short(rate: number): number {
  return Math.round(rate * 1e4) / 1e4;
}
