import type { Db } from '../db/transaction.ts';

/** A link of the table, as it was made. */
export interface SignInLink {
  purpose: 'first' | 'sign-in' | 'verify' | 'reset' | 'invite' | 'sign-up';
  personId: string | undefined;
  workspaceId: string | undefined;
  invitationId: string | undefined;
  email: string | undefined;
  isMailed: boolean;
}

export interface FoundLink extends SignInLink {
  expiresAt: Date;
  isUsed: boolean;
  isOver: boolean;
  /** The person is disabled. */
  isOfNobody: boolean;
}

export async function insertLink(
  db: Db,
  link: Pick<SignInLink, 'purpose'> & Partial<SignInLink> & { hash: Buffer; lifeMs: number },
): Promise<void> {
  await db.query(
    `insert into sign_in_links (hash, purpose, person_id, workspace_id, invitation_id, email, is_mailed, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, now() + $8 * interval '1 ms')`,
    [
      link.hash,
      link.purpose,
      link.personId ?? null,
      link.workspaceId ?? null,
      link.invitationId ?? null,
      link.email ?? null,
      link.isMailed ?? false,
      link.lifeMs,
    ],
  );
}

/** Uses a link up, unless it is used or over. Of two at once the second waits for the first, and gets nothing if that one commits. */
export async function takeLink(tx: Db, hash: Buffer): Promise<SignInLink | undefined> {
  const { rows } = await tx.query(
    `update sign_in_links set used_at = now() where hash = $1 and used_at is null and expires_at > now()
     returning purpose, person_id, workspace_id, invitation_id, email, is_mailed`,
    [hash],
  );
  const [row] = rows as LinkRow[];
  return row && toLink(row);
}

/** A link as it is, without using it up. `email` is its person's where the link has none of its own. */
export async function findLink(db: Db, hash: Buffer): Promise<FoundLink | undefined> {
  const { rows } = await db.query(
    `select l.purpose, l.person_id, l.workspace_id, l.invitation_id, l.is_mailed, coalesce(l.email, p.email) as email,
            l.expires_at, l.used_at is not null as is_used, l.expires_at <= now() as is_over,
            l.person_id is not null and (p.id is null or p.disabled_at is not null) as is_of_nobody
     from sign_in_links l left join people p on p.id = l.person_id where l.hash = $1`,
    [hash],
  );
  const [row] = rows as (LinkRow & { expires_at: Date; is_used: boolean; is_over: boolean; is_of_nobody: boolean })[];
  return (
    row && {
      ...toLink(row),
      expiresAt: row.expires_at,
      isUsed: row.is_used,
      isOver: row.is_over,
      isOfNobody: row.is_of_nobody,
    }
  );
}

/** The address that a link of a reset went to, used or not. */
export async function findResetAddress(db: Db, hash: Buffer): Promise<string | undefined> {
  const { rows } = await db.query(`select email from sign_in_links where hash = $1 and purpose = 'reset'`, [hash]);
  return (rows as { email: string }[])[0]?.email;
}

interface LinkRow {
  purpose: SignInLink['purpose'];
  person_id: string | null;
  workspace_id: string | null;
  invitation_id: string | null;
  email: string | null;
  is_mailed: boolean;
}

function toLink(row: LinkRow): SignInLink {
  return {
    purpose: row.purpose,
    personId: row.person_id ?? undefined,
    workspaceId: row.workspace_id ?? undefined,
    invitationId: row.invitation_id ?? undefined,
    email: row.email ?? undefined,
    isMailed: row.is_mailed,
  };
}
