import type { Pool } from 'pg';
import { type Db, withTransaction } from '../db/transaction.ts';
import { lockUntilCommit } from '../db/transaction-settings.ts';
import { hashKey, hintOf, newKey } from './api-key.ts';
import { hasKey, insertKey } from './key-store.ts';
import { newId } from './new-id.ts';
import { firstWorkspaceId, insertWorkspace } from './workspace-store.ts';

export interface NewWorkspace {
  id: string;
  liveKey: string;
  testKey: string;
}

/** The keys a first start drew, which it shows this once; those that were given are not among them. */
export interface FirstKeys {
  liveKey: string | undefined;
  testKey: string | undefined;
}

/** Makes a workspace with its owner's two keys, which are shown this once. */
export function createWorkspace(tx: Db, options: { name: string; nowMs: number }): Promise<NewWorkspace> {
  return createIn(tx, { ...options, liveKey: newKey(true), testKey: newKey(false) });
}

/**
 * The first workspace, on the first start. A bootstrap key that was changed later is added to it, so that an operator who lost
 * the first key gets in again. Returns the keys to show, undefined where none was drawn, and whether this was the first start.
 */
export function bootstrap(
  db: Pool,
  options: { bootstrapKey: string | undefined; bootstrapTestKey: string | undefined; nowMs: number },
): Promise<{ firstKeys: FirstKeys | undefined; isFirst: boolean }> {
  const { bootstrapKey, bootstrapTestKey, nowMs } = options;
  return withTransaction(db, async (tx) => {
    // Several processes may start at once on one empty database.
    await lockUntilCommit(tx, 'ai-gateway bootstrap');
    const workspaceId = await firstWorkspaceId(tx);
    if (workspaceId === undefined) {
      const made = await createIn(tx, {
        name: 'My workspace',
        nowMs,
        liveKey: bootstrapKey ?? newKey(true),
        testKey: bootstrapTestKey ?? newKey(false),
      });
      const firstKeys = {
        liveKey: bootstrapKey === undefined ? made.liveKey : undefined,
        testKey: bootstrapTestKey === undefined ? made.testKey : undefined,
      };
      const isGiven = bootstrapKey !== undefined && bootstrapTestKey !== undefined;
      return { firstKeys: isGiven ? undefined : firstKeys, isFirst: true };
    }
    await addOwnerKeys(tx, { workspaceId, keys: [bootstrapKey, bootstrapTestKey], nowMs });
    return { firstKeys: undefined, isFirst: false };
  });
}

async function createIn(
  tx: Db,
  options: { name: string; nowMs: number; liveKey: string; testKey: string },
): Promise<NewWorkspace> {
  const { name, nowMs, liveKey, testKey } = options;
  const id = newId('ws', nowMs);
  await insertWorkspace(tx, { id, name });
  await addOwnerKeys(tx, { workspaceId: id, keys: [liveKey, testKey], nowMs });
  return { id, liveKey, testKey };
}

/** A key that exists already is left as it is, revoked or not. */
async function addOwnerKeys(
  tx: Db,
  options: { workspaceId: string; keys: readonly (string | undefined)[]; nowMs: number },
): Promise<void> {
  const { workspaceId, keys, nowMs } = options;
  for (const key of keys) {
    if (key === undefined) continue;
    const livemode = key.startsWith('gw_live_');
    const hash = hashKey(key);
    if (await hasKey(tx, hash)) continue;
    await insertKey(tx, {
      workspaceId,
      id: newId('key', nowMs),
      hash,
      hint: hintOf(key),
      name: livemode ? 'Owner' : 'Owner (test)',
      role: 'owner',
      livemode,
      tags: {},
      lockedTags: [],
    });
  }
}
