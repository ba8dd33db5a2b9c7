import type { Db } from '../db/transaction.ts';

/** Is there such an experiment in the workspace, live or of test keys? */
export async function hasExperiment(
  db: Db,
  { workspaceId, id }: { workspaceId: string; id: string },
): Promise<boolean> {
  const { rowCount } = await db.query('select 1 from experiments where workspace_id = $1 and id = $2', [
    workspaceId,
    id,
  ]);
  return (rowCount ?? 0) > 0;
}
