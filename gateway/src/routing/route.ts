import { GatewayError } from '@ai-gateway/shared/errors';
import type { ProviderAccount } from '../accounts/workspace-view.ts';
import type { NeutralCall, ProviderKind } from '../dialects/neutral.ts';
import { type CatalogModel, findModel, representatives, type Strength, vendors } from '../providers/catalog.ts';
import { flatPrice, type Price } from '../providers/price.ts';
import type { Trial } from './health.ts';

/** One place a call may go to. */
export interface Candidate {
  /** The account's name. */
  provider: string;
  /** Tells accounts apart across workspaces, for their health. */
  account: string;
  kind: ProviderKind;
  baseUrl: string;
  apiKey: string;
  /** Its address is the operator's own and needs no guard. */
  trusted: boolean;
  /** As that provider names it. */
  model: string;
  /** Undefined where nobody knows what the model costs. */
  price: Price | undefined;
  maxOutputTokens?: number | undefined;
  /** Why this one, in a few words. */
  reason: string;
}

export interface RouteInput {
  /** The hard needs of the call; embeddings have none. */
  call: Pick<NeutralCall, 'model' | 'dialect' | 'onlyNative' | 'tools' | 'output' | 'messages'>;
  kind: 'chat' | 'embedding';
  /** An upper bound. */
  inputTokens: number;
  fallbacks: readonly string[] | 'none' | undefined;
  workspaceFallbacks: Readonly<Record<string, readonly string[]>>;
  accounts: readonly ProviderAccount[];
  livemode: boolean;
  mayTry: (account: string) => Trial;
}

/** The ordered candidates of a call, each with its reason. Throws `model_not_found`, `unsupported_parameter`, `no_provider_available`. */
export function routeCall(input: RouteInput): Candidate[] {
  const { call } = input;
  const auto = readAuto(call.model);
  const asked = auto === undefined ? named(input) : automatic(input, auto);
  if (!input.livemode) return [sandboxed(asked, input)];
  const first = asked[0];
  const wanted = [...asked, ...(auto === undefined && first !== undefined ? standIns(input, first) : [])];
  const candidates = onePerPlace(
    wanted.filter((candidate, i) => (i === 0 && auto === undefined) || fits(candidate, input)),
  );
  const native = candidates.filter((candidate) => honours(candidate, call));
  // A stand-in is no reason to answer with another model what the one that was asked for cannot.
  const askedCannot = auto === undefined && first !== undefined && !honours(first, call);
  if (native.length === 0 || askedCannot) throw notNative(call);
  const awake = native.filter(({ account }) => input.mayTry(account) !== 'no');
  if (awake.length === 0) throw allResting(native);
  return awake.map(({ entry: _, ...candidate }) => candidate);
}

interface Considered extends Candidate {
  entry: CatalogModel | undefined;
}

function named(input: RouteInput): [Considered] {
  const { model } = input.call;
  const found = resolve(model, input.accounts);
  if (found === 'unknown') {
    throw new GatewayError(
      'model_not_found',
      `There is no model "${shorten(model)}". GET /v1/models lists those this key can use; "auto" lets the gateway choose.`,
      {
        param: 'model',
      },
    );
  }
  const kind = found.entry?.kind ?? input.kind;
  if (kind !== input.kind) {
    throw new GatewayError(
      'model_not_found',
      `"${shorten(model)}" is not a model for ${input.kind === 'chat' ? 'chat' : 'embeddings'}.`,
      { param: 'model' },
    );
  }
  if (found.account === undefined && input.livemode) {
    throw new GatewayError(
      'model_not_found',
      `"${shorten(model)}" is a model of ${found.vendor}, and this gateway has no ${found.vendor} account. Set ${found.vendor.toUpperCase()}_API_KEY, or add the provider to your workspace.`,
      {
        param: 'model',
      },
    );
  }
  return [consider(found, 'asked for')];
}

