import { contentOf, contentOfParts } from '../dialects/answer-content.ts';
import { parseExact } from '../dialects/exact-json.ts';
import type { Answer, JsonObject, NeutralCall } from '../dialects/neutral.ts';
import { type Adapter, type ProviderFailure, UnreadableAnswer } from '../providers/adapter.ts';
import type { TranslatedCall } from '../providers/translated-call.ts';
import { type AttemptFailure, failureOfExchange } from './attempt.ts';
import type { Tried } from './attempt-outcome.ts';
import { checkAnswer, isChecked } from './check-answer.ts';
import type { Exchange } from './exchange.ts';
import type { ModelCall } from './model-call.ts';
import type { Relay } from './relay-body.ts';
import type { Spent } from './spent.ts';
import { StreamRun } from './stream-run.ts';
import { relayTransform, translateTransform } from './stream-transform.ts';

export const errorBytesMax = 64 * 1024;

export interface AnswerContext {
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

export function readPlain(
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
    const sent = restore?.(body) ?? body;
    const checks = isChecked(call)
      ? checkAnswer(call, contentOf(call.dialect, sent === body ? json : (parseObject(sent) ?? json)))
      : undefined;
    return { kind: 'plain', body: sent, ...read, checks, dropped, firstByteAt };
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
    checks: isChecked(call) ? checkAnswer(call, contentOfParts(answer.parts)) : undefined,
    dropped,
    firstByteAt,
  };
}

export async function readStream({
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
export const toCeiling: Spent = { usage: undefined, text: '', unseen: 'ceiling' };

/** A stream that is aborted is not written any further. */
export const byTime: Spent = { usage: undefined, text: '', unseen: 'time' };

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
