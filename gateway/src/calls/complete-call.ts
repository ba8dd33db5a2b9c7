import { GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import { toUsd } from '@ai-gateway/shared/money';
import type { WorkspaceCache } from '../accounts/workspace-cache.ts';
import { subjectOf, wantsCheapest } from '../budgets/budget.ts';
import { databaseAway } from '../db/unavailable.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import type { CallJournal } from '../ledger/call-journal.ts';
import type { PolicyCache } from '../limits/policy-cache.ts';
import { extrasOf } from '../models/call-extras.ts';
import { boundInputTokens, contentBytes } from '../models/count-tokens.ts';
import { maskAccount } from '../providers/mask-account.ts';
import { providerName } from '../providers/providers.ts';
import type { CircuitBreakers } from '../routing/circuit-breakers.ts';
import { type RouteInput, routeCall } from '../routing/route.ts';
import type { UnknownModels } from '../routing/unknown-models.ts';
import { noteAttempt, noteFailure } from '../telemetry/call-report.ts';
import { billed } from '../usage/markup.ts';
import { type AdmissionPorts, admit, mayCall, type Permit } from './admission.ts';
import { coolingDown, errorOf, type FailedAttempt, mayGoOn, unaffordable } from './attempt.ts';
import { balanceIdsOf, ceilingToAsk, type Funding, type FundingPorts, fundCall } from './fund-call.ts';
import { guardCall } from './guard-call.ts';
import { holdNext } from './hold-next.ts';
import { ClientGone, type ModelAnswer, type ModelCall, type StreamAnswer } from './model-call.ts';
import { noteTags, type TagPorts } from './note-tags.ts';
import {
  answerHeaders,
  bookAttempt,
  budgetRemaining,
  closeUnanswered,
  notTried,
  type RunningCall,
  settleCall,
  settledHeaders,
} from './settle-call.ts';
import type { Spent } from './spent.ts';
import { checkContinued, isStored, mayContinue, rememberingStream, rememberStored } from './stored-answer.ts';
import type { StreamEnd } from './stream-run.ts';
import type { StreamTransform } from './stream-transform.ts';
import { type Answered, type AttemptPorts, tryCandidate } from './try-candidate.ts';
import { classUnknown, isNeedless, isUnknownModel, mostTelling } from './unknown-model.ts';

export interface CompletionPorts extends AdmissionPorts, TagPorts, FundingPorts, AttemptPorts {
  policies: PolicyCache;
  journal: CallJournal;
  workspaces: WorkspaceCache;
  circuits: CircuitBreakers;
  unknownModels: UnknownModels;
}

/** The path of a call to a model, forward only. Throws a GatewayError for every refusal, ClientGone when nobody is left to answer. */
export async function completeCall(services: CompletionPorts, request: ModelCall): Promise<ModelAnswer> {
  const call = request.dialect.read(request.json);
  mayCall(request.caller);
  if (!services.journal.available) throw databaseAway();
  const admitted = admit(services, request);
  const permit = admitted instanceof Promise ? await admitted : admitted;
  try {
    return await completeAdmitted(services, { request, call, permit });
  } catch (error) {
    // A call that failed before it was settled gives back what it took; a settled one did so then.
    permit.release({ tokens: 0, costNanos: 0n });
    throw isGatewayError(error) ? withHeaders(error, permit.headers) : error;
  }
}

async function completeAdmitted(
  services: CompletionPorts,
  asked: { request: ModelCall; call: NeutralCall; permit: Permit },
): Promise<ModelAnswer> {
  const { permit } = asked;
  let { request, call } = asked;
  const tagHeaders = noteTags(services, request);
  if (tagHeaders !== undefined) permit.headers = { ...permit.headers, ...(await tagHeaders) };
  const view = services.workspaces.view(request.caller.workspaceId);
  const workspace = view instanceof Promise ? await view : view;
  const found = balancesOf(services, request);
  const balances = found instanceof Promise ? await found : found;
  let leftOut: readonly string[] | undefined;
  if (balances.some(({ blocks }) => blocks)) ({ request, call, leftOut } = guardCall(request, call));
  const extras = call.extras ?? extrasOf(call, request.json);
  if (extras !== undefined) call = { ...call, extras };
  const inputTokens = boundInputTokens(call, contentBytes(request.outline, request.body.length));
  const routed = routeCall({
    call,
    kind: 'chat',
    inputTokens,
    fallbacks: request.fallbacks,
    workspaceFallbacks: workspace.fallbacks,
    pool: workspace.pool,
    accounts: workspace.accounts,
    livemode: request.caller.livemode,
    ...placesOf(services, request.caller.workspaceId),
    isUnknown: (account, model) => services.unknownModels.has(account, model),
    cheapest: balances.some(isNearLimit),
    nowMs: services.now(),
  });
  const [first] = routed;
  if (first !== undefined && mayContinue(request)) await checkContinued(services, request, first);
  const asking = fundCall(services, {
    call,
    json: request.json,
    candidates: routed,
    inputTokens,
    balances,
    caller: request.caller,
    tags: request.tags,
    cancellation: request.cancellation,
  });
  const funding = asking instanceof Promise ? await asking : asking;
  const running = open(services, { request, call, funding, inputTokens, permit });
  running.leftOut = leftOut;
  try {
    const answered = await answerFrom(services, { request, call, running, funding });
    const remember = isStored(request) ? (ids = noIds) => rememberStored(services, request, running, ids) : undefined;
    if (answered.kind === 'plain') {
      const answer = await plainAnswer(running, request, answered);
      await remember?.(answered.answerIds);
      return answer;
    }
    const stream = await streamAnswer(services, { running, request, answered });
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

function isNearLimit({ budget, spentNanos, unpostedNanos, limitNanos }: BudgetBalance): boolean {
  return wantsCheapest(budget, spentNanos + unpostedNanos, limitNanos);
}

function withHeaders(error: GatewayError, headers: Readonly<Record<string, string>>): GatewayError {
  const { code, message, status, param, details, retryAfterSeconds, cause } = error;
  return Object.keys(headers).length === 0
    ? error
    : new GatewayError(code, message, {
        status,
        param,
        details,
        retryAfterSeconds,
        cause,
        headers: { ...headers, ...error.headers },
      });
}

function open(
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

/** Down the list of candidates, never back up, until one answers. */
async function answerFrom(
  services: CompletionPorts,
  options: { request: ModelCall; call: NeutralCall; running: RunningCall; funding: Funding },
): Promise<Answered> {
  const { request, call, running, funding } = options;
  const tried: FailedAttempt[] = [];
  for (const candidate of funding.candidates) {
    const { provider, account, model } = candidate;
    if (isNeedless(candidate, tried)) continue;
    const { workspaceId } = request.caller;
    const attempt = services.circuits.begin({ account, model, workspaceId }, tried.length > 0);
    if (attempt === undefined) {
      tried.push({ provider, model: candidate.model, failure: coolingDown });
      noteFailure(request.report, candidate, coolingDown);
      continue;
    }
    if (running.earlier !== undefined && !(await holdNext(services, { request, running, candidate, funding }))) {
      services.circuits.abandoned(attempt);
      tried.push({ provider, model: candidate.model, failure: unaffordable });
      noteFailure(request.report, candidate, unaffordable);
      continue;
    }
    running.provider = provider;
    running.account = account;
    running.attempt = attempt;
    running.metered = candidate.trusted && request.caller.livemode;
    running.model = candidate.model;
    running.price = candidate.price;
    running.candidate = candidate;
    request.report.place = candidate;
    running.route = candidate.reason;
    running.attempts += 1;
    running.attemptAt = performance.now();
    noteAttempt(request.report, candidate, running.attemptAt);
    const outcome = await tryCandidate(services, {
      request,
      call,
      candidate,
      ceiling: ceilingToAsk(candidate, call, running.maxTokens),
    });
    if (outcome.kind === 'gone') {
      services.circuits.abandoned(attempt);
      const stopped = request.cancellation.stopping ? stoppedHalfway() : undefined;
      const status = stopped === undefined ? 'cancelled' : 'failed';
      if (outcome.spent !== undefined) await bookAttempt(running, outcome.spent);
      await closeUnanswered(running, status, stopped?.code);
      throw request.cancellation.because === 'gone' ? new ClientGone() : (stopped ?? new ClientGone());
    }
    if (outcome.kind === 'unsupported') {
      services.circuits.abandoned(attempt);
      running.attempts -= 1;
      if (tried.length > 0) continue;
      await closeUnanswered(running, 'failed', outcome.error.code);
      throw outcome.error;
    }
    if (outcome.kind !== 'failed') {
      // A stream has only begun: how it ends is what counts.
      if (outcome.kind === 'stream') services.circuits.abandoned(attempt);
      else services.circuits.succeeded(attempt);
      return outcome;
    }
    services.circuits.failed(attempt, outcome.failure);
    noteFailure(request.report, candidate, outcome.failure);
    if (outcome.spent !== undefined) await bookAttempt(running, outcome.spent);
    if (request.cancellation.cancelled) {
      // Nobody waits for another try.
      await closeUnanswered(running, 'cancelled');
      throw new ClientGone();
    }
    const isFirst = tried.every(({ failure }) => isUnknownModel(failure));
    tried.push({ provider, model: candidate.model, failure: outcome.failure });
    if (isUnknownModel(outcome.failure) && !candidate.named) {
      services.unknownModels.note({ ...candidate, message: outcome.failure.message });
      continue;
    }
    if (!mayGoOn(outcome.failure, isFirst)) break;
  }
  const error = classUnknown(funding.candidates[0], tried) ?? errorOf(mostTelling(tried));
  await closeUnanswered(running, 'failed', error.code);
  throw error;
}

async function plainAnswer(
  running: RunningCall,
  request: ModelCall,
  answered: Extract<Answered, { kind: 'plain' }>,
): Promise<ModelAnswer> {
  running.firstByteAt = answered.firstByteAt;
  running.model = answered.model;
  // An answer that is read to its end for nobody is paid for like any other.
  const status = request.cancellation.because === 'gone' ? 'cancelled' : 'succeeded';
  const { costNanos } = await settleCall(running, { status, usage: answered.usage, text: answered.text });
  return {
    kind: 'plain',
    headers: settledHeaders(running, request.id, { dropped: answered.dropped, costNanos }),
    body: answered.body,
  };
}

async function streamAnswer(
  services: CompletionPorts,
  options: { running: RunningCall; request: ModelCall; answered: Extract<Answered, { kind: 'stream' }> },
): Promise<StreamAnswer> {
  const { running, request, answered } = options;
  const { run } = answered;
  running.firstByteAt = answered.firstByteAt();
  try {
    await running.entry.durable();
  } catch (error) {
    run.abort();
    await settleCall(running, {
      status: 'failed',
      ...soFar(run.transform, 'time'),
      errorCode: 'service_unavailable',
    });
    throw error;
  }
  running.model = run.transform.model ?? running.model;
  return {
    kind: 'stream',
    headers: { ...answerHeaders(running, request.id, answered.dropped), 'cache-control': 'no-cache' },
    pump: async (sink) => {
      try {
        const end = await run.attach(sink);
        running.model = run.transform.model ?? running.model;
        return await close(services, { running, request, answered, end });
      } catch (error) {
        run.abort();
        if (!running.settled)
          await settleCall(running, {
            status: 'failed',
            ...soFar(run.transform, 'time'),
            errorCode: 'internal_error',
          }).catch(() => {});
        throw error;
      }
    },
  };
}

function soFar({ usage, begun, text }: StreamTransform, unseen: Spent['unseen']): Spent {
  return unseen === undefined ? { usage, begun, text } : { usage, begun, text, unseen };
}

function remainingOf(running: RunningCall): { budget_remaining_usd?: number } {
  const left = budgetRemaining(running);
  return left === undefined ? {} : { budget_remaining_usd: toUsd(left) };
}

/** Settles a stream that has ended, one way or another, and makes its closing bytes. */
async function close(
  services: CompletionPorts,
  options: {
    running: RunningCall;
    request: ModelCall;
    answered: Extract<Answered, { kind: 'stream' }>;
    end: StreamEnd;
  },
): Promise<{ tail: (Buffer | string)[]; whole: boolean }> {
  const { running, request, answered, end } = options;
  const { transform } = answered.run;
  const errorFrame = (error: GatewayError): string =>
    request.dialect.streamError(error, { requestId: request.id, number: transform.nextNumber ?? 0 });
  if (end.kind === 'complete') {
    services.circuits.succeeded(running.attempt);
    try {
      const { costNanos } = await settleCall(running, { status: 'succeeded', ...soFar(transform, undefined) });
      return {
        tail: [
          `: gateway ${JSON.stringify({ cost_usd: toUsd(billed(costNanos, running.permit.markup)), ...remainingOf(running) })}\n\n`,
          transform.last ?? '',
        ],
        whole: true,
      };
    } catch {
      // The record is kept and will be written; but what is not on record is not called finished.
      return { tail: [errorFrame(databaseAway())], whole: false };
    }
  }
  const { because } = request.cancellation;
  if (because === 'gone') {
    await settleCall(running, { status: 'cancelled', ...soFar(transform, 'time') });
    return { tail: [], whole: false };
  }
  if (because === undefined) {
    const failure = answered.failure() ?? broken;
    services.circuits.failed(running.attempt, failure);
    if (running.candidate !== undefined) noteFailure(request.report, running.candidate, failure);
  }
  const error = because === 'stopping' ? stoppedHalfway() : brokenOff(running, end);
  const unseen = because === undefined ? 'ceiling' : 'time';
  await settleCall(running, { status: 'failed', ...soFar(transform, unseen), errorCode: error.code });
  const isReported = end.kind === 'failed' && end.message === undefined;
  return { tail: isReported ? [] : [errorFrame(error)], whole: false };
}

const broken = { kind: 'broken' };

function brokenOff({ provider }: RunningCall, end: StreamEnd): GatewayError {
  const timedOut = end.kind === 'broken' && end.error.kind === 'timeout';
  return new GatewayError(
    timedOut ? 'provider_timeout' : 'provider_error',
    end.kind === 'failed' && end.message !== undefined
      ? `${providerName(provider ?? 'The provider')} failed in the middle of its answer: ${maskAccount(end.message)}`
      : `${providerName(provider ?? 'The provider')} ${timedOut ? 'stopped responding' : 'lost the connection'} in the middle of its answer. The part sent so far is billed. Try again for a complete answer.`,
  );
}

function stoppedHalfway(): GatewayError {
  return new GatewayError(
    'service_unavailable',
    'The gateway is restarting and could not wait for the end of this answer. The part sent so far is billed. Try again for a complete answer.',
    { retryAfterSeconds: 2 },
  );
}
