import { GatewayError } from '@ai-gateway/shared/errors';
import { callPrice, maxCostNanos } from '../models/price.ts';
import type { Strength } from '../providers/define-provider.ts';
import { findVendor, providerName } from '../providers/providers.ts';
import { rehearsalOf } from '../providers/sandbox/sandbox.ts';
import { classFor, isAllowed } from './able-models.ts';
import { type AutoMode, readAuto } from './auto-mode.ts';
import type { Candidate, RouteCandidate, RouteInput, RouteRequest } from './candidate.ts';
import { fits, honours } from './fit.ts';
import { behindUsable, ledByOne } from './leading-models.ts';
import { type NamedModel, readModelName } from './model-name.ts';
import { only } from './only.ts';
import {
  candidateOf,
  isOfKind,
  isUnknown,
  known,
  modelsOf,
  ofClass,
  onePerAccountAndModel,
  reachable,
  strengthIn,
  withReason,
} from './reachable.ts';
import { type Plan, rememberedPlan } from './remembered-plan.ts';
import { allCoolingDown, isKeptAtAccount, isUsable, noneAble, notNative, shorten } from './route-refusals.ts';

/** The ordered candidates of a call, each with its reason. Throws `model_not_found`, `unsupported_parameter`, `no_provider_available`. */
export function routeCall(input: RouteInput, auto: RouteInput['auto'] = input.auto): readonly Candidate[] {
  const request: RouteRequest = { ...input, auto, at: new Date(input.nowMs ?? Date.now()) };
  // `auto` chooses among models for chat: vectors of different models cannot be compared, so there is nothing to choose.
  const mode = input.kind === 'chat' ? readAuto(input.call.model) : undefined;
  const planned = mode === undefined ? named(request) : automatic(request, mode);
  const plan = input.cheapest === true ? downgraded(request, planned) : planned;
  const { first, rest } = plan;
  if (!honours(first.kind, input.call) || (!input.livemode && input.call.onlyNative.includes('thread')))
    throw notNative(first.kind, input.call);
  const fallbacks = only(
    isKeptAtAccount(input.call) ? [] : rest,
    (candidate) => honours(candidate.kind, input.call) && fits(candidate, input.call, input.inputTokens),
  );
  if (!input.livemode) return [inSandbox(first, request)];
  if (fallbacks === rest) plan.inOrder ??= inOrder(first, rest);
  const candidates = (fallbacks === rest ? plan.inOrder : undefined) ?? inOrder(first, fallbacks);
  if (candidates.every((candidate) => isUsable(input.stateOf(candidate)))) return behindUsable(candidates);
  const states = candidates.map(input.stateOf);
  const usable = candidates.filter((_candidate, i) => isUsable(states[i] ?? 'open'));
  const refusing = candidates.filter((_candidate, i) => states[i] === 'refused');
  // An account that is refused comes last, and is asked where nobody else answers: only an answer tells that it is paid again.
  // A spare is for a vendor that does not know the model. Where no fallback is wanted, none answers for a named model that rests.
  const sparesMayLead = mode !== undefined || input.fallbacks !== 'none';
  if (usable.some(({ spare }) => sparesMayLead || !spare))
    return [...behindUsable(usable), ...refusing.filter(({ spare }) => !spare)];
  const down = candidates.filter(({ spare }) => !spare);
  if (refusing.length === 0) throw allCoolingDown(down, input.openMs);
  return refusing;
}

function inOrder(first: RouteCandidate, rest: readonly RouteCandidate[]): readonly RouteCandidate[] {
  return ledByOne(onePerAccountAndModel([first, ...rest]));
}

/** The model that was named, and what may stand in for it. */
function named(request: RouteRequest): Plan {
  const { model: name } = request.call;
  const found = known(name, request, { param: 'model', need: '' });
  if (found.account === undefined && request.livemode) {
    throw new GatewayError(
      'model_not_found',
      `"${shorten(name)}" is a model of ${providerName(found.provider)}, but this gateway has no ${providerName(found.provider)} account. Set ${findVendor(found.kind)?.vendor.envKey ?? 'its key'}, or add the provider to your workspace.`,
      { param: 'model' },
    );
  }
  const { successor } = found;
  if (successor !== undefined) return namedOverdue(request, found, successor);
  const isNamed = found.inPlaceOf === undefined && request.reason === undefined;
  const first = candidateOf(found, reasonFor(found, request.reason ?? 'asked for'), { named: isNamed });
  return { first, rest: behindNamed(request, found, first) };
}

