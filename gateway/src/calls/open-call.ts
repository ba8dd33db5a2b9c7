import { subjectOf } from '../budgets/budget.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import type { RouteInput } from '../routing/candidate.ts';
import type { Permit } from './admission.ts';
import type { CompletionPorts } from './completion-ports.ts';
import { balanceIdsOf } from './fund-call.ts';
import type { Funding } from './funding.ts';
import type { ModelCall } from './model-call.ts';
import { notTried, type RunningCall } from './settle-call.ts';

/** How the places a call may go to are doing, for a workspace. */
export function placesOf(
  { circuits }: Pick<CompletionPorts, 'circuits'>,
  workspaceId: string,
): Pick<RouteInput, 'stateOf' | 'openMs'> {
  return {
    stateOf: ({ account, model }) => circuits.stateOf({ account, model, workspaceId }),
    openMs: ({ account, model }) => circuits.openMs({ account, model, workspaceId }),
  };
}

/** The budgets a call falls under. */
export function balancesOf(
  services: Pick<CompletionPorts, 'ledger'>,
  { caller, tags, receivedAtMs }: Pick<ModelCall, 'caller' | 'tags' | 'receivedAtMs'>,
): readonly BudgetBalance[] | Promise<readonly BudgetBalance[]> {
  const { workspaceId, livemode, keyId } = caller;
  return services.ledger.balancesFor({ workspaceId, livemode, subject: subjectOf(tags, keyId), atMs: receivedAtMs });
}

export function open(
  services: CompletionPorts,
  options: { request: ModelCall; call: NeutralCall; funding: Funding; inputTokens: number; permit: Permit },
): RunningCall {
  const { request, call, funding, inputTokens, permit } = options;
  const { hold, holdNanos, candidates } = funding;
  const entry = services.journal.open({
    workspaceId: request.caller.workspaceId,
    id: request.id,
    createdAtMs: request.receivedAtMs,
    livemode: request.caller.livemode,
    keyId: request.caller.keyId,
    tags: request.tags,
    dialect: call.dialect,
    streamed: call.stream,
    modelRequested: call.model,
    holdNanos,
    inputTokens,
    balanceIds: balanceIdsOf(hold),
  });
  return {
    entry,
    call,
    caller: request.caller,
    hold,
    ledger: services.ledger,
    permit,
    report: request.report,
    settled: false,
    startedAt: request.startedAt,
    createdAtMs: request.receivedAtMs,
    route: candidates[0]?.reason ?? '',
    attempts: 0,
    provider: undefined,
    attempt: notTried,
    metered: false,
    model: undefined,
    price: undefined,
    candidate: undefined,
    maxTokens: funding.maxTokens,
    attemptAt: request.startedAt,
    earlier: undefined,
    leftOut: undefined,
    firstByteAt: undefined,
  };
}
