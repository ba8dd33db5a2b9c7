import type { GatewayError } from '@ai-gateway/shared/errors';
import { isVendor } from '@ai-gateway/shared/provider-kinds';
import type { NeutralCall } from '../dialects/neutral.ts';
import { estimateInputTokens } from '../models/count-tokens.ts';
import type { Adapter, ProviderRequest, Target } from '../providers/adapter.ts';
import type { Provider } from '../providers/define-provider.ts';
import { ownServer, providerOf } from '../providers/providers.ts';
import { type TranslatedCall, translateCall } from '../providers/translated-call.ts';
import type { Candidate } from '../routing/candidate.ts';
import { answerInSandbox } from './answer-in-sandbox.ts';
import { failureOfExchange } from './attempt.ts';
import type { AttemptPorts, Tried } from './attempt-outcome.ts';
import type { Cancellation } from './cancellation.ts';
import { Exchange, ExchangeError } from './exchange.ts';
import { hidingCost } from './hide-cost.ts';
import type { ModelCall } from './model-call.ts';
import { withCacheKey } from './prompt-cache.ts';
import { type AnswerContext, byTime, readPlain, readStream, toCeiling } from './read-answer.ts';
import { refusal, unsupported, withoutKey } from './refused-attempt.ts';
import { type Relay, relayBody } from './relay-body.ts';

interface AttemptRequest {
  request: ModelCall;
  call: NeutralCall;
  candidate: Candidate;
  /** The most tokens of answer to ask for, where that must be written into the request. */
  ceiling: number | undefined;
  /** For the provider's own cache, where the call has none itself. */
  cacheKey?: string | undefined;
}

const plainBytesMax = 64 * 1024 * 1024;

/** An attempt that is ready to go out. */
interface PreparedAttempt {
  request: ModelCall;
  call: NeutralCall;
  candidate: Candidate;
  adapter: Adapter;
  /** Undefined where the request and its answer are relayed. */
  translated: TranslatedCall | undefined;
  providerRequest: Omit<ProviderRequest, 'body'> & Omit<Relay, 'body'> & { body: Buffer | string };
}

/**
 * Writes the request of an attempt. `unsupported`: the candidate cannot honour a parameter, and the caller is strict or the
 * parameter is the point of the call. The sandbox writes the request too: what a vendor would refuse is not found in production first.
 */
export function prepareAttempt(options: AttemptRequest): PreparedAttempt | { unsupported: GatewayError } {
  const { request, candidate, ceiling } = options;
  const call = ceiling === undefined ? options.call : { ...options.call, maxTokens: ceiling };
  const provider = providerOf(candidate.kind === 'sandbox' ? (candidate.standsFor ?? ownServer) : candidate.kind);
  const adapter = provider.adapterFor(call, candidate.model);
  const relayed = adapter.native.includes(call.dialect);
  const translated = relayed ? undefined : translateCall(adapter, call, targetOf(candidate));
  const providerRequest =
    translated === undefined ? relay(adapter, provider, options) : keyed(translated.request, options.cacheKey);
  const { dropped } = providerRequest;
  const lost = relayed ? provider.lost(call, candidate.model) : undefined;
  if (lost !== undefined) return { unsupported: unsupported([lost], candidate) };
  if (request.strict && dropped.length > 0) return { unsupported: unsupported(dropped, candidate) };
  return { request, call, candidate, adapter, translated, providerRequest };
}

/** Sends one attempt and reads up to the first byte of its answer. Expected failures are values. */
export async function tryCandidate(services: AttemptPorts, prepared: PreparedAttempt): Promise<Tried> {
  const { request, call, candidate, adapter, translated, providerRequest } = prepared;
  const { dropped } = providerRequest;
  if (candidate.kind === 'sandbox') return answerInSandbox(request, call, candidate, dropped);
  // Counted while the provider thinks.
  const counting =
    translated !== undefined && call.stream && call.dialect === 'messages' ? estimateInputTokens(call) : undefined;
  try {
    const exchange = await send(services, candidate, providerRequest, {
      cancellation: request.cancellation,
      isStream: call.stream,
    });
    if (exchange.status < 200 || exchange.status > 299)
      return { kind: 'failed', failure: withoutKey(await refusal(services, adapter, exchange), candidate) };
    const restore = translated === undefined ? hidingCost(request, providerRequest.restore) : undefined;
    const inputTokens = await counting;
    const reading: AnswerContext = { adapter, translated, exchange, request, call, dropped, inputTokens, restore };
    return call.stream ? await readStream(reading) : readPlain(reading, await exchange.collect(plainBytesMax));
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    return error.kind === 'aborted'
      ? { kind: 'gone', spent: error.sent ? (call.stream ? byTime : toCeiling) : undefined }
      : { kind: 'failed', failure: failureOfExchange(error), spent: error.sent ? toCeiling : undefined };
  }
}

function relay(
  adapter: Adapter,
  { kind }: Provider,
  { request, call, candidate, ceiling, cacheKey }: AttemptRequest,
): Omit<ProviderRequest, 'body'> & Relay {
  const target = targetOf(candidate);
  const head = adapter.relay(call.dialect, target);
  const { outline, json } = request;
  const { body, dropped, restore } = relayBody({
    body: request.body,
    outline,
    json,
    call,
    model: candidate.model,
    baseUrl: target.baseUrl,
    kind,
    ceiling,
    cacheKey,
    // A server that merely follows OpenAI may take longer names.
    toolNames: isVendor(kind) ? adapter.toolNames : undefined,
  });
  return {
    url: head.url,
    headers: { ...head.headers, ...(call.dialect === 'messages' ? request.anthropicHeaders : {}) },
    body,
    dropped,
    restore,
  };
}

function keyed(request: TranslatedCall['request'], cacheKey: string | undefined): TranslatedCall['request'] {
  return cacheKey === undefined ? request : { ...request, body: withCacheKey(request.body, cacheKey) };
}

export function targetOf(candidate: Candidate): Target {
  return {
    kind: candidate.kind,
    provider: candidate.provider,
    baseUrl: candidate.baseUrl,
    apiKey: candidate.apiKey,
    model: candidate.model,
  };
}

function send(
  services: AttemptPorts,
  candidate: Candidate,
  providerRequest: { url: string; headers: Record<string, string>; body: Buffer | string },
  { cancellation, isStream }: { cancellation: Cancellation; isStream: boolean },
): Promise<Exchange> {
  const { plainLimits, streamLimits } = services.httpPools;
  const { pool, path } = services.httpPools.destination(providerRequest.url, candidate.trusted);
  const limits = isStream ? streamLimits : plainLimits;
  return Exchange.send(
    { pool, path, headers: providerRequest.headers, body: providerRequest.body, limits },
    cancellation,
  );
}
