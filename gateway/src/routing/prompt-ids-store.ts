import type { Db } from '../db/transaction.ts';

/** Is there such a prompt in the workspace, by its own id, that calls can use? */
export async function hasPrompt(db: Db, { workspaceId, id }: { workspaceId: string; id: string }): Promise<boolean> {
  const { rowCount } = await db.query(
    'select 1 from prompts where workspace_id = $1 and id = $2 and archived_at is null',
    [workspaceId, id],
  );
  return (rowCount ?? 0) > 0;
}
