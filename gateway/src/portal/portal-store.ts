import type { PortalPart } from '@ai-gateway/shared/operations/portal-links';
import type { Db } from '../db/transaction.ts';
import type { HashParameters, PasswordHash } from '../people/password-hasher.ts';
import type { PortalLink, PortalViewer } from './portal-link.ts';

interface ClientKey {
  workspaceId: string;
  livemode: boolean;
  clientId: string;
}

const columns = `id, workspace_id, livemode, client_id, name, password, shows, created_at, expires_at, opened_at, opened_count`;

export async function insertLink(
  db: Db,
  link: Omit<PortalLink, 'createdAt' | 'openedAt' | 'openedCount'>,
  tokenHash: Buffer,
): Promise<PortalLink> {
  const { rows } = await db.query(
    `insert into portal_links (workspace_id, id, livemode, client_id, name, token_hash, password, shows, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${columns}`,
    [
      link.workspaceId,
      link.id,
      link.livemode,
      link.clientId,
      link.name,
      tokenHash,
      link.password === undefined ? null : writePassword(link.password),
      link.shows,
      link.expiresAt,
    ],
  );
  return readLink(rows[0] as LinkRow);
}

/** Ids sort by age: the newest first. */
export async function listLinks(
  db: Db,
  {
    workspaceId,
    livemode,
    clientId,
    before,
    limit,
  }: Omit<ClientKey, 'clientId'> & { clientId: string | undefined; before: string | undefined; limit: number },
): Promise<PortalLink[]> {
  const { rows } = await db.query(
    `select ${columns} from portal_links
     where workspace_id = $1 and livemode = $2 and ($3::text is null or client_id = $3) and ($4::text is null or id < $4) order by id desc limit $5`,
    [workspaceId, livemode, clientId ?? null, before ?? null, limit],
  );
  return (rows as LinkRow[]).map(readLink);
}

/** Its sessions end with it, by their foreign key. */
export async function deleteLink(
  db: Db,
  { workspaceId, livemode, clientId, id }: ClientKey & { id: string },
): Promise<PortalLink | undefined> {
  const { rows } = await db.query(
    `delete from portal_links where workspace_id = $1 and livemode = $2 and client_id = $3 and id = $4 returning ${columns}`,
    [workspaceId, livemode, clientId, id],
  );
  const [row] = rows as LinkRow[];
  return row && readLink(row);
}

/** The link of a token, expired or not. */
export async function findLink(db: Db, tokenHash: Buffer): Promise<PortalLink | undefined> {
  const { rows } = await db.query(`select ${columns} from portal_links where token_hash = $1`, [tokenHash]);
  const [row] = rows as LinkRow[];
  return row && readLink(row);
}

/** Begins a session of a link, and counts the opening. False where the link was revoked meanwhile. */
export async function openLink(
  db: Db,
  { workspaceId, id }: PortalLink,
  { tokenHash, now, expiresAt }: { tokenHash: Buffer; now: Date; expiresAt: Date },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with opened as (
       update portal_links set opened_at = $4, opened_count = opened_count + 1 where workspace_id = $1 and id = $2 returning id)
     insert into portal_sessions (token_hash, workspace_id, link_id, expires_at) select $3, $1, id, $5 from opened`,
    [workspaceId, id, tokenHash, now, expiresAt],
  );
  return rowCount === 1;
}

/** Asked with every request, so that a revoked link shows nothing more, on any process. */
export async function findSession(db: Db, tokenHash: Buffer, now: Date): Promise<PortalViewer | undefined> {
  const { rows } = await db.query(
    `select l.workspace_id, l.livemode, l.client_id, l.shows from portal_sessions s
     join portal_links l on l.workspace_id = s.workspace_id and l.id = s.link_id
     where s.token_hash = $1 and s.expires_at > $2 and l.expires_at > $2`,
    [tokenHash, now],
  );
  const [row] = rows as { workspace_id: string; livemode: boolean; client_id: string; shows: PortalPart[] }[];
  return row && { workspaceId: row.workspace_id, livemode: row.livemode, clientId: row.client_id, shows: row.shows };
}

export async function deleteSession(db: Db, tokenHash: Buffer): Promise<void> {
  await db.query('delete from portal_sessions where token_hash = $1', [tokenHash]);
}

export async function deleteOverSessions(db: Db, now: Date): Promise<void> {
  await db.query('delete from portal_sessions where expires_at < $1', [now]);
}

/** As JSON has it: bytes in base64. */
interface StoredPassword {
  hash: string;
  salt: string;
  parameters: HashParameters;
}

function writePassword({ hash, salt, parameters }: PasswordHash): string {
  const stored: StoredPassword = { hash: hash.toString('base64'), salt: salt.toString('base64'), parameters };
  return JSON.stringify(stored);
}

function readPassword({ hash, salt, parameters }: StoredPassword): PasswordHash {
  return { hash: Buffer.from(hash, 'base64'), salt: Buffer.from(salt, 'base64'), parameters };
}

interface LinkRow {
  id: string;
  workspace_id: string;
  livemode: boolean;
  client_id: string;
  name: string;
  password: StoredPassword | null;
  shows: PortalPart[];
  created_at: Date;
  expires_at: Date;
  opened_at: Date | null;
  opened_count: number;
}

function readLink(row: LinkRow): PortalLink {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    livemode: row.livemode,
    clientId: row.client_id,
    name: row.name,
    password: row.password === null ? undefined : readPassword(row.password),
    shows: row.shows,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    openedAt: row.opened_at ?? undefined,
    openedCount: row.opened_count,
  };
}

export interface PausedCalls {
  /** Every call of the client is stopped. */
  all: boolean;
  scenarios: ReadonlySet<string>;
}

/** The calls that are paused or stopped, for this client or for all. Why and by whom stays with the workspace: reasons name costs. */
export async function findPaused(db: Db, { workspaceId, livemode, clientId }: ClientKey): Promise<PausedCalls> {
  const { rows } = await db.query(
    `select id, null as stopped from scenario_states
     where workspace_id = $1 and livemode = $2 and state = 'paused' and (lock = '' or lock::jsonb->>'client_id' = $3)
     union all select null, client_id from stops where workspace_id = $1 and livemode = $2 and client_id in ('', $3)`,
    [workspaceId, livemode, clientId],
  );
  const found = rows as { id: string | null; stopped: string | null }[];
  return {
    all: found.some(({ stopped }) => stopped !== null),
    scenarios: new Set(found.flatMap(({ id }) => id ?? [])),
  };
}
