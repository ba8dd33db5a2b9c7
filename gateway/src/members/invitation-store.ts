import type { Db } from '../db/transaction.ts';
import type { MemberRole } from './member-store.ts';

export interface Invitation {
  id: string;
  workspaceId: string;
  email: string;
  role: MemberRole;
  clientId: string | undefined;
  invitedBy: string;
  createdAt: Date;
  expiresAt: Date;
}

interface InvitationRow {
  id: string;
  workspace_id: string;
  email: string;
  role: MemberRole;
  client_id: string | null;
  invited_by: string;
  created_at: Date;
  expires_at: Date;
}

export interface InvitedView {
  role: MemberRole;
  isAccepted: boolean;
  isRevoked: boolean;
  isOver: boolean;
  /** Undefined: a key invites, or somebody who is gone. */
  inviter: { name: string; email: string } | undefined;
}

interface InvitedRow {
  role: MemberRole;
  is_accepted: boolean;
  is_revoked: boolean;
  is_over: boolean;
  inviter_name: string | null;
  inviter_email: string | null;
}

const columns = 'id, workspace_id, email, role, client_id, invited_by, created_at, expires_at';

/** The one that waits for this address, with the new role and a new end where there is one already. Links of before end. */
export async function putInvitation(
  tx: Db,
  invitation: Omit<Invitation, 'createdAt'> & { createdAt: Date },
): Promise<Invitation> {
  const { rows } = await tx.query(
    `insert into invitations (id, workspace_id, email, role, client_id, invited_by, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (workspace_id, email) where accepted_at is null and revoked_at is null
     do update set role = $4, client_id = $5, invited_by = $6, created_at = $7, expires_at = $8
     returning ${columns}`,
    [
      invitation.id,
      invitation.workspaceId,
      invitation.email,
      invitation.role,
      invitation.clientId ?? null,
      invitation.invitedBy,
      invitation.createdAt,
      invitation.expiresAt,
    ],
  );
  const [row] = rows as InvitationRow[];
  if (row === undefined) throw new Error('an invitation that was put is not there');
  await endLinks(tx, { workspaceId: row.workspace_id, id: row.id });
  return toInvitation(row);
}

/** The link to accept it with; it ends with the invitation. */
export async function insertInvitationLink(
  tx: Db,
  { workspaceId, id, email, expiresAt }: Invitation,
  link: { hash: Buffer | undefined; isMailed: boolean },
): Promise<void> {
  await tx.query(
    `insert into sign_in_links (hash, purpose, workspace_id, invitation_id, email, is_mailed, expires_at)
     values ($1, 'invite', $2, $3, $4, $5, $6)`,
    [link.hash, workspaceId, id, email, link.isMailed, expiresAt],
  );
}

/** The link of before stays for as long as an expired one does, since its holder is told why it is over; those before it go. */
async function endLinks(tx: Db, { workspaceId, id }: { workspaceId: string; id: string }): Promise<void> {
  await tx.query(
    `with older as (
       delete from sign_in_links where workspace_id = $1 and invitation_id = $2 and used_at is null and expires_at <= now())
     update sign_in_links set expires_at = now()
     where workspace_id = $1 and invitation_id = $2 and used_at is null and expires_at > now()`,
    [workspaceId, id],
  );
}

/** Those that wait, the newest first. `before` is the id of the last one of the page before. */
export async function listInvitations(
  db: Db,
  page: { workspaceId: string; before: string | undefined; limit: number; now: Date },
): Promise<Invitation[]> {
  const { rows } = await db.query(
    `select ${columns} from invitations
     where workspace_id = $1 and accepted_at is null and revoked_at is null and expires_at > $4 and ($2::text is null or id < $2)
     order by id desc limit $3`,
    [page.workspaceId, page.before ?? null, page.limit, page.now],
  );
  return (rows as InvitationRow[]).map(toInvitation);
}

export async function revokeInvitation(
  tx: Db,
  { workspaceId, id, now }: { workspaceId: string; id: string; now: Date },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    'update invitations set revoked_at = $3 where workspace_id = $1 and id = $2 and accepted_at is null and revoked_at is null',
    [workspaceId, id, now],
  );
  if (rowCount === 1) await endLinks(tx, { workspaceId, id });
  return rowCount === 1;
}

/** The invitation, for one taker only and within its time. */
export async function takeInvitation(
  tx: Db,
  { workspaceId, id, now }: { workspaceId: string; id: string; now: Date },
): Promise<Invitation | undefined> {
  const { rows } = await tx.query(
    `update invitations set accepted_at = $3
     where workspace_id = $1 and id = $2 and accepted_at is null and revoked_at is null and expires_at > $3 returning ${columns}`,
    [workspaceId, id, now],
  );
  const [row] = rows as InvitationRow[];
  return row && toInvitation(row);
}

/** The invitation of a link, whatever became of it, and the person who invites, as long as they are a member. */
export async function findInvited(
  db: Db,
  { workspaceId, id }: { workspaceId: string; id: string },
): Promise<InvitedView | undefined> {
  const { rows } = await db.query(
    `select i.role, i.accepted_at is not null as is_accepted, i.revoked_at is not null as is_revoked,
            i.expires_at <= now() as is_over, p.name as inviter_name, p.email as inviter_email
     from invitations i
     left join members m on m.workspace_id = i.workspace_id and m.person_id = i.invited_by and m.disabled_at is null
     left join people p on p.id = m.person_id and p.disabled_at is null
     where i.workspace_id = $1 and i.id = $2`,
    [workspaceId, id],
  );
  const [row] = rows as InvitedRow[];
  return (
    row && {
      role: row.role,
      isAccepted: row.is_accepted,
      isRevoked: row.is_revoked,
      isOver: row.is_over,
      inviter:
        row.inviter_name === null || row.inviter_email === null
          ? undefined
          : { name: row.inviter_name, email: row.inviter_email },
    }
  );
}

/** How many addresses a workspace has invited lately. */
export async function countInvited(
  db: Db,
  { workspaceId, since }: { workspaceId: string; since: Date },
): Promise<number> {
  const { rows } = await db.query(
    'select count(*)::int as count from invitations where workspace_id = $1 and created_at > $2',
    [workspaceId, since],
  );
  return (rows as { count: number }[])[0]?.count ?? 0;
}

function toInvitation(row: InvitationRow): Invitation {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    email: row.email,
    role: row.role,
    clientId: row.client_id ?? undefined,
    invitedBy: row.invited_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
