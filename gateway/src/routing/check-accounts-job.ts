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
 * Tries every provider key once, the operator's and those that workspaces have stored, so that a refused one is known before a caller meets it.
 * Refusals that calls meet themselves are known without this.
 */
export async function checkAccounts(services: CheckPorts): Promise<void> {
  const stored = (await storedAccounts(services.db, services.secret)).flatMap(({ account }) => account ?? []);
  await checkAll(services, [...services.workspaces.operators, ...stored]);
}

/** A stored key that is refused is tried again after this share of the time since it was refused, between these bounds. */
const share = 0.1;
const leastMs = 30_000;
const mostMs = 600_000;

/**
 * Tries the keys that are refused, so that one that works again is known: soon after the refusal often, then every ten minutes; the operator's own
 * always often, and one that was changed at once. Workspaces that nobody uses any more leave refused keys behind, and a vendor need not see each of
 * them thousands of times a day.
 */
export function refusedKeysCheck(services: CheckPorts, now = () => performance.now()): () => Promise<void> {
  const tries = new Map<string, { sinceMs: number; triedAtMs: number; apiKey: string; baseUrl: string }>();
  return async () => {
    const refused = new Set(
      services.circuits.refusals().flatMap(({ account, reason }) => (reason === 'key' ? [account] : [])),
    );
    for (const id of tries.keys()) if (!refused.has(id)) tries.delete(id);
    if (refused.size === 0) return;
    const nowMs = now();
    const own = services.workspaces.operators.filter(({ id }) => refused.has(id));
    const stored = (await storedAccounts(services.db, services.secret, [...refused])).flatMap(
      ({ account }) => account ?? [],
    );
    const due = [...own, ...stored].filter(({ id, apiKey, baseUrl, operators }) => {
      const before = tries.get(id);
      const isSame = before?.apiKey === apiKey && before.baseUrl === baseUrl;
      const sinceMs = isSame ? before.sinceMs : nowMs;
      const pauseMs = operators ? leastMs : Math.min(mostMs, Math.max(leastMs, (nowMs - sinceMs) * share));
      if (isSame && nowMs - before.triedAtMs < pauseMs) return false;
      tries.set(id, { sinceMs, triedAtMs: nowMs, apiKey, baseUrl });
      return true;
    });
    await checkAll(services, due);
  };
}

async function checkAll(services: CheckPorts, accounts: readonly ProviderAccount[]): Promise<void> {
  const waiting = [...accounts];
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