/** A model past the day its vendor has announced: it is asked for still, and its successor where the vendor has kept its word. */
function namedOverdue(request: RouteRequest, found: NamedModel, successor: NamedModel): Plan {
  const { reason = 'asked for' } = request;
  const [first, next] = [candidateOf(found, reason), candidateOf(successor, reasonFor(successor, reason))];
  if (isUnknown(request, first)) return { first: next, rest: behindNamed(request, successor, next) };
  return { first, rest: [{ ...next, spare: true }, ...behindNamed(request, found, first)] };
}

function behindNamed(request: RouteRequest, found: NamedModel, first: RouteCandidate): RouteCandidate[] {
  const { model: name } = request.call;
  const reason = `fallback of ${first.model}`;
  const names = [name, found.inPlaceOf ?? first.model, first.model];
  const rest = listedFallbacks(request, names, reason) ?? sameClass(request, first, reason);
  return [...(first.named ? [] : sparesOf(request, first)), ...rest];
}

/** The reason that people read for a model in the place of a retired one. */
function reasonFor({ inPlaceOf, model }: NamedModel, reason: string): string {
  if (inPlaceOf === undefined) return reason;
  const retired = `${inPlaceOf} is retired; answered by ${model}`;
  return reason === 'asked for' ? retired : `${reason}: ${retired}`;
}

/** The model that the step of `auto` chooses; without one, the first of the class that can take the call. Then the others of its class. */
function automatic(request: RouteRequest, mode: AutoMode): Plan {
  const { auto } = request;
  const usual: Strength = mode === 'cost' ? 'small' : 'strong';
  const classes = auto && { small: classFor(request, 'small'), strong: classFor(request, 'strong') };
  const chosen = classes && auto.choose({ small: classes.small.leading, strong: classes.strong.leading });
  const strength = chosen?.class ?? usual;
  const { able: all, leading } = classes?.[strength] ?? classFor(request, strength);
  const first =
    chosen === undefined ? (leading[0] ?? all.find(({ kind }) => honours(kind, request.call)) ?? all[0]) : chosen.first;
  if (first === undefined)
    throw noneAble({ hasModels: [...modelsOf(request, 'small'), ...modelsOf(request, 'strong')].length > 0 });
  const because = behindReason(request, chosen?.reason ?? defaultOf(mode, strength));
  const { model: name } = request.call;
  const listed = listedFallbacks(request, [name, 'auto', first.model], `fallback of ${first.model}`)?.filter((one) =>
    isAllowed(request, one),
  );
  const plan = (): Plan =>
    behindFirst({
      first,
      because,
      all,
      listed,
      byDefault: behindReason(request, defaultOf(mode, strength)),
    });
  return listed === undefined && request.reason === undefined
    ? rememberedPlan({ first, all, mode, because }, plan)
    : plan();
}

function defaultOf(mode: AutoMode, strength: Strength): string {
  return `auto:${mode}, default of the ${strength} class`;
}

/** Behind the first of a class: those that its provider may know in its place, and those that were listed, else the others of the class. */
function behindFirst({
  first,
  because,
  all,
  listed,
  byDefault,
}: {
  first: RouteCandidate;
  because: string;
  all: readonly RouteCandidate[];
  listed: readonly RouteCandidate[] | undefined;
  byDefault: string;
}): Plan {
  const spares = all.filter(({ spare, provider }) => spare && provider === first.provider);
  return {
    first: withReason(first, because),
    rest: [
      ...spares.map((one) => withReason(one, byDefault)),
      ...(listed ?? all.map((one) => withReason(one, `fallback of ${first.model}`))),
    ],
    inOrder: undefined,
  };
}

