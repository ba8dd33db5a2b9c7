import { isVendor, type Vendor } from '@ai-gateway/shared/provider-kinds';
import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import type { ModelPool } from '../accounts/workspace-store.ts';
import type { ProviderKind } from '../dialects/neutral.ts';
import {
  type CatalogModel,
  findModel,
  hasGone,
  listEmbeddings,
  listModels,
  type ModelRef,
  successorOf,
} from '../models/catalog.ts';
import { nearNames } from '../models/near-names.ts';
import { isConfirmed } from '../models/retirements.ts';

/** The meaning of a model's name in a workspace. */
export interface NamedModel {
  /** The account's name, or the vendor's where there is no account. */
  provider: string;
  kind: ProviderKind;
  /** As the provider wants to hear it. */
  model: string;
  entry: CatalogModel | undefined;
  /** Missing where the model is a vendor's and the workspace has no account there. */
  account: ProviderAccount | undefined;
  /** The retired model that was named, where this one answers in its place. */
  inPlaceOf?: string | undefined;
  /** The model that answers in its place when its vendor has retired it: its announced day has come since. */
  successor?: NamedModel | undefined;
}

/** The settings by which a workspace's names are read. */
export interface NameContext {
  accounts: readonly ProviderAccount[];
  /** Models retire. */
  at: Date;
  /** The classes the workspace has chosen; empty leaves them to the gateway. */
  pool: ModelPool;
}

/**
 * The account's own names come first: a provider of one's own may well serve a model of a vendor's name. A model its vendor has
 * retired is answered by its successor; a server of one's own that serves it still is not affected.
 */
export function readModelName(name: string, context: NameContext): NamedModel | undefined {
  const found = readAsWritten(name, context);
  return found && inPlaceOfRetired(found, context);
}

function readAsWritten(name: string, { accounts, at }: Omit<NameContext, 'pool'>): Written | undefined {
  const slash = name.indexOf('/');
  const prefixed = slash > 0 ? accounts.find((account) => account.name === name.slice(0, slash)) : undefined;
  if (prefixed !== undefined && slash < name.length - 1) return ofAccount(prefixed, name.slice(slash + 1), at);
  const listed = accounts.find(({ models }) => models.some(({ id }) => id === name));
  if (listed !== undefined) return ofAccount(listed, name, at);
  const ref = findModel(name, at);
  return ref && writtenAt(accountAt(ref.vendor, accounts), ref);
}

/** A model of a vendor, at the workspace's account there. */
export function ofVendor(ref: ModelRef, accounts: readonly ProviderAccount[]): NamedModel {
  return writtenAt(accountAt(ref.vendor, accounts), ref).named;
}

/** As its name was written; `ref` is missing where a server of one's own answers, whose names are its own. */
interface Written {
  named: NamedModel;
  ref: ModelRef | undefined;
}

function writtenAt(account: ProviderAccount | undefined, ref: ModelRef): Written {
  const { vendor, model, entry } = ref;
  const kind = account?.kind ?? vendor;
  const named = { provider: account?.name ?? vendor, kind, model, entry, account };
  return { named, ref: kind === vendor ? ref : undefined };
}

function ofAccount(account: ProviderAccount, name: string, at: Date): Written {
  const { name: provider, kind, models } = account;
  if (!isVendor(kind)) return { named: { provider, kind, model: name, entry: undefined, account }, ref: undefined };
  const ref = findModel(`${kind}/${name}`, at);
  const { model, entry } = ref ?? { model: name, entry: undefined };
  const listed = models.some(({ id }) => id === name);
  return { named: { provider, kind, model, entry, account }, ref: listed ? undefined : ref };
}

function inPlaceOfRetired(found: Written, context: NameContext): NamedModel {
  const { ref, named } = found;
  if (ref === undefined || !hasGone(ref, context.at)) return named;
  const { model, entry } = chosenSuccessor(found, ref, context)?.named ?? successorOf(ref, context.at);
  if (model === named.model) return named;
  const successor = { ...named, model, entry, inPlaceOf: named.model };
  return ref.retirement !== undefined && isConfirmed(ref.retirement) ? successor : { ...named, successor };
}

/** The first of the class at the same account, where the workspace has chosen its classes. */
function chosenSuccessor(found: Written, { entry }: ModelRef, context: NameContext): Written | undefined {
  if (entry?.kind !== 'chat') return undefined;
  return context.pool
    .filter((one) => one.class === entry.strength)
    .flatMap(({ model }) => readAsWritten(model, context) ?? [])
    .find(
      (one) => one.named.provider === found.named.provider && (one.ref === undefined || !hasGone(one.ref, context.at)),
    );
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

/** A model for embeddings of each vendor that these accounts reach, or, without accounts, of each vendor. */
export function namesForEmbeddings(accounts: readonly ProviderAccount[] | undefined, at: Date): string[] {
  const able = listEmbeddings(at).filter(({ vendor }) => accounts === undefined || accountAt(vendor, accounts));
  const first = new Map(able.toReversed().map(({ vendor, id }) => [vendor, id]));
  return able.map(({ id }) => id).filter((id) => [...first.values()].includes(id));
}
