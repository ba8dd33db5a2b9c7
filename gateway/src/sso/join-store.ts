import type { Db } from '../db/transaction.ts';
import type { MemberRole } from '../members/member-store.ts';

/** A person as single sign-on needs to know them. */
export interface KnownPerson {
  id: string;
  email: string;
  name: string;
  isVerified: boolean;
  /** Of the gateway: the first person, and those an operator has made one. */
  isOperator: boolean;
  isDisabled: boolean;
}

export interface KnownMember {
  id: string;
  role: MemberRole;
  /** The role is of an owner's choice: by an invitation, or by a later change. */
  isRoleByHand: boolean;
  isDisabled: boolean;
}

export interface WaitingInvitation {
  id: string;
  role: MemberRole;
  clientId: string | null;
}

const personColumns = 'p.id, p.email, p.name, p.email_verified_at, p.is_operator, p.disabled_at';

/** One sign-in at a time for a subject and for an address: two at once would make two people. */
export async function lockSignIn(tx: Db, connectionId: string, email: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('sso ' || $1, 0))`, [email]);
  await tx.query('select 1 from sso_connections where id = $1 for share', [connectionId]);
}

export async function findBySubject(db: Db, connectionId: string, subject: string): Promise<KnownPerson | undefined> {
  const { rows } = await db.query(
    `select ${personColumns} from identities i join people p on p.id = i.person_id where i.connection_id = $1 and i.subject = $2`,
    [connectionId, subject],
  );
  return rows.map(readPerson)[0];
}

export async function findByEmail(db: Db, email: string): Promise<KnownPerson | undefined> {
  const { rows } = await db.query(`select ${personColumns} from people p where p.email = $1`, [email]);
  return rows.map(readPerson)[0];
}

/** The person whom SCIM has made of this address, by this connection. */
export async function findProvisioned(
  db: Db,
  { workspaceId, connectionId, userName }: { workspaceId: string; connectionId: string; userName: string },
): Promise<KnownPerson | undefined> {
  const { rows } = await db.query(
    `select ${personColumns} from scim_users u join people p on p.id = u.person_id
     where u.workspace_id = $1 and u.connection_id = $2 and u.user_name = $3`,
    [workspaceId, connectionId, userName],
  );
  return rows.map(readPerson)[0];
}

/** Has SCIM disabled the person, by this connection? */
export async function isDeprovisioned(db: Db, connectionId: string, personId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select 1 from scim_users where connection_id = $1 and person_id = $2 and not active limit 1',
    [connectionId, personId],
  );
  return rowCount === 1;
}

/** The groups SCIM has put the person in, by name and by the identity provider's own id. */
export async function scimGroupsOf(db: Db, connectionId: string, personId: string): Promise<string[]> {
  const { rows } = await db.query(
    `select g.display_name, g.external_id from scim_users u
     join scim_group_members m on m.workspace_id = u.workspace_id and m.connection_id = u.connection_id and m.user_id = u.id
     join scim_groups g on g.workspace_id = m.workspace_id and g.connection_id = m.connection_id and g.id = m.group_id
     where u.connection_id = $1 and u.person_id = $2`,
    [connectionId, personId],
  );
  return (rows as { display_name: string; external_id: string | null }[]).flatMap((row) =>
    row.external_id === null ? [row.display_name] : [row.display_name, row.external_id],
  );
}

export async function hasIdentity(db: Db, connectionId: string, personId: string): Promise<boolean> {
  const { rowCount } = await db.query('select 1 from identities where connection_id = $1 and person_id = $2 limit 1', [
    connectionId,
    personId,
  ]);
  return rowCount === 1;
}

export async function insertIdentity(
  db: Db,
  row: { workspaceId: string; connectionId: string; subject: string; personId: string },
): Promise<void> {
  await db.query('insert into identities (workspace_id, connection_id, subject, person_id) values ($1, $2, $3, $4)', [
    row.workspaceId,
    row.connectionId,
    row.subject,
    row.personId,
  ]);
}

export async function noteIdentityUse(db: Db, connectionId: string, subject: string): Promise<void> {
  await db.query('update identities set last_used_at = now() where connection_id = $1 and subject = $2', [
    connectionId,
    subject,
  ]);
}

/** Subjects mean something at their issuer only: those of another one are other people. */
export async function forgetIdentities(db: Db, connectionId: string): Promise<void> {
  await db.query('delete from identities where connection_id = $1', [connectionId]);
}

export async function findMember(db: Db, workspaceId: string, personId: string): Promise<KnownMember | undefined> {
  const { rows } = await db.query(
    `select id, role, role_by_hand or source not in ('sso', 'scim') as "isRoleByHand", disabled_at is not null as "isDisabled"
     from members where workspace_id = $1 and person_id = $2 for update`,
    [workspaceId, personId],
  );
  return (rows as KnownMember[])[0];
}

export async function setMemberDisabled(
  db: Db,
  { workspaceId, id, disabled }: { workspaceId: string; id: string; disabled: boolean },
): Promise<void> {
  await db.query(
    'update members set disabled_at = case when $3 then coalesce(disabled_at, now()) end where workspace_id = $1 and id = $2',
    [workspaceId, id, disabled],
  );
}

export async function findInvitation(
  db: Db,
  workspaceId: string,
  email: string,
): Promise<WaitingInvitation | undefined> {
  const { rows } = await db.query(
    `select id, role, client_id from invitations
     where workspace_id = $1 and email = $2 and accepted_at is null and revoked_at is null and expires_at > now() for update`,
    [workspaceId, email],
  );
  const [row] = rows as { id: string; role: WaitingInvitation['role']; client_id: string | null }[];
  return row && { id: row.id, role: row.role, clientId: row.client_id };
}

export async function acceptInvitation(db: Db, workspaceId: string, id: string): Promise<void> {
  await db.query('update invitations set accepted_at = now() where workspace_id = $1 and id = $2', [workspaceId, id]);
}

/** The identity provider of a verified domain has shown that the address is the person's. */
export async function markAddressVerified(db: Db, personId: string): Promise<void> {
  await db.query('update people set email_verified_at = now() where id = $1 and email_verified_at is null', [personId]);
}

export async function workspaceNameOf(db: Db, workspaceId: string): Promise<string> {
  const { rows } = await db.query('select name from workspaces where id = $1', [workspaceId]);
  return (rows[0] as { name: string } | undefined)?.name ?? '';
}

function readPerson(row: unknown): KnownPerson {
  const value = row as {
    id: string;
    email: string;
    name: string;
    email_verified_at: Date | null;
    is_operator: boolean;
    disabled_at: Date | null;
  };
  return {
    id: value.id,
    email: value.email,
    name: value.name,
    isVerified: value.email_verified_at !== null,
    isOperator: value.is_operator,
    isDisabled: value.disabled_at !== null,
  };
}
