import type { OutputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import { toUsd } from '@ai-gateway/shared/money';
import type { WorkspaceView } from '../accounts/workspace-cache.ts';
import { likelyInputTokens } from '../models/count-tokens.ts';
import type { Candidate } from '../routing/candidate.ts';
import { type DecisionTrace, newTrace } from '../routing/decision-trace.ts';
import type { CallDecision } from '../usage/call-record.ts';
import { billed, type Markup, shownMarkup } from '../usage/markup.ts';
import { mayCall, type Permit, refuseUnpaid } from './admission.ts';
import { expandInArm } from './arms-of-call.ts';
import { cachedCall } from './cached-call.ts';
import { type CheckPorts, checkBudget } from './check-budget.ts';
import type { CompletionPorts } from './completion-ports.ts';
import { type DecidedRequest, decideRequest, wantsOtherPrompt, withRulePrompt } from './decide-request.ts';
import { ceilingOf, maxCostOf } from './max-cost.ts';
import type { ModelCall } from './model-call.ts';
import { balancesOf } from './open-call.ts';

type Explanation = OutputOf<'routing.explain'>;

export interface ExplainPorts extends CheckPorts, CompletionPorts {}

/**
 * Decides a call as `completeCall` does, with the same code, and says why. Nothing is held, sent or recorded. Throws what the call would be
 * refused with before it is decided; a rule that blocks is an answer.
 */
export async function explainCall(services: ExplainPorts, asked: ModelCall): Promise<Explanation> {
  const { caller, tags } = asked;
  mayCall(caller);
  const expanded = await expandInArm(services, asked);
  const read = expanded.dialect.read(expanded.json);
  const workspace = await services.workspaces.view(caller.workspaceId);
  refuseUnpaid(workspace, caller);
  const balances = await balancesOf(services, expanded);
  const routing = await services.routing.of(caller.workspaceId);
  const evidence = routing === null ? undefined : await services.evidence.of(caller.workspaceId, caller.livemode);
  const experiments = await services.experiments.of(caller.workspaceId, caller.livemode);
  const trace = newTrace();
  const input = { asked, request: expanded, call: read, workspace, balances, routing, evidence, experiments, trace };
  const whole = await decided(services, input);
  const { markups } = await services.policies.of(caller.workspaceId, caller.livemode);
  const markup = shownMarkup(markups, caller, tags.client);
  const first = typeof whole === 'string' ? undefined : whole.decided.candidates[0];
  const model = first === undefined ? undefined : caller.livemode ? `${first.provider}/${first.model}` : first.model;
  const budget = await checkBudget(services, { caller, tags, model, maxTokens: read.maxTokens });
  return {
    ...(typeof whole === 'string'
      ? blockedBy(whole)
      : {
          model: first?.model ?? null,
          provider: first?.provider ?? null,
          reason: first?.reason ?? '',
          steps: trace.steps,
          candidates: [
            ...whole.decided.candidates.map((candidate) => costsOf(candidate, whole, markup)),
            ...trace.leftOut.map(leftOut),
          ],
          ...ofDecision(whole.decided.decision),
          cache: await cacheOf(services, { whole, workspace }),
        }),
    // A key that is locked to a client sees no conditions, which may name other clients.
    rules: caller.lockedTags.length > 0 ? ownRules(trace) : trace.rules,
    session: null,
    budget: {
      allowed: budget.allowed,
      reason: budget.reason,
      message: budget.message,
      percent_used: budget.tightest?.percent_used ?? null,
      remaining_usd: budget.tightest?.remaining_usd ?? null,
    },
  };
}

/** The decision of the call, or the message of the rule that blocks it. */
async function decided(
  services: ExplainPorts,
  input: Parameters<typeof withRulePrompt>[1],
): Promise<DecidedRequest | string> {
  try {
    const whole = decideRequest(services, input);
    return wantsOtherPrompt(whole) ? await withRulePrompt(services, input, whole) : whole;
  } catch (error) {
    if (isGatewayError(error) && error.code === 'rule_blocked') return error.message;
    throw error;
  }
}

function blockedBy(
  message: string,
): Pick<Explanation, 'model' | 'provider' | 'reason' | 'steps' | 'candidates' | 'cache' | 'experiment' | 'prompt'> {
  const cache = { would: 'bypass', because: 'a rule blocks the call' };
  const steps = [{ step: 'rules', outcome: 'blocked', because: message }];
  return { model: null, provider: null, reason: message, steps, candidates: [], cache, experiment: null, prompt: null };
}

function ofDecision(decision: CallDecision | undefined): Pick<Explanation, 'experiment' | 'prompt'> {
  const { experimentId: experiment, arm = '', promptId: prompt, promptVersion: version = 0 } = decision ?? {};
  return {
    experiment: experiment === undefined ? null : { id: experiment, arm },
    prompt: prompt === undefined ? null : { id: prompt, version },
  };
}

/** Looks whether the answer is kept, and says as the header would. */
async function cacheOf(
  services: ExplainPorts,
  { whole, workspace }: { whole: DecidedRequest; workspace: WorkspaceView },
): Promise<Explanation['cache']> {
  const permit: Permit = { release: () => {}, headers: {}, markup: undefined, countRepeat: undefined };
  try {
    const cached = cachedCall(services, { ...whole, permit, workspace });
    const said = permit.headers['x-gateway-cache'];
    if (cached === undefined)
      return {
        would: 'bypass',
        because: said?.split('reason=')[1] ?? 'the call does not ask for an answer from memory',
      };
    const hit = await cached.peek();
    return hit === undefined
      ? { would: 'miss', because: 'no answer to an equal call is kept' }
      : { would: 'hit', because: `an answer is kept that is ${Math.floor(hit.ageMs / 1000)} s old` };
  } catch (error) {
    if (isGatewayError(error) && error.code === 'not_found') return { would: 'bypass', because: error.message };
    throw error;
  }
}

/** A paragraph: answers of unknown length are taken to be so long. */
const likelyOutputTokens = 300;

function costsOf(
  candidate: Candidate,
  { call, inputTokens, decided: { limits } }: DecidedRequest,
  markup: Markup | undefined,
): Explanation['candidates'][number] {
  const { model, provider, price } = candidate;
  const most = limits?.maxOutputTokens;
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

function ownRules({ rules }: DecisionTrace): DecisionTrace['rules'] {
  return rules
    .filter(({ matched }) => matched)
    .map(({ id }) => ({ id, matched: true, because: 'its conditions hold' }));
}
