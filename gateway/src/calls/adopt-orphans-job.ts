import type { Logger } from 'pino';
import { findDeadProcesses } from '../db/process-lock.ts';
import { withTransaction } from '../db/transaction.ts';
import type { Outbox } from '../events/outbox.ts';
import { freeKeysOfDead } from '../idempotency/idempotency-store.ts';
import { adoptLeases } from '../ledger/adoption-store.ts';
import { type AbandonedPorts, failAbandoned } from './run-background.ts';

interface AdoptionPorts extends AbandonedPorts {
  log: Logger;
  outbox: Outbox;
}

/**
 * Settles what processes that are gone left open, at the most it could have cost, flagged, and returns their leases.
 * Any living process may do it, and several at once do no harm.
 */
export async function adoptOrphans(services: AdoptionPorts): Promise<void> {
  // This one is alive, though its lock may be lost for a moment.
  const dead = (await findDeadProcesses(services.db)).filter((id) => id !== services.processId);
  if (dead.length > 0) await adopt(services, dead);
  await failAbandoned(services);
}

async function adopt(services: AdoptionPorts, dead: readonly string[]): Promise<void> {
  const calls = await withTransaction(services.db, async (tx) => {
    const adopted = await adoptLeases(tx, dead, (inner, events) => services.outbox.record(inner, events));
    // In one with it: the processes are registered no more, and nobody would look for their keys again soon.
    await freeKeysOfDead(tx);
    return adopted;
  });
  services.outbox.deliverSoon();
  if (calls > 0)
    services.log.warn({ calls, processes: dead.length }, 'settled the calls of ended processes by estimate');
}
