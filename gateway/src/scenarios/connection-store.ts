import { seal, unseal } from '../accounts/seal.ts';
import type { Db } from '../db/transaction.ts';

/** A way into a platform where scenarios run. */
export interface Connection {
  workspaceId: string;
  id: string;
  platform: 'make' | 'n8n';
  baseUrl: string;
  sealedToken: Buffer;
  tokenHint: string;
  teamId: string | null;
}

/** Where a token belongs: it opens for no other workspace, connection or origin. */
export function tokenContext({
  workspaceId,
  id,
  baseUrl,
}: Pick<Connection, 'workspaceId' | 'id' | 'baseUrl'>): string[] {
  return ['connection', workspaceId, id, new URL(baseUrl).origin];
}

export function sealToken(
  secret: string,
  place: Pick<Connection, 'workspaceId' | 'id' | 'baseUrl'>,
  token: string,
): Buffer {
  return seal(secret, token, tokenContext(place));
}

export function tokenOf(secret: string, connection: Connection): string {
  return unseal(secret, connection.sealedToken, tokenContext(connection)).toString('utf8');
}

export async function insertConnection(db: Db, row: Connection): Promise<void> {
  await db.query(
    `insert into connections (workspace_id, id, platform, base_url, sealed_token, token_hint, team_id)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [row.workspaceId, row.id, row.platform, row.baseUrl, row.sealedToken, row.tokenHint, row.teamId],
  );
}

/** The newest first: a token given anew is tried before the old one. */
export async function listConnections(db: Db, workspaceId: string): Promise<Connection[]> {
  const { rows } = await db.query(
    `select workspace_id, id, platform, base_url, sealed_token, token_hint, team_id from connections
     where workspace_id = $1 order by created_at desc, id desc`,
    [workspaceId],
  );
  return (rows as RawConnection[]).map((row) => ({
    workspaceId: row.workspace_id,
    id: row.id,
    platform: row.platform,
    baseUrl: row.base_url,
    sealedToken: row.sealed_token,
    tokenHint: row.token_hint,
    teamId: row.team_id,
  }));
}

export async function deleteConnection(db: Db, workspaceId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from connections where workspace_id = $1 and id = $2', [workspaceId, id]);
  return rowCount === 1;
}

interface RawConnection {
  workspace_id: string;
  id: string;
  platform: 'make' | 'n8n';
  base_url: string;
  sealed_token: Buffer;
  token_hint: string;
  team_id: string | null;
}
