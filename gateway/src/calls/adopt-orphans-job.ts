import { findDeadProcesses, forgetProcesses } from '../db/process-lock.ts';
import { sweep } from '../idempotency/idempotency-store.ts';
import type { Services } from '../services.ts';
import { adoptCalls } from '../usage/call-store.ts';
import { failAbandoned } from './run-background.ts';

/**
 * Settles what processes that are gone left open, at the most it could have cost, flagged. Any living process may do it, and
 * several at once do no harm.
 */
export async function adoptOrphans(services: Services): Promise<void> {
  const dead = await findDeadProcesses(services.db);
  if (dead.length > 0) {
    const calls = await adoptCalls(services.db, dead);
    await failAbandoned(services, dead);
    if (calls > 0)
      services.log.warn({ calls, processes: dead.length }, 'settled by estimate the calls of processes that are gone');
  }
  await sweep(services.db, dead);
  if (dead.length > 0) await forgetProcesses(services.db, dead);
}
