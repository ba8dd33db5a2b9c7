import {
  fitInPieces,
  type LogisticHead,
  logit,
  logitOf,
  sigmoid,
  smaller,
  type TextFeatures,
  usualFitting,
} from './logistic-head.ts';
import { fitMixInPieces, type Mix, mixed, type Opinions } from './opinions.ts';
import { finish, mapInPieces, type Pieces } from './pieces.ts';
import { fitGuessInPieces, guessTasks, type TaskGuess } from './task-guess.ts';

/** A call whose two answers are known to be good or not. */
export interface LabelledCall extends TextFeatures {
  /** Its name tells it from other tasks: their rates are learned beside the words. */
  task: string;
  /** Is the small model's answer good, 0 to 1? */
  weak: number;
  strong: number;
}

/** How often each class is right in a task. */
interface TaskRate {
  weak: number;
  strong: number;
}

/** The scores by the words and by the tasks of calls, each for itself. */
interface Parts {
  weak: LogisticHead;
  strong: LogisticHead;
  rates: ReadonlyMap<string, TaskRate>;
  /** Over all tasks. */
  rate: TaskRate;
  /** Undefined where there is one task only. */
  guess: TaskGuess | undefined;
}

interface Mixes {
  weak: Mix;
  strong: Mix;
}

/** All that a workspace has learned of its own texts: two heads, the rates of its tasks, and how much each of them counts. */
export interface TextHeads extends Parts {
  known: Mixes;
  /** For calls whose task has no labels: it is guessed from their words. */
  guessed: Mixes;
}

/** A call whose answers are not known, and perhaps not its task. */
export type AskedCall = TextFeatures & { task: string | undefined };

/** Each part of the calls is told by a head that was fit on the others. */
const folds = 3;
/** A task counts for as much as all of them once it has so many labels. */
const sharedWeight = 10;

/** Fits heads in one go. */
export function fitTextHeads(...given: Parameters<typeof fitTextHeadsInPieces>): TextHeads {
  return finish(fitTextHeadsInPieces(...given));
}

export function* fitTextHeadsInPieces(calls: readonly LabelledCall[], fitting = usualFitting): Pieces<TextHeads> {
  return (yield* fitWithGainsInPieces(calls, fitting)).heads;
}

/**
 * Fits heads on all calls, and the weights of what they say on what heads of two thirds say of the last third, each third in its turn: a head is
 * far too sure of the calls that it has seen. The gain of each call is by heads that have not seen it, weighed as it will be.
 */
export function* fitWithGainsInPieces(
  calls: readonly LabelledCall[],
  fitting = usualFitting,
): Pieces<{ heads: TextHeads; gains: number[] }> {
  const known: Opinions[] = [];
  const guessed: Opinions[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const [from, to] = [fold, fold + 1].map((nth) => Math.floor((calls.length * nth) / folds));
    const parts = yield* fitParts([...calls.slice(0, from), ...calls.slice(to)], fitting);
    const third = calls.slice(from, to);
    known.push(...(yield* mapInPieces(third, (call) => opinionsOf(parts, call))));
    guessed.push(...(yield* mapInPieces(third, (call) => opinionsOf(parts, { ...call, task: undefined }))));
  }
  const { weak, strong, ...parts } = yield* fitParts(calls, fitting);
  const tasks = parts.rates.size < 2 ? 'one' : 'many';
  const mixesOf = function* (opinions: readonly Opinions[]): Pieces<Mixes> {
    return {
      weak: yield* fitMixInPieces('weak', { opinions, labels: labelsOf('weak', calls), tasks }),
      strong: yield* fitMixInPieces('strong', { opinions, labels: labelsOf('strong', calls), tasks }),
    };
  };
  const heads = {
    ...parts,
    weak: smaller(weak),
    strong: smaller(strong),
    known: yield* mixesOf(known),
    guessed: yield* mixesOf(guessed),
  };
  return { heads, gains: known.map((opinions) => gainOf(weighed(heads.known, opinions))) };
}

function* fitParts(calls: readonly LabelledCall[], fitting: typeof usualFitting): Pieces<Parts> {
  return {
    weak: yield* fitInPieces(calls, labelsOf('weak', calls), fitting),
    strong: yield* fitInPieces(calls, labelsOf('strong', calls), fitting),
    guess: yield* fitGuessInPieces(calls),
    ...ratesOf(calls),
  };
}

function labelsOf(of: 'weak' | 'strong', calls: readonly LabelledCall[]): number[] {
  return calls.map((call) => call[of]);
}

/** The rates of the tasks, each drawn towards the rate of all as long as it has few calls. */
function ratesOf(calls: readonly LabelledCall[]): Pick<Parts, 'rates' | 'rate'> {
  const sums = new Map<string, { n: number; weak: number; strong: number }>();
  const all = { n: 0, weak: 0, strong: 0 };
  for (const { task, weak, strong } of calls) {
    const sum = sums.get(task) ?? { n: 0, weak: 0, strong: 0 };
    for (const one of [sum, all]) {
      one.n += 1;
      one.weak += weak;
      one.strong += strong;
    }
    sums.set(task, sum);
  }
  const rate = { weak: (all.weak + 1) / (all.n + 2), strong: (all.strong + 1) / (all.n + 2) };
  const rates = new Map<string, TaskRate>();
  // The tasks with the most calls first.
  for (const [task, { n, weak, strong }] of [...sums].sort(([, a], [, b]) => b.n - a.n))
    rates.set(task, {
      weak: (weak + sharedWeight * rate.weak) / (n + sharedWeight),
      strong: (strong + sharedWeight * rate.strong) / (n + sharedWeight),
    });
  return { rates, rate };
}

/**
 * How likely each class is to answer well, by what the words and the task say of both. Where the two differ, their difference is the gain; how
 * hard a call is for the small model alone scores 0.08 to 0.11 lower (measured).
 */
export function probabilities(heads: TextHeads, call: AskedCall): TaskRate {
  const mixes = call.task !== undefined && heads.rates.has(call.task) ? heads.known : heads.guessed;
  return weighed(mixes, opinionsOf(heads, call));
}

function weighed({ weak, strong }: Mixes, opinions: Opinions): TaskRate {
  return { weak: mixed(weak, opinions), strong: mixed(strong, opinions) };
}

function opinionsOf(parts: Parts, call: AskedCall): Opinions {
  const task = taskRate(parts, call);
  return [logitOf(parts.weak, call), logit(task.weak), logitOf(parts.strong, call), logit(task.strong)];
}

/** By the words alone, and far too sure. */
export function wordRate({ weak, strong }: Parts, features: TextFeatures): TaskRate {
  return { weak: sigmoid(logitOf(weak, features)), strong: sigmoid(logitOf(strong, features)) };
}

/** By the task alone. A task without labels is as good as those whose words the call shares. */
export function taskRate({ rates, rate, guess }: Parts, call: AskedCall): TaskRate {
  const own = call.task === undefined ? undefined : rates.get(call.task);
  if (own !== undefined) return own;
  if (guess === undefined) return rate;
  const sum = { weak: 0, strong: 0 };
  guessTasks(guess, call).forEach((likely, i) => {
    const { weak, strong } = rates.get(guess.tasks[i] ?? '') ?? rate;
    sum.weak += likely * weak;
    sum.strong += likely * strong;
  });
  return sum;
}

/** How much better the strong model is expected to be. */
export function gainOf({ weak, strong }: TaskRate): number {
  return strong - weak;
}
