import type { Db } from '../db/transaction.ts';

/** Ends all sessions of a person, on every process. */
export async function endSessions(tx: Db, personId: string): Promise<void> {
  await tx.query('delete from sessions where person_id = $1', [personId]);
  await forgetSessions(tx, personId);
}

/** Ends the sessions of a person but for this one: a password, a factor or an address has changed. */
export async function endOtherSessions(
  tx: Db,
  { personId, sessionId }: { personId: string; sessionId: string },
): Promise<void> {
  await tx.query('delete from sessions where person_id = $1 and id <> $2', [personId, sessionId]);
  await forgetSessions(tx, personId);
}

/** The role of a person has changed somewhere: every process reads it again, and the cookie is replaced at the next request. */
export async function renewSessions(tx: Db, personId: string): Promise<void> {
  await tx.query('update sessions set renew_at = now() where person_id = $1', [personId]);
  await forgetSessions(tx, personId);
}

async function forgetSessions(tx: Db, personId: string): Promise<void> {
  await tx.query(`select pg_notify('sessions', $1)`, [personId]);
}
