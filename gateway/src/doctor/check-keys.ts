import { operatorAccounts, storedAccounts } from '../accounts/provider-accounts.ts';
import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/transaction.ts';
import type { HttpPools } from '../http-pools/http-pools.ts';
import { findVendor, vendors } from '../providers/providers.ts';
import { type AccountCheck, checkAccount } from '../routing/check-account.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Tries every provider key once, by a list of models: those of the environment and, with a database, those that workspaces stored. */
export async function checkKeys(
  httpPools: HttpPools,
  { providers, db, secret }: { providers: Config['providers']; db: Db | undefined; secret: string | undefined },
): Promise<Finding[]> {
  const stored = db === undefined || secret === undefined ? [] : await storedAccounts(db, secret);
  const unopened = stored.filter(({ account }) => account === undefined);
  const own = operatorAccounts(providers).map((account) => ({
    account,
    name: account.name,
    advice: `Check ${findVendor(account.kind)?.vendor.envKey ?? account.name}.`,
  }));
  const others = stored.flatMap(({ row, account }) => {
    const name = `${row.name} of ${row.workspaceId}`;
    return account === undefined ? [] : [{ account, name, advice: `Change it: PATCH /v1/providers/${account.id}.` }];
  });
  return [
    ...(own.length + stored.length === 0
      ? [
          warn(
            'keys',
            `No provider key is set: test keys work, live keys do not. Set one of ${vendors.map(({ vendor }) => vendor.envKey).join(', ')}.`,
          ),
        ]
      : []),
    ...unopened.map(({ row }) =>
      fail('keys', `The secret does not open the stored key "${row.name}" of ${row.workspaceId}. Store it again.`),
    ),
    ...(await inTurns([...own, ...others], async (one) => keyFinding(one, await checkAccount(httpPools, one.account)))),
  ];
}

function keyFinding(
  { name, account, advice }: { name: string; account: Pick<ProviderAccount, 'baseUrl'>; advice: string },
  check: AccountCheck,
): Finding {
  if (check.kind === 'works') return ok('keys', `${name}: the key works.`);
  const said = check.message.replace(/\.$/, '');
  return check.kind === 'refused'
    ? fail('keys', `${name}: the key is refused (${check.status}: ${said}). ${advice}`)
    : warn('keys', `${name}: ${account.baseUrl} does not say whether the key works (${said}).`);
}

const atOnce = 10;

async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += atOnce)
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map(work))));
  return results;
}
