import type { Db } from '../db/transaction.ts';

/** Ends all that a person signs in with by themselves: password, passkeys, authenticator app, recovery codes, links that wait. */
export async function endFactors(tx: Db, personId: string): Promise<void> {
  await tx.query('delete from passwords where person_id = $1', [personId]);
  await tx.query('delete from passkeys where person_id = $1', [personId]);
  await tx.query('delete from recovery_codes where person_id = $1', [personId]);
  await tx.query('delete from totp where person_id = $1', [personId]);
  await tx.query('delete from sign_in_links where person_id = $1 and used_at is null', [personId]);
}
