import { wasErased } from '../clients/erase-client.ts';
import type { Db } from '../db/transaction.ts';
import { dropBackground, listWaiting, type WaitingCall } from './background-store.ts';

interface WaitingPorts {
  db: Db;
  secret: string;
}

/** Was the client of a background call erased while the call waited? A call that ran just then and was put off has outlived the erasure. */
export async function outlivesClient(services: WaitingPorts, row: Omit<WaitingCall, 'id'>): Promise<boolean> {
  const client = row.tags?.client_id;
  return client !== undefined && wasErased(services, row, { name: client, sinceMs: row.createdAt.getTime() });
}

/** Takes such calls away, as long as the secret that made the hashes of erased names is there. */
export async function eraseWaiting(services: WaitingPorts): Promise<void> {
  for await (const row of listWaiting(services.db))
    if (await outlivesClient(services, row)) await dropBackground(services.db, row);
}
