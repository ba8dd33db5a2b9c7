import { setTimeout as sleep } from 'node:timers/promises';
import { findOtherProcess } from '../db/process-lock.ts';
import type { Db } from '../db/transaction.ts';

/** Does a gateway use this database? A session of one that has just stopped may take a moment to end. */
export async function isInUse(db: Db): Promise<boolean> {
  for (let tries = 0; tries < 20; tries++) {
    if ((await findOtherProcess(db, '')) === undefined) return false;
    await sleep(100);
  }
  return true;
}
