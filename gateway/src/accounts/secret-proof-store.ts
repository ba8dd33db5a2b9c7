import type { Db } from '../db/transaction.ts';

/** Keeps this proof where there is none yet, and returns the one that is kept. */
export async function keepProof(db: Db, sealed: Buffer): Promise<Buffer> {
  await db.query('insert into secret_proof (sealed) values ($1) on conflict do nothing', [sealed]);
  const { rows } = await db.query('select sealed from secret_proof');
  return (rows[0] as { sealed: Buffer }).sealed;
}

/** Undefined in a database that no gateway was started on. */
export async function findProof(db: Db): Promise<Buffer | undefined> {
  const { rows } = await db.query('select sealed from secret_proof');
  return (rows as { sealed: Buffer }[])[0]?.sealed;
}
