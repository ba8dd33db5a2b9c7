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

async function endLinks(tx: Db, { workspaceId, id }: { workspaceId: string; id: string }): Promise<void> {
  await tx.query('delete from sign_in_links where workspace_id = $1 and invitation_id = $2 and used_at is null', [
    workspaceId,
    id,
  ]);
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
