import { GatewayError } from '@ai-gateway/shared/errors';
import { isVendor } from '@ai-gateway/shared/provider-kinds';
import { parseExact } from '../dialects/exact-json.ts';
import type { Answer, JsonObject, NeutralCall, Usage } from '../dialects/neutral.ts';
import type { HttpPools } from '../http-pools/http-pools.ts';
import { estimateInputTokens } from '../models/count-tokens.ts';
import {
  type Adapter,
  type ProviderFailure,
  type ProviderRequest,
  type Target,
  UnreadableAnswer,
} from '../providers/adapter.ts';
import type { Provider } from '../providers/define-provider.ts';
import { ownServer, providerOf } from '../providers/providers.ts';
import { type TranslatedCall, translateCall } from '../providers/translated-call.ts';
import type { Candidate } from '../routing/route.ts';
import { answerInSandbox } from './answer-in-sandbox.ts';
import { type AttemptFailure, failureOfExchange, retryAfterOf } from './attempt.ts';
import type { Cancellation } from './cancellation.ts';
import { Exchange, ExchangeError } from './exchange.ts';
import { hidingCost } from './hide-cost.ts';
import type { ModelCall } from './model-call.ts';
import { type Relay, relayBody } from './relay-body.ts';
import type { Spent } from './spent.ts';
import { StreamRun } from './stream-run.ts';
import { relayTransform, translateTransform } from './stream-transform.ts';

export interface AttemptPorts {
  now: () => number;
  httpPools: HttpPools;
}

export type Answered =
  | {
      kind: 'plain';
      body: Buffer | string;
      model: string;
      usage: Usage | undefined;
      text: string;
      /** Ids under which the vendor may keep the answer. */
      answerIds?: readonly string[] | undefined;
      dropped: readonly string[];
      firstByteAt: number | undefined;
    }
  | {
      kind: 'stream';
      run: Pick<StreamRun, 'attach' | 'transform' | 'abort'>;
      /** The provider's failure inside its stream, if any. */
      failure: () => AttemptFailure | undefined;
      dropped: readonly string[];
      firstByteAt: () => number | undefined;
    };

export type Tried =
  | Answered
  /** `spent` is undefined where the provider bills nothing: it was never reached, or refused. */
  | { kind: 'failed'; failure: AttemptFailure; spent?: Spent | undefined }
  /** A stream's client has left, or the process stops. */
  | { kind: 'gone'; spent?: Spent | undefined }
  /** Strict mode, and this provider would have to drop a parameter. */
  | { kind: 'unsupported'; error: GatewayError };

interface AttemptRequest {
  request: ModelCall;
  call: NeutralCall;
  candidate: Candidate;
  /** The most tokens of answer to ask for, where that must be written into the request. */
  ceiling: number | undefined;
}

const plainBytesMax = 64 * 1024 * 1024;
const errorBytesMax = 64 * 1024;

