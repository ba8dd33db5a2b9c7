import type { Actor } from '../accounts/actor.ts';
import type { Db } from '../db/transaction.ts';
import { publishGuardChange } from './guard-change-store.ts';

/** The calls of a workspace, or of one client of it, that somebody has stopped. */
export interface Stop {
  /** Null for all calls of the workspace. */
  clientId: string | null;
  reason: string | null;
  /** The name of the key or person; null where it is erased. */
  by: string | null;
  byClient: boolean;
  since: Date;
}

interface StopKey {
  workspaceId: string;
  livemode: boolean;
  clientId: string | null;
}

/** Stops them, and notifies every process. A stop that is there stays as it is. */
export async function insertStop(
  tx: Db,
  { workspaceId, livemode, clientId }: StopKey,
  stop: { reason: string | null; by: Actor; byClient: boolean },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into stops (workspace_id, livemode, client_id, reason, by_type, by_id, by_client) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict do nothing`,
    [workspaceId, livemode, clientId ?? '', stop.reason, stop.by.type, stop.by.id, stop.byClient],
  );
  await publishGuardChange(tx, workspaceId);
  return rowCount === 1;
}

export async function deleteStop(tx: Db, { workspaceId, livemode, clientId }: StopKey): Promise<void> {
  await tx.query('delete from stops where workspace_id = $1 and livemode = $2 and client_id = $3', [
    workspaceId,
    livemode,
    clientId ?? '',
  ]);
  await publishGuardChange(tx, workspaceId);
}

/** That of the workspace first. */
export async function listStops(db: Db, workspaceId: string, livemode: boolean): Promise<Stop[]> {
  const { rows } = await db.query(
    `select s.client_id, s.reason, coalesce(k.name, p.name) as by, s.by_client, s.since
     from stops s
     left join api_keys k on s.by_type = 'key' and k.workspace_id = s.workspace_id and k.id = s.by_id
     left join people p on s.by_type = 'person' and p.id = s.by_id
     where s.workspace_id = $1 and s.livemode = $2 order by s.client_id`,
    [workspaceId, livemode],
  );
  type Row = { client_id: string; reason: string | null; by: string | null; by_client: boolean; since: Date };
  return (rows as Row[]).map((row) => ({
    clientId: row.client_id === '' ? null : row.client_id,
    reason: row.reason,
    by: row.by,
    byClient: row.by_client,
    since: row.since,
  }));
}
