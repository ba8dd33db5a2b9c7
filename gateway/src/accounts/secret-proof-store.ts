import type { Db } from '../db/transaction.ts';

/** Keeps this proof where there is none yet, and returns the one that is kept. */
export async function keepProof(db: Db, sealed: Buffer): Promise<Buffer> {
  await db.query('insert into secret_proof (sealed) values ($1) on conflict do nothing', [sealed]);
  const { rows } = await db.query('select sealed from secret_proof');
  return (rows[0] as { sealed: Buffer }).sealed;
}

/** Puts a proof in the place of another; false where that one is gone. */
export async function replaceProof(db: Db, from: Buffer, to: Buffer): Promise<boolean> {
  const { rowCount } = await db.query('update secret_proof set sealed = $2 where sealed = $1', [from, to]);
  return rowCount === 1;
}

/** Undefined in a database that no gateway was started on. */
export async function findProof(db: Db): Promise<Buffer | undefined> {
  const { rows } = await db.query('select sealed from secret_proof');
  return (rows as { sealed: Buffer }[])[0]?.sealed;
}
