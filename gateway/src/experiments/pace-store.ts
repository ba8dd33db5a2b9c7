import type { Db } from '../db/transaction.ts';

/** The tags of a call that a unit may be made of. */
export interface PacedCall {
  createdAt: Date;
  clientId: string | null;
  scenarioId: string | null;
  executionId: string | null;
}

export const pacedCalls = 2_000;

/** The newest calls of a workspace since `from`, at most 2,000 of them; second answers are nobody's calls. */
export async function selectPacedCalls(
  db: Db,
  { workspaceId, livemode, from }: { workspaceId: string; livemode: boolean; from: Date },
): Promise<PacedCall[]> {
  const { rows } = await db.query(
    `select created_at as "createdAt", client_id as "clientId", scenario_id as "scenarioId", execution_id as "executionId" from calls
     where workspace_id = $1 and livemode = $2 and created_at >= $3 and shadow_of is null order by created_at desc, id desc limit ${pacedCalls}`,
    [workspaceId, livemode, from],
  );
  return rows as PacedCall[];
}
