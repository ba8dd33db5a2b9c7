import { GatewayError } from '@ai-gateway/shared/errors';
import type { AccountKind } from '@ai-gateway/shared/provider-kinds';
import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import type { ModelPool } from '../accounts/workspace-store.ts';
import type { DialectId, NeutralCall, ProviderKind } from '../dialects/neutral.ts';
import { type CatalogModel, modelsOfClass } from '../models/catalog.ts';
import { callPrice, flatPrice, maxCostNanos, type Price } from '../models/price.ts';
import type { Provider, Strength } from '../providers/define-provider.ts';
import { type Media, mediaOf } from '../providers/media.ts';
import { findVendor, listNames, providerName, providerOf, vendors } from '../providers/providers.ts';
import { rehearsedCost } from '../providers/sandbox/sandbox.ts';
import type { AttemptKey, Availability } from './circuit-breakers.ts';
import { fits, honours, type Needs } from './fit.ts';
import { likeNames, type NameContext, type NamedModel, ofVendor, readModelName } from './model-name.ts';

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
  /** The most tokens it can be sent and answer together, where anybody knows. */
  contextWindow?: number | undefined;
  /** Why this one, in a few words. */
  reason: string;
  /** The caller named this very model: where its vendor does not know it, that is the caller's to hear. */
  named: boolean;
  /** Only where its vendor does not know the one before it: another of the same class there. */
  spare: boolean;
  /** Of the sandbox: the kind of provider it answers for, whose rules hold there too. */
  standsFor?: AccountKind | undefined;
}

export interface RouteInput {
  call: Needs & Pick<NeutralCall, 'model'>;
  kind: 'chat' | 'embedding';
  /** An upper bound. */
  inputTokens: number;
  fallbacks: readonly string[] | 'none' | undefined;
  workspaceFallbacks: Readonly<Record<string, readonly string[]>>;
  /** The classes the workspace has chosen; none leaves them to the gateway. */
  pool: ModelPool;
  accounts: readonly ProviderAccount[];
  livemode: boolean;
  stateOf: (place: Pick<AttemptKey, 'account' | 'model'>) => Availability;
  /** For how long a place that may not be tried is left alone. */
  openMs?: ((place: Pick<AttemptKey, 'account' | 'model'>) => number) | undefined;
  /** Has the provider said lately that it does not know the model? Then another one of the class answers at once. */
  isUnknown?: ((account: string, model: string) => boolean) | undefined;
  /** A budget that is running low wants the cheapest model that can take the call. */
  cheapest?: boolean | undefined;
  /** Prices change from a date on; without one, those of this moment hold. */
  nowMs?: number | undefined;
}

/** The ordered candidates of a call, each with its reason. Throws `model_not_found`, `unsupported_parameter`, `no_provider_available`. */
export function routeCall(input: RouteInput): Candidate[] {
  const asked: RouteRequest = { ...input, at: new Date(input.nowMs ?? Date.now()) };
  const mode = readAuto(input.call.model);
  const planned = mode === undefined ? named(asked) : automatic(asked, mode);
  const { first, rest } = input.cheapest === true ? downgraded(asked, planned) : planned;
  if (!honours(first.kind, input.call) || (!input.livemode && input.call.onlyNative.includes('thread')))
    throw notNative(first.kind, input.call);
  const fallbacks = (isKeptAtAccount(input.call) ? [] : rest).filter(
    (place) => honours(place.kind, input.call) && fits(place, input.call, input.inputTokens),
  );
  if (!input.livemode) return [inSandbox(first, asked)];
  const places = ledByOne(onePerAccountAndModel([first, ...fallbacks]));
  const states = places.map(input.stateOf);
  const usable = places.filter((_place, i) => isUsable(states[i] ?? 'open'));
  const refusing = places.filter((_place, i) => states[i] === 'refused');
  // An account that is refused comes last, and is asked where nobody else answers: only an answer tells that it is paid again.
  if (usable.length > 0) return [...behindUsable(usable), ...refusing.filter(({ spare }) => !spare)];
  const down = places.filter(({ spare }) => !spare);
  if (refusing.length === 0) throw allCoolingDown(down, input.openMs);
  return refusing;
}

