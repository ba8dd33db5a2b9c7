import { subjectOf } from '../budgets/budget.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import type { Baseline } from '../routing/baseline.ts';
import type { Candidate, RouteInput } from '../routing/candidate.ts';
import type { Attempt } from '../routing/outage.ts';
import type { CallDecision, OpenCall } from '../usage/call-record.ts';
import type { Permit } from './admission.ts';
import type { CompletionPorts } from './completion-ports.ts';
import { balanceIdsOf } from './fund-call.ts';
import type { Funding } from './funding.ts';
import type { ModelCall } from './model-call.ts';
import { notTried, type RunningCall } from './settle-call.ts';

/** The state of the circuits of a call's candidates, for a workspace. */
export function circuitsOf(
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

/** Puts a call on record as open, before anything goes out for it. No candidate is tried yet. */
export function openCall(
  services: Pick<CompletionPorts, 'journal' | 'ledger'>,
  options: {
    request: Omit<ModelCall, 'dialect'>;
    call: NeutralCall;
    dialect: OpenCall['dialect'];
    funding: Omit<Funding, 'inputTokens'>;
    inputTokens: number;
    permit: Permit;
    leftOut?: readonly string[] | undefined;
    tokenIds?: number | undefined;
    decision?: CallDecision | undefined;
    baseline?: Baseline | undefined;
    /** The only one there is: the row names it, tried or not. */
    candidate?: Candidate | undefined;
  },
): RunningCall {
  const { request, call, dialect, funding, inputTokens, permit, leftOut, tokenIds, candidate, decision, baseline } =
    options;
  const { hold, holdNanos, candidates, maxTokens } = funding;
  const { caller, report, startedAt, receivedAtMs } = request;
  const entry = services.journal.open({
    workspaceId: caller.workspaceId,
    id: request.id,
    createdAtMs: receivedAtMs,
    livemode: caller.livemode,
    keyId: caller.keyId,
    tags: request.tags,
    dialect,
    streamed: call.stream,
    modelRequested: call.model,
    holdNanos,
    inputTokens,
    balanceIds: balanceIdsOf(hold),
    decision,
  });
  return {
    entry,
    call,
    caller,
    hold,
    ledger: services.ledger,
    permit,
    report,
    settled: false,
    startedAt,
    createdAtMs: receivedAtMs,
    attempts: 0,
    baseline,
    isMarked: false,
    isSecondAnswer: decision?.shadowOf !== undefined,
    firstReason: candidates[0]?.reason ?? '',
    attempt: notTried,
    model: candidate?.model,
    candidate,
    maxTokens,
    attemptAt: startedAt,
    tokenIds,
    earlier: undefined,
    leftOut,
    firstByteAt: undefined,
  };
}

/** Turns the call to its next candidate. An attempt is counted only when its request goes out. */
export function turnTo(running: RunningCall, candidate: Candidate, attempt: Attempt): void {
  running.candidate = candidate;
  running.model = candidate.model;
  running.attempt = attempt;
  running.attemptAt = performance.now();
  running.report.target = candidate;
}
