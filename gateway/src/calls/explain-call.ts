import type { OutputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import { toUsd } from '@ai-gateway/shared/money';
import type { NeutralCall } from '../dialects/neutral.ts';
import { likelyInputTokens } from '../models/count-tokens.ts';
import type { Candidate } from '../routing/candidate.ts';
import type { Decision } from '../routing/decide.ts';
import { type DecisionTrace, newTrace } from '../routing/decision-trace.ts';
import { billed, type Markup, shownMarkup } from '../usage/markup.ts';
import { mayCall, refuseUnpaid } from './admission.ts';
import { type CheckPorts, checkBudget } from './check-budget.ts';
import type { CompletionPorts } from './completion-ports.ts';
import { decideCall } from './decide-call.ts';
import { ceilingOf, maxCostOf } from './max-cost.ts';
import { measureCall } from './measure-call.ts';
import type { ModelCall } from './model-call.ts';
import { balancesOf } from './open-call.ts';

type Explanation = OutputOf<'routing.explain'>;

export interface ExplainPorts extends CheckPorts, CompletionPorts {}

/**
 * Decides a call as `completeCall` does, with the same code, and says why. Nothing is held, sent or recorded. Throws what the call would be
 * refused with before it is decided; a rule that blocks is an answer.
 */
export async function explainCall(services: ExplainPorts, asked: ModelCall): Promise<Explanation> {
  const read = asked.dialect.read(asked.json);
  mayCall(asked.caller);
  const { workspaceId, livemode } = asked.caller;
  const workspace = await services.workspaces.view(workspaceId);
  refuseUnpaid(workspace, asked.caller);
  const balances = await balancesOf(services, asked);
  const { request, call, inputTokens } = measureCall(asked, read, balances);
  const routing = await services.routing.of(workspaceId);
  const trace = newTrace();
  let decided: Decision | undefined;
  let blockedBy = '';
  try {
    decided = decideCall(services, { request, call, inputTokens, workspace, balances, routing, trace });
  } catch (error) {
    if (!isGatewayError(error) || error.code !== 'rule_blocked') throw error;
    blockedBy = error.message;
  }
  const { markups } = await services.policies.of(workspaceId, livemode);
  const shown = {
    markup: shownMarkup(markups, asked.caller, asked.tags.client),
    isLocked: asked.caller.lockedTags.length > 0,
  };
  const [first] = decided?.candidates ?? [];
  const budget = await checkBudget(services, {
    caller: asked.caller,
    tags: asked.tags,
    model: first === undefined ? undefined : livemode ? `${first.provider}/${first.model}` : first.model,
    maxTokens: call.maxTokens,
  });
  const { decision } = decided ?? {};
  return {
    model: first?.model ?? null,
    provider: first?.provider ?? null,
    reason: first?.reason ?? blockedBy,
    steps: decided === undefined ? [{ step: 'rules', outcome: 'blocked', because: blockedBy }] : trace.steps,
    candidates: [
      ...(decided?.candidates ?? []).map((candidate) =>
        costsOf(candidate, { call, inputTokens, decided, markup: shown.markup }),
      ),
      ...trace.leftOut.map(leftOut),
    ],
    rules: shown.isLocked ? ownRules(trace) : trace.rules,
    experiment: decision?.experimentId === undefined ? null : { id: decision.experimentId, arm: decision.arm ?? '' },
    session: null,
    prompt: decision?.promptId === undefined ? null : { id: decision.promptId, version: decision.promptVersion ?? 0 },
    cache: { would: 'bypass', because: 'the call does not ask for an answer from memory' },
    budget: {
      allowed: budget.allowed,
      reason: budget.reason,
      message: budget.message,
      percent_used: budget.tightest?.percent_used ?? null,
      remaining_usd: budget.tightest?.remaining_usd ?? null,
    },
  };
}

/** A paragraph: answers of unknown length are taken to be so long. */
const likelyOutputTokens = 300;

function costsOf(
  candidate: Candidate,
  {
    call,
    inputTokens,
    decided,
    markup,
  }: { call: NeutralCall; inputTokens: number; decided: Decision | undefined; markup: Markup | undefined },
): Explanation['candidates'][number] {
  const { model, provider, price } = candidate;
  const most = decided?.limits?.maxOutputTokens;
  const usd = (tokens: number, ceiling: number | undefined): number | null =>
    price === undefined
      ? null
      : toUsd(billed(maxCostOf([candidate], call, { inputOf: () => tokens, most: ceiling }), markup));
  const likely = Math.min(likelyOutputTokens, ceilingOf(candidate, call), most ?? likelyOutputTokens);
  return {
    model,
    provider,
    expected_cost_usd: usd(likelyInputTokens(call, inputTokens), likely),
    dearest_cost_usd: usd(inputTokens, most),
    quality: null,
  };
}

function leftOut({ model, provider, because }: DecisionTrace['leftOut'][number]): Explanation['candidates'][number] {
  return { model, provider, expected_cost_usd: null, dearest_cost_usd: null, quality: null, left_out: because };
}

/** A key that is locked to a client sees no conditions, which may name other clients. */
function ownRules({ rules }: DecisionTrace): DecisionTrace['rules'] {
  return rules
    .filter(({ matched }) => matched)
    .map(({ id }) => ({ id, matched: true, because: 'its conditions hold' }));
}
