import type {
  Answer,
  AnswerPart,
  FinishReason,
  JsonObject,
  ServerSentEvent,
  StreamEvent,
} from '../dialects/neutral.ts';
import { type StreamReader, UnreadableAnswer } from './adapter.ts';
import { cleanMessage } from './failure.ts';
import { readOpenAiUsage } from './read-usage.ts';

/** A chat completion as a neutral answer. Only what is used is read; of several choices the first. */
export function readCompletion(body: unknown): Answer {
  const completion = asObject(body);
  const choice = asObject(asArray(completion?.choices)?.[0]);
  const message = asObject(choice?.message);
  if (completion === undefined || choice === undefined || message === undefined) throw unreadable(completion);
  const parts = readMessage(message);
  const usage = readOpenAiUsage(completion.usage);
  return {
    id: asText(completion.id) ?? '',
    model: asText(completion.model) ?? '',
    parts,
    finish: finishOf(
      choice.finish_reason,
      parts.some(({ kind }) => kind === 'tool-call'),
    ),
    ...(usage && { usage }),
    ...(choice.logprobs ? { logprobs: choice.logprobs } : {}),
  };
}

function readMessage(message: JsonObject): AnswerPart[] {
  const reasoning = asText(message.reasoning_content) ?? asText(message.reasoning);
  const content = textOf(message.content);
  const refusal = asText(message.refusal);
  const annotations = asArray(message.annotations);
  return [
    ...(reasoning ? [{ kind: 'reasoning' as const, text: reasoning }] : []),
    ...(content ? [{ kind: 'text' as const, text: content, ...(annotations?.length ? { annotations } : {}) }] : []),
    ...(refusal ? [{ kind: 'refusal' as const, text: refusal }] : []),
    ...(asArray(message.tool_calls) ?? []).flatMap((item, i): AnswerPart[] => {
      const call = asObject(item);
      const fn = asObject(call?.function);
      const name = asText(fn?.name);
      if (name === undefined) return [];
      return [
        { kind: 'tool-call', id: asText(call?.id) ?? `call_${i}`, name, arguments: asText(fn?.arguments) || '{}' },
      ];
    }),
  ];
}

/** Some servers answer with a list of parts. */
function textOf(content: unknown): string | undefined {
  const parts = asArray(content);
  return parts === undefined ? asText(content) : parts.map((part) => asText(asObject(part)?.text) ?? '').join('');
}

function finishOf(reason: unknown, calledTools: boolean): FinishReason {
  if (reason === 'length') return 'length';
  if (reason === 'content_filter') return 'content-filter';
  // Some servers say `stop` after tool calls.
  return reason === 'tool_calls' || reason === 'function_call' || calledTools ? 'tool-calls' : 'stop';
}

/** Chat completion chunks, as OpenAI sends them and as servers that follow it more or less closely do. */
export function chatStreamReader(): StreamReader {
  const tools = new ToolCalls();
  let started = false;
  let finish: unknown;
  let done = false;
  const start = (chunk: JsonObject): StreamEvent[] => {
    if (started) return [];
    started = true;
    return [{ kind: 'start', id: asText(chunk.id) ?? '', model: asText(chunk.model) ?? '' }];
  };
  return {
    push({ data }: ServerSentEvent) {
      if (data.trim() === '[DONE]') {
        done = true;
        return [];
      }
      const chunk = parseObject(data);
      if (chunk === undefined) return [];
      if (chunk.error !== undefined && chunk.error !== null)
        return [{ kind: 'error', message: cleanMessage(asObject(chunk.error)?.message ?? chunk.error, 500) }];
      const usage = readOpenAiUsage(chunk.usage);
      const choice = asObject(asArray(chunk.choices)?.[0]);
      const events: StreamEvent[] = choice === undefined && !started ? [] : start(chunk);
      const delta = asObject(choice?.delta);
      if (delta !== undefined) events.push(...readDelta(delta, choice?.logprobs, tools));
      if (choice?.finish_reason) finish = choice.finish_reason;
      if (usage !== undefined) events.push({ kind: 'usage', usage });
      return events;
    },
    end() {
      // Every server sends a finish reason; `[DONE]` some forget.
      const complete = finish !== undefined || (done && started);
      return { complete, events: complete ? [{ kind: 'finish', reason: finishOf(finish, tools.any) }] : [] };
    },
  };
}

function readDelta(delta: JsonObject, logprobs: unknown, tools: ToolCalls): StreamEvent[] {
  const reasoning = asText(delta.reasoning_content) ?? asText(delta.reasoning);
  const content = textOf(delta.content);
  const refusal = asText(delta.refusal);
  return [
    ...(reasoning ? [{ kind: 'reasoning' as const, text: reasoning }] : []),
    ...(content ? [{ kind: 'text' as const, text: content, ...(logprobs ? { logprobs } : {}) }] : []),
    ...(refusal ? [{ kind: 'refusal' as const, text: refusal }] : []),
    ...(asArray(delta.tool_calls) ?? []).flatMap((item) => tools.take(asObject(item) ?? {})),
  ];
}

/** Numbers tool calls from 0 in the order they begin, whatever numbers the server gives them, or none. */
class ToolCalls {
  readonly #numbers = new Map<string, number>();
  readonly #ids = new Set<string>();
  #latest = -1;

  get any(): boolean {
    return this.#latest >= 0;
  }

  take(call: JsonObject): StreamEvent[] {
    const fn = asObject(call.function);
    const id = asText(call.id);
    const name = asText(fn?.name);
    const key = typeof call.index === 'number' ? `#${call.index}` : id === undefined ? undefined : `id ${id}`;
    // A new id under an old number is a new call: some servers number all of them 0.
    const begins = name !== undefined && id !== undefined && !this.#ids.has(id);
    const known = begins ? undefined : key === undefined ? this.#latest : this.#numbers.get(key);
    const events: StreamEvent[] = [];
    let index = known ?? -1;
    if (known === undefined || known < 0) {
      if (name === undefined) return [];
      index = ++this.#latest;
      if (key !== undefined) this.#numbers.set(key, index);
      if (id !== undefined) this.#ids.add(id);
      events.push({ kind: 'tool-call', index, id: id ?? `call_${index}`, name });
    }
    const text = asText(fn?.arguments);
    if (text) events.push({ kind: 'tool-arguments', index, text });
    return events;
  }
}

export function parseObject(data: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(data));
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
    message: told === undefined ? 'the provider answered something that is no answer' : cleanMessage(told, 200),
  });
}
