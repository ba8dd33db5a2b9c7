import { isGatewayError } from '@ai-gateway/shared/errors';
import { databaseAway } from '../db/unavailable.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import { admit, mayCall, type Permit, refuseUnpaid } from './admission.ts';
import { answerFrom } from './answer-from-candidates.ts';
import { answerHit } from './answer-hit.ts';
import { expandInArm } from './arms-of-call.ts';
import type { Answered } from './attempt-outcome.ts';
import { type CachedCall, cachedCall, keeping } from './cached-call.ts';
import type { CompletionPorts } from './completion-ports.ts';
import { type DecidedRequest, decideRequest, wantsOtherPrompt, withRulePrompt } from './decide-request.ts';
import { namePrompt } from './expand-call.ts';
import { streamAnswer } from './finish-stream.ts';
import type { Funding } from './funding.ts';
import { isPending } from './is-pending.ts';
import { fundLimited } from './limit-call.ts';
import type { ModelAnswer, ModelCall } from './model-call.ts';
import { noteSession } from './note-session.ts';
import { noteTags } from './note-tags.ts';
import { offerShadow } from './offer-shadow.ts';
import { balancesOf, openCall } from './open-call.ts';
import { withPromptHash } from './prompt-hash.ts';
import { closeUnanswered, type RunningCall, routeOf, settleCall, settledHeaders } from './settle-call.ts';
import { checkContinued, isStored, mayContinue, rememberingStream, rememberStored } from './stored-answer.ts';
import { withHeaders } from './with-headers.ts';

/** The path of a call to a model, forward only. Throws a GatewayError for every refusal, ClientGone when nobody is left to answer. */
export async function completeCall(services: CompletionPorts, asked: ModelCall): Promise<ModelAnswer> {
  const expanding = expandInArm(services, asked);
  const request = isPending(expanding) ? await expanding : expanding;
  const call = request.dialect.read(request.json);
  mayCall(request.caller);
  if (!services.journal.available) throw databaseAway();
  const admitted = admit(services, request);
  const permit = isPending(admitted) ? await admitted : admitted;
  try {
    return await completeAdmitted(services, { asked, request, call, permit });
  } catch (error) {
    // A call that failed before it was settled gives back what it took; a settled one did so then.
    permit.release({ tokens: 0, costNanos: 0n });
    throw isGatewayError(error) ? withHeaders(error, permit.headers) : error;
  }
}

async function completeAdmitted(
  services: CompletionPorts,
  input: { asked: ModelCall; request: ModelCall; call: NeutralCall; permit: Permit },
): Promise<ModelAnswer> {
  const { permit, request } = input;
  if (request.prompt !== undefined) namePrompt(permit, request.prompt);
  const tagHeaders = noteTags(services, request);
  if (tagHeaders !== undefined) permit.headers = { ...permit.headers, ...(await tagHeaders) };
  const view = services.workspaces.view(request.caller.workspaceId);
  const workspace = isPending(view) ? await view : view;
  refuseUnpaid(workspace, request.caller);
  const found = balancesOf(services, request);
  const balances = isPending(found) ? await found : found;
  const configured = services.routing.of(request.caller.workspaceId);
  const routing = isPending(configured) ? await configured : configured;
  const learned =
    routing === null ? undefined : services.evidence.of(request.caller.workspaceId, request.caller.livemode);
  const evidence = isPending(learned) ? await learned : learned;
  const dividing = services.experiments.of(request.caller.workspaceId, request.caller.livemode);
  const experiments = isPending(dividing) ? await dividing : dividing;
  const facts = { ...input, workspace, balances, routing, evidence, experiments };
  let whole = decideRequest(services, facts);
  if (wantsOtherPrompt(whole)) whole = await withRulePrompt(services, facts, whole);
  const { decided } = whole;
  if (decided.unreachable !== undefined) services.ruleAlerts.note(request.caller, decided.unreachable);
  if (whole.request.prompt !== request.prompt && whole.request.prompt !== undefined)
    namePrompt(permit, whole.request.prompt);
  if (decided.headers !== undefined) permit.headers = { ...permit.headers, ...decided.headers };
  const path = { ...whole, permit, balances };
  const cached = cachedCall(services, { ...path, workspace });
  if (cached === undefined) return payAndAnswer(services, { ...path, cached });
  const hit = await cached.find();
  if (hit !== undefined) return answerHit(services, { ...path, hit });
  let isAnswered = false;
  try {
    const answer = await payAndAnswer(services, { ...path, cached });
    isAnswered = true;
    return answer;
  } finally {
    cached.end(isAnswered);
  }
}

