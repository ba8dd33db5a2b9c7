import type { Logger } from 'pino';
import { findDatabaseTroubles } from './database-troubles-store.ts';
import type { Db } from './transaction.ts';

const againMs = 3_600_000;

/** Warns of what is amiss with the database; of the same trouble once an hour. */
export function databaseWatch({ db, log }: { db: Db; log: Logger }): () => Promise<void> {
  const loggedAtMs = new Map<string, number>();
  return async () => {
    const now = performance.now();
    for (const { key, text } of await findDatabaseTroubles(db)) {
      if (now - (loggedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < againMs) continue;
      loggedAtMs.set(key, now);
      log.warn(text);
    }
    for (const [key, at] of loggedAtMs) if (now - at >= againMs) loggedAtMs.delete(key);
  };
}
