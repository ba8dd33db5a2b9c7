import type { Db } from './transaction.ts';

/** Rejects where the database does not answer in time. */
export async function ping(db: Db, timeoutMs: number): Promise<void> {
  // pg's types do not know the field.
  await db.query({ text: 'select 1', query_timeout: timeoutMs } as { text: string });
}
