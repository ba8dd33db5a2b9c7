import type { Person, Role, Session } from '../accounts/api-key.ts';
import type { Db } from '../db/transaction.ts';

/** Where a person belongs, and as what. */
export interface Membership {
  workspaceId: string;
  name: string;
  /** The workspace's name in test mode. */
  testName: string;
  role: Exclude<Role, 'caller'>;
  /** Of the role `client`. */
  clientId: string | null;
  /** The workspace requires a second factor, and the person has no authenticator app. */
  wantsFactor: boolean;
}

/** All that a cookie says: who, where, with which rights. */
export interface SignedIn {
  person: Person;
  session: Session;
  /** The workspace that the person has chosen, where they may still be in it. */
  workspaceId: string | undefined;
  memberships: readonly Membership[];
  seenAt: Date;
  /** The cookie is to be replaced. */
  isToRenew: boolean;
}

export interface NewSession {
  id: string;
  hash: Buffer;
  personId: string;
  workspaceId: string | undefined;
  method: Session['method'];
  connectionId?: string | undefined;
  lifeMs: number;
  address: string | undefined;
  agent: string | undefined;
}

export async function insertSession(db: Db, session: NewSession): Promise<void> {
  await db.query(
    `insert into sessions (id, hash, person_id, workspace_id, method, connection_id, expires_at, address, agent)
     values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 ms', $8, $9)`,
    [
      session.id,
      session.hash,
      session.personId,
      session.workspaceId ?? null,
      session.method,
      session.connectionId ?? null,
      session.lifeMs,
      session.address ?? null,
      session.agent ?? null,
    ],
  );
}

/** Those of every person, in the order in which each joined; a workspace that is being deleted is nobody's. */
const memberships = `
  select m.person_id as "personId", w.id as "workspaceId", w.name, coalesce(t.name, w.name) as "testName", m.role, m.client_id as "clientId",
    w.requires_second_factor and not exists (
      select 1 from totp f where f.person_id = m.person_id and f.confirmed_at is not null) as "wantsFactor",
    m.role in ('member', 'viewer') and exists (
      select 1 from people p join domains d on d.domain = split_part(p.email, '@', 2) join sso_connections c on d.domain = any(c.domains)
      where p.id = m.person_id and d.workspace_id = m.workspace_id and c.workspace_id = m.workspace_id
        and d.sso_required and d.verified_at is not null) as "ssoOnly"
  from members m join workspaces w on w.id = m.workspace_id left join workspace_settings t on t.workspace_id = w.id and not t.livemode
  where m.disabled_at is null and not exists (select 1 from erased_workspaces e where e.id = w.id)
  order by m.created_at, w.id`;

/**
 * An identity provider speaks for its own workspace: the sessions that it begins reach no other one, and carry no operator's rights. Its
 * administrator could otherwise be any of its people everywhere. A workspace whose domain requires single sign-on is reached by no other session.
 */
const reached = `((s.connection_id is null and not m."ssoOnly") or m."workspaceId" = (select c.workspace_id from sso_connections c where c.id = s.connection_id))`;

/** Those that a session reaches. */
export async function listMemberships(db: Db, sessionId: string): Promise<Membership[]> {
  const { rows } = await db.query(
    `select m.* from sessions s join (${memberships}) m on m."personId" = s.person_id where s.id = $1 and ${reached}`,
    [sessionId],
  );
  return rows as Membership[];
}

/** The connection that a person has to sign in through, because every workspace of theirs requires it. */
export async function findRequiredConnection(db: Db, personId: string): Promise<string | undefined> {
  const { rows } = await db.query(
    `select c.slug, bool_and(m."ssoOnly") over () as required from (${memberships}) m
     left join people p on p.id = m."personId"
     left join sso_connections c on c.workspace_id = m."workspaceId" and split_part(p.email, '@', 2) = any(c.domains)
     where m."personId" = $1 order by c.created_at limit 1`,
    [personId],
  );
  const [row] = rows as { slug: string | null; required: boolean }[];
  return row?.required === true ? (row.slug ?? undefined) : undefined;
}

/** Unknown, ended and expired sessions look alike, and so do those of people who are disabled: all are undefined. */
export async function findSession(db: Db, hash: Buffer): Promise<SignedIn | undefined> {
  const { rows } = await db.query(
    `select s.id, s.method, s.created_at, s.factor_at, s.expires_at, s.seen_at, s.workspace_id,
       s.hash = $1 and s.renew_at is not null as is_to_renew, p.id as person_id, p.email, p.name,
       p.is_operator and s.connection_id is null as is_operator,
       (select json_agg(m) from (${memberships}) m where m."personId" = p.id and ${reached}) as memberships
     from sessions s join people p on p.id = s.person_id
     where (s.hash = $1 or (s.previous_hash = $1 and s.previous_until > now())) and s.expires_at > now() and p.disabled_at is null`,
    [hash],
  );
  return (rows as SessionRow[]).map(readSession)[0];
}

