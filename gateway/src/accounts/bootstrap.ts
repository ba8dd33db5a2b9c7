import type { Pool } from 'pg';
import { type Db, withTransaction } from '../db/transaction.ts';
import { hashKey, hintOf, newKey, testTwin } from './api-key.ts';
import { hasKey, insertKey } from './key-store.ts';
import { newId } from './new-id.ts';
import { firstWorkspaceId, insertWorkspace } from './workspace-store.ts';

export interface NewWorkspace {
  id: string;
  liveKey: string;
  testKey: string;
}

/** Makes a workspace with its owner's two keys, which are shown this once. */
export function createWorkspace(db: Pool, options: { name: string; nowMs: number }): Promise<NewWorkspace> {
  return withTransaction(db, (tx) => createIn(tx, { ...options, liveKey: newKey(true) }));
}

/**
 * The first workspace, on the first start. A bootstrap key that was changed later is added to it, so that an operator who lost
 * the first key gets in again. Returns the keys to show: none on a second start, none that were given.
 */
export function bootstrap(
  db: Pool,
  options: { bootstrapKey: string | undefined; nowMs: number },
): Promise<NewWorkspace | undefined> {
  const { bootstrapKey, nowMs } = options;
  return withTransaction(db, async (tx) => {
    // Several processes may start at once on one empty database.
    await tx.query("select pg_advisory_xact_lock(hashtext('ai-gateway bootstrap'))");
    const workspaceId = await firstWorkspaceId(tx);
    if (workspaceId === undefined) {
      const made = await createIn(tx, { name: 'My workspace', nowMs, liveKey: bootstrapKey ?? newKey(true) });
      return bootstrapKey === undefined ? made : undefined;
    }
    if (bootstrapKey !== undefined) await addOwnerKeys(tx, { workspaceId, liveKey: bootstrapKey, nowMs });
    return undefined;
  });
}

async function createIn(tx: Db, options: { name: string; nowMs: number; liveKey: string }): Promise<NewWorkspace> {
  const { name, nowMs, liveKey } = options;
  const id = newId('ws', nowMs);
  await insertWorkspace(tx, { id, name });
  await addOwnerKeys(tx, { workspaceId: id, liveKey, nowMs });
  return { id, liveKey, testKey: testTwin(liveKey) };
}

/** A key that exists already is left as it is, revoked or not. */
async function addOwnerKeys(tx: Db, options: { workspaceId: string; liveKey: string; nowMs: number }): Promise<void> {
  const { workspaceId, liveKey, nowMs } = options;
  for (const key of [liveKey, testTwin(liveKey)]) {
    const livemode = key === liveKey;
    const hash = hashKey(key);
    if (await hasKey(tx, hash)) continue;
    const name = livemode ? 'Owner' : 'Owner (test)';
    await insertKey(tx, {
      workspaceId,
      id: newId('key', nowMs),
      hash,
      hint: hintOf(key),
      name,
      role: 'owner',
      livemode,
      tags: {},
      lockedTags: [],
    });
  }
}