interface Resolved {
  vendor: string;
  model: string;
  entry: CatalogModel | undefined;
  account: ProviderAccount | undefined;
}

/** The account's own names come first: a provider of one's own may well serve a model of a vendor's name. */
function resolve(name: string, accounts: readonly ProviderAccount[]): Resolved | 'unknown' {
  const slash = name.indexOf('/');
  const prefixed = slash > 0 ? accounts.find((account) => account.name === name.slice(0, slash)) : undefined;
  if (prefixed !== undefined && slash < name.length - 1) {
    const model = name.slice(slash + 1);
    return { vendor: prefixed.name, model, entry: entryFor(prefixed, model), account: prefixed };
  }
  const listed = accounts.find(({ models }) => models.some(({ id }) => id === name));
  if (listed !== undefined) return { vendor: listed.name, model: name, entry: undefined, account: listed };
  const ref = findModel(name);
  if (ref === undefined) return 'unknown';
  return {
    vendor: ref.vendor,
    model: ref.model,
    entry: ref.entry,
    account: accounts.find((account) => account.name === ref.vendor),
  };
}

function entryFor(account: ProviderAccount, model: string): CatalogModel | undefined {
  return account.kind === 'openai-compatible' ? undefined : findModel(`${account.kind}/${model}`)?.entry;
}

function consider({ vendor, model, entry, account }: Resolved, reason: string): Considered {
  const own = account?.models.find(({ id }) => id === model);
  return {
    provider: account?.name ?? vendor,
    account: account?.id ?? vendor,
    kind: account?.kind ?? 'sandbox',
    baseUrl: account?.baseUrl ?? '',
    apiKey: account?.apiKey ?? '',
    trusted: account?.operators ?? false,
    model,
    price:
      own === undefined ? entry?.price : flatPrice({ input: own.input_usd_per_mtok, output: own.output_usd_per_mtok }),
    reason,
    entry,
  };
}

/** The call's own list, else the workspace's for this model, else the same class at the other vendors. */
function standIns(input: RouteInput, first: Considered): Considered[] {
  if (input.fallbacks === 'none' || input.kind === 'embedding') return [];
  const reason = `fallback of ${first.model}`;
  const listed =
    input.fallbacks ??
    ownEntry(input.workspaceFallbacks, input.call.model) ??
    ownEntry(input.workspaceFallbacks, first.model);
  if (listed !== undefined) {
    return listed.flatMap((name) => {
      const found = resolve(name, input.accounts);
      if (found === 'unknown' && input.fallbacks !== undefined) {
        throw new GatewayError(
          'model_not_found',
          `There is no model "${shorten(name)}" to fall back on. GET /v1/models lists those this key can use.`,
          { param: 'fallback_models' },
        );
      }
      return found === 'unknown' || found.account === undefined ? [] : [consider(found, reason)];
    });
  }
  if (first.entry === undefined) return [];
  const { strength, vendor: own } = first.entry;
  return vendors.flatMap((vendor) => (vendor === own ? [] : representative(input.accounts, vendor, strength, reason)));
}

function ownEntry(map: Readonly<Record<string, readonly string[]>>, name: string): readonly string[] | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

function representative(
  accounts: readonly ProviderAccount[],
  vendor: (typeof vendors)[number],
  strength: Strength,
  reason: string,
): Considered[] {
  const account = accounts.find(({ name }) => name === vendor);
  const ref = findModel(`${vendor}/${representatives[strength][vendor]}`);
  return account === undefined || ref === undefined ? [] : [consider({ ...ref, account }, reason)];
}

function readAuto(model: string): 'cost' | 'balanced' | 'quality' | undefined {
  const match = /^auto(?::(cost|balanced|quality))?$/.exec(model);
  return match === null ? undefined : ((match[1] ?? 'balanced') as 'cost' | 'balanced' | 'quality');
}

