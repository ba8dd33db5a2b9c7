import type { Pool } from 'pg';
import { insertAuditRecord } from '../accounts/audit-store.ts';
import type { OtherChange } from '../accounts/other-changes.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { inTurn, inTurns } from '../turns/in-turn.ts';
import { structureSize } from './call-structure.ts';
import { brokenPromiseInPieces, compareHeadsInPieces, provesAsMuch, verdictOf } from './compare-heads.ts';
import {
  type CurrentVersions,
  dropCandidate,
  dropOldCandidates,
  listStandingHeads,
  lockVersions,
  type NewHeads,
  noteComparison,
  promoteCandidate,
  readCurrentVersions,
  type StandingHeads,
  saveHeads,
  withdrawHeads,
} from './head-standing-store.ts';
import type { HeadReason } from './head-words.ts';
import { type LearnedHeads, labelsMin, learnHeadsInPieces } from './learned-heads.ts';
import {
  countNewerThan,
  forgetOldSamples,
  forgetSamples,
  type Learner,
  listLearners,
  listRecentSamples,
  listSamples,
  nextLook,
} from './learned-heads-store.ts';
import { areOfLaterGateway, packHeads, unpackHeads } from './packed-heads.ts';
import { callsInPiece } from './pieces.ts';
import { unsealFeatures } from './sealed-features.ts';
import type { LabelledCall } from './text-heads.ts';

interface LearnPorts {
  db: Pool;
  secret: string;
}

/** Heads that are active are fit again once so many new calls were compared. */
const refitAfter = 100;

/** Fits and compares heads for the pairs of models with new samples, one after another. A fault of one leaves those behind it be. */
export async function learnAllHeads(ports: LearnPorts, signal: AbortSignal): Promise<void> {
  await forgetOldSamples(ports.db);
  await dropOldCandidates(ports.db);
  const faults: unknown[] = [];
  for (const learner of await listLearners(ports.db, labelsMin)) {
    if (signal.aborted) break;
    await learnHeadsOf(ports, learner).catch((error: unknown) => faults.push(error));
  }
  if (faults.length > 0) throw new AggregateError(faults, 'heads of some workspaces were not learned');
}

interface Standing extends Omit<StandingHeads, 'weights'> {
  learned: LearnedHeads;
}

/**
 * One step, of which each hour takes one at most: without active heads, new ones are judged against the rates of the tasks. Heads that are
 * active stay until a candidate, fit on later calls, is better on calls newer than both; until they break their promise; or until other models
 * are compared in place of theirs. Few samples are enough to check heads by, and not to fit them on.
 */
async function learnHeadsOf(ports: LearnPorts, learner: Learner): Promise<void> {
  const { db } = ports;
  const current = await readCurrentVersions(db, learner);
  const standing = await listStandingHeads(db, learner);
  if (standing.some(({ weights }) => areOfLaterGateway(weights)) && (await isLaterGatewayAtWork(ports, learner)))
    return;
  const [inUse, waiting] = [true, false].map((which) => standing.find(({ isActive }) => isActive === which));
  const change = (apply: (tx: Db) => Promise<void>): Promise<void> => changeHeads(db, { learner, current }, apply);
  if (waiting !== undefined && waiting.against !== current.active)
    return change((tx) => dropCandidate(tx, learner, { version: current.candidate, reason: 'overtaken' }));
  const withdraw = ({ version }: StandingHeads | Standing, reason: HeadReason): Promise<void> =>
    change(async (tx) => {
      await withdrawHeads(tx, learner, { version, reason });
      await dropCandidate(tx, learner, { version: current.candidate, reason: 'overtaken' });
      await record(tx, learner, { operation: 'routing.heads.withdraw', before: version, after: 0 });
    });
  if (inUse !== undefined && !isOfPair(inUse, learner) && current.follows) {
    if ((await countNewerThan(db, learner, inUse)) >= labelsMin) await withdraw(inUse, 'not_compared');
    return;
  }
  const [active, candidate] = [inUse, waiting].map((heads) => readable(heads, learner));
  if (waiting !== undefined && (active === undefined || candidate === undefined))
    return isOfPair(waiting, learner)
      ? change((tx) => dropCandidate(tx, learner, { version: current.candidate, reason: 'overtaken' }))
      : undefined;
  const canFit = learner.calls >= labelsMin;
  if (active === undefined) return canFit ? change(await firstHeads(ports, learner)) : undefined;
  const { calls: fresh } = await callsOf(ports, learner, active.version);
  const broken = current.follows ? await inTurns(brokenPromiseInPieces(active.learned, fresh)) : undefined;
  if (broken !== undefined) return withdraw(active, 'broken_promise');
  if (candidate === undefined) {
    if (!canFit || fresh.filter(({ seenBy }) => seenBy === null).length < refitAfter) return;
    return change(await nextCandidate(ports, learner, active));
  }
  const { version } = candidate;
  // A candidate is newer than the active heads, so all that it has not seen is among what they have not seen.
  const unseen = fresh.filter(({ seenBy }) => seenBy === null || seenBy > version);
  const heads = { active: active.learned, candidate: candidate.learned };
  const compared = await inTurns(compareHeadsInPieces(heads, unseen));
  const verdict = verdictOf(compared);
  await change(async (tx) => {
    if (verdict === 'open') return noteComparison(tx, learner, { version, compared });
    if (verdict !== 'better') return dropCandidate(tx, learner, { version, reason: verdict, compared });
    const isPromoted = await promoteCandidate(tx, learner, { version, compared, activates: current.follows });
    if (isPromoted && current.follows)
      await record(tx, learner, {
        operation: 'routing.heads.promote',
        before: active.version,
        after: version,
        figures: { compared_calls: compared.calls, compared_gain_lower: compared.lower },
      });
  });
}

