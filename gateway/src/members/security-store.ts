import type { Db } from '../db/transaction.ts';

export async function readRequiresSecondFactor(db: Db, workspaceId: string): Promise<boolean> {
  const { rows } = await db.query('select requires_second_factor from workspaces where id = $1', [workspaceId]);
  return (rows[0] as { requires_second_factor: boolean } | undefined)?.requires_second_factor ?? false;
}

/** Saves, and has every process read the sessions of the workspace's people again. */
export async function writeRequiresSecondFactor(db: Db, workspaceId: string, isRequired: boolean): Promise<void> {
  await db.query(
    `with changed as (update workspaces set requires_second_factor = $2 where id = $1 returning id)
     select pg_notify('sessions', m.person_id) from changed join members m on m.workspace_id = changed.id`,
    [workspaceId, isRequired],
  );
}
