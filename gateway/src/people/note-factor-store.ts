import type { Db } from '../db/transaction.ts';

/** The person has shown a factor again: every process reads the session again. */
export async function noteFactor(
  db: Db,
  { sessionId, personId, now }: { sessionId: string; personId: string; now: Date },
): Promise<void> {
  await db.query(
    `with noted as (update sessions set factor_at = $2 where id = $1 returning id) select pg_notify('sessions', $3) from noted`,
    [sessionId, now, personId],
  );
}
