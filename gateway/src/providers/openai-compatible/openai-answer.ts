import { createHash, randomUUID } from 'node:crypto';
import { exactly, parseExact } from '../../dialects/exact-json.ts';
import type {
  Answer,
  AnswerPart,
  FinishReason,
  JsonObject,
  ServerSentEvent,
  StreamEvent,
} from '../../dialects/neutral.ts';
import { readOpenAiUsage, withOpenAiExtras } from '../../dialects/read-usage.ts';
import { argumentsText, isArguments, saysNothing } from '../../dialects/tool-arguments.ts';
import { type StreamReader, UnreadableAnswer } from '../adapter.ts';
import { brokenArguments, brokenCall, lostCall, namelessCall } from '../broken-call.ts';
import { cleanMessage } from '../failure.ts';

/** A chat completion as a neutral answer. Only what is used is read; of several choices the first. */
export function readCompletion(body: unknown): Answer {
  const completion = asObject(body);
  const choice = asObject(asArray(completion?.choices)?.[0]);
  const message = asObject(choice?.message);
  if (completion === undefined || choice === undefined || message === undefined) throw unreadable(completion);
  const id = asText(completion.id) ?? '';
  const parts = readMessage(message, id);
  const lost = lostBy(choice.finish_reason, { saysNothing: parts.length === 0 });
  if (lost !== undefined) throw brokenCall(lost);
  const usage = withOpenAiExtras(readOpenAiUsage(completion.usage), completion);
  return {
    id,
    model: asText(completion.model) ?? '',
    parts,
    finish: finishOf(choice.finish_reason, {
      calledTools: parts.some(({ kind }) => kind === 'tool-call'),
      refused: parts.some(({ kind }) => kind === 'refusal'),
    }),
    ...(usage && { usage }),
    ...(choice.logprobs ? { logprobs: choice.logprobs } : {}),
  };
}

function readMessage(message: JsonObject, answerId: string): AnswerPart[] {
  const calls = callsIn(message);
  const legacy = asObject(message.function_call);
  const words = wordsOf(message.content);
  const reasoning = asText(message.reasoning_content) ?? asText(message.reasoning) ?? words.reasoning;
  const content = words.text;
  const refusal = asText(message.refusal) || words.refusal;
  const annotations = asArray(message.annotations);
  return [
    ...(reasoning ? [{ kind: 'reasoning' as const, text: reasoning }] : []),
    ...(content ? [{ kind: 'text' as const, text: content, ...(annotations?.length ? { annotations } : {}) }] : []),
    ...(refusal ? [{ kind: 'refusal' as const, text: refusal }] : []),
    ...(calls.length === 0 && legacy !== undefined ? [{ function: legacy }] : calls).map((item, i) =>
      readCall(asObject(item), callId(answerId, i)),
    ),
  ];
}

function readCall(call: JsonObject | undefined, ownId: string): AnswerPart {
  const fn = asObject(call?.function);
  const name = asText(fn?.name) || undefined;
  const args = argumentsText(fn?.arguments);
  if (name === undefined) throw brokenCall(namelessCall);
  if (args === undefined) throw brokenCall(brokenArguments);
  return { kind: 'tool-call', id: asText(call?.id) || ownId, name, arguments: args };
}

/** For a server that gives its calls no ids: the same streamed or not, and no other answer's. */
function callId(answerId: string, index: number): string {
  const seed = answerId === '' ? randomUUID() : answerId;
  return `call_${createHash('sha256').update(`${seed}/${index}`).digest('hex').slice(0, 24)}`;
}

/** A list; some servers give the one call there is without it. */
function callsIn({ tool_calls: calls }: JsonObject): readonly unknown[] {
  return asArray(calls) ?? (asObject(calls) === undefined ? [] : [calls]);
}

interface Words {
  text?: string;
  reasoning?: string;
  refusal?: string;
}

/** Some servers answer with a list of parts, thoughts among them (Mistral's `thinking`), or with the JSON itself instead of its text. */
function wordsOf(content: unknown): Words {
  if (typeof content === 'string') return { text: content };
  if (content === undefined || content === null) return {};
  const parts = asArray(content);
  if (parts === undefined) return wordsIn(content);
  const words = parts.map(wordsIn);
  const joined = (kind: keyof Words): string => words.map((one) => one[kind] ?? '').join('');
  return { text: joined('text'), reasoning: joined('reasoning'), refusal: joined('refusal') };
}

function wordsIn(value: unknown): Words {
  const part = asObject(value);
  if (part === undefined) return { text: typeof value === 'string' ? value : JSON.stringify(exactly(value)) };
  const text = asText(part.text);
  if (part.type === 'thinking') return { reasoning: wordsOf(part.thinking ?? text).text ?? '' };
  if (part.type === 'refusal') return { refusal: asText(part.refusal) ?? '' };
  if (text !== undefined) return { text };
  // Parts of a kind nobody here knows say so; what has no kind is the answer.
  return part.type === undefined ? { text: JSON.stringify(exactly(part)) } : {};
}

