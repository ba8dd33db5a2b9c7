import type { Db } from '../db/transaction.ts';
import { lockUntilCommit } from '../db/transaction-settings.ts';
import type { SignInLink } from '../people/link-store.ts';

export interface SignUp {
  email: string;
  name: string | undefined;
  workspaceName: string | undefined;
}

/** Keeps what was asked for under the hash of its link, and deletes what is older than a day. */
export async function insertSignUp(
  db: Db,
  signUp: SignUp & { hash: Buffer | undefined; askedFrom: string | undefined; expiresAt: Date },
): Promise<void> {
  await db.query(
    `with old as (delete from sign_in_links where purpose = 'sign-up' and created_at < now() - interval '1 day')
     insert into sign_in_links (hash, purpose, email, is_mailed, given_name, workspace_name, asked_from, expires_at)
     values ($1, 'sign-up', $2, true, $3, $4, $5, $6)`,
    [
      signUp.hash,
      signUp.email,
      signUp.name ?? null,
      signUp.workspaceName ?? null,
      signUp.askedFrom ?? null,
      signUp.expiresAt,
    ],
  );
}

/** A link that sets a forgotten password. One for an unknown address is kept, too, and sent nowhere: both are counted alike. */
export async function insertReset(
  db: Db,
  link: { hash: Buffer | undefined; personId: string | undefined; email: string; askedFrom: string; expiresAt: Date },
): Promise<void> {
  await db.query(
    `insert into sign_in_links (hash, purpose, person_id, email, is_mailed, asked_from, expires_at)
     values ($1, 'reset', $2, $3, true, $4, $5)`,
    [link.hash, link.personId ?? null, link.email, link.askedFrom, link.expiresAt],
  );
}

/** The sign-up of a link, used or not. */
export async function findSignUp(tx: Db, hash: Buffer): Promise<SignUp | undefined> {
  const { rows } = await tx.query(
    `select email, given_name, workspace_name from sign_in_links where hash = $1 and purpose = 'sign-up'`,
    [hash],
  );
  const [row] = rows as { email: string; given_name: string | null; workspace_name: string | null }[];
  return row && { email: row.email, name: row.given_name ?? undefined, workspaceName: row.workspace_name ?? undefined };
}

/**
 * How many mails of a purpose went to an address in the last hour, and how many of any were asked for from one client's. Until the transaction ends nobody
 * else counts them: requests at once are counted one after another.
 */
export async function countAsked(
  tx: Db,
  { purpose, email, askedFrom }: { purpose: SignInLink['purpose']; email: string; askedFrom: string | undefined },
): Promise<{ toAddress: number; fromClient: number }> {
  if (askedFrom !== undefined) await lockUntilCommit(tx, `ai-gateway mails from ${askedFrom}`);
  await lockUntilCommit(tx, `ai-gateway mails to ${email}`);
  const { rows } = await tx.query(
    `select (select count(*)::int from sign_in_links where email = $1 and purpose = $3 and asked_from is not null and created_at > now() - interval '1 hour') as to_address,
            (select count(*)::int from sign_in_links where asked_from = $2 and created_at > now() - interval '1 hour') as from_client`,
    [email, askedFrom ?? null, purpose],
  );
  const [row] = rows as { to_address: number; from_client: number }[];
  return { toAddress: row?.to_address ?? 0, fromClient: row?.from_client ?? 0 };
}

/** A workspace of a stranger: calls on the operator's provider keys wait for a plan. */
export async function insertSignedUpWorkspace(tx: Db, workspace: { id: string; name: string }): Promise<void> {
  await tx.query('insert into workspaces (id, name, needs_plan) values ($1, $2, true)', [workspace.id, workspace.name]);
}

/** The links of a person that were asked for in a session are counted by the person. */
export async function noteAskedFrom(
  db: Db,
  { personId, askedFrom }: { personId: string; askedFrom: string },
): Promise<void> {
  await db.query('update sign_in_links set asked_from = $2 where person_id = $1 and asked_from is null', [
    personId,
    askedFrom,
  ]);
}
