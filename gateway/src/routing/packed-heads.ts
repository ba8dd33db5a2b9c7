import { structureSize } from './call-structure.ts';
import { wordBuckets } from './hashed-words.ts';
import type { LearnedHeads } from './learned-heads.ts';
import type { LogisticHead } from './logistic-head.ts';
import type { Mix } from './opinions.ts';
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

/** Undefined for heads without weights, and for those of a version of the gateway that sees calls differently: they are learned again. */
export function unpackHeads(packed: Buffer): LearnedHeads | undefined {
  if (packed.length === 0) return undefined;
  const start = 4 + packed.readUInt32LE(0);
  const { gainMost, report, rate, rates, guess, weak, strong, ...scaled } = JSON.parse(
    packed.subarray(4, start).toString('utf8'),
  ) as PackedHead | ScaledHead;
  const size = 'known' in scaled ? structureSize + marks.length : structureSize;
  if (weak.structure.length !== size || strong.structure.length !== size) return undefined;
  const [middle, end] = [start + wordBuckets, start + 2 * wordBuckets];
  const mixes = 'known' in scaled ? scaled : mixesOf(scaled, rates.length < 2 ? 'one' : 'many');
  const heads: TextHeads = {
    ...{ rate, known: mixes.known, guessed: mixes.guessed },
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

type BareHead = Omit<LogisticHead, 'words'>;

interface PackedHead extends Packed, Pick<TextHeads, 'known' | 'guessed'> {}

/** Heads of an earlier version of the gateway, which took the mean of what the words say and of what the task says. */
interface ScaledHead extends Packed {
  weakScale: Scale;
  strongScale: Scale;
}

/** Platt's scaling of the words. */
interface Scale {
  slope: number;
  offset: number;
}

interface Packed extends Pick<TextHeads, 'rate'> {
  rates: [task: string, weak: number, strong: number][];
  weak: BareHead;
  strong: BareHead;
  guess: (Omit<TaskGuess, 'rarity' | 'levels'> & { buckets: number }) | undefined;
  gainMost: Readonly<Record<string, number>>;
  report: LearnedHeads['report'];
}

/** Where there is one task, its rate says nothing that the words do not. */
function mixesOf(
  { weakScale, strongScale }: Pick<ScaledHead, 'weakScale' | 'strongScale'>,
  tasks: 'one' | 'many',
): Mixes {
  const mixOf = ({ slope, offset }: Scale, [words, task]: readonly [words: number, task: number]): Mix => ({
    weights: [0, 1, 2, 3].map((j) => (j === words ? slope : 0)),
    bias: offset,
    ...(tasks === 'many' && { half: task }),
  });
  const mixes = { weak: mixOf(weakScale, [0, 1]), strong: mixOf(strongScale, [2, 3]) };
  return { known: mixes, guessed: mixes };
}

type Mixes = Pick<TextHeads, 'known' | 'guessed'>;

/**
 * Follow the weights of the structure. While processes of two versions run, those of the earlier one leave heads alone whose structure is not as
 * long as theirs, and would fail on the others.
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
