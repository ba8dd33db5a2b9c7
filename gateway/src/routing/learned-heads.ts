import { alpha, lowerBound } from './agreement-test.ts';
import { finish, mapInPieces, type Pieces } from './pieces.ts';
import {
  type AskedCall,
  fitTextHeadsInPieces,
  fitWithGainsInPieces,
  gainOf,
  type LabelledCall,
  probabilities,
  type TextHeads,
  taskRate,
} from './text-heads.ts';

/** Heads that a workspace has learned, and from which expected gain on a call is left to the small model. */
export interface LearnedHeads {
  heads: TextHeads;
  /** By the share that a dial asks for: calls with at most this gain reach it. Left out where no calls do. */
  gainMost: Readonly<Record<string, number>>;
  report: HeadsReport;
}

/** How the heads did on the newest third of the calls, which they had not seen. */
export interface HeadsReport {
  calls: number;
  judged: number;
  /** The tasks among the calls. Heads of an earlier version of the gateway do not say. */
  tasks?: number;
  /** By how much more often the right calls go to the strong model than by the rates of the tasks alone; and its lower bound. */
  better: number;
  lower: number;
  /** By the share that a dial asks for: the part of the judged calls that is left to the small model. Left out where no call is. */
  easy?: Readonly<Record<string, number>>;
}

/** One look at the calls: without heads where they are not better, and with the report all the same. */
export interface HeadsAttempt {
  learned: LearnedHeads | undefined;
  report: HeadsReport;
}

/** Below so many labels, the rates of the tasks alone are better (measured). */
export const labelsMin = 400;
const shares = [0.25, 0.5, 0.75];
const levels = [0.9, 0.95, 0.98];

/** Heads are tried every hour, and one of many looks is lucky. */
export interface Look {
  /** Counts from 1. */
  look: number;
  /** Heads of the same two models have passed a look and are active: they only have to keep their lead. */
  isProven: boolean;
}

const firstLook: Look = { look: 1, isProven: false };

/** All looks together promote heads that are no better with this probability: the k-th has the part 1 / (k(k+1)) of it. */
function alphaOf({ look, isProven }: Look): number {
  return isProven ? alpha : alpha / (look * (look + 1));
}

/** The one-sided quantile of the normal distribution: Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.23. */
function quantile(within: number): number {
  const t = Math.sqrt(-2 * Math.log(within));
  return t - (2.515517 + 0.802853 * t + 0.010328 * t ** 2) / (1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3);
}

/** Learns in one go. Undefined where nothing is better, too. */
export function learnHeads(calls: readonly LabelledCall[], look?: Look): LearnedHeads | undefined {
  return finish(learnHeadsInPieces(calls, look))?.learned;
}

/**
 * Fits heads on the older two thirds of the calls and judges them on the newest third, against the rates of the tasks alone. Nothing is
 * learned where they are not better by their lower bound: then the rates go on alone. Where they are, heads of all calls are fitted the same way.
 * The oldest call comes first. Undefined where there are too few to try.
 */
