import { GatewayError } from '@ai-gateway/shared/errors';
import { fromHeaderText } from '@ai-gateway/shared/header-text';
import { toUsd } from '@ai-gateway/shared/money';
import { answerBytesMax } from '../cache/cached-answer.ts';
import { databaseAway } from '../db/unavailable.ts';
import { maskAccount } from '../providers/mask-account.ts';
import { providerName } from '../providers/providers.ts';
import { noteFailure } from '../telemetry/call-report.ts';
import { billed } from '../usage/markup.ts';
import type { Answered } from './attempt-outcome.ts';
import { type CachedCall, isKeepableStream, keptUsageOf } from './cached-call.ts';
import { captureSink } from './capture-sink.ts';
import { checkStreamed } from './check-answer.ts';
import type { CompletionPorts } from './completion-ports.ts';
import type { Funding } from './funding.ts';
import type { ModelCall, StreamAnswer } from './model-call.ts';
import { answerHeaders, budgetRemaining, type RunningCall, routeOf, settleCall } from './settle-call.ts';
import type { Spent } from './spent.ts';
import type { StreamEnd } from './stream-run.ts';
import type { StreamTransform } from './stream-transform.ts';

export async function streamAnswer(
  services: CompletionPorts,
  options: {
    running: RunningCall;
    request: ModelCall;
    answered: Extract<Answered, { kind: 'stream' }>;
    funding: Funding;
    cached: CachedCall | undefined;
  },
): Promise<StreamAnswer> {
  const { running, request, answered, cached } = options;
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
        const captured = cached === undefined ? undefined : captureSink(sink, answerBytesMax);
        const end = await run.attach(captured ?? sink);
        running.model = run.transform.model ?? running.model;
        return await close(services, { ...options, end, captured });
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
    funding: Funding;
    cached: CachedCall | undefined;
    end: StreamEnd;
    captured: { bytes(): Buffer } | undefined;
  },
): Promise<{ tail: (Buffer | string)[]; whole: boolean }> {
  const { running, request, answered, end } = options;
  const { transform } = answered.run;
  const errorFrame = (error: GatewayError): string =>
    request.dialect.streamError(error, { requestId: request.id, number: transform.nextNumber ?? 0 });
  if (end.kind === 'complete') {
    services.circuits.succeeded(running.attempt);
    try {
      const keep = keepingStream(options, transform);
      const cache = keep === undefined ? undefined : 'stored';
      const { costNanos, savedNanos } = await settleCall(running, {
        status: 'succeeded',
        ...soFar(transform, undefined),
        cache,
        checks: checkStreamed(running.call, transform),
      });
      keep?.();
      const { markup } = running.permit;
      const comment = closingComment({
        cost_usd: toUsd(billed(costNanos, markup)),
        ...remainingOf(running),
        cache,
        saved_usd: savedNanos === undefined ? undefined : toUsd(billed(savedNanos, markup)),
        ...decidedBy(running),
      });
      return { tail: [comment, transform.last ?? ''], whole: true };
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

/** The headers of a decision once more, for those who read the stream alone; nothing where nobody but the caller chose. */
function decidedBy(running: RunningCall): {
  route?: string;
  prompt?: string | undefined;
  experiment?: string | undefined;
} {
  const { 'x-gateway-prompt': prompt, 'x-gateway-experiment': experiment } = running.permit.headers;
  if (running.baseline === undefined && prompt === undefined && experiment === undefined) return {};
  return { route: routeOf(running), prompt, experiment: experiment && fromHeaderText(experiment) };
}

/** The figures that a stream can give at its end only, without those that are undefined. */
export function closingComment(figures: Readonly<Record<string, unknown>>): string {
  return `: gateway ${JSON.stringify(figures)}\n\n`;
}

/** Undefined where the stream is not for the cache. */
function keepingStream(
  { running, funding, cached, captured, answered }: Parameters<typeof close>[1],
  { usage, last }: StreamTransform,
): (() => void) | undefined {
  if (cached === undefined || captured === undefined || !cached.mayKeep(running, funding, usage)) return undefined;
  const tail = Buffer.from(last ?? '');
  const body = Buffer.concat([captured.bytes(), tail]);
  if (!isKeepableStream(body)) return undefined;
  const { model, candidate } = running;
  const used = keptUsageOf(running, usage);
  return () =>
    cached.keep({
      body,
      tailBytes: tail.length,
      model: model ?? '',
      provider: candidate?.provider ?? '',
      ...used,
      dropped: answered.dropped,
    });
}

const broken = { kind: 'broken' };

function brokenOff({ candidate }: RunningCall, end: StreamEnd): GatewayError {
  const provider = candidate?.provider;
  const timedOut = end.kind === 'broken' && end.error.kind === 'timeout';
  return new GatewayError(
    timedOut ? 'provider_timeout' : 'provider_error',
    end.kind === 'failed' && end.message !== undefined
      ? `${providerName(provider ?? 'The provider')} failed in the middle of its answer: ${maskAccount(end.message)}`
      : `${providerName(provider ?? 'The provider')} ${timedOut ? 'stopped responding' : 'lost the connection'} in the middle of its answer. The part sent so far is billed. Try again for a complete answer.`,
  );
}

export function stoppedHalfway(): GatewayError {
  return new GatewayError(
    'service_unavailable',
    'The gateway is restarting and could not wait for the end of this answer. The part sent so far is billed. Try again for a complete answer.',
    { retryAfterSeconds: 2 },
  );
}