/** Where the call does not fit into the first of a class, the next one leads at that account. */
function ledByOne(places: RouteCandidate[]): RouteCandidate[] {
  return places.every((place) => !place.spare || isLed(place, places))
    ? places
    : places.map((place, i) =>
        place.spare && !isLed(place, places) && places.findIndex(({ account }) => account === place.account) === i
          ? { ...place, spare: false }
          : place,
      );
}

/** A model that rests is followed by another vendor; by another of its class at the same account only where there is no other. */
function behindUsable(usable: RouteCandidate[]): RouteCandidate[] {
  const led = usable.filter((place) => isLed(place, usable));
  return led.length === 0 ? usable : led;
}

function isLed({ account }: RouteCandidate, places: readonly RouteCandidate[]): boolean {
  return places.some((one) => !one.spare && one.account === account);
}

interface RouteRequest extends RouteInput {
  at: Date;
}

/** A candidate with what decides whether it is one. */
interface RouteCandidate extends Candidate {
  entry: CatalogModel | undefined;
  contextWindow: number | undefined;
}

interface Plan {
  first: RouteCandidate;
  rest: readonly RouteCandidate[];
}

/** The model that was named, and what may stand in for it. */
function named(asked: RouteRequest): Plan {
  const { model: name } = asked.call;
  const found = known(name, asked, { param: 'model', need: '' });
  if (found.account === undefined && asked.livemode) {
    throw new GatewayError(
      'model_not_found',
      `"${shorten(name)}" is a model of ${providerName(found.provider)}, but this gateway has no ${providerName(found.provider)} account. Set ${findVendor(found.kind)?.vendor.envKey ?? 'its key'}, or add the provider to your workspace.`,
      { param: 'model' },
    );
  }
  const { successor } = found;
  if (successor !== undefined) return namedOverdue(asked, found, successor);
  const first = placeOf(found, reasonFor(found, 'asked for'), { named: found.inPlaceOf === undefined });
  return { first, rest: behindNamed(asked, found, first) };
}

/** A model past the day its vendor has announced: it is asked for still, and its successor where the vendor has kept its word. */
function namedOverdue(asked: RouteRequest, found: NamedModel, successor: NamedModel): Plan {
  const [first, next] = [placeOf(found, 'asked for'), placeOf(successor, reasonFor(successor, 'asked for'))];
  if (isUnknown(asked, first)) return { first: next, rest: behindNamed(asked, successor, next) };
  return { first, rest: [{ ...next, spare: true }, ...behindNamed(asked, found, first)] };
}

function behindNamed(asked: RouteRequest, found: NamedModel, first: RouteCandidate): RouteCandidate[] {
  const { model: name } = asked.call;
  const reason = `fallback of ${first.model}`;
  const names = [name, found.inPlaceOf ?? first.model, first.model];
  const rest = listedFallbacks(asked, names, reason) ?? sameClass(asked, first, reason);
  return [...(first.named ? [] : sparesOf(asked, first)), ...rest];
}

/** The reason that people read for a model in the place of a retired one. */
function reasonFor({ inPlaceOf, model }: NamedModel, reason: string): string {
  if (inPlaceOf === undefined) return reason;
  const retired = `${inPlaceOf} is retired; answered by ${model}`;
  return reason === 'asked for' ? retired : `${reason}: ${retired}`;
}

/**
 * The first vendor whose default model can take the call, then the others. Prompts are not weighed yet; the reason says so by
 * naming what decided.
 */
function automatic(asked: RouteRequest, mode: AutoMode): Plan {
  const strength: Strength = mode === 'cost' ? 'small' : 'strong';
  const reason = `auto:${mode}, default of the ${strength} class`;
  const able = ledByOne(ofClass(asked, strength, reason).filter((place) => fits(place, asked.call, asked.inputTokens)));
  const native = able.filter(({ kind }) => honours(kind, asked.call));
  const [first = native[0] ?? able[0]] = behindUsable(native.filter((place) => isUsable(asked.stateOf(place))));
  if (first === undefined) {
    throw new GatewayError(
      'model_not_found',
      'No model of this gateway can take this call: it may be too long, or need images, tools or a schema that none of them supports. Name a model instead of "auto".',
      { param: 'model' },
    );
  }
  const { model: name } = asked.call;
  const listed = listedFallbacks(asked, [name, 'auto', first.model], `fallback of ${first.model}`);
  const spares = able.filter(({ spare, provider }) => spare && provider === first.provider);
  return { first, rest: [...spares, ...(listed ?? able)] };
}

