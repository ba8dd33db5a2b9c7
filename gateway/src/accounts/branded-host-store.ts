import type { Db } from '../db/transaction.ts';

/** Is the host name below a domain that the workspace has proven, or such a domain itself? */
export async function isProvenHost(db: Db, workspaceId: string, host: string): Promise<boolean> {
  const { rows } = await db.query(
    `select exists (select 1 from domains where workspace_id = $1 and verified_at is not null
       and (domain = $2 or right($2, length(domain) + 1) = '.' || domain)) as proven`,
    [workspaceId, host],
  );
  return (rows as { proven: boolean }[])[0]?.proven ?? false;
}

export async function hasProvenDomain(db: Db, workspaceId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select 1 from domains where workspace_id = $1 and verified_at is not null limit 1',
    [workspaceId],
  );
  return rowCount === 1;
}

/** The host names of all workspaces, but those whose domain is no longer proven. */
export async function listBrandedHosts(db: Db): Promise<{ host: string; workspaceId: string }[]> {
  const { rows } = await db.query(
    `select s.branding ->> 'host' as host, s.workspace_id as "workspaceId" from workspace_settings s
     where s.livemode and s.branding ->> 'host' is not null
       and exists (select 1 from domains d where d.workspace_id = s.workspace_id and d.verified_at is not null
         and (d.domain = s.branding ->> 'host' or right(s.branding ->> 'host', length(d.domain) + 1) = '.' || d.domain))`,
  );
  return rows as { host: string; workspaceId: string }[];
}
