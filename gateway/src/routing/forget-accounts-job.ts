import type { Pool } from 'pg';
import type { CircuitBreakers } from './circuit-breakers.ts';
import { forgetOldStates, listUnstored } from './provider-state-store.ts';

/** Ids of accounts that workspaces store begin so; those of the operator are kinds of providers. */
const storedPrefix = 'prov_';

/**
 * Forgets the accounts that workspaces have deleted. Their outages would go on for ever, since no call ends them: each refused key had all keys of all
 * workspaces read every 30 seconds.
 */
export async function forgetAccounts({ db, circuits }: { db: Pool; circuits: CircuitBreakers }): Promise<void> {
  const stored = circuits.accounts.filter((id) => id.startsWith(storedPrefix));
  if (stored.length > 0) for (const id of await listUnstored(db, stored)) circuits.forget(id);
  await forgetOldStates(db);
}
