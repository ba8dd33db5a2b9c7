import { GatewayError } from '@ai-gateway/shared/errors';
import { toUsd } from '@ai-gateway/shared/money';
import { databaseAway } from '../budgets/journal.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import { boundInputTokens } from '../providers/count-tokens.ts';
import { dearestCostNanos } from '../providers/price.ts';
import { type Candidate, routeCall } from '../routing/route.ts';
import type { Services } from '../services.ts';
import { admit } from './admission.ts';
import { errorOf, type FailedAttempt, mayGoOn } from './attempt.ts';
import { ClientGone, type ModelAnswer, type ModelCall, type StreamAnswer } from './model-call.ts';
import { answerHeaders, closeUnbilled, type RunningCall, settleCall } from './settle-call.ts';
import type { StreamEnd } from './stream-run.ts';
import { type Answered, tryCandidate } from './try-candidate.ts';

/** The path of a call to a model, forward only. Throws a GatewayError for every refusal, ClientGone when nobody is left to answer. */
export async function completeCall(services: Services, request: ModelCall): Promise<ModelAnswer> {
  const call = request.dialect.read(request.json);
  admit(request.caller);
  if (!services.journal.available) throw databaseAway();
  const workspace = await services.workspaces.view(request.caller.workspaceId);
  const inputTokens = boundInputTokens(call, request.body.length);
  const candidates = routeCall({
    call,
    kind: 'chat',
    inputTokens,
    fallbacks: request.fallbacks,
    workspaceFallbacks: workspace.fallbacks,
    accounts: workspace.accounts,
    livemode: request.caller.livemode,
    mayTry: (account) => services.health.mayTry(account),
    nowMs: services.now(),
  });
  const running = open(services, { request, call, candidates, inputTokens });
  const answered = await answerFrom(services, { request, call, running, candidates });
  return answered.kind === 'plain'
    ? plainAnswer(running, request, answered)
    : streamAnswer(services, { running, request, answered });
}

function open(
  services: Services,
  options: { request: ModelCall; call: NeutralCall; candidates: readonly Candidate[]; inputTokens: number },
): RunningCall {
  const { request, call, candidates, inputTokens } = options;
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
    holdNanos: dearestOf(candidates, inputTokens, call.maxTokens),
    inputTokens,
  });
  return {
    entry,
    call,
    startedAt: request.startedAt,
    createdAtMs: request.receivedAtMs,
    route: candidates[0]?.reason ?? '',
    attempts: 0,
    provider: undefined,
    account: '',
    model: undefined,
    price: undefined,
    firstByteAt: undefined,
  };
}

/** What models without a known ceiling are taken to answer at the most. */
const answerTokensMax = 16_384;

function dearestOf(candidates: readonly Candidate[], inputTokens: number, maxTokens: number | undefined): bigint {
  let dearest = 0n;
  for (const { price, maxOutputTokens } of candidates) {
    if (price === undefined) continue;
    const cost = dearestCostNanos(price, {
      inputTokens,
      maxOutputTokens: maxTokens ?? maxOutputTokens ?? answerTokensMax,
    });
    if (cost > dearest) dearest = cost;
  }
  return dearest;
}

