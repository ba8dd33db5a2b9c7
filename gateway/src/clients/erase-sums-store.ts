import type { Pool } from 'pg';
import { withSums } from '../usage/roll-up-store.ts';
import type { Erasure } from './erase-client-store.ts';

/** Each with a condition of the rows that have clients: those of kind `task` are many and have none. */
const tables = [
  ['usage_hours', ''],
  ['usage_days', ''],
  ['usage_quarters', ''],
  ['usage_narrow_hours', `and kind <> 'model'`],
  ['usage_narrow_days', `and kind <> 'model'`],
  ['usage_task_hours', `and kind = 'auto'`],
  ['usage_task_days', `and kind = 'auto'`],
  ['usage_task_quarters', `and kind = 'auto'`],
  ['latency_days', ''],
] as const;

/**
 * Sums of calls that have lost its name lose it too. Nobody sums up meanwhile: that would bring the name back. False where somebody
 * did for longer than `waitMs`.
 */
export async function renameSums(db: Pool, erasure: Erasure, waitMs?: number): Promise<boolean> {
  const { id, workspaceId, livemode, name } = erasure;
  const place = [workspaceId, livemode, name, id];
  return withSums(db, waitMs, async (tx) => {
    for (const [table, ofClients] of tables)
      await tx.query(
        `update ${table} set client_id = $4 where workspace_id = $1 and livemode = $2 ${ofClients} and client_id = $3`,
        place,
      );
    await tx.query('update erased_clients set narrow_erased = true where id = $1', [id]);
    await tx.query(
      `update call_groups set client_id = $4, fingerprint = gen_random_uuid() where workspace_id = $1 and livemode = $2 and client_id = $3`,
      place,
    );
  });
}
