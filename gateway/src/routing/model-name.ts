import type { ProviderAccount } from '../accounts/workspace-view.ts';
import type { ProviderKind } from '../dialects/neutral.ts';
import { type CatalogModel, findModel, listModels, type ModelRef, type Vendor } from '../providers/catalog.ts';
import { nearNames } from './near-names.ts';

/** What a model's name means to a workspace. */
export interface NamedModel {
  /** The account's name, or the vendor's where there is no account. */
  provider: string;
  kind: ProviderKind;
  /** As the provider wants to hear it. */
  model: string;
  entry: CatalogModel | undefined;
  /** Missing where the model is a vendor's and the workspace has no account there. */
  account: ProviderAccount | undefined;
}

/** The account's own names come first: a provider of one's own may well serve a model of a vendor's name. */
export function readModelName(name: string, accounts: readonly ProviderAccount[], at: Date): NamedModel | undefined {
  const slash = name.indexOf('/');
  const prefixed = slash > 0 ? accounts.find((account) => account.name === name.slice(0, slash)) : undefined;
  if (prefixed !== undefined && slash < name.length - 1) return ofAccount(prefixed, name.slice(slash + 1), at);
  const listed = accounts.find(({ models }) => models.some(({ id }) => id === name));
  if (listed !== undefined) return ofAccount(listed, name, at);
  const ref = findModel(name, at);
  return ref && ofVendor(ref, accounts);
}

/** A model of a vendor, at the workspace's account there. */
export function ofVendor({ vendor, model, entry }: ModelRef, accounts: readonly ProviderAccount[]): NamedModel {
  const account = accountAt(vendor, accounts);
  return { provider: account?.name ?? vendor, kind: account?.kind ?? vendor, model, entry, account };
}

function ofAccount(account: ProviderAccount, model: string, at: Date): NamedModel {
  const { name: provider, kind } = account;
  if (kind === 'openai-compatible') return { provider, kind, model, entry: undefined, account };
  const ref = findModel(`${kind}/${model}`, at);
  return { provider, kind, model: ref?.model ?? model, entry: ref?.entry, account };
}

/** The account by the vendor's name, else the first one of its kind: a key of one's own under a name of one's own. */
function accountAt(vendor: Vendor, accounts: readonly ProviderAccount[]): ProviderAccount | undefined {
  return accounts.find(({ name }) => name === vendor) ?? accounts.find(({ kind }) => kind === vendor);
}

/** Those one may have meant: of the models these accounts reach, or, without accounts, of all. */
export function likeNames(name: string, accounts: readonly ProviderAccount[] | undefined, at: Date): string[] {
  const models = listModels(at).filter(({ vendor }) => accounts === undefined || accountAt(vendor, accounts));
  const own = (accounts ?? []).flatMap((account) => account.models.map(({ id }) => id));
  return nearNames(name.slice(name.indexOf('/') + 1), new Set([...own, ...models.map(({ id }) => id)]));
}