/** Cheapest first: what was planned, and the small models of every vendor that can take the call. */
function downgraded(asked: RouteRequest, { first, rest }: Plan): Plan {
  const small = ofClass(asked, 'small', 'the cheapest, since a budget is running low').filter(
    (place) => honours(place.kind, asked.call) && fits(place, asked.call, asked.inputTokens),
  );
  const costOf = ({ price }: RouteCandidate): bigint | undefined =>
    price && maxCostNanos(price, { inputTokens: asked.inputTokens, maxOutputTokens: downgradedAnswerTokens });
  const sorted = [first, ...small, ...rest]
    .filter((place) => !place.spare && costOf(place) !== undefined)
    .sort((a, b) => ((costOf(a) ?? 0n) < (costOf(b) ?? 0n) ? -1 : 1));
  const [cheapest, ...others] = sorted;
  return cheapest === undefined ? { first, rest } : { first: cheapest, rest: others };
}

/** To compare prices by: a paragraph. */
const downgradedAnswerTokens = 200;

/** The call's own list, else the workspace's under the first of these names it has; undefined where neither says anything. */
function listedFallbacks(asked: RouteRequest, names: readonly string[], reason: string): RouteCandidate[] | undefined {
  if (asked.fallbacks === 'none' || asked.kind === 'embedding') return [];
  if (asked.fallbacks !== undefined) {
    return asked.fallbacks.flatMap((name) =>
      fallback(asked, known(name, asked, { param: 'fallback_models', need: ' to fall back on' }), reason),
    );
  }
  const name = names.find((one) => Object.hasOwn(asked.workspaceFallbacks, one));
  if (name === undefined) return undefined;
  // The workspace's list was right when it was made; an account that has gone since is no reason to refuse the call.
  return (asked.workspaceFallbacks[name] ?? []).flatMap((one) => {
    const found = readModelName(one, asked);
    return found === undefined || !isOfKind(found, asked.kind) ? [] : fallback(asked, found, reason);
  });
}

/** A listed fallback, and the rest of its class there, where the vendor does not know it. */
function fallback(asked: RouteRequest, found: NamedModel, reason: string): RouteCandidate[] {
  const [place] = reachable(found, reasonFor(found, reason));
  if (place === undefined || !fits(place, asked.call, asked.inputTokens)) return [];
  const [next, ...others] = sparesOf(asked, place);
  if (next === undefined) return [place];
  return isUnknown(asked, place) ? [{ ...next, spare: false }, ...others] : [place, next, ...others];
}

/** The same class at the other vendors. A model of unknown class has no equals. */
function sameClass(asked: RouteRequest, { entry, provider, model }: RouteCandidate, reason: string): RouteCandidate[] {
  if (entry === undefined) return [];
  return ofClass(asked, strengthIn(asked, { provider, model, entry }), reason).filter(
    (place) => place.entry?.vendor !== entry.vendor,
  );
}

/** The rest of a model's class at its own provider. */
function sparesOf(asked: RouteRequest, { entry, provider, model, reason }: RouteCandidate): RouteCandidate[] {
  if (entry === undefined) return [];
  return ofClass(asked, strengthIn(asked, { provider, model, entry }), reason)
    .filter((place) => place.provider === provider && place.model !== model)
    .map((place) => ({ ...place, spare: true }));
}

/** As the workspace has it, else by the catalogue. */
function strengthIn(asked: RouteRequest, place: { provider: string; model: string; entry: CatalogModel }): Strength {
  for (const one of asked.pool) {
    const found = readModelName(one.model, asked);
    if (found?.model === place.model && found.provider === place.provider) return one.class;
  }
  return place.entry.strength;
}

/** The models of a class, provider by provider: the first of each, behind it those for a provider that does not know it. */
function ofClass(asked: RouteRequest, strength: Strength, reason: string): RouteCandidate[] {
  const places: RouteCandidate[] = [];
  for (const found of classModels(asked, strength)) {
    // Test keys need no account: the sandbox answers for all.
    if (asked.livemode && found.account === undefined) continue;
    const place = placeOf(found, reason);
    place.spare = places.at(-1)?.provider === place.provider;
    places.push(place);
  }
  return places.some((place) => isUnknown(asked, place)) ? withoutUnknown(asked, places) : places;
}

