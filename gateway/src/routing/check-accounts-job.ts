import type { Services } from '../services.ts';
import { checkAccount } from './check-account.ts';

/**
 * Tries the operator's keys: all of them once at the start, so that a refused one is known before a caller meets it, then those
 * that are refused, so that a key that works again is known. What the calls meet themselves is known without this.
 */
export async function checkAccounts(services: Services, which: 'all' | 'refused'): Promise<void> {
  const { health, outgoing, workspaces } = services;
  const keysRefused = new Set(health.refusals().flatMap(({ account, reason }) => (reason === 'key' ? [account] : [])));
  const accounts = workspaces.operators.filter(({ id }) => which === 'all' || keysRefused.has(id));
  await Promise.all(
    accounts.map(async (account) => {
      const check = await checkAccount(outgoing, account);
      if (check.kind === 'refused') health.checked(account.id, { ...check, kind: 'account' });
      else if (check.kind === 'works') health.checked(account.id, undefined);
    }),
  );
}
