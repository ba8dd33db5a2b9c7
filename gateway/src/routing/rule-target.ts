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
  route: RouteInput,
  unreachable: UnreachableRule[],
  rule: Rule,
): { target: RuleTarget } | { because: string } {
  const { auto, experiment } = then;
  const fallbacks = then.fallback_models;
  if (experiment !== undefined) return { target: { model: undefined, fallbacks, dial: undefined, experiment } };
  const request: RouteRequest = { ...route, at: new Date(route.nowMs ?? Date.now()) };
  const usable = (name: string): string | undefined => {
    const problem = problemOf(name, request);
    if (problem?.isGone === true) unreachable.push({ rule, model: name });
    return problem?.because;
  };
  const listed =
    fallbacks === undefined || fallbacks === 'none'
      ? fallbacks
      : fallbacks.filter((name) => usable(name) === undefined);
  if (auto !== undefined)
    return { target: { model: `auto:${auto.dial}`, fallbacks: listed, dial: auto.dial, experiment: undefined } };
  const named = then.models ?? (then.model === undefined ? [] : [then.model]);
  const problems = named.map(usable);
  const able = named.filter((_name, i) => problems[i] === undefined);
  const [model, ...others] = able;
  if (model === undefined) return { because: problems.filter((problem) => problem !== undefined).join('; ') };
  const behind =
    listed === 'none' || (listed === undefined && others.length === 0) ? listed : [...others, ...(listed ?? [])];
  return {
    target: {
      model,
      fallbacks: behind === 'none' && others.length > 0 ? others : behind,
      dial: undefined,
      experiment: undefined,
    },
  };
}

/** `isGone`: no call gets there, and people are notified. Otherwise the model cannot take this very call. */
export function problemOf(name: string, request: RouteRequest): { because: string; isGone: boolean } | undefined {
  if (/^auto(?::(cost|balanced|quality))?$/.test(name)) return undefined;
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
