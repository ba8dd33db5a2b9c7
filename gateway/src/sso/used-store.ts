import { hash } from 'node:crypto';
import { isWhole, pieceRows } from '../db/in-pieces.ts';
import type { Db } from '../db/transaction.ts';

/** True for the first use, on any process. The use is remembered until the id would not count any more. */
export async function useOnce(db: Db, id: readonly string[], expiresAt: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    'insert into sso_used (id, expires_at) values ($1, $2) on conflict (id) do nothing',
    [hash('sha256', JSON.stringify(id), 'buffer'), expiresAt],
  );
  return rowCount === 1;
}

/** Deletes a piece of what is over; returns whether there may be more. */
export async function forgetUsed(db: Db): Promise<boolean> {
  const deleted = await db.query(
    `delete from sso_used where ctid = any(array(
       select ctid from sso_used where expires_at < now() order by expires_at limit $1 for update skip locked))`,
    [pieceRows],
  );
  return isWhole(deleted);
}
