import type { OutputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import type { WorkspaceView } from '../accounts/workspace-cache.ts';
import { type DecisionTrace, newTrace } from '../routing/decision-trace.ts';
import { noEvidence } from '../routing/evidence.ts';
import type { CallDecision } from '../usage/call-record.ts';
import { shownMarkup } from '../usage/markup.ts';
import { mayCall, type Permit, refuseUnpaid } from './admission.ts';
import { expandInArm } from './arms-of-call.ts';
import { cachedCall } from './cached-call.ts';
import { type CheckPorts, checkBudget } from './check-budget.ts';
import type { CompletionPorts } from './completion-ports.ts';
import { type DecidedRequest, decideRequest, wantsOtherPrompt, withRulePrompt } from './decide-request.ts';
import { explainCandidates, explainExperiment, explainSession } from './explain-candidates.ts';
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
          candidates: explainCandidates(whole, { find: evidence?.find ?? noEvidence, markup }),
          experiment: explainExperiment(whole),
          session: explainSession(whole),
          prompt: promptOf(whole.decided.decision),
          cache: await cacheOf(services, { whole, workspace }),
        }),
    // A key that is locked to a client sees no conditions, which may name other clients.
    rules: caller.lockedTags.length > 0 ? ownRules(trace) : trace.rules,
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

function blockedBy(message: string): Omit<Explanation, 'rules' | 'budget'> {
  return {
    ...{ model: null, provider: null, reason: message, candidates: [], experiment: null, session: null, prompt: null },
    steps: [{ step: 'rules', outcome: 'blocked', because: message }],
    cache: { would: 'bypass', because: 'a rule blocks the call' },
  };
}

function promptOf({ promptId: id, promptVersion: version = 0 }: CallDecision = {}): Explanation['prompt'] {
  return id === undefined ? null : { id, version };
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

function ownRules({ rules }: DecisionTrace): DecisionTrace['rules'] {
  return rules
    .filter(({ matched }) => matched)
    .map(({ id }) => ({ id, matched: true, because: 'its conditions hold' }));
}
