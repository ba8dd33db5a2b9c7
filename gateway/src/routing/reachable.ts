import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import type { ModelPool } from '../accounts/workspace-store.ts';
import { type CatalogModel, modelsOfClass } from '../models/catalog.ts';
import { atRate, flatPrice, type Price } from '../models/price.ts';
import type { Strength } from '../providers/define-provider.ts';
import { providerOf, vendors } from '../providers/providers.ts';
import { isAuto } from './auto-mode.ts';
import type { Candidate, RouteCandidate, RouteInput, RouteRequest } from './candidate.ts';
import { type NameContext, type NamedModel, ofVendor, readModelName } from './model-name.ts';
import { rememberPlansOf } from './remembered-plan.ts';
import { unknownModel, wrongKind } from './route-refusals.ts';

/** As the workspace has it, else by the catalogue. */
export function strengthIn(
  request: RouteRequest,
  candidate: { provider: string; model: string; entry: CatalogModel },
): Strength {
  for (const one of request.pool) {
    const found = readModelName(one.model, request);
    if (found?.model === candidate.model && found.provider === candidate.provider) return one.class;
  }
  return candidate.entry.strength;
}

/** The models of a class, provider by provider: the first of each, behind it those for a provider that does not know it. */
export function ofClass(request: RouteRequest, strength: Strength, reason: string): RouteCandidate[] {
  return modelsOf(request, strength).map((candidate) => withReason(candidate, reason));
}

/** The same without a reason: they are remembered, and calls share them. */
export function modelsOf(request: RouteRequest, strength: Strength): readonly RouteCandidate[] {
  const { reachable: live, all } = readClasses(request).candidates[strength];
  // Test keys need no account: the sandbox answers for all.
  const candidates = request.livemode ? live : all;
  return candidates.some((candidate) => isUnknown(request, candidate))
    ? withoutUnknown(request, candidates)
    : candidates;
}

export function withReason(candidate: RouteCandidate, reason: string): RouteCandidate {
  return { ...candidate, reason };
}

function candidatesOf(models: readonly NamedModel[]): RouteCandidate[] {
  return models.map((found, i) => ({
    ...candidateOf(found, ''),
    spare: models[i - 1]?.provider === found.provider,
  }));
}

/** The first that its provider knows leads; where it knows none, it is asked again. */
function withoutUnknown(request: RouteRequest, candidates: readonly RouteCandidate[]): RouteCandidate[] {
  const providers = [...new Set(candidates.map(({ provider }) => provider))];
  return providers.flatMap((provider) => {
    const all = candidates.filter((candidate) => candidate.provider === provider);
    const served = all.filter((candidate) => !isUnknown(request, candidate));
    return (served.length === 0 ? all : served).map((candidate, i) => ({ ...candidate, spare: i > 0 }));
  });
}

interface Remembered {
  sinceMs: number;
  models: Record<Strength, readonly NamedModel[]>;
  candidates: Record<Strength, { all: readonly RouteCandidate[]; reachable: readonly RouteCandidate[] }>;
}

/**
 * By the accounts of a workspace's view and by the pool, which are others after every change; a minute long, since prices follow the day. Calls to
 * `auto` may be compared with the models of another pool than they are routed by.
 */
const remembered = new WeakMap<readonly ProviderAccount[], WeakMap<ModelPool, Remembered>>();

const rememberedMs = 60_000;

/** The models of a class in the order they are tried, those of a provider together: the workspace's own, else the gateway's. */
export function classModels(context: NameContext, strength: Strength): readonly NamedModel[] {
  return readClasses(context).models[strength];
}

function readClasses(context: NameContext): Remembered {
  const { accounts, pool } = context;
  const atMs = context.at.getTime();
  const ofPools = remembered.get(accounts) ?? new WeakMap<ModelPool, Remembered>();
  const known = ofPools.get(pool);
  if (known !== undefined && atMs >= known.sinceMs && atMs < known.sinceMs + rememberedMs) return known;
  const models = { strong: readClass(context, 'strong'), small: readClass(context, 'small') };
  const both = (strength: Strength) => ({
    all: candidatesOf(models[strength]),
    reachable: candidatesOf(models[strength].filter(({ account }) => account !== undefined)),
  });
  const read: Remembered = { sinceMs: atMs, models, candidates: { strong: both('strong'), small: both('small') } };
  for (const { all, reachable: live } of Object.values(read.candidates))
    for (const list of [all, live]) rememberPlansOf(list);
  ofPools.set(pool, read);
  remembered.set(accounts, ofPools);
  return read;
}

