import type { Db } from '../db/transaction.ts';
import { listAllProviderAccounts, type ProviderAccountRow } from './provider-account-store.ts';
import { unseal } from './seal.ts';
import { type ProviderAccount, sealContext } from './workspace-cache.ts';

/** The operator's own accounts, which every workspace may use. */
export function operatorAccounts(
  providers: readonly Pick<ProviderAccount, 'kind' | 'baseUrl' | 'apiKey'>[],
): ProviderAccount[] {
  return providers.map(({ kind, baseUrl, apiKey }) => ({
    id: kind,
    name: kind,
    kind,
    baseUrl,
    apiKey,
    operators: true,
    models: [],
  }));
}

/** A stored account of a workspace; without its key where the secret does not open it. */
export interface StoredAccount {
  row: ProviderAccountRow;
  account: ProviderAccount | undefined;
}

/** Every account that a workspace has stored, or those of these ids. */
export async function storedAccounts(db: Db, secret: string, ids?: readonly string[]): Promise<StoredAccount[]> {
  return (await listAllProviderAccounts(db, ids)).map((row) => ({ row, account: opened(row, secret) }));
}

function opened(row: ProviderAccountRow, secret: string): ProviderAccount | undefined {
  try {
    const apiKey = unseal(secret, row.sealedKey, sealContext(row)).toString();
    const { id, name, kind, baseUrl, models } = row;
    return { id, name, kind, baseUrl, apiKey, operators: false, models };
  } catch {
    return undefined;
  }
}
