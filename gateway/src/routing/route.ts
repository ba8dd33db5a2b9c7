import { GatewayError } from '@ai-gateway/shared/errors';
import { callPrice, maxCostNanos } from '../models/price.ts';
import type { Strength } from '../providers/define-provider.ts';
import { findVendor, providerName } from '../providers/providers.ts';
import { rehearsedCost } from '../providers/sandbox/sandbox.ts';
import type { Candidate, RouteCandidate, RouteInput, RouteRequest } from './candidate.ts';
import { fits, honours } from './fit.ts';
import { type NamedModel, readModelName } from './model-name.ts';
import {
  candidateOf,
  isOfKind,
  isUnknown,
  known,
  ofClass,
  onePerAccountAndModel,
  reachable,
  strengthIn,
} from './reachable.ts';
import { allCoolingDown, isKeptAtAccount, isUsable, notNative, shorten, unknownModel } from './route-refusals.ts';

/** The ordered candidates of a call, each with its reason. Throws `model_not_found`, `unsupported_parameter`, `no_provider_available`. */
export function routeCall(input: RouteInput): Candidate[] {
  const asked: RouteRequest = { ...input, at: new Date(input.nowMs ?? Date.now()) };
  const mode = readAuto(input.call.model);
  const planned = mode === undefined ? named(asked) : automatic(asked, mode);
  const { first, rest } = input.cheapest === true ? downgraded(asked, planned) : planned;
  if (!honours(first.kind, input.call) || (!input.livemode && input.call.onlyNative.includes('thread')))
    throw notNative(first.kind, input.call);
  const fallbacks = (isKeptAtAccount(input.call) ? [] : rest).filter(
    (candidate) => honours(candidate.kind, input.call) && fits(candidate, input.call, input.inputTokens),
  );
  if (!input.livemode) return [inSandbox(first, asked)];
  const candidates = ledByOne(onePerAccountAndModel([first, ...fallbacks]));
  const states = candidates.map(input.stateOf);
  const usable = candidates.filter((_candidate, i) => isUsable(states[i] ?? 'open'));
  const refusing = candidates.filter((_candidate, i) => states[i] === 'refused');
  // An account that is refused comes last, and is asked where nobody else answers: only an answer tells that it is paid again.
  if (usable.length > 0) return [...behindUsable(usable), ...refusing.filter(({ spare }) => !spare)];
  const down = candidates.filter(({ spare }) => !spare);
  if (refusing.length === 0) throw allCoolingDown(down, input.openMs);
  return refusing;
}

/** Where the call does not fit into the first of a class, the next one leads at that account. */
function ledByOne(candidates: RouteCandidate[]): RouteCandidate[] {
  return candidates.every((candidate) => !candidate.spare || isLed(candidate, candidates))
    ? candidates
    : candidates.map((candidate, i) =>
        candidate.spare &&
        !isLed(candidate, candidates) &&
        candidates.findIndex(({ account }) => account === candidate.account) === i
          ? { ...candidate, spare: false }
          : candidate,
      );
}

/** A model that rests is followed by another vendor; by another of its class at the same account only where there is no other. */
function behindUsable(usable: RouteCandidate[]): RouteCandidate[] {
  const led = usable.filter((candidate) => isLed(candidate, usable));
  return led.length === 0 ? usable : led;
}

function isLed({ account }: RouteCandidate, candidates: readonly RouteCandidate[]): boolean {
  return candidates.some((one) => !one.spare && one.account === account);
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
  const first = candidateOf(found, reasonFor(found, 'asked for'), { named: found.inPlaceOf === undefined });
  return { first, rest: behindNamed(asked, found, first) };
}

/** A model past the day its vendor has announced: it is asked for still, and its successor where the vendor has kept its word. */
function namedOverdue(asked: RouteRequest, found: NamedModel, successor: NamedModel): Plan {
  const [first, next] = [candidateOf(found, 'asked for'), candidateOf(successor, reasonFor(successor, 'asked for'))];
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
  const able = ledByOne(
    ofClass(asked, strength, reason).filter((candidate) => fits(candidate, asked.call, asked.inputTokens)),
  );
  const native = able.filter(({ kind }) => honours(kind, asked.call));
  const [first = native[0] ?? able[0]] = behindUsable(native.filter((candidate) => isUsable(asked.stateOf(candidate))));
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
    (candidate) => honours(candidate.kind, asked.call) && fits(candidate, asked.call, asked.inputTokens),
  );
  const costOf = ({ price }: RouteCandidate): bigint | undefined =>
    price && maxCostNanos(price, { inputTokens: asked.inputTokens, maxOutputTokens: downgradedAnswerTokens });
  const sorted = [first, ...small, ...rest]
    .filter((candidate) => !candidate.spare && costOf(candidate) !== undefined)
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
  const [candidate] = reachable(found, reasonFor(found, reason));
  if (candidate === undefined || !fits(candidate, asked.call, asked.inputTokens)) return [];
  const [next, ...others] = sparesOf(asked, candidate);
  if (next === undefined) return [candidate];
  return isUnknown(asked, candidate) ? [{ ...next, spare: false }, ...others] : [candidate, next, ...others];
}

/** The same class at the other vendors. A model of unknown class has no equals. */
function sameClass(asked: RouteRequest, { entry, provider, model }: RouteCandidate, reason: string): RouteCandidate[] {
  if (entry === undefined) return [];
  return ofClass(asked, strengthIn(asked, { provider, model, entry }), reason).filter(
    (candidate) => candidate.entry?.vendor !== entry.vendor,
  );
}

/** The rest of a model's class at its own provider. */
function sparesOf(asked: RouteRequest, { entry, provider, model, reason }: RouteCandidate): RouteCandidate[] {
  if (entry === undefined) return [];
  return ofClass(asked, strengthIn(asked, { provider, model, entry }), reason)
    .filter((candidate) => candidate.provider === provider && candidate.model !== model)
    .map((candidate) => ({ ...candidate, spare: true }));
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
