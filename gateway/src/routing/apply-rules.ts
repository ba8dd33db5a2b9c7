import { GatewayError } from '@ai-gateway/shared/errors';
import type { RunningExperiment } from './assign.ts';
import { isAuto } from './auto-mode.ts';
import type { CallFacts } from './call-facts.ts';
import type { RouteInput } from './candidate.ts';
import type { DecisionTrace } from './decision-trace.ts';
import { addLimits, type Rule, type RuleLimits, type UnreachableRule } from './rule.ts';
import { because, holds } from './rule-condition.ts';
import { RuleFacts } from './rule-facts.ts';
import type { RuleSet } from './rule-set.ts';
import { lonelyFallbacks, type RuleTarget, targetOf } from './rule-target.ts';

/** The effect of the rules on one call. */
export interface Ruling {
  /** The rule that decides the target; undefined where none does. */
  rule: Rule | undefined;
  target: RuleTarget | undefined;
  /** The first rule that matches, where none decides: the one that limits the call. */
  first: Rule | undefined;
  limits: RuleLimits;
  /** Models of rules that match and that lead nowhere. */
  unreachable: readonly UnreachableRule[];
}

export interface RulingInput {
  route: RouteInput;
  facts: CallFacts;
  /** Those that run. */
  experiments: readonly RunningExperiment[];
}

/**
 * Asks every rule in order. The first that matches decides the target, unless the caller named a model and the rule does not look at
 * `model`; limits of all that match add up. Throws `rule_blocked`: a rule that blocks outranks all others.
 */
export function applyRules(set: RuleSet, input: RulingInput, trace: DecisionTrace | undefined): Ruling {
  const facts = new RuleFacts(input.facts, set.patterns);
  const isNamed = namesModel(input.facts);
  const limits: RuleLimits = {};
  const unreachable: UnreachableRule[] = [];
  let decided: Rule | undefined;
  let first: Rule | undefined;
  let blocking: Rule | undefined;
  let target: RuleTarget | undefined;
  for (const compiled of set.rules) {
    const { rule, when, asksFirst } = compiled;
    if (trace === undefined && asksFirst !== undefined && !facts.mayMeet(asksFirst)) continue;
    const matched = holds(when, facts);
    if (!matched && trace === undefined) continue;
    let note = '';
    if (matched) {
      addLimits(limits, rule.then);
      first ??= rule;
      if (rule.then.block !== undefined) blocking ??= rule;
      else if (target === undefined && hasTarget(rule)) {
        const found = isNamed && !compiled.looksAtModel ? undefined : targetOf(rule.then, input, unreachable, rule);
        if (found !== undefined && 'target' in found) {
          decided = rule;
          target = found.target;
        }
        note =
          found === undefined
            ? `; the call names ${input.facts.call.model}, which only a rule on model replaces`
            : 'because' in found
              ? `; ${found.because}`
              : '';
      } else if (!hasTarget(rule)) {
        const fallbacks = lonelyFallbacks(rule, input.route, unreachable);
        if (fallbacks !== undefined) limits.fallbacks = fallbacks === 'none' ? 'none' : (limits.fallbacks ?? fallbacks);
      }
    }
    trace?.rules.push({ id: rule.id, matched, because: `${because(when, facts)}${note}` });
  }
  if (blocking !== undefined) throw blockedBy(blocking);
  return { rule: decided, target, first, limits, unreachable };
}

/** Did the caller name the very model? `auto` leaves it to the gateway, and a prompt's default is a default. */
export function namesModel({ call, prompt }: CallFacts): boolean {
  return !isAuto(call.model) && prompt?.gaveModel !== true;
}

function hasTarget({ then: { model, models, auto, experiment } }: Rule): boolean {
  return model !== undefined || models !== undefined || auto !== undefined || experiment !== undefined;
}

function blockedBy({ id, name, then }: Rule): GatewayError {
  return new GatewayError('rule_blocked', then.block?.message ?? `Rule "${name}" blocks this call.`, {
    details: { rule: id },
  });
}
