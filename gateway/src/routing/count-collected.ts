import type { Db } from '../db/transaction.ts';
import { inTurn } from '../turns/in-turn.ts';
import { structureSize } from './call-structure.ts';
import { findLatestPair, listSamples, type ModelPair, type SampleScope } from './learned-heads-store.ts';
import { callsInPiece } from './pieces.ts';
import { unsealFeatures } from './sealed-features.ts';

export interface Collected extends ModelPair {
  calls: number;
  tasks: number;
}

/**
 * The calls that the next heads are learned from, as far as they are there: those of the two models that were compared last. Calls that a version
 * of the gateway took down which sees other numbers in a call are none of them, although heads of that version were learned from them. Undefined
 * before the first.
 */
export async function countCollected(
  { db, secret }: { db: Db; secret: string },
  scope: SampleScope,
): Promise<Collected | undefined> {
  const pair = await findLatestPair(db, scope);
  if (pair === undefined) return undefined;
  const samples = await listSamples(db, { ...scope, ...pair });
  const tasks = new Set<string>();
  let calls = 0;
  for (let from = 0; from < samples.length; from += callsInPiece)
    await inTurn(() => {
      for (const { id, task, sealedFeatures } of samples.slice(from, from + callsInPiece)) {
        const { structure } = unsealFeatures(secret, { workspaceId: scope.workspaceId, id }, sealedFeatures);
        if (structure.length !== structureSize) continue;
        calls += 1;
        tasks.add(task);
      }
    });
  return { ...pair, calls, tasks: tasks.size };
}