interface SessionRow {
  id: string;
  method: Session['method'];
  created_at: Date;
  factor_at: Date;
  expires_at: Date;
  seen_at: Date;
  workspace_id: string | null;
  is_to_renew: boolean;
  person_id: string;
  email: string;
  name: string;
  is_operator: boolean;
  memberships: Membership[] | null;
}

function readSession(row: SessionRow): SignedIn {
  return {
    person: { id: row.person_id, email: row.email, name: row.name, isOperator: row.is_operator },
    session: {
      id: row.id,
      method: row.method,
      createdAt: row.created_at,
      factorAt: row.factor_at,
      expiresAt: row.expires_at,
    },
    workspaceId: row.workspace_id ?? undefined,
    memberships: row.memberships ?? [],
    seenAt: row.seen_at,
    isToRenew: row.is_to_renew,
  };
}

/** When and from where a session was last used. */
export async function noteSeen(db: Db, session: { id: string; address: string | undefined }): Promise<void> {
  await db.query('update sessions set seen_at = now(), address = coalesce($2, address) where id = $1', [
    session.id,
    session.address ?? null,
  ]);
}

/** Gives a session another cookie; the one before is answered for another minute. False where another request has done it already. */
export async function renewSession(
  db: Db,
  session: { id: string; personId: string; hash: Buffer; oldHash: Buffer },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with renewed as (
       update sessions set hash = $2, previous_hash = hash, previous_until = now() + interval '1 minute', renew_at = null
       where id = $1 and hash = $3 and renew_at is not null returning id)
     select pg_notify('sessions', $4) from renewed`,
    [session.id, session.hash, session.oldHash, session.personId],
  );
  return rowCount === 1;
}

/** The person works in another of their workspaces from now on. */
export async function chooseWorkspace(
  db: Db,
  choice: { sessionId: string; personId: string; workspaceId: string },
): Promise<void> {
  await db.query(
    `with chosen as (update sessions set workspace_id = $2 where id = $1 returning id) select pg_notify('sessions', $3) from chosen`,
    [choice.sessionId, choice.workspaceId, choice.personId],
  );
}

/** Where the person was last. */
export async function lastWorkspaceOf(db: Db, personId: string): Promise<string | undefined> {
  const { rows } = await db.query(
    `select m.workspace_id from members m left join sessions s on s.person_id = m.person_id and s.workspace_id = m.workspace_id
     where m.person_id = $1 and m.disabled_at is null order by s.seen_at desc nulls last, m.created_at, m.workspace_id limit 1`,
    [personId],
  );
  return (rows[0] as { workspace_id: string } | undefined)?.workspace_id;
}

/** Ends one session, on every process. Answers whose it was. */
export async function endSession(db: Db, id: string): Promise<string | undefined> {
  const { rows } = await db.query(
    `with ended as (delete from sessions where id = $1 returning person_id)
     select person_id, pg_notify('sessions', person_id) from ended`,
    [id],
  );
  return (rows[0] as { person_id: string } | undefined)?.person_id;
}

interface ListedSession {
  id: string;
  person: { id: string; email: string; name: string };
  workspaceId: string | null;
  method: Session['method'];
  address: string | null;
  agent: string | null;
  createdAt: Date;
  seenAt: Date;
  expiresAt: Date;
}

/**
 * The newest first: those of a person, and those of members who are in the workspace that they own. With `onlyIn` those of the person in that
 * workspace, or begun by its identity providers.
 */
export async function listSessions(
  db: Db,
  reach: { personId: string; onlyIn: string | undefined; ownedWorkspaceId: string | undefined },
): Promise<ListedSession[]> {
  const { rows } = await db.query(
    `select s.id, json_build_object('id', p.id, 'email', p.email, 'name', p.name) as person, s.workspace_id as "workspaceId", s.method, s.address,
       s.agent, s.created_at as "createdAt", s.seen_at as "seenAt", s.expires_at as "expiresAt"
     from sessions s join people p on p.id = s.person_id
     where s.expires_at > now() and (
       (s.person_id = $1 and ($3::text is null or s.workspace_id = $3 or s.connection_id in (select id from sso_connections where workspace_id = $3)))
       or (s.workspace_id = $2 and exists (select 1 from members m where m.workspace_id = $2 and m.person_id = s.person_id)))
     order by s.created_at desc, s.id limit 1000`,
    [reach.personId, reach.ownedWorkspaceId ?? null, reach.onlyIn ?? null],
  );
  return rows as ListedSession[];
}