/** Heads of other models, or of a version of the gateway that sees calls differently, are none to compare with. */
function readable(heads: StandingHeads | undefined, learner: Learner): Standing | undefined {
  if (heads === undefined || !isOfPair(heads, learner)) return undefined;
  const { weights, ...rest } = heads;
  const learned = unpackHeads(weights);
  return learned && { ...rest, learned };
}

function isOfPair({ weak, strong }: StandingHeads, learner: Learner): boolean {
  return weak === learner.weak && strong === learner.strong;
}

/** Each version that sees calls differently takes down more numbers. After a rollback, none of these calls is of the last day. */
async function isLaterGatewayAtWork({ db, secret }: LearnPorts, learner: Learner): Promise<boolean> {
  const samples = await listRecentSamples(db, learner);
  for (let from = 0; from < samples.length; from += callsInPiece) {
    const isFound = await inTurn(() =>
      samples.slice(from, from + callsInPiece).some(({ id, sealedFeatures }) => {
        const { structure } = unsealFeatures(secret, { workspaceId: learner.workspaceId, id }, sealedFeatures);
        return structure.length > structureSize;
      }),
    );
    if (isFound) return true;
  }
  return false;
}

/** A finding holds for the versions that it is about: where these have changed meanwhile, it is thrown away. */
async function changeHeads(
  db: Pool,
  { learner, current }: { learner: Learner; current: CurrentVersions },
  apply: (tx: Db) => Promise<void>,
): Promise<void> {
  await withTransaction(db, async (tx) => {
    if (await lockVersions(tx, learner, current)) await apply(tx);
  });
}

async function firstHeads(ports: LearnPorts, learner: Learner): Promise<(tx: Db) => Promise<void>> {
  const { calls, earlier } = await callsOf(ports, learner);
  // Heads that are active and cannot be read here have proven nothing of these numbers.
  const look = { ...(await nextLook(ports.db, learner)), isProven: false };
  const attempt = await inTurns(learnHeadsInPieces(calls, look));
  // Each look asks the next one for a clearer lead, and calls that cannot be read are no look.
  if (attempt === undefined) return async () => {};
  const { learned, report } = attempt;
  const reason = learned === undefined ? 'no_better_than_tasks' : 'better_than_tasks';
  const heads: NewHeads = { weights: learned && packHeads(learned), report, reason };
  return async (tx) => {
    const { active, follows } = await readCurrentVersions(tx, learner);
    const version = await saveHeads(tx, learner, heads);
    // A process of the earlier version would learn heads of them, and put them in the place of these.
    if (learned !== undefined && earlier.length > 0) await forgetSamples(tx, learner, earlier);
    if (learned !== undefined && follows)
      await record(tx, learner, { operation: 'routing.heads.promote', before: active, after: version });
  };
}

async function nextCandidate(
  ports: LearnPorts,
  learner: Learner,
  active: Standing,
): Promise<(tx: Db) => Promise<void>> {
  const { calls } = await callsOf(ports, learner);
  const attempt = await inTurns(learnHeadsInPieces(calls, await nextLook(ports.db, learner)));
  if (attempt === undefined) return async () => {};
  const { learned, report } = attempt;
  const isCandidate = learned !== undefined && provesAsMuch(learned, active.learned);
  const reason = learned === undefined ? 'no_better_than_tasks' : isCandidate ? 'comparing' : 'proves_less';
  return async (tx) => {
    await saveHeads(tx, learner, {
      weights: isCandidate ? packHeads(learned) : undefined,
      ...{ report, reason, against: active.version },
    });
  };
}

/** On record beside what people choose. */
function record(
  tx: Db,
  { workspaceId, livemode }: Learner,
  change: { operation: OtherChange; before: number; after: number; figures?: object },
): Promise<void> {
  const { operation, before, after, figures } = change;
  return insertAuditRecord(tx, {
    ...{ workspaceId, livemode, operation },
    actor: { type: 'system', id: 'auto', name: 'auto' },
    target: { type: 'workspace', id: workspaceId },
    before: { heads: before },
    after: { heads: after, ...figures },
  });
}

/** With the first version of heads that was fit on it, or null. */
type SampledCall = LabelledCall & { seenBy: number | null };

interface ReadSamples {
  calls: SampledCall[];
  /** Of calls that an earlier version of the gateway took down: it saw them differently. */
  earlier: string[];
}

/** The calls whose answers were compared, the oldest first: all, or those that a version was not fit on. */
async function callsOf({ db, secret }: LearnPorts, learner: Learner, unseenBy?: number): Promise<ReadSamples> {
  const samples = await listSamples(db, learner, unseenBy);
  const calls: SampledCall[] = [];
  const earlier: string[] = [];
  for (let from = 0; from < samples.length; from += callsInPiece)
    await inTurn(() => {
      for (const { id, task, sealedFeatures, agreed, seenBy } of samples.slice(from, from + callsInPiece)) {
        const features = unsealFeatures(secret, { workspaceId: learner.workspaceId, id }, sealedFeatures);
        // Each version that sees calls differently takes down more numbers.
        if (features.structure.length < structureSize) earlier.push(id);
        if (features.structure.length !== structureSize) continue;
        // Agreement says nothing of the strong model itself: it is the measure.
        calls.push({ ...features, task, weak: agreed ? 1 : 0, strong: 1, seenBy });
      }
    });
  return { calls, earlier };
}