interface DecidedCall extends DecidedRequest {
  permit: Permit;
  balances: readonly BudgetBalance[];
}

/** From here on the call costs money. */
async function payAndAnswer(
  services: CompletionPorts,
  input: DecidedCall & { cached: CachedCall | undefined },
): Promise<ModelAnswer> {
  const { request, call, permit, balances, decided, inputTokens, leftOut, cached } = input;
  const repeated = permit.countRepeat?.();
  if (repeated !== undefined) await repeated;
  const { candidates: routed, limits } = decided;
  const [first] = routed;
  if (first !== undefined && mayContinue(request)) await checkContinued(services, request, first);
  const { caller, tags, json, cancellation } = request;
  const fundingRequest = { call, json, candidates: routed, inputTokens, balances, caller, tags, cancellation };
  const asking = fundLimited(services, fundingRequest, limits);
  const funding = isPending(asking) ? await asking : asking;
  const running = openCall(services, {
    ...{ request, call, dialect: call.dialect, funding, inputTokens, permit, leftOut },
    decision: withPromptHash(services, decided.decision, request),
    baseline: decided.baseline,
  });
  try {
    const answered = await answerFrom(services, { ...{ request, call, running, funding }, decision: decided.decision });
    noteSession(services, decided, running, inputTokens);
    const remember = isStored(request) ? (ids = noIds) => rememberStored(services, request, running, ids) : undefined;
    if (answered.kind === 'plain') {
      const answer = await plainAnswer(running, { request, answered, funding, cached });
      offerShadow(services, {
        request,
        call,
        inputTokens,
        running,
        body: answered.body,
        trace: decided.auto,
        routingVersion: decided.decision?.routingVersion,
      });
      await remember?.(answered.answerIds);
      return answer;
    }
    const stream = await streamAnswer(services, { running, request, answered, funding, cached });
    return remember === undefined
      ? stream
      : rememberingStream(stream, () => remember(answered.run.transform.answerIds));
  } catch (error) {
    // Nothing held may outlive its call, whatever went wrong.
    if (!running.settled) await closeUnanswered(running, 'failed', 'internal_error').catch(() => {});
    throw error;
  }
}

const noIds: readonly string[] = [];

async function plainAnswer(
  running: RunningCall,
  options: {
    request: ModelCall;
    answered: Extract<Answered, { kind: 'plain' }>;
    funding: Funding;
    cached: CachedCall | undefined;
  },
): Promise<ModelAnswer> {
  const { request, answered } = options;
  running.firstByteAt = answered.firstByteAt;
  running.model = answered.model;
  // An answer that is read to its end for nobody is paid for like any other.
  const status = request.cancellation.because === 'gone' ? 'cancelled' : 'succeeded';
  const keep = options.cached === undefined ? undefined : keeping(running, { ...options, cached: options.cached });
  const cache = keep === undefined ? undefined : 'stored';
  const settled = await settleCall(running, {
    status,
    usage: answered.usage,
    text: answered.text,
    cache,
    checks: answered.checks,
  });
  keep?.();
  return {
    kind: 'plain',
    headers: settledHeaders(running, request.id, { dropped: answered.dropped, ...settled }),
    route: routeOf(running),
    body: answered.body,
  };
}
