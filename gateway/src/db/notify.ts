import type { Db } from './transaction.ts';

/** Tells every process that listens to the channel, this one too. A payload has less than 8,000 bytes. */
export async function notify(db: Db, channel: string, payloads: readonly string[]): Promise<void> {
  if (payloads.length === 0) return;
  await db.query('select pg_notify($1, payload) from unnest($2::text[]) as payload', [channel, payloads]);
}
