import type { WorkspaceView } from '../accounts/workspace-cache.ts';
import { wantsCheapest } from '../budgets/budget.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import type { RunningExperiment } from '../routing/assign.ts';
import { autoFor, usualAuto } from '../routing/auto-settings.ts';
import { type Baseline, baselineModelOf, lengthShareOf } from '../routing/baseline.ts';
import type { CallFacts } from '../routing/call-facts.ts';
import { featuresOf } from '../routing/call-structure.ts';
import type { RouteInput } from '../routing/candidate.ts';
import { type Decision, decide } from '../routing/decide.ts';
import type { DecisionTrace } from '../routing/decision-trace.ts';
import { noEvidence } from '../routing/evidence.ts';
import type { EvidenceView } from '../routing/evidence-view.ts';
import { isEasy } from '../routing/learned-heads.ts';
import type { Routing } from '../routing/routing-cache.ts';
import { localSessionKeyOf } from '../routing/sessions.ts';
import { workOf } from '../routing/work.ts';
import type { CompletionPorts } from './completion-ports.ts';
import type { ModelCall } from './model-call.ts';
import { circuitsOf } from './open-call.ts';
import { preferWarm } from './warm-session.ts';

/** Gathers the facts of a call, and has it decided where the call goes. */
export function decideCall(
  services: Pick<CompletionPorts, 'circuits' | 'unknownModels' | 'callSessions' | 'now' | 'affinity'>,
  input: {
    request: Pick<ModelCall, 'id' | 'caller' | 'tags' | 'fallbacks' | 'json' | 'wishes' | 'prompt' | 'assigned'>;
    call: NeutralCall;
    inputTokens: number;
    workspace: WorkspaceView;
    balances: readonly BudgetBalance[];
    routing: Routing | null;
    /** Undefined where nothing is configured. */
    evidence: EvidenceView | undefined;
    experiments: readonly RunningExperiment[];
    trace?: DecisionTrace | undefined;
  },
): Decision {
  const { request, call, inputTokens, workspace, balances, routing, evidence, experiments, trace } = input;
  const { workspaceId, livemode, keyId } = request.caller;
  const nowMs = services.now();
  const heads = evidence?.heads;
  const route: RouteInput = {
    call,
    kind: 'chat',
    inputTokens,
    fallbacks: request.fallbacks,
    workspaceFallbacks: workspace.fallbacks,
    pool: workspace.pool,
    accounts: workspace.accounts,
    livemode,
    ...circuitsOf(services, workspaceId),
    isUnknown: (account, model) => services.unknownModels.has(account, model),
    cheapest: balances.some(isNearLimit),
    nowMs,
  };
  const facts: CallFacts = {
    ...{ workspaceId, livemode, keyId, call, inputTokens, nowMs },
    tags: request.tags,
    json: request.json,
    wishes: request.wishes,
    prompt: request.prompt,
    budgetPercentUsed: () => percentUsed(balances),
    topic: () => workOf(call, inputTokens).topic,
  };
  const decided = decide({
    routing,
    trace,
    route,
    facts,
    arms:
      experiments.length === 0 && request.assigned === undefined
        ? undefined
        : { experiments, assigned: request.assigned, callId: request.id },
    auto: {
      settings: routing?.auto ?? usualAuto,
      find: evidence?.find ?? noEvidence,
      easyFor:
        heads &&
        ((task, quality) =>
          isEasy(heads.learned, { ...featuresOf(call), task }, quality) ? heads.smallModel : undefined),
      sessionOf: () => {
        const key = localSessionKeyOf(facts);
        return { key, session: services.callSessions.get(key, nowMs) };
      },
    },
  });
  const pool = routing?.auto?.pool ?? [];
  const compared = baselineModelOf(route, {
    pool: pool.length === 0 ? route.pool : pool,
    chosenBy: decided.decision?.chosenBy,
    baselineModel: baselineIn(routing, request.tags.client),
  });
  const task = decided.decision?.task;
  const find = evidence?.find ?? noEvidence;
  const baseline: Baseline | undefined = compared && {
    price: compared.price,
    lengthShare: (model) => lengthShareOf(find, { task, baseline: compared.model, model }),
  };
  const { prompt } = request;
  if (baseline === undefined && prompt === undefined) return preferWarm(services, request, decided);
  const decision =
    prompt === undefined
      ? decided.decision
      : { ...decided.decision, promptId: prompt.id, promptVersion: prompt.version };
  return preferWarm(services, request, { ...decided, baseline, decision });
}

function isNearLimit({ budget, spentNanos, unpostedNanos, limitNanos }: BudgetBalance): boolean {
  return wantsCheapest(budget, spentNanos + unpostedNanos, limitNanos);
}

/** Of the tightest budget. A budget of nothing is spent. */
function percentUsed(balances: readonly BudgetBalance[]): number | undefined {
  let most: number | undefined;
  for (const { spentNanos, unpostedNanos, limitNanos } of balances) {
    const used = limitNanos > 0n ? Number(((spentNanos + unpostedNanos) * 1000n) / limitNanos) / 10 : 100;
    if (most === undefined || used > most) most = used;
  }
  return most;
}

/** The model that the workspace compares `auto` with, for calls of a client. */
function baselineIn(routing: Routing | null, client: string | undefined): string | undefined {
  return routing?.auto === undefined ? undefined : autoFor(routing.auto, client).baseline_model;
}