/** The first that its provider knows leads; where it knows none, it is asked again. */
function withoutUnknown(asked: RouteRequest, places: readonly RouteCandidate[]): RouteCandidate[] {
  const providers = [...new Set(places.map(({ provider }) => provider))];
  return providers.flatMap((provider) => {
    const all = places.filter((place) => place.provider === provider);
    const served = all.filter((place) => !isUnknown(asked, place));
    return (served.length === 0 ? all : served).map((place, i) => ({ ...place, spare: i > 0 }));
  });
}

interface Remembered {
  pool: ModelPool;
  sinceMs: number;
  classes: Record<Strength, readonly NamedModel[]>;
}

/** By the accounts of a workspace's view, which is another one after every change; a minute long, since prices follow the day. */
const remembered = new WeakMap<readonly ProviderAccount[], Remembered>();
const rememberedMs = 60_000;

/** The models of a class in the order they are tried, those of a provider together: the workspace's own, else the gateway's. */
export function classModels(context: NameContext, strength: Strength): readonly NamedModel[] {
  const { accounts, pool } = context;
  const atMs = context.at.getTime();
  const known = remembered.get(accounts);
  if (known !== undefined && known.pool === pool && atMs >= known.sinceMs && atMs < known.sinceMs + rememberedMs)
    return known.classes[strength];
  const classes = { strong: readClass(context, 'strong'), small: readClass(context, 'small') };
  remembered.set(accounts, { pool, sinceMs: atMs, classes });
  return classes[strength];
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

function isUnknown({ isUnknown: isIt }: RouteRequest, { account, model }: Candidate): boolean {
  return isIt?.(account, model) === true;
}

function reachable(found: NamedModel, reason: string): RouteCandidate[] {
  return found.account === undefined ? [] : [placeOf(found, reason)];
}

function placeOf(
  { provider, kind, model, entry, account }: NamedModel,
  reason: string,
  { named = false }: { named?: boolean } = {},
): RouteCandidate {
  const own = account?.models.find(({ id }) => id === model);
  return {
    provider,
    account: account?.id ?? provider,
    kind,
    baseUrl: account?.baseUrl ?? '',
    apiKey: account?.apiKey ?? '',
    trusted: account?.operators ?? false,
    model,
    price: own ? flatPrice({ input: own.input_usd_per_mtok, output: own.output_usd_per_mtok }) : entry?.price,
    reason,
    named,
    spare: false,
    entry,
    contextWindow: own?.context_window ?? entry?.contextWindow,
  };
}

/** Throws `model_not_found`, with the names one may have meant. */
function known(name: string, asked: RouteRequest, { param, need }: { param: string; need: string }): NamedModel {
  const found = readModelName(name, asked);
  if (found === undefined) throw unknownModel(name, asked, { param, need });
  if (!isOfKind(found, asked.kind)) {
    const purpose = asked.kind === 'chat' ? 'chat' : 'embeddings';
    throw new GatewayError('model_not_found', `"${shorten(name)}" is not a model for ${purpose}.`, { param });
  }
  return found;
}

function isOfKind({ entry }: NamedModel, kind: RouteInput['kind']): boolean {
  return entry === undefined || entry.kind === kind;
}

function unknownModel(
  name: string,
  asked: RouteRequest,
  { param, need }: { param: string; need: string },
): GatewayError {
  const like = likeNames(name, asked.livemode ? asked.accounts : undefined, asked.at);
  const guess = like.length === 0 ? '' : ` Did you mean ${like.map((one) => `"${one}"`).join(' or ')}?`;
  return new GatewayError(
    'model_not_found',
    `There is no model "${shorten(name)}"${need}.${guess} GET /v1/models lists the models that this key can use; "auto" lets the gateway choose.`,
    { param },
  );
}

/** Test keys: every known model, answered by the sandbox at the real model's price. */
function inSandbox(first: RouteCandidate, asked: RouteRequest): Candidate {
  const { entry, ...candidate } = first;
  if (entry === undefined && candidate.price === undefined)
    throw unknownModel(asked.call.model, asked, { param: 'model', need: '' });
  const reason = `${first.reason}, in the sandbox`;
  const rehearsed = asked.kind === 'chat' ? rehearsedCost(asked.call) : undefined;
  const standsFor = first.kind === 'sandbox' ? undefined : first.kind;
  // Nothing of a real account goes along.
  return {
    ...candidate,
    ...(rehearsed === undefined ? {} : { price: callPrice(rehearsed) }),
    provider: 'sandbox',
    account: 'sandbox',
    kind: 'sandbox',
    baseUrl: '',
    apiKey: '',
    reason,
    standsFor,
  };
}

type AutoMode = 'cost' | 'balanced' | 'quality';

function readAuto(model: string): AutoMode | undefined {
  const match = /^auto(?::(cost|balanced|quality))?$/.exec(model);
  return match === null ? undefined : ((match[1] ?? 'balanced') as AutoMode);
}

/** There are a handful at most: comparing them takes less than naming them. A candidate that is tried anyway is not a spare one. */
function onePerAccountAndModel(places: readonly RouteCandidate[]): RouteCandidate[] {
  const isSame = (a: RouteCandidate, b: RouteCandidate): boolean => a.account === b.account && a.model === b.model;
  return places.filter((place, i) =>
    place.spare
      ? places.findIndex((one) => isSame(one, place)) === i && !places.some((one) => !one.spare && isSame(one, place))
      : places.findIndex((one) => !one.spare && isSame(one, place)) === i,
  );
}

/** Parts of a conversation that only the account knows at which it began: no other one can continue it. */
const keptAtAccount = new Set(['thread', 'previous_response_id', 'conversation', 'item_reference']);

function isKeptAtAccount({ onlyNative }: Needs): boolean {
  return onlyNative.some((feature) => keptAtAccount.has(feature));
}

const mediaNames: Readonly<Record<Media, Record<DialectId, string>>> = {
  audio: { chat: 'input_audio', responses: 'input_audio', messages: 'audio' },
  'file-url': { chat: 'file', responses: 'input_file.file_url', messages: 'document.source' },
};

function notNative(kind: ProviderKind, call: Needs): GatewayError {
  const media =
    call.onlyNative.length > 0 ? undefined : mediaOf(call).find((one) => kind === 'sandbox' || !takes(kind, one));
  if (media !== undefined)
    return worksOnlyAt(
      vendors.filter(({ takes }) => takes.includes(media)),
      mediaNames[media][call.dialect],
    );
  if (call.onlyNative.includes('thread')) return threadUnsupported();
  return worksOnlyAt(
    vendors.filter(({ native }) => native.includes(call.dialect)),
    call.onlyNative[0] ?? '',
  );
}

function takes(kind: AccountKind, media: Media): boolean {
  return providerOf(kind).takes.includes(media);
}

function worksOnlyAt(able: readonly Provider[], param: string): GatewayError {
  const names = able.map(({ name }) => name);
  return new GatewayError(
    'unsupported_parameter',
    `\`${param}\` works only with models of ${listNames(names, 'and')}. Leave it out, or choose such a model.`,
    { param },
  );
}

/**
 * The details that Anthropic's packages wait for (`ThreadUnsupportedRequestErrorDetails` of `@anthropic-ai/sdk`): they send the whole
 * conversation then.
 */
function threadUnsupported(): GatewayError {
  return new GatewayError(
    'unsupported_parameter',
    '`thread` works only with live calls to models of Anthropic. Send the full conversation without `thread`.',
    { param: 'thread', details: { error_code: 'thread_unsupported_request', unsupported: ['model'] } },
  );
}

function isUsable(state: Availability): boolean {
  return state === 'closed' || state === 'half-open';
}

function allCoolingDown(places: readonly RouteCandidate[], openMs: RouteInput['openMs']): GatewayError {
  const soonestMs = Math.min(...places.map((place) => openMs?.(place) ?? usualOpenMs));
  const seconds = Math.max(1, Math.ceil(soonestMs / 1000));
  const providers = [...new Set(places.map(({ provider }) => providerName(provider)))].join(', ');
  return new GatewayError(
    'no_provider_available',
    `All providers of this model are cooling down after failures (${providers}). Try again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}.`,
    {
      details: { attempts: places.map(({ provider, model }) => ({ provider, model, error: 'resting' })) },
      retryAfterSeconds: seconds,
    },
  );
}

const usualOpenMs = 30_000;

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** Does this name lead anywhere, with the accounts a workspace has? */
export function isKnownModel(name: string, context: NameContext): boolean {
  return readModelName(name, context) !== undefined;
}