/** The first vendor whose default model can take the call. Scoring prompts comes later; until then the reason says what it is. */
function automatic(input: RouteInput, mode: 'cost' | 'balanced' | 'quality'): Considered[] {
  const strength: Strength = mode === 'cost' ? 'small' : 'strong';
  const reason = `auto:${mode}, default of the ${strength} class`;
  const accounts = input.livemode ? input.accounts : sandboxAccounts;
  const able = vendors
    .flatMap((vendor) => representative(accounts, vendor, strength, reason))
    .filter((candidate) => fits(candidate, input));
  if (able.length === 0) {
    throw new GatewayError(
      'model_not_found',
      'No model of this gateway can take this call: it may be too long, or need images, tools or a schema none of them has. Name a model instead of "auto".',
      {
        param: 'model',
      },
    );
  }
  return able;
}

const sandboxAccounts: readonly ProviderAccount[] = vendors.map((name) => ({
  id: name,
  name,
  kind: name,
  baseUrl: '',
  apiKey: '',
  operators: true,
  models: [],
}));

/** Hard gates: what a model lacks outright it is not asked for. Of a model nobody knows anything, nothing is held against it. */
function fits({ entry }: Considered, { call, inputTokens }: RouteInput): boolean {
  if (entry === undefined) return true;
  const needsImages = call.messages.some(({ parts }) => parts.some(({ kind }) => kind === 'image'));
  if (needsImages && !entry.abilities.images) return false;
  if (call.tools.length > 0 && !entry.abilities.tools) return false;
  if (call.output.kind === 'json-schema' && !entry.abilities.jsonSchema) return false;
  // `inputTokens` is an upper bound of some four times the truth: only what cannot fit by any count is kept out.
  return entry.contextWindow === undefined || inputTokens / 4 <= entry.contextWindow;
}

const nativeOf: Record<NeutralCall['dialect'], readonly ProviderKind[]> = {
  chat: ['openai', 'openai-compatible'],
  responses: ['openai'],
  messages: ['anthropic'],
};

function honours(candidate: Considered, call: RouteInput['call']): boolean {
  return call.onlyNative.length === 0 || nativeOf[call.dialect].includes(candidate.kind);
}

function notNative(call: RouteInput['call']): GatewayError {
  const feature = call.onlyNative[0] ?? '';
  const provider = call.dialect === 'messages' ? 'Anthropic' : 'OpenAI';
  return new GatewayError(
    'unsupported_parameter',
    `\`${feature}\` works with models of ${provider} only. Leave it out, or choose one of those.`,
    { param: feature },
  );
}

function onePerPlace(candidates: readonly Considered[]): Considered[] {
  return candidates.filter(
    (one, i) => candidates.findIndex(({ provider, model }) => provider === one.provider && model === one.model) === i,
  );
}

/** Test keys: every known model, answered by the sandbox at the real model's price. */
function sandboxed(asked: readonly Considered[], input: RouteInput): Candidate {
  const [first] = asked;
  const known = first?.entry !== undefined || first?.price !== undefined;
  if (first === undefined || !known) {
    throw new GatewayError(
      'model_not_found',
      `There is no model "${shorten(input.call.model)}". GET /v1/models lists those this key can use.`,
      { param: 'model' },
    );
  }
  const { entry: _, ...candidate } = first;
  return {
    ...candidate,
    provider: 'sandbox',
    account: 'sandbox',
    kind: 'sandbox',
    reason: `${first.reason}, in the sandbox`,
  };
}

function allResting(candidates: readonly Considered[]): GatewayError {
  return new GatewayError(
    'no_provider_available',
    `Every provider of this model is resting after repeated failures (${candidates.map(({ provider }) => provider).join(', ')}). Try again in half a minute.`,
    {
      details: { attempts: candidates.map(({ provider, model }) => ({ provider, model, error: 'resting' })) },
      retryAfterSeconds: 30,
    },
  );
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** Does this name lead anywhere, with the accounts a workspace has? */
export function isKnownModel(name: string, accounts: readonly ProviderAccount[]): boolean {
  return resolve(name, accounts) !== 'unknown';
}
