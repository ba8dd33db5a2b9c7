import type { Pool } from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { deleteOldAudit } from './audit-list-store.ts';

const keptDays = 400;

export async function dropOldAudit({ db, now }: { db: Pool; now: () => number }, signal: AbortSignal): Promise<void> {
  const age = { nowMs: now(), days: keptDays };
  while (!signal.aborted && (await withTransaction(db, (tx) => deleteOldAudit(tx, age))));
}
