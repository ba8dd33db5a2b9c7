import type { RunningExperiment } from './assign.ts';
import { readAuto } from './auto-mode.ts';
import type { RouteInput, RouteRequest } from './candidate.ts';
import { fits, honours } from './fit.ts';
import { readModelName } from './model-name.ts';
import { candidateOf, isOfKind, isUnknown } from './reachable.ts';
import type { Dial, Rule, RuleThen, UnreachableRule } from './rule.ts';

/** Where a rule sends a call. */
export interface RuleTarget {
  /** Undefined where an experiment chooses. */
  model: string | undefined;
  /** Undefined where the rule says nothing of them. */
  fallbacks: readonly string[] | 'none' | undefined;
  dial: Dial | undefined;
  experiment: string | undefined;
}

/** The target of a rule for this call, or why it has none: models that lead nowhere, or that cannot take the call, are passed over. */
export function targetOf(
  then: RuleThen,
  { route, experiments }: { route: RouteInput; experiments: readonly RunningExperiment[] },
  unreachable: UnreachableRule[],
  rule: Rule,
): { target: RuleTarget } | { because: string } {
  const { auto, experiment } = then;
  if (experiment !== undefined && experiments.every(({ id }) => id !== experiment))
    return { because: `experiment "${experiment}" does not run` };
  const usable = usableIn(route, unreachable, rule);
  const listed = fallbacksOf(then, usable);
  if (experiment !== undefined) return { target: { model: undefined, fallbacks: listed, dial: undefined, experiment } };
  if (auto !== undefined)
    return { target: { model: `auto:${auto.dial}`, fallbacks: listed, dial: auto.dial, experiment: undefined } };
  const named = then.models ?? (then.model === undefined ? [] : [then.model]);
  const problems = named.map(usable);
  const able = named.filter((_name, i) => problems[i] === undefined);
  const [model, ...others] = able;
  if (model === undefined) return { because: problems.filter((problem) => problem !== undefined).join('; ') };
  const behind =
    listed === 'none' || (listed === undefined && others.length === 0) ? listed : [...others, ...(listed ?? [])];
  return { target: { model, fallbacks: behind, dial: undefined, experiment: undefined } };
}

/** The fallbacks of a rule that has nothing else to say of models: they hold for the model that the call has. */
export function lonelyFallbacks(
  rule: Rule,
  route: RouteInput,
  unreachable: UnreachableRule[],
): RuleTarget['fallbacks'] {
  return fallbacksOf(rule.then, usableIn(route, unreachable, rule));
}

type Usable = (name: string) => string | undefined;

/** Why a model of the rule cannot be used for this call; undefined where it can. Notes those that lead nowhere. */
function usableIn(route: RouteInput, unreachable: UnreachableRule[], rule: Rule): Usable {
  const request: RouteRequest = { ...route, at: new Date(route.nowMs ?? Date.now()) };
  return (name) => {
    const problem = problemOf(name, request);
    if (problem?.isGone === true) unreachable.push({ rule, model: name });
    return problem?.because;
  };
}

function fallbacksOf({ fallback_models: fallbacks }: RuleThen, usable: Usable): RuleTarget['fallbacks'] {
  return fallbacks === undefined || fallbacks === 'none'
    ? fallbacks
    : fallbacks.filter((name) => usable(name) === undefined);
}

/** `isGone`: no call gets there, and people are notified. Otherwise the model cannot take this very call. */
export function problemOf(name: string, request: RouteRequest): { because: string; isGone: boolean } | undefined {
  if (readAuto(name) !== undefined) return undefined;
  const found = readModelName(name, request);
  if (found === undefined) return { because: `there is no model "${name}"`, isGone: true };
  if (!isOfKind(found, request.kind)) return { because: `"${name}" is not a model for chat`, isGone: true };
  if (request.livemode && found.account === undefined)
    return { because: `the workspace has no account for "${name}"`, isGone: true };
  const candidate = candidateOf(found, '');
  if (isUnknown(request, candidate)) return { because: `${candidate.provider} does not know "${name}"`, isGone: true };
  if (!honours(candidate.kind, request.call) || !fits(candidate, request.call, request.inputTokens))
    return { because: `"${name}" cannot take this call`, isGone: false };
  return undefined;
}