/** One try of a call at one candidate, up to the first byte of an answer. Expected failures are values. */
export async function tryCandidate(services: AttemptPorts, options: AttemptRequest): Promise<Tried> {
  const { request, candidate, ceiling } = options;
  const call = ceiling === undefined ? options.call : { ...options.call, maxTokens: ceiling };
  const provider = providerOf(candidate.kind === 'sandbox' ? (candidate.standsFor ?? ownServer) : candidate.kind);
  const adapter = provider.adapterFor(call, candidate.model);
  const relayed = adapter.native.includes(call.dialect);
  const translated = relayed ? undefined : translateCall(adapter, call, targetOf(candidate));
  const providerRequest = translated?.request ?? relay(adapter, provider, options);
  const { dropped } = providerRequest;
  const lost = relayed ? provider.lost(call, candidate.model) : undefined;
  if (lost !== undefined) return { kind: 'unsupported', error: unsupported([lost], candidate) };
  if (request.strict && dropped.length > 0) return { kind: 'unsupported', error: unsupported(dropped, candidate) };
  // A parameter that a vendor would not get is found in test mode, before production.
  if (candidate.kind === 'sandbox') return answerInSandbox(request, call, candidate, dropped);
  // Counted while the provider thinks.
  const counting = !relayed && call.stream && call.dialect === 'messages' ? estimateInputTokens(call) : undefined;
  try {
    const exchange = await send(services, candidate, providerRequest, {
      cancellation: request.cancellation,
      isStream: call.stream,
    });
    if (exchange.status < 200 || exchange.status > 299)
      return { kind: 'failed', failure: withoutKey(await refusal(services, adapter, exchange), candidate) };
    const restore = 'restore' in providerRequest ? hidingCost(request, providerRequest.restore) : undefined;
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
  { request, call, candidate, ceiling }: AttemptRequest,
): Omit<ProviderRequest, 'body'> & Relay {
  const head = adapter.relay(call.dialect, targetOf(candidate));
  const { outline, json } = request;
  const { body, dropped, restore } = relayBody({
    body: request.body,
    outline,
    json,
    call,
    model: candidate.model,
    kind,
    ceiling,
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

async function refusal(
  services: Pick<AttemptPorts, 'now'>,
  adapter: Adapter,
  exchange: Exchange,
): Promise<AttemptFailure> {
  const retryAfterSeconds = retryAfterOf(exchange.headers['retry-after'], services.now());
  const status = exchange.status;
  if (status >= 300 && status < 400) {
    // A redirect is a failure: following one would carry the key to an address nobody checked.
    exchange.abort();
    return { kind: 'broken', status, message: 'the provider answered with a redirect' };
  }
  const body = await exchange.collect(errorBytesMax).catch(() => Buffer.alloc(0));
  const failure = adapter.error(status, body.toString('utf8'));
  return {
    ...failure,
    ...overloaded(failure, status),
    status,
    retryAfterSeconds: retryAfterSeconds ?? failure.retryAfterSeconds,
  };
}

/** Anthropic's 529, which others have taken over: as a 429, it is the model that is busy. */
export function overloaded({ kind }: ProviderFailure, status: number): { kind?: 'busy' } {
  return status === 529 && kind === 'broken' ? { kind: 'busy' } : {};
}

interface AnswerContext {
  adapter: Adapter;
  /** Undefined where the answer is relayed. */
  translated: TranslatedCall | undefined;
  exchange: Exchange;
  request: ModelCall;
  call: NeutralCall;
  dropped: readonly string[];
  inputTokens: number | undefined;
  /** Of a relayed answer: gives it back the caller's own names of tools, and takes out what the caller may not see. */
  restore: Relay['restore'];
}

function readPlain(
  { adapter, translated, exchange, request, call, dropped, restore }: AnswerContext,
  body: Buffer,
): Tried {
  const { firstByteAt } = exchange;
  const json = parseObject(body, translated === undefined ? JSON.parse : parseExact);
  if (json === undefined) return { kind: 'failed', failure: nonsense, spent: toCeiling };
  if (translated === undefined) {
    const read = request.dialect.readPlain(json);
    if (read === undefined)
      return { kind: 'failed', failure: failureInBody(adapter, json), spent: reportedIn(adapter, json) };
    return { kind: 'plain', body: restore?.(body) ?? body, ...read, dropped, firstByteAt };
  }
  const answer = answerIn(adapter, translated, json);
  if ('kind' in answer) return { kind: 'failed', failure: answer, spent: reportedIn(adapter, json) };
  const written = request.dialect.answer(answer, { requestId: request.id, createdAtMs: request.receivedAtMs, call });
  const text = answer.parts.map((part) => (part.kind === 'tool-call' ? part.arguments : part.text)).join('');
  return {
    kind: 'plain',
    body: JSON.stringify(written),
    model: answer.model,
    usage: answer.usage,
    text,
    dropped,
    firstByteAt,
  };
}

async function readStream({
  adapter,
  translated,
  exchange,
  request,
  call,
  dropped,
  inputTokens,
  restore,
}: AnswerContext): Promise<Tried> {
  if (!String(exchange.headers['content-type'] ?? '').includes('text/event-stream')) {
    // An HTML page, or an error body under a 200.
    const json = parseObject(await exchange.collect(errorBytesMax));
    return json === undefined
      ? { kind: 'failed', failure: nonsense, spent: toCeiling }
      : { kind: 'failed', failure: failureInBody(adapter, json), spent: reportedIn(adapter, json) };
  }
  const isOurs = (errorBody: string): boolean => adapter.error(500, errorBody).kind === 'account';
  const transform =
    translated === undefined
      ? relayTransform(request.dialect.scanner(call), isOurs, restore)
      : translateTransform(
          translated.stream(),
          translated.writer(
            request.dialect.stream({ requestId: request.id, createdAtMs: request.receivedAtMs, call, inputTokens }),
          ),
          isOurs,
        );
  const run = new StreamRun(exchange, transform);
  await run.ready;
  const { ended } = run;
  if (ended !== undefined && ended.kind !== 'complete' && transform.text === '') {
    const { usage, begun, errorBody } = transform;
    if (request.cancellation.cancelled) return { kind: 'gone', spent: { ...byTime, usage, begun } };
    const spent: Spent = { ...toCeiling, usage, begun };
    if (ended.kind === 'broken') return { kind: 'failed', failure: failureOfExchange(ended.error), spent };
    return {
      kind: 'failed',
      spent,
      failure:
        errorBody === undefined
          ? { kind: 'broken', message: ended.message ?? 'the provider failed as its answer began' }
          : failureIn(adapter, errorBody),
    };
  }
  const failure = (): AttemptFailure | undefined =>
    transform.errorBody === undefined ? undefined : failureIn(adapter, transform.errorBody);
  return { kind: 'stream', run, failure, dropped, firstByteAt: () => exchange.firstByteAt };
}

/** A request that went out and came to nothing may have been billed whole; an unknown length is taken at its ceiling. */
const toCeiling: Spent = { usage: undefined, text: '', unseen: 'ceiling' };
/** A stream that is aborted is not written any further. */
const byTime: Spent = { usage: undefined, text: '', unseen: 'time' };

/** The usage in a body that is not an answer: some report it beside an error. */
function reportedIn(adapter: Adapter, json: JsonObject): Spent {
  return { ...toCeiling, usage: adapter.usageIn(json) };
}

function parseObject(body: Buffer, parse: (text: string) => unknown = JSON.parse): JsonObject | undefined {
  try {
    const value = parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

const nonsense: AttemptFailure = { kind: 'broken', message: 'the provider sent an answer that cannot be read' };

/** An error body under a 200: what it says is read as if it had come with a 500. */
function failureInBody(adapter: Adapter, json: JsonObject): AttemptFailure {
  if (json.error === undefined && json.type !== 'error') return nonsense;
  return failureIn(adapter, JSON.stringify(json));
}

function failureIn(adapter: Adapter, errorBody: string): AttemptFailure {
  const { kind, message, refusal }: ProviderFailure = adapter.error(500, errorBody);
  return kind === 'account' || kind === 'busy' ? { kind, message, refusal } : { kind: 'broken', message };
}

function answerIn(adapter: Adapter, translated: TranslatedCall, json: JsonObject): Answer | AttemptFailure {
  try {
    return translated.response(json);
  } catch (error) {
    if (!(error instanceof UnreadableAnswer)) throw error;
    return (json.error ?? json.type === 'error') ? failureInBody(adapter, json) : { ...error.failure };
  }
}

/** Vendors repeat the key they refuse, and not every key looks like one. */
export function withoutKey(failure: AttemptFailure, { apiKey }: Pick<Candidate, 'apiKey'>): AttemptFailure {
  return apiKey.length < 6 || !failure.message.includes(apiKey)
    ? failure
    : { ...failure, message: failure.message.replaceAll(apiKey, '[key]') };
}

function unsupported(dropped: readonly string[], candidate: Candidate): GatewayError {
  return new GatewayError(
    'unsupported_parameter',
    `"${candidate.model}" does not support ${dropped.join(', ')}. Leave it out, choose another model, or drop X-Gateway-Strict to have it ignored.`,
    { param: dropped[0] },
  );
}