/** A rule that asks for `auto` is named first. */
function behindReason({ reason }: RouteRequest, chosen: string): string {
  return reason === undefined ? chosen : `${reason}: ${chosen}`;
}

/** Cheapest first: what was planned, and the small models of every vendor that can take the call. */
function downgraded(request: RouteRequest, { first, rest }: Plan): Plan {
  const small = ofClass(request, 'small', cheapestReason).filter(
    (candidate) =>
      honours(candidate.kind, request.call) &&
      fits(candidate, request.call, request.inputTokens) &&
      isAllowed(request, candidate),
  );
  const costOf = ({ price }: RouteCandidate): bigint | undefined =>
    price && maxCostNanos(price, { inputTokens: request.inputTokens, maxOutputTokens: downgradedAnswerTokens });
  const sorted = [first, ...small, ...rest]
    .filter((candidate) => !candidate.spare && costOf(candidate) !== undefined)
    .sort((a, b) => ((costOf(a) ?? 0n) < (costOf(b) ?? 0n) ? -1 : 1));
  const [cheapest, ...others] = sorted;
  return cheapest === undefined
    ? { first, rest }
    : { first: cheapest, rest: request.fallbacks === 'none' ? [] : others };
}

export const cheapestReason = 'the cheapest, since a budget is running low';

/** To compare prices by: a paragraph. */
const downgradedAnswerTokens = 200;

/** The call's own list, else the workspace's under the first of these names it has; undefined where neither says anything. */
function listedFallbacks(
  request: RouteRequest,
  names: readonly string[],
  reason: string,
): RouteCandidate[] | undefined {
  if (request.fallbacks === 'none' || request.kind === 'embedding') return [];
  if (request.fallbacks !== undefined) {
    return request.fallbacks.flatMap((name) =>
      fallback(request, known(name, request, { param: 'fallback_models', need: ' to fall back on' }), reason),
    );
  }
  const name = names.find((one) => Object.hasOwn(request.workspaceFallbacks, one));
  if (name === undefined) return undefined;
  // The workspace's list was right when it was made; an account that has gone since is no reason to refuse the call.
  return (request.workspaceFallbacks[name] ?? []).flatMap((one) => {
    const found = readModelName(one, request);
    return found === undefined || !isOfKind(found, request.kind) ? [] : fallback(request, found, reason);
  });
}

/** A listed fallback, and the rest of its class there, where the vendor does not know it. */
function fallback(request: RouteRequest, found: NamedModel, reason: string): RouteCandidate[] {
  const [candidate] = reachable(found, reasonFor(found, reason));
  if (candidate === undefined || !fits(candidate, request.call, request.inputTokens)) return [];
  const [next, ...others] = sparesOf(request, candidate);
  if (next === undefined) return [candidate];
  return isUnknown(request, candidate) ? [{ ...next, spare: false }, ...others] : [candidate, next, ...others];
}

/** The same class at the other vendors. A model of unknown class has no equals. */
function sameClass(
  request: RouteRequest,
  { entry, provider, model }: RouteCandidate,
  reason: string,
): RouteCandidate[] {
  if (entry === undefined) return [];
  return modelsOf(request, strengthIn(request, { provider, model, entry }))
    .filter((candidate) => candidate.entry?.vendor !== entry.vendor)
    .map((candidate) => withReason(candidate, reason));
}

/** The rest of a model's class at its own provider. */
function sparesOf(request: RouteRequest, { entry, provider, model, reason }: RouteCandidate): RouteCandidate[] {
  if (entry === undefined) return [];
  return modelsOf(request, strengthIn(request, { provider, model, entry }))
    .filter((candidate) => candidate.provider === provider && candidate.model !== model)
    .map((candidate) => ({ ...candidate, reason, spare: true }));
}

/** Test keys: every model that a live call may name, answered by the sandbox at the real model's price; without one, as a live call is. */
function inSandbox(first: RouteCandidate, request: RouteRequest): Candidate {
  const { entry: _, ...candidate } = first;
  const reason = `${first.reason}, in the sandbox`;
  const rehearsed = request.kind === 'chat' ? rehearsalOf(request.call).costNanos : undefined;
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
