import {
  finish,
  fitInPieces,
  type LogisticHead,
  logitOf,
  type Pieces,
  smaller,
  type TextFeatures,
  usualFitting,
} from './logistic-head.ts';
import { calibrated, fitPlatt, type Platt, unscaled } from './platt.ts';

/** A call whose two answers are known to be good or not. */
export interface LabelledCall extends TextFeatures {
  /** What tells tasks apart: their rates are learned beside the words. */
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

/** What a workspace has learned of its own texts: two heads and the rates of its tasks. */
export interface TextHeads {
  weak: LogisticHead;
  strong: LogisticHead;
  weakScale: Platt;
  strongScale: Platt;
  rates: ReadonlyMap<string, TaskRate>;
  /** Over all tasks. */
  rate: TaskRate;
}

/** A task counts for as much as all of them once it has so many labels. */
const sharedWeight = 10;

/** Fits heads in one go. */
export function fitTextHeads(...given: Parameters<typeof fitTextHeadsInPieces>): TextHeads {
  return finish(fitTextHeadsInPieces(...given));
}

/** Fits heads: on two thirds of the calls to calibrate on the last third, then on all of them. The oldest call comes first. */
export function* fitTextHeadsInPieces(calls: readonly LabelledCall[], fitting = usualFitting): Pieces<TextHeads> {
  const cut = Math.floor((calls.length * 2) / 3);
  const [early, late] = [calls.slice(0, cut), calls.slice(cut)];
  const labels = (of: 'weak' | 'strong', from: readonly LabelledCall[]): number[] => from.map((call) => call[of]);
  const scaleOf = function* (of: 'weak' | 'strong'): Pieces<Platt> {
    if (early.length === 0) return unscaled;
    const head = yield* fitInPieces(early, labels(of, early), fitting);
    return fitPlatt(
      late.map((call) => logitOf(head, call)),
      labels(of, late),
    );
  };
  return {
    weak: smaller(yield* fitInPieces(calls, labels('weak', calls), fitting)),
    strong: smaller(yield* fitInPieces(calls, labels('strong', calls), fitting)),
    weakScale: yield* scaleOf('weak'),
    strongScale: yield* scaleOf('strong'),
    ...ratesOf(calls),
  };
}

/** The rates of the tasks, each drawn towards the rate of all as long as it has few calls. */
function ratesOf(calls: readonly LabelledCall[]): Pick<TextHeads, 'rates' | 'rate'> {
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
  for (const [task, { n, weak, strong }] of sums)
    rates.set(task, {
      weak: (weak + sharedWeight * rate.weak) / (n + sharedWeight),
      strong: (strong + sharedWeight * rate.strong) / (n + sharedWeight),
    });
  return { rates, rate };
}

/** How likely each class is to answer well. */
export function probabilities(heads: TextHeads, features: TextFeatures): TaskRate {
  return {
    weak: calibrated(heads.weakScale, logitOf(heads.weak, features)),
    strong: calibrated(heads.strongScale, logitOf(heads.strong, features)),
  };
}

/**
 * How much better the strong model is expected to be: the mean of what the words say and of what the task says. Always the difference:
 * how hard a call is for the small model alone scores 0.08 to 0.11 lower (measured).
 */
export function gainOf(heads: TextHeads, call: TextFeatures & { task: string }): number {
  const { weak, strong } = probabilities(heads, call);
  return (strong - weak + taskGain(heads, call.task)) / 2;
}

/** The same by the task alone. */
export function taskGain({ rates, rate }: Pick<TextHeads, 'rates' | 'rate'>, task: string): number {
  const own = rates.get(task) ?? rate;
  return own.strong - own.weak;
}
