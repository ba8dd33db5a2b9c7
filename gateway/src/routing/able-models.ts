import type { Strength } from '../providers/define-provider.ts';
import type { RouteCandidate, RouteRequest } from './candidate.ts';
import { fits, honours } from './fit.ts';
import { behindUsable, ledByOne, ledByPriced } from './leading-models.ts';
import { only } from './only.ts';
import { modelsOf } from './reachable.ts';
import { isUsable } from './route-refusals.ts';

/** The models of a class for one call. */
interface ClassModels {
  /** Those that have all that the call needs, whatever their health. */
  able: readonly RouteCandidate[];
  /** Of those the ones that may lead: of the vendors that are well. */
  leading: readonly RouteCandidate[];
}

/** By the models of a class: nearly every call can go to all of them, and all are well. */
const whole = new WeakMap<readonly RouteCandidate[], ClassModels>();

export function classFor(request: RouteRequest, strength: Strength): ClassModels {
  const models = modelsOf(request, strength);
  if (!canAllLead(models, request)) return sifted(models, request);
  const known = whole.get(models);
  if (known !== undefined) return known;
  const made = sifted(models, request);
  whole.set(models, made);
  return made;
}

/** The settings of `auto` may allow some models only. */
export function isAllowed({ auto }: RouteRequest, candidate: RouteCandidate): boolean {
  return auto?.isAllowed(candidate) !== false;
}

function canAllLead(models: readonly RouteCandidate[], request: RouteRequest): boolean {
  for (const candidate of models)
    if (!isAble(candidate, request) || !honours(candidate.kind, request.call) || !isUsable(request.stateOf(candidate)))
      return false;
  return true;
}

function isAble(candidate: RouteCandidate, request: RouteRequest): boolean {
  return fits(candidate, request.call, request.inputTokens) && isAllowed(request, candidate);
}

function sifted(models: readonly RouteCandidate[], request: RouteRequest): ClassModels {
  const fitting = ledByOne(only(models, (candidate) => isAble(candidate, request)));
  const able = fitting.every(({ price }) => price !== undefined) ? fitting : ledByPriced(fitting);
  const usable = behindUsable(
    only(able, (candidate) => honours(candidate.kind, request.call) && isUsable(request.stateOf(candidate))),
  );
  const leads = only(usable, ({ spare }) => !spare);
  return { able, leading: leads.length > 0 ? leads : usable.slice(0, 1) };
}
