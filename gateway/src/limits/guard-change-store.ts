import type { Db } from '../db/transaction.ts';

/** Notifies every process that the settings that may refuse calls of this workspace have changed. */
export async function publishGuardChange(db: Db, workspaceId: string): Promise<void> {
  await db.query("select pg_notify('guards', $1)", [workspaceId]);
}
