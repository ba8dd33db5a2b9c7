import type { Db } from '../db/transaction.ts';
import type { GroupRole, SsoConnection, SsoProvider, SsoRole } from './sso-connection.ts';

const columns =
  'workspace_id, id, slug, name, protocol, provider, issuer, client_id, sealed_secret, idp_entity_id, sso_url, certificate, domains, default_role, group_roles, session_hours, created_at';

export async function insertSsoConnection(db: Db, row: SsoConnection): Promise<'created' | 'slug-taken'> {
  const { rowCount } = await db.query(
    `insert into sso_connections (${columns})
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) on conflict (slug) do nothing`,
    valuesOf(row),
  );
  return rowCount === 1 ? 'created' : 'slug-taken';
}

export async function updateSsoConnection(db: Db, row: SsoConnection): Promise<boolean> {
  const { rowCount } = await db.query(
    `update sso_connections set name = $4, provider = $6, issuer = $7, client_id = $8, sealed_secret = $9, idp_entity_id = $10,
       sso_url = $11, certificate = $12, domains = $13, default_role = $14, group_roles = $15, session_hours = $16
     where workspace_id = $1 and id = $2 and slug = $3 and protocol = $5 and created_at = $17`,
    valuesOf(row),
  );
  return rowCount === 1;
}

export async function deleteSsoConnection(db: Db, workspaceId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from sso_connections where workspace_id = $1 and id = $2', [
    workspaceId,
    id,
  ]);
  return rowCount === 1;
}

export async function listSsoConnections(db: Db, workspaceId: string): Promise<SsoConnection[]> {
  const { rows } = await db.query(
    `select ${columns} from sso_connections where workspace_id = $1 order by created_at, id`,
    [workspaceId],
  );
  return rows.map(readRow);
}

export async function findSsoConnection(db: Db, workspaceId: string, id: string): Promise<SsoConnection | undefined> {
  const { rows } = await db.query(`select ${columns} from sso_connections where workspace_id = $1 and id = $2`, [
    workspaceId,
    id,
  ]);
  return rows.map(readRow)[0];
}

export async function findConnectionBySlug(db: Db, slug: string): Promise<SsoConnection | undefined> {
  const { rows } = await db.query(`select ${columns} from sso_connections where slug = $1`, [slug]);
  return rows.map(readRow)[0];
}

/** The connection where people of a domain sign in: of the one workspace that has it verified. */
export async function findConnectionOfDomain(
  db: Db,
  domain: string,
): Promise<{ slug: string; workspaceId: string; required: boolean } | undefined> {
  const { rows } = await db.query(
    `select c.slug, c.workspace_id, d.sso_required from domains d
     join sso_connections c on c.workspace_id = d.workspace_id and d.domain = any(c.domains)
     where d.domain = $1 and d.verified_at is not null order by c.created_at, c.id limit 1`,
    [domain],
  );
  const [row] = rows as { slug: string; workspace_id: string; sso_required: boolean }[];
  return row && { slug: row.slug, workspaceId: row.workspace_id, required: row.sso_required };
}

function valuesOf(row: SsoConnection): unknown[] {
  return [
    row.workspaceId,
    row.id,
    row.slug,
    row.name,
    row.protocol,
    row.provider,
    row.issuer,
    row.clientId,
    row.sealedSecret,
    row.idpEntityId,
    row.ssoUrl,
    row.certificate,
    row.domains,
    row.defaultRole,
    JSON.stringify(row.groupRoles),
    row.sessionHours,
    row.createdAt,
  ];
}

function readRow(row: unknown): SsoConnection {
  const value = row as {
    workspace_id: string;
    id: string;
    slug: string;
    name: string;
    protocol: 'oidc' | 'saml';
    provider: SsoProvider;
    issuer: string | null;
    client_id: string | null;
    sealed_secret: Buffer | null;
    idp_entity_id: string | null;
    sso_url: string | null;
    certificate: string | null;
    domains: string[];
    default_role: SsoRole | null;
    group_roles: GroupRole[];
    session_hours: number;
    created_at: Date;
  };
  return {
    workspaceId: value.workspace_id,
    id: value.id,
    slug: value.slug,
    name: value.name,
    protocol: value.protocol,
    provider: value.provider,
    issuer: value.issuer,
    clientId: value.client_id,
    sealedSecret: value.sealed_secret,
    idpEntityId: value.idp_entity_id,
    ssoUrl: value.sso_url,
    certificate: value.certificate,
    domains: value.domains,
    defaultRole: value.default_role,
    groupRoles: value.group_roles,
    sessionHours: value.session_hours,
    createdAt: value.created_at,
  };
}