/** A refusal in words ends with `stop` at OpenAI; that it is one is told in every dialect. */
function finishOf(reason: unknown, { calledTools, refused }: { calledTools: boolean; refused: boolean }): FinishReason {
  // `model_length`: the model's own window is full (Mistral).
  if (reason === 'length' || reason === 'model_length') return 'length';
  if (reason === 'content_filter') return 'content-filter';
  if (refused) return 'refusal';
  // Some servers say `stop` after tool calls, and `tool_calls` after words.
  return calledTools ? 'tool-calls' : 'stop';
}

/** An answer that ends in an error (OpenRouter, DeepSeek) is none, and where a call is announced and nothing comes it was lost. */
function lostBy(reason: unknown, { saysNothing }: { saysNothing: boolean }): string | undefined {
  if (reason === 'error' || reason === 'insufficient_system_resource') return 'the provider did not finish its answer';
  return saysNothing && isCall(reason) ? lostCall : undefined;
}

function isCall(reason: unknown): boolean {
  return reason === 'tool_calls' || reason === 'function_call';
}

/** Chat completion chunks, as OpenAI sends them and as servers that follow it more or less closely do. */
export function chatStreamReader(): StreamReader {
  const tools = new ToolCalls();
  let started = false;
  let finish: unknown;
  let refused = false;
  let spoke = false;
  let done = false;
  const start = (chunk: JsonObject): StreamEvent[] => {
    if (started) return [];
    started = true;
    tools.answerId = asText(chunk.id) ?? '';
    return [{ kind: 'start', id: tools.answerId, model: asText(chunk.model) ?? '' }];
  };
  return {
    push({ data }: ServerSentEvent) {
      if (data.trim() === '[DONE]') {
        done = true;
        return [];
      }
      if (data.trim() === '') return [];
      const chunk = parseObject(data);
      if (chunk === undefined) return [{ kind: 'error', message: unreadableEvent }];
      if (chunk.error !== undefined && chunk.error !== null)
        return [{ kind: 'error', message: cleanMessage(asObject(chunk.error)?.message ?? chunk.error, 500) }];
      if (chunk.object === 'error') return [{ kind: 'error', message: cleanMessage(chunk.message, 500) }];
      const usage = withOpenAiExtras(readOpenAiUsage(chunk.usage), chunk);
      const choice = firstChoice(chunk);
      const events: StreamEvent[] = choice === undefined && !started ? [] : start(chunk);
      // Some servers send the whole message as one chunk.
      const delta = asObject(choice?.delta) ?? asObject(choice?.message);
      if (delta !== undefined) events.push(...readDelta(delta, choice?.logprobs, tools));
      refused ||= events.some(({ kind }) => kind === 'refusal');
      spoke ||= events.some(({ kind }) => kind === 'text' || kind === 'refusal');
      if (choice?.finish_reason) finish = choice.finish_reason;
      // Some servers count up from chunk to chunk.
      const isPartial = choice !== undefined && !choice.finish_reason && usage?.outputTokens === 0;
      if (usage !== undefined) events.push({ kind: 'usage', usage, ...(isPartial ? { isPartial } : {}) });
      return events;
    },
    end() {
      // Every server sends a finish reason; `[DONE]` some forget.
      const complete = finish !== undefined || (done && started);
      if (!complete) return { complete, events: [] };
      const calls = tools.end();
      const lost = lostBy(finish, { saysNothing: !spoke && !tools.any });
      if (lost !== undefined) return { complete, events: [{ kind: 'error', message: lost }] };
      const reason = finishOf(finish, { calledTools: tools.any, refused });
      return { complete, events: [...calls, { kind: 'finish', reason }] };
    },
  };
}

/** Of several choices the first, which is not the first of each chunk: each chunk has one. */
function firstChoice({ choices }: JsonObject): JsonObject | undefined {
  const list = asArray(choices);
  const first = asObject(list?.[0]);
  return first === undefined || !first.index ? first : asObject(list?.find((choice) => asObject(choice)?.index === 0));
}

/** Whatever cannot be understood is a failure: passed over it would be a hole in the answer. */
export const unreadableEvent = 'the provider sent something that cannot be read';

function readDelta(delta: JsonObject, logprobs: unknown, tools: ToolCalls): StreamEvent[] {
  const words = wordsOf(delta.content);
  const reasoning = asText(delta.reasoning_content) ?? asText(delta.reasoning) ?? words.reasoning;
  const content = words.text;
  const refusal = asText(delta.refusal) || words.refusal;
  const legacy = asObject(delta.function_call);
  return [
    ...(reasoning ? [{ kind: 'reasoning' as const, text: reasoning }] : []),
    ...(content ? [{ kind: 'text' as const, text: content, ...(logprobs ? { logprobs } : {}) }] : []),
    ...(refusal ? [{ kind: 'refusal' as const, text: refusal }] : []),
    ...callsIn(delta).flatMap((item) => tools.take(asObject(item) ?? {})),
    ...(legacy === undefined ? [] : tools.take({ function: legacy })),
  ];
}

