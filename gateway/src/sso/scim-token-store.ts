import type { Db } from '../db/transaction.ts';

export interface ScimToken {
  workspaceId: string;
  id: string;
  connectionId: string;
  name: string;
  hint: string;
  createdAt: Date;
  lastUsedAt: Date | null;
}

const columns = 'workspace_id, id, connection_id, name, hint, created_at, last_used_at';

/** The lock on the connection's row lets one token after the other in, so that a third never slips by. */
export async function lockConnection(db: Db, workspaceId: string, connectionId: string): Promise<boolean> {
  const { rowCount } = await db.query('select 1 from sso_connections where workspace_id = $1 and id = $2 for update', [
    workspaceId,
    connectionId,
  ]);
  return rowCount === 1;
}

export async function countTokens(db: Db, workspaceId: string, connectionId: string): Promise<number> {
  const { rows } = await db.query(
    'select count(*)::integer as count from scim_tokens where workspace_id = $1 and connection_id = $2',
    [workspaceId, connectionId],
  );
  return (rows[0] as { count: number }).count;
}

export async function insertScimToken(db: Db, row: ScimToken, hash: Buffer): Promise<void> {
  await db.query(`insert into scim_tokens (${columns}, hash) values ($1, $2, $3, $4, $5, $6, $7, $8)`, [
    row.workspaceId,
    row.id,
    row.connectionId,
    row.name,
    row.hint,
    row.createdAt,
    row.lastUsedAt,
    hash,
  ]);
}

export async function listScimTokens(db: Db, workspaceId: string): Promise<ScimToken[]> {
  const { rows } = await db.query(
    `select ${columns} from scim_tokens where workspace_id = $1 order by created_at, id`,
    [workspaceId],
  );
  return rows.map(readRow);
}

export async function deleteScimToken(db: Db, workspaceId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from scim_tokens where workspace_id = $1 and id = $2', [workspaceId, id]);
  return rowCount === 1;
}

/** Notes the use at most once a minute: a run of an identity provider is thousands of requests. */
export async function findTokenByHash(db: Db, hash: Buffer): Promise<ScimToken | undefined> {
  const { rows } = await db.query(
    `with used as (
       update scim_tokens set last_used_at = now()
       where hash = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute') returning id)
     select ${columns} from scim_tokens where hash = $1`,
    [hash],
  );
  return rows.map(readRow)[0];
}

function readRow(row: unknown): ScimToken {
  const value = row as {
    workspace_id: string;
    id: string;
    connection_id: string;
    name: string;
    hint: string;
    created_at: Date;
    last_used_at: Date | null;
  };
  return {
    workspaceId: value.workspace_id,
    id: value.id,
    connectionId: value.connection_id,
    name: value.name,
    hint: value.hint,
    createdAt: value.created_at,
    lastUsedAt: value.last_used_at,
  };
}
