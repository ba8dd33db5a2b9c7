import type { CacheSetting } from '../cache/cache-directive.ts';
import type { CallDecision } from '../usage/call-record.ts';
import { applyRules, namesModel, type Ruling } from './apply-rules.ts';
import { type ArmChoice, type ArmPorts, armHeader, chooseArm } from './arm-step.ts';
import type { AutoTrace } from './auto.ts';
import { type AutoPorts, autoStepFor } from './auto-step.ts';
import type { Baseline } from './baseline.ts';
import type { CallFacts } from './call-facts.ts';
import type { Candidate, RouteInput } from './candidate.ts';
import type { DecisionTrace } from './decision-trace.ts';
import { cheapestReason, routeCall } from './route.ts';
import type { Routing } from './routing-cache.ts';
import { lowerEffort, type RuleLimits, type UnreachableRule } from './rule.ts';

/**
 * Decides where a call goes. One pure function: the same input gives the same decision, and `POST /v1/routing/explain` asks it like a
 * call does. Each step changes what the next one sees; the last one finds the candidates.
 *
 *     rules -> experiment arm -> auto -> routeCall
 *
 * Throws `rule_blocked`, and what `routeCall` throws.
 */
export function decide(input: DecideInput): Decision {
  const { route, facts, routing, trace } = input;
  if (routing === null || routing.rules === undefined) return inArm(input, { route, version: routing?.version });
  const experiments = input.arms?.experiments ?? [];
  const ruling = applyRules(routing.rules, { route, facts, experiments }, trace);
  return inArm(input, { route: ruledRoute(route, ruling, routing.version), version: routing.version, ruling });
}

/** The plan with the arm of an experiment, where the call takes part in one. */
function inArm(input: DecideInput, plan: Plan): Decision {
  const { facts, arms, trace } = input;
  if (arms === undefined) return routed(input, plan);
  const target = plan.ruling?.target;
  const arm = chooseArm(
    {
      route: plan.route,
      facts,
      arms,
      isRuled: target?.model !== undefined,
      isNamed: namesModel(facts),
      wanted: target?.experiment,
    },
    trace,
  );
  if (arm === undefined) return routed(input, plan);
  const { spec } = arm.experiment;
  const reason = `experiment "${spec.name}": arm ${arm.arm?.name}`;
  const route =
    arm.model === undefined ? plan.route : { ...plan.route, call: { ...plan.route.call, model: arm.model }, reason };
  return withArm(routed(input, { ...plan, route }), arm, plan);
}

/** The arm on the row of the call and in its answer. Calls at a low budget are left out of every arm alike, whichever model they get. */
function withArm(decided: Decision, arm: ArmChoice, { route }: Plan): Decision {
  const { decision, headers, limits } = decided;
  const { experiment } = arm;
  const own = arm.model === undefined ? decision?.chosenBy : (decision?.chosenBy ?? 'arm');
  const effort = arm.arm?.effort;
  return {
    ...decided,
    decision: {
      ...decision,
      experimentId: experiment.id,
      arm: arm.arm?.name,
      unit: arm.unit,
      chosenBy: route.cheapest === true ? 'budget' : own,
    },
    headers:
      arm.arm === undefined
        ? headers
        : { ...headers, 'x-gateway-experiment': armHeader(experiment.spec.name, arm.arm.name) },
    limits: effort === undefined ? limits : { ...limits, effort: lowerEffort(effort, limits?.effort ?? effort) },
  };
}

export interface DecideInput {
  route: RouteInput;
  facts: CallFacts;
  /** The active version of the workspace; null where nothing is configured. */
  routing: Routing | null;
  /** Filled for people who want to know why. */
  trace?: DecisionTrace | undefined;
  auto: AutoPorts;
  /** Left out where no experiment runs. */
  arms?: ArmPorts | undefined;
}

export interface Decision {
  /** In the order they are tried, each with its reason. */
  candidates: readonly Candidate[];
  /** For the row of the call; undefined where only the caller decided. */
  decision: CallDecision | undefined;
  /** `x-gateway-experiment` and its like, for the answer. */
  headers: Readonly<Record<string, string>> | undefined;
  /** The setting of a rule for the response cache; `none` forbids it. */
  cache: CacheSetting | 'none' | undefined;
  /** Limits of the rules that match; undefined where none says anything. */
  limits: RuleLimits | undefined;
  /** Rules whose model leads nowhere: people are notified. */
  unreachable: readonly UnreachableRule[] | undefined;
  /** How `auto` came to its choice; undefined where it was not asked. */
  auto?: AutoTrace | undefined;
  /** Savings are measured against it; left out where nobody but the caller chose. */
  baseline?: Baseline | undefined;
}

interface Plan {
  route: RouteInput;
  version: number | undefined;
  ruling?: Ruling | undefined;
}

/** The route as the rules want it. Nobody allows the fallbacks that a rule or the caller forbids. */
function ruledRoute(route: RouteInput, { rule, target, limits }: Ruling, version: number): RouteInput {
  const fallbacks =
    route.fallbacks === 'none' || limits.fallbacks === 'none'
      ? 'none'
      : (target?.fallbacks ?? limits.fallbacks ?? route.fallbacks);
  if (rule === undefined || target?.model === undefined)
    return fallbacks === route.fallbacks ? route : { ...route, fallbacks };
  return {
    ...route,
    call: { ...route.call, model: target.model },
    fallbacks,
    reason: `rule "${rule.name}" v${version}`,
  };
}

function routed({ facts, auto: ports, trace }: DecideInput, { route, version, ruling }: Plan): Decision {
  const auto = autoStepFor({ route, facts, auto: ports });
  const candidates = routeCall(route, auto);
  const [first] = candidates;
  if (trace !== undefined) {
    const { rule, target, first: limiting } = ruling ?? {};
    const because = rule === undefined ? 'no rule decides this call' : `rule "${rule.name}" v${version}`;
    const outcome = target?.model ?? (target?.experiment === undefined ? undefined : `experiment ${target.experiment}`);
    trace.steps.push({ step: 'rules', outcome: outcome ?? (limiting === undefined ? 'none' : 'limits only'), because });
    if (auto !== undefined) trace.steps.push(auto.traceStep);
    trace.steps.push({ step: 'route', outcome: `${first?.provider}/${first?.model}`, because: first?.reason ?? '' });
  }
  const isCheapest = route.cheapest === true && first?.reason.startsWith(cheapestReason) === true;
  if (ruling === undefined && auto === undefined && !isCheapest) return { candidates, ...nothingSaid };
  const { rule, first: limiting, limits, unreachable } = ruling ?? {};
  return {
    candidates,
    decision: {
      routingVersion: version,
      ruleId: (rule ?? limiting)?.id,
      chosenBy: isCheapest
        ? 'budget'
        : auto !== undefined
          ? 'auto'
          : ruling?.target?.model === undefined
            ? undefined
            : 'rule',
      task: auto?.task,
    },
    headers: undefined,
    cache: limits?.cache,
    limits: limits === undefined || Object.keys(limits).length === 0 ? undefined : limits,
    unreachable: unreachable === undefined || unreachable.length === 0 ? undefined : unreachable,
    auto: auto?.trace,
  };
}

const nothingSaid = {
  decision: undefined,
  headers: undefined,
  cache: undefined,
  limits: undefined,
  unreachable: undefined,
};
