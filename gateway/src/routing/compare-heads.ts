import type { LearnedHeads } from './learned-heads.ts';
import { type PairedBound, pairedBoundInPieces } from './paired-bound.ts';
import { finish, mapInPieces, type Pieces } from './pieces.ts';
import { isRefutedByLatest } from './task-claim.ts';
import { gainOf, type LabelledCall, probabilities } from './text-heads.ts';

/** A candidate beside the active heads, on calls that neither had seen. */
export interface Comparison extends PairedBound {
  calls: number;
}

/** A candidate that shows no difference on so many calls makes room for one that knows them. */
export const comparedMax = 1_000;
/**
 * By how much less the candidate misses what came true, as the difference of the squared errors of P(the small model is right): the one that
 * is nearer to the truth has the smaller error, and nothing else makes it smaller.
 */
export function* compareHeadsInPieces(
  { active, candidate }: { active: LearnedHeads; candidate: LearnedHeads },
  calls: readonly LabelledCall[],
): Pieces<Comparison> {
  const differences = yield* mapInPieces(calls, (call) => missOf(active, call) - missOf(candidate, call));
  return { calls: calls.length, ...(yield* pairedBoundInPieces(differences)) };
}

/** Compares in one go. */
export function compareHeads(...given: Parameters<typeof compareHeadsInPieces>): Comparison {
  return finish(compareHeadsInPieces(...given));
}

function missOf({ heads }: LearnedHeads, call: LabelledCall): number {
  return (probabilities(heads, call).weak - call.weak) ** 2;
}

type Verdict = 'better' | 'worse' | 'no_difference' | 'open';

/** The active heads stay until the lower bound of the candidate is above them. */
export function verdictOf({ calls, lower, upper }: Comparison): Verdict {
  if (lower > 0) return 'better';
  if (upper < 0) return 'worse';
  return calls >= comparedMax ? 'no_difference' : 'open';
}

/**
 * The share that the active heads promise, and that the latest of the calls that they leave to the small model refute; undefined where all
 * hold. The oldest call comes first.
 */
export function* brokenPromiseInPieces(
  { heads, gainMost }: LearnedHeads,
  calls: readonly LabelledCall[],
): Pieces<number | undefined> {
  const seen = yield* mapInPieces(calls, (call) => ({
    gain: gainOf(probabilities(heads, call)),
    isRight: call.weak >= 0.5,
  }));
  for (const [level, most] of Object.entries(gainMost)) {
    const easy = seen.filter(({ gain }) => gain <= most);
    const recent = easy.map(({ isRight }) => (isRight ? '1' : '0')).join('');
    if (isRefutedByLatest(recent, Number(level))) return Number(level);
  }
  return undefined;
}

/** Checks in one go. */
export function brokenPromise(...given: Parameters<typeof brokenPromiseInPieces>): number | undefined {
  return finish(brokenPromiseInPieces(...given));
}

/** A candidate that proves less than the active heads would take calls from the small model that it does well. */
export function provesAsMuch(candidate: LearnedHeads, active: LearnedHeads): boolean {
  return Object.keys(active.gainMost).every((level) => candidate.gainMost[level] !== undefined);
}
