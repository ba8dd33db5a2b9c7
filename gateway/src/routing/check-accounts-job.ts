import type { Pool } from 'pg';
import { storedAccounts } from '../accounts/provider-accounts.ts';
import type { ProviderAccount, WorkspaceCache } from '../accounts/workspace-cache.ts';
import type { HttpPools } from '../http-pools/http-pools.ts';
import { checkAccount } from './check-account.ts';
import type { CircuitBreakers } from './circuit-breakers.ts';

interface CheckPorts {
  db: Pool;
  secret: string;
  circuits: CircuitBreakers;
  workspaces: WorkspaceCache;
  httpPools: HttpPools;
}

/** Stored keys may be many. */
const atOnce = 10;

/**
 * Tries provider keys, the operator's and those that workspaces have stored: all of them once at the start, so that a refused one
 * is known before a caller meets it, then those that are refused, so that a key that works again is known. Refusals that calls
 * meet themselves are known without this.
 */
export async function checkAccounts(services: CheckPorts, which: 'all' | 'refused'): Promise<void> {
  const { circuits, workspaces } = services;
  const keysRefused = new Set(
    circuits.refusals().flatMap(({ account, reason }) => (reason === 'key' ? [account] : [])),
  );
  if (which === 'refused' && keysRefused.size === 0) return;
  const stored = (await storedAccounts(services.db, services.secret)).flatMap(({ account }) => account ?? []);
  const waiting = [...workspaces.operators, ...stored].filter(({ id }) => which === 'all' || keysRefused.has(id));
  const work = async (): Promise<void> => {
    for (let account = waiting.shift(); account !== undefined; account = waiting.shift())
      await checkOne(services, account);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function checkOne(
  { circuits, httpPools }: Pick<CheckPorts, 'circuits' | 'httpPools'>,
  account: ProviderAccount,
): Promise<void> {
  const check = await checkAccount(httpPools, account);
  if (check.kind === 'refused') circuits.checked(account.id, { ...check, kind: 'account' });
  else if (check.kind === 'works') circuits.checked(account.id, undefined);
}