export function* learnHeadsInPieces(
  calls: readonly LabelledCall[],
  look = firstLook,
): Pieces<HeadsAttempt | undefined> {
  if (calls.length < labelsMin) return undefined;
  const cut = Math.floor((calls.length * 2) / 3);
  const [older, newest] = [calls.slice(0, cut), calls.slice(cut)];
  const heads = yield* fitTextHeadsInPieces(older);
  const gains = yield* mapInPieces(newest, (call) => gainOf(probabilities(heads, call)));
  const byTask = yield* mapInPieces(newest, (call) => gainOf(taskRate(heads, call)));
  const better = newest.map(() => 0);
  for (const share of shares) {
    const [own, plain] = [strongAmong(gains, share), strongAmong(byTask, share)];
    newest.forEach(({ weak, strong }, i) => {
      better[i] = (better[i] ?? 0) + ((Number(own[i]) - Number(plain[i])) * (strong - weak)) / shares.length;
    });
  }
  const mean = better.reduce((sum, one) => sum + one, 0) / better.length;
  const variance = better.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(1, better.length - 1);
  const lower = mean - quantile(alphaOf(look)) * Math.sqrt(variance / better.length);
  const tasks = new Set(calls.map(({ task }) => task)).size;
  const tried = { calls: calls.length, judged: newest.length, tasks, better: mean, lower };
  if (lower <= 0) return { learned: undefined, report: tried };
  // Those that go to work know the newest calls too: a head that was judged is as old as the calls that it has seen.
  const refit = yield* fitWithGainsInPieces(calls);
  const refitGains = yield* mapInPieces(newest, (call) => gainOf(probabilities(refit.heads, call)));
  const proven = carried(gainsFor(newest, gains), { from: gains, to: refitGains });
  const gainMost = lowerOf(proven, gainsFor(newest, refit.gains.slice(cut)));
  const report = { ...tried, easy: easyShares(gainMost, refitGains) };
  return { learned: { heads: refit.heads, gainMost, report }, report };
}

function easyShares(gainMost: Limits, gains: readonly number[]): Record<string, number> {
  return Object.fromEntries(
    Object.entries(gainMost).map(([level, most]) => [level, gains.filter((one) => one <= most).length / gains.length]),
  );
}

type Limits = LearnedHeads['gainMost'];

/** The lower limit of each level that both have. */
function lowerOf(one: Limits, other: Limits): Limits {
  const lower: Record<string, number> = {};
  for (const [level, gain] of Object.entries(one)) {
    const also = other[level];
    if (also !== undefined) lower[level] = Math.min(gain, also);
  }
  return lower;
}

/** The limits for heads that see other gains in the same calls: no limit is higher, and no more of these calls are below it. */
function carried(most: Limits, { from, to }: { from: readonly number[]; to: readonly number[] }): Limits {
  const order = to.toSorted((a, b) => a - b);
  const lower: Record<string, number> = {};
  for (const [level, gain] of Object.entries(most)) {
    const last = order[from.filter((one) => one <= gain).length - 1];
    if (last !== undefined) lower[level] = Math.min(gain, last);
  }
  return lower;
}

/** Which calls the strong model gets, if it gets this share: those with the highest gain. Among equals the older come first. */
function strongAmong(gains: readonly number[], share: number): boolean[] {
  const order = gains.map((gain, i) => ({ gain, i })).sort((a, b) => b.gain - a.gain || a.i - b.i);
  const taken = new Set(order.slice(0, Math.round(gains.length * share)).map(({ i }) => i));
  return gains.map((_, i) => taken.has(i));
}

/** The highest gain up to which the calls reach each level by their lower bound, of ten that are looked at. */
function gainsFor(calls: readonly LabelledCall[], gains: readonly number[]): Record<string, number> {
  const order = calls.map((call, i) => ({ call, gain: gains[i] ?? 0 })).sort((a, b) => a.gain - b.gain);
  const most: Record<string, number> = {};
  for (let tenth = 1; tenth <= 10; tenth++) {
    const easy = order.slice(0, Math.round((order.length * tenth) / 10));
    const last = easy.at(-1);
    const agreed = Math.floor(easy.reduce((sum, { call }) => sum + call.weak, 0));
    if (last === undefined) continue;
    const proven = lowerBound({ pairs: easy.length, agreed });
    for (const level of levels) if (proven >= level) most[String(level)] = last.gain;
  }
  return most;
}

/** Is this call easy enough for the small model, by its words? */
export function isEasy({ heads, gainMost }: LearnedHeads, call: AskedCall, level: number): boolean {
  const asked = levels.find((one) => one >= level);
  const most = asked === undefined ? undefined : gainMost[String(asked)];
  return most !== undefined && gainOf(probabilities(heads, call)) <= most;
}
