import type { WorkspaceView } from '../accounts/workspace-cache.ts';
import { wantsCheapest } from '../budgets/budget.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import { usualAuto } from '../routing/auto-settings.ts';
import type { CallFacts } from '../routing/call-facts.ts';
import { type Decision, decide } from '../routing/decide.ts';
import type { DecisionTrace } from '../routing/decision-trace.ts';
import { noEvidence } from '../routing/evidence.ts';
import type { Routing } from '../routing/routing-cache.ts';
import { sessionKeyOf } from '../routing/sessions.ts';
import type { CompletionPorts } from './completion-ports.ts';
import type { ModelCall } from './model-call.ts';
import { circuitsOf } from './open-call.ts';

/** Gathers the facts of a call, and has it decided where the call goes. */
export function decideCall(
  services: Pick<CompletionPorts, 'circuits' | 'unknownModels' | 'callSessions' | 'now'>,
  input: {
    request: Pick<ModelCall, 'caller' | 'tags' | 'fallbacks' | 'json' | 'wishes' | 'prompt'>;
    call: NeutralCall;
    inputTokens: number;
    workspace: WorkspaceView;
    balances: readonly BudgetBalance[];
    routing: Routing | null;
    trace?: DecisionTrace | undefined;
  },
): Decision {
  const { request, call, inputTokens, workspace, balances, routing, trace } = input;
  const { workspaceId, livemode, keyId } = request.caller;
  const nowMs = services.now();
  const facts: CallFacts = {
    ...{ workspaceId, livemode, keyId, call, inputTokens, nowMs },
    tags: request.tags,
    json: request.json,
    wishes: request.wishes,
    prompt: request.prompt,
    budgetPercentUsed: () => percentUsed(balances),
  };
  const decided = decide({
    routing,
    trace,
    route: {
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
    },
    facts,
    auto: {
      settings: routing?.auto ?? usualAuto,
      find: noEvidence,
      sessionOf: () => {
        const key = sessionKeyOf(facts);
        return { key, session: services.callSessions.get(key, nowMs) };
      },
    },
  });
  const { prompt } = request;
  if (prompt === undefined) return decided;
  return { ...decided, decision: { ...decided.decision, promptId: prompt.id, promptVersion: prompt.version } };
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
