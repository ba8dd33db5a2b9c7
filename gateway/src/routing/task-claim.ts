import { alpha, isAbove, isBelow, lowerBound, type Pairs, upperBound } from './agreement-test.ts';

/** The evidence of the pairs of a task about a small model beside a strong one. */
export interface TaskClaim extends Pairs {
  /** The highest lower bound since the last withdrawal: the small model agrees at least so often. 0: nothing is claimed. */
  lower: number;
  /** The lowest upper bound since then. */
  upper: number;
  /** The latest pairs, the newest last, `1` for one that agrees: a task may stop being easy. */
  recent: string;
}

export const noClaim: TaskClaim = { pairs: 0, agreed: 0, lower: 0, upper: 1, recent: '' };

/** The shares that somebody may rely on: the highest that is proven is tested against the latest pairs, and so is the lowest that is refuted. */
const levels = [0.99, 0.98, 0.97, 0.95, 0.9, 0.8, 0.5];
/** A change of a model behind its name shows in the latest 200 pairs, and a sudden one in fewer: each of these is looked at. */
const latestPairs = [25, 50, 100, 200];
const recentMax = 200;

/**
 * The claim after one more pair. Pairs are counted from the last withdrawal on, so that a good past does not outweigh a bad present; the
 * bounds may be read after every pair, so the best of each holds. Where the latest pairs refute the claim it is withdrawn, and evidence
 * begins again: that a lower share is not refuted proves nothing of it. It begins again too where they agree more often than all pairs together
 * leave possible: a prompt or a model was changed for the better, and the bad past would outweigh any present.
 */
export function withPair(before: TaskClaim, agrees: boolean): TaskClaim {
  const seen = { pairs: before.pairs + 1, agreed: before.agreed + (agrees ? 1 : 0) };
  const recent = `${before.recent}${agrees ? '1' : '0'}`.slice(-recentMax);
  const lower = lowerBound(seen, before.lower);
  const upper = upperBound(seen, before.upper);
  const level = levels.find((one) => one <= lower);
  const isOver = (level !== undefined && isRefutedByLatest(recent, level)) || isExceededByLatest(recent, upper);
  return isOver ? noClaim : { ...seen, lower, upper, recent };
}

/** Do the latest pairs prove a share that all pairs together refute? */
function isExceededByLatest(recent: string, upper: number): boolean {
  const level = levels.findLast((one) => one >= upper);
  if (level === undefined) return false;
  return latestPairs.some(
    (most) => recent.length >= most && isAbove(pairsIn(recent.slice(-most)), level, alpha / latestPairs.length),
  );
}

/** Do the latest pairs refute this share? Several looks share the probability of a false word. `recent` may be of any length. */
export function isRefutedByLatest(recent: string, level: number): boolean {
  return latestPairs.some(
    (most) =>
      (most === recentMax || recent.length >= most) &&
      isBelow(pairsIn(recent.slice(-most)), level, alpha / latestPairs.length),
  );
}

function pairsIn(recent: string): Pairs {
  let agreed = 0;
  for (let i = 0; i < recent.length; i++) if (recent.charCodeAt(i) === 49) agreed += 1;
  return { pairs: recent.length, agreed };
}

/** How many calls of a task were to be compared, and how many of these have an answer that can be. */
export interface Reach {
  sampled: number;
  comparable: number;
}

/** Do the pairs speak for the task? Not where most of its answers are long texts that nobody compares: the short ones are the easy ones. */
export function isRepresentative({ sampled, comparable }: Reach): boolean {
  return comparable * 10 >= sampled * 9;
}

/** The highest version of a prompt that was compared, and the pairs since its first. */
export interface VersionSeen {
  promptVersion: number | null;
  versionPairs: number;
}

/** The evidence of the version before holds for a new one until the latest pairs refute it: for so many pairs they are gathered faster. */
const newVersionPairs = 50;

/** After a pair of a call with this version. An earlier version was compared when it was the newest. */
export function afterPairOf({ promptVersion, versionPairs }: VersionSeen, version: number | undefined): VersionSeen {
  if (version === undefined) return { promptVersion, versionPairs };
  // Claims of before have pairs of a version that nobody took down.
  if (promptVersion === null) return { promptVersion: version, versionPairs: newVersionPairs };
  if (version > promptVersion) return { promptVersion: version, versionPairs: 1 };
  return { promptVersion, versionPairs: version === promptVersion ? versionPairs + 1 : versionPairs };
}

function isNewVersion({ promptVersion, versionPairs }: VersionSeen, version: number | undefined): boolean {
  if (version === undefined || promptVersion === null || version < promptVersion) return false;
  return version > promptVersion || versionPairs < newVersionPairs;
}

/** How much of a task whose question is answered is compared still, in percent. */
const settledPercent = 0.2;
const doubtPairs = 20;
const doubtAt = 3;

/**
 * How many of the calls of a task are to be answered twice, in percent. Once the task is known to reach the level, or not to, few are
 * enough; latest twenty that speak against it are a doubt, as is a new version of its prompt, and the usual share looks into it.
 */
export function shadowPercent(
  claim: (TaskClaim & Partial<VersionSeen>) | undefined,
  { level, samplePercent, version }: { level: number; samplePercent: number; version?: number | undefined },
): number {
  if (claim === undefined) return samplePercent;
  const { promptVersion = null, versionPairs = 0 } = claim;
  const isSettled = claim.lower >= level || claim.upper < level;
  const isDoubted = isInDoubt(claim, level) || isNewVersion({ promptVersion, versionPairs }, version);
  return isSettled && !isDoubted ? Math.min(settledPercent, samplePercent) : samplePercent;
}

function isInDoubt({ recent, lower, upper }: TaskClaim, level: number): boolean {
  const latest = pairsIn(recent.slice(-doubtPairs));
  return lower >= level ? latest.pairs - latest.agreed >= doubtAt : isAbove(latest, upper);
}
