import type { Pool } from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { inTurn } from '../turns/in-turn.ts';
import { structureSize } from './call-structure.ts';
import { type HeadsAttempt, labelsMin, learnHeadsInPieces } from './learned-heads.ts';
import { forgetOldSamples, listLearners, listSamples, nextLook, saveHeads } from './learned-heads-store.ts';
import type { Pieces } from './logistic-head.ts';
import { packHeads } from './packed-heads.ts';
import { unsealFeatures } from './sealed-features.ts';

/** Fits heads for the workspaces with new samples, one after another. Those that are no better than the rates of the tasks take none. */
export async function learnAllHeads({ db, secret }: { db: Pool; secret: string }, signal: AbortSignal): Promise<void> {
  await forgetOldSamples(db);
  for (const scope of await listLearners(db, labelsMin)) {
    if (signal.aborted) return;
    const { workspaceId } = scope;
    const samples = await listSamples(db, scope);
    // Agreement says nothing of the strong model itself: it is the measure.
    const calls = samples
      .map(({ id, task, sealedFeatures, agreed }) => ({
        ...unsealFeatures(secret, { workspaceId, id }, sealedFeatures),
        task,
        weak: agreed ? 1 : 0,
        strong: 1,
      }))
      // An earlier version of the gateway took down fewer numbers.
      .filter(({ structure }) => structure.length === structureSize);
    const attempt = await inTurns(learnHeadsInPieces(calls, await nextLook(db, scope)));
    await withTransaction(db, (tx) =>
      saveHeads(tx, scope, {
        weights: attempt?.learned && packHeads(attempt.learned),
        report: attempt?.report ?? { calls: calls.length },
      }),
    );
  }
}

/** A piece at a time: calls go on between two of them. */
async function inTurns(pieces: Pieces<HeadsAttempt | undefined>): Promise<HeadsAttempt | undefined> {
  for (;;) {
    const step = await inTurn(() => pieces.next());
    if (step.done === true) return step.value;
  }
}