/** One call of a tool as its pieces come. It is announced once its name is known, and its id or a word of its arguments. */
interface GrowingCall {
  id: string | undefined;
  name: string | undefined;
  /** Undefined until it is announced. */
  index: number | undefined;
  arguments: string;
}

/**
 * Pieces of calls, put together by the number the server gives each call, else by its id, else by what came last: "" is as good
 * as absent. Calls are numbered anew from 0 in the order they are announced.
 */
class ToolCalls {
  answerId = '';
  readonly #calls: GrowingCall[] = [];
  readonly #byNumber = new Map<number, GrowingCall>();
  #announced = 0;

  get any(): boolean {
    return this.#calls.length > 0;
  }

  take(piece: JsonObject): StreamEvent[] {
    const fn = asObject(piece.function);
    const id = asText(piece.id) || undefined;
    const name = asText(fn?.name) || undefined;
    const said = argumentsOf(fn?.arguments);
    if (said === undefined) return [{ kind: 'error', message: brokenArguments }];
    const number = numberOf(piece.index);
    const call = this.#find(number, { id, name, said }) ?? this.#begin(number);
    call.id ??= id;
    call.name ??= name;
    if (call.name === undefined || (call.index === undefined && call.id === undefined && said === '')) {
      call.arguments += said;
      return [];
    }
    const events = this.#announce(call);
    // What a call says before it is announced waits for that.
    const text = events.length > 0 ? call.arguments + said : said;
    if (events.length === 0) call.arguments += said;
    else call.arguments = text;
    return text === '' ? events : [...events, { kind: 'tool-arguments', index: call.index ?? 0, text }];
  }

  /** Calls that never said more than their name; one without a name cannot be called. */
  end(): StreamEvent[] {
    return this.#calls.flatMap((call): StreamEvent[] => {
      if (call.index !== undefined) return [];
      if (call.name === undefined) return [{ kind: 'error', message: namelessCall }];
      return this.#announce(call);
    });
  }

  #find(
    number: unknown,
    { id, name, said }: { id: string | undefined; name: string | undefined; said: string },
  ): GrowingCall | undefined {
    const numbered = typeof number === 'number' ? this.#byNumber.get(number) : undefined;
    const named = id === undefined ? undefined : this.#calls.find((call) => call.id === id);
    if (typeof number !== 'number') {
      if (named !== undefined) return named;
      // Neither number nor id known: a name begins a call, anything else belongs to the last one.
      const latest = this.#calls.at(-1);
      if (name !== undefined && latest?.name !== undefined) return undefined;
      return id !== undefined && latest?.id !== undefined ? undefined : latest;
    }
    if (numbered === undefined) return undefined;
    if (named === numbered || name === undefined || numbered.name === undefined) return numbered;
    // Some servers number all of them 0: a new id with a name is a new call, and so is a whole call after a whole call.
    if (id !== undefined) return numbered.id === undefined && numbered.name === name ? numbered : undefined;
    return said !== '' && numbered.arguments.trim() !== '' && isArguments(numbered.arguments) ? undefined : numbered;
  }

  #begin(number: unknown): GrowingCall {
    const call: GrowingCall = { id: undefined, name: undefined, index: undefined, arguments: '' };
    this.#calls.push(call);
    if (typeof number === 'number') this.#byNumber.set(number, call);
    return call;
  }

  #announce(call: GrowingCall): StreamEvent[] {
    if (call.index !== undefined) return [];
    const index = this.#announced++;
    call.index = index;
    call.id ??= callId(this.answerId, index);
    return [{ kind: 'tool-call', index, id: call.id, name: call.name ?? '' }];
  }
}

/** The number of a call, which some servers write as text. */
function numberOf(index: unknown): unknown {
  return typeof index === 'string' && /^\d{1,4}$/.test(index) ? Number(index) : index;
}

/** A piece of arguments: text, or from some servers the whole of them as an object. Undefined for what can be neither. */
function argumentsOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value === 'null' || value === '[]' ? '' : value;
  const text = argumentsText(value);
  return text !== undefined && saysNothing(text) ? '' : text;
}

export function parseObject(data: string): JsonObject | undefined {
  try {
    return asObject(parseExact(data));
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

export function asArray(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function unreadable(body: JsonObject | undefined): UnreadableAnswer {
  const told = asObject(body?.error)?.message;
  return new UnreadableAnswer({
    kind: 'broken',
    message: told === undefined ? 'the provider sent an answer that cannot be read' : cleanMessage(told, 200),
  });
}
