import { sqlState } from '../db/row-fault.ts';
import type { Db } from '../db/transaction.ts';

export interface Domain {
  workspaceId: string;
  id: string;
  domain: string;
  token: string;
  verifiedAt: Date | null;
  verifiedBy: 'dns' | 'operator' | null;
  ssoRequired: boolean;
  createdAt: Date;
}

const columns = 'workspace_id, id, domain, token, verified_at, verified_by, sso_required, created_at';

/** Adds it; one that is there stays as it is. */
export async function addDomain(
  db: Db,
  row: Pick<Domain, 'workspaceId' | 'id' | 'domain' | 'token'>,
): Promise<'added' | 'there'> {
  const { rowCount } = await db.query(
    `insert into domains (workspace_id, id, domain, token) values ($1, $2, $3, $4) on conflict (workspace_id, domain) do nothing`,
    [row.workspaceId, row.id, row.domain, row.token],
  );
  return rowCount === 1 ? 'added' : 'there';
}

export async function listDomains(db: Db, workspaceId: string): Promise<Domain[]> {
  const { rows } = await db.query(`select ${columns} from domains where workspace_id = $1 order by created_at, id`, [
    workspaceId,
  ]);
  return rows.map(readRow);
}

export async function findDomainByName(db: Db, workspaceId: string, domain: string): Promise<Domain | undefined> {
  const { rows } = await db.query(`select ${columns} from domains where workspace_id = $1 and domain = $2`, [
    workspaceId,
    domain,
  ]);
  return rows.map(readRow)[0];
}

/** In a workspace; undefined: in any, which is for the operator alone. */
export async function findDomain(db: Db, workspaceId: string | undefined, id: string): Promise<Domain | undefined> {
  const { rows } = await db.query(
    `select ${columns} from domains where id = $1 and ($2::text is null or workspace_id = $2)`,
    [id, workspaceId ?? null],
  );
  return rows.map(readRow)[0];
}

/**
 * The index over verified domains decides where two workspaces verify one domain at once. Every process hears of it: a host name below the domain may lead
 * somewhere from now on.
 */
export async function markVerified(
  db: Db,
  { workspaceId, id }: Domain,
  by: 'dns' | 'operator',
): Promise<Domain | 'taken' | undefined> {
  try {
    const { rows } = await db.query(
      `with verified as (
         update domains set verified_at = coalesce(verified_at, now()), verified_by = coalesce(verified_by, $3)
         where workspace_id = $1 and id = $2 returning ${columns})
       select verified.*, pg_notify('workspaces', workspace_id) from verified`,
      [workspaceId, id, by],
    );
    return rows.map(readRow)[0];
  } catch (error) {
    if (sqlState(error) === '23505') return 'taken';
    throw error;
  }
}

export async function setSsoRequired(
  db: Db,
  { workspaceId, id, required }: { workspaceId: string; id: string; required: boolean },
): Promise<Domain | undefined> {
  const { rows } = await db.query(
    `with changed as (update domains set sso_required = $3 where workspace_id = $1 and id = $2 returning ${columns})
     select changed.*, pg_notify('workspaces', workspace_id) from changed`,
    [workspaceId, id, required],
  );
  return rows.map(readRow)[0];
}

/** Tells every process: a host name below the domain leads nowhere from now on. */
export async function deleteDomain(db: Db, workspaceId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `with gone as (delete from domains where workspace_id = $1 and id = $2 returning workspace_id)
     select pg_notify('workspaces', workspace_id) from gone`,
    [workspaceId, id],
  );
  return rowCount === 1;
}

/** Those of these domains that the workspace has proven. */
export async function verifiedAmong(db: Db, workspaceId: string, domains: readonly string[]): Promise<string[]> {
  const { rows } = await db.query(
    'select domain from domains where workspace_id = $1 and domain = any($2) and verified_at is not null',
    [workspaceId, domains],
  );
  return (rows as { domain: string }[]).map(({ domain }) => domain);
}

function readRow(row: unknown): Domain {
  const value = row as {
    workspace_id: string;
    id: string;
    domain: string;
    token: string;
    verified_at: Date | null;
    verified_by: 'dns' | 'operator' | null;
    sso_required: boolean;
    created_at: Date;
  };
  return {
    workspaceId: value.workspace_id,
    id: value.id,
    domain: value.domain,
    token: value.token,
    verifiedAt: value.verified_at,
    verifiedBy: value.verified_by,
    ssoRequired: value.sso_required,
    createdAt: value.created_at,
  };
}