function readClass(context: NameContext, strength: Strength): NamedModel[] {
  const chosen = context.pool
    .filter((one) => one.class === strength)
    .flatMap(({ model }) => readModelName(model, context) ?? []);
  const found =
    chosen.length > 0
      ? chosen
      : vendors.flatMap(({ kind }) =>
          modelsOfClass(strength, kind, context.at).map((ref) => ofVendor(ref, context.accounts)),
        );
  const providers = [...new Set(found.map(({ provider }) => provider))];
  return providers.flatMap((provider) => found.filter((one) => one.provider === provider));
}

export function isUnknown({ isUnknown: isIt }: RouteRequest, { account, model }: Candidate): boolean {
  return isIt?.(account, model) === true;
}

export function reachable(found: NamedModel, reason: string): RouteCandidate[] {
  return found.account === undefined ? [] : [candidateOf(found, reason)];
}

export function candidateOf(
  found: NamedModel,
  reason: string,
  { named = false }: { named?: boolean } = {},
): RouteCandidate {
  const { provider, kind, model, entry, account } = found;
  const own = ownModel(found);
  return {
    provider,
    account: account?.id ?? provider,
    kind,
    baseUrl: account?.baseUrl ?? '',
    apiKey: account?.apiKey ?? '',
    trusted: account?.operators ?? false,
    model,
    price: priceIn(own, found),
    reason,
    named,
    spare: false,
    entry,
    contextWindow: own?.context_window ?? entry?.contextWindow,
  };
}

/** The price of a candidate without the candidate. */
export function priceOf(found: NamedModel): Price | undefined {
  return priceIn(ownModel(found), found);
}

function priceIn(own: OwnModel | undefined, { entry, account, kind, model }: NamedModel): Price | undefined {
  if (own) return flatPrice({ input: own.input_usd_per_mtok, output: own.output_usd_per_mtok });
  const price = entry?.price;
  if (price === undefined || account === undefined || kind === 'sandbox') return price;
  return atRate(price, providerOf(kind).rateHundredths({ baseUrl: account.baseUrl, model }));
}

type OwnModel = ProviderAccount['models'][number];

function ownModel({ account, model }: NamedModel): OwnModel | undefined {
  return account?.models.find(({ id }) => id === model);
}

/** Throws `model_not_found`, with the names one may have meant. */
export function known(
  name: string,
  request: RouteRequest,
  { param, need }: { param: string; need: string },
): NamedModel {
  const found = readModelName(name, request);
  const isAutoForVectors = request.kind === 'embedding' && isAuto(name);
  if (isAutoForVectors || (found !== undefined && !isOfKind(found, request.kind)))
    throw wrongKind(name, request, param);
  if (found === undefined) throw unknownModel(name, request, { param, need });
  return found;
}

export function isOfKind({ entry }: NamedModel, kind: RouteInput['kind']): boolean {
  return entry === undefined || entry.kind === kind;
}

/** There are a handful at most: comparing them takes less than naming them. A candidate that is tried anyway is not a spare one. */
export function onePerAccountAndModel(candidates: readonly RouteCandidate[]): readonly RouteCandidate[] {
  if (candidates.length === 1) return candidates;
  const isSame = (a: RouteCandidate, b: RouteCandidate): boolean => a.account === b.account && a.model === b.model;
  return candidates.filter((candidate, i) =>
    candidate.spare
      ? candidates.findIndex((one) => isSame(one, candidate)) === i &&
        !candidates.some((one) => !one.spare && isSame(one, candidate))
      : candidates.findIndex((one) => !one.spare && isSame(one, candidate)) === i,
  );
}

/** Does this name lead anywhere, with the accounts a workspace has? */
export function isKnownModel(name: string, context: NameContext): boolean {
  return readModelName(name, context) !== undefined;
}