/** Down the list of candidates, never back up, until one answers. */
async function answerFrom(
  services: Services,
  options: { request: ModelCall; call: NeutralCall; running: RunningCall; candidates: readonly Candidate[] },
): Promise<Answered> {
  const { request, call, running, candidates } = options;
  const tried: FailedAttempt[] = [];
  for (const candidate of candidates) {
    const { provider, account } = candidate;
    if (!services.health.begin(account, tried.length > 0)) {
      tried.push({
        provider,
        model: candidate.model,
        failure: { kind: 'resting', message: 'it failed repeatedly and is resting' },
      });
      continue;
    }
    running.provider = provider;
    running.account = account;
    running.model = candidate.model;
    running.price = candidate.price;
    running.route = candidate.reason;
    running.attempts += 1;
    const outcome = await tryCandidate(services, { request, call, candidate });
    if (outcome.kind === 'gone') {
      services.health.abandoned(account);
      await settleCall(running, { status: 'cancelled', usage: undefined, text: '' });
      throw new ClientGone();
    }
    if (outcome.kind === 'unsupported') {
      services.health.abandoned(account);
      running.attempts -= 1;
      if (tried.length > 0) continue;
      await closeUnbilled(running, 'failed', outcome.error.code);
      throw outcome.error;
    }
    if (outcome.kind !== 'failed') {
      services.health.succeeded(account);
      return outcome;
    }
    services.health.failed(account, outcome.failure);
    const isFirst = tried.length === 0;
    tried.push({ provider, model: candidate.model, failure: outcome.failure });
    if (!mayGoOn(outcome.failure, isFirst)) break;
  }
  const error = errorOf(tried);
  await closeUnbilled(running, 'failed', error.code);
  throw error;
}

async function plainAnswer(
  running: RunningCall,
  request: ModelCall,
  answered: Extract<Answered, { kind: 'plain' }>,
): Promise<ModelAnswer> {
  running.firstByteAt = answered.firstByteAt;
  running.model = answered.model;
  const { costNanos } = await settleCall(running, { status: 'succeeded', usage: answered.usage, text: answered.text });
  return {
    kind: 'plain',
    headers: {
      'content-type': 'application/json',
      ...answerHeaders(running, request.id, answered.dropped),
      'x-gateway-cost-usd': String(toUsd(costNanos)),
    },
    body: answered.body,
  };
}

async function streamAnswer(
  services: Services,
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
      usage: run.transform.usage,
      text: run.transform.text,
      errorCode: 'service_unavailable',
    });
    throw error;
  }
  running.model = run.transform.model ?? running.model;
  return {
    kind: 'stream',
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      ...answerHeaders(running, request.id, answered.dropped),
    },
    pump: async (sink) => {
      const end = await run.attach(sink);
      running.model = run.transform.model ?? running.model;
      return close(services, { running, request, answered, end });
    },
  };
}

/** Settles a stream that has ended, one way or another, and makes its closing bytes. */
async function close(
  services: Services,
  options: {
    running: RunningCall;
    request: ModelCall;
    answered: Extract<Answered, { kind: 'stream' }>;
    end: StreamEnd;
  },
): Promise<{ tail: (Buffer | string)[]; whole: boolean }> {
  const { running, request, answered, end } = options;
  const { transform } = answered.run;
  const figures = { usage: transform.usage, text: transform.text };
  const errorFrame = (error: GatewayError): string => request.dialect.streamError(error, request.id);
  if (end.kind === 'complete') {
    try {
      const { costNanos } = await settleCall(running, { status: 'succeeded', ...figures });
      return {
        tail: [`: gateway ${JSON.stringify({ cost_usd: toUsd(costNanos) })}\n\n`, transform.last ?? ''],
        whole: true,
      };
    } catch {
      // The record is kept and will be written; but what is not on record is not called finished.
      return { tail: [errorFrame(databaseAway())], whole: false };
    }
  }
  if (request.signal.aborted) {
    await settleCall(running, { status: 'cancelled', ...figures });
    return { tail: [], whole: false };
  }
  services.health.failed(running.account, { kind: 'broken' });
  const timedOut = end.kind === 'broken' && end.error.kind === 'timeout';
  const error = new GatewayError(
    timedOut ? 'provider_timeout' : 'provider_error',
    end.kind === 'failed' && end.message !== undefined
      ? `${running.provider} failed in the middle of its answer: ${end.message}`
      : `${running.provider} ${timedOut ? 'fell silent' : 'broke off'} in the middle of its answer. What came before is paid for; try again for a whole one.`,
  );
  await settleCall(running, { status: 'failed', ...figures, errorCode: error.code });
  const toldAlready = end.kind === 'failed' && end.message === undefined;
  return { tail: toldAlready ? [] : [errorFrame(error)], whole: false };
}
