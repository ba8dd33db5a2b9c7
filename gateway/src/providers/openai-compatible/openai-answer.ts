import { exactly } from '../../dialects/exact-json.ts';
import type {
  Answer,
  AnswerPart,
  FinishReason,
  JsonObject,
  ServerSentEvent,
  StreamEvent,
} from '../../dialects/neutral.ts';
import { readOpenAiUsage, withOpenAiExtras } from '../../dialects/read-usage.ts';
import { argumentsText } from '../../dialects/tool-arguments.ts';
import { type StreamReader, UnreadableAnswer } from '../adapter.ts';
import { brokenArguments, brokenCall, lostCall, namelessCall } from '../broken-call.ts';
import { cleanMessage } from '../failure.ts';
import { asArray, asObject, asText, parseObject } from '../read-json.ts';
import { callId, ToolCalls } from './tool-call-pieces.ts';

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
  // Parts of a kind nobody here knows say so; a part without a kind is the answer.
  return part.type === undefined ? { text: JSON.stringify(exactly(part)) } : {};
}

/** A refusal in words ends with `stop` at OpenAI; every dialect names it a refusal. */
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

/** The first of several choices, which is not the first of each chunk: each chunk has one. */
function firstChoice({ choices }: JsonObject): JsonObject | undefined {
  const list = asArray(choices);
  const first = asObject(list?.[0]);
  return first === undefined || !first.index ? first : asObject(list?.find((choice) => asObject(choice)?.index === 0));
}

/** An event that cannot be read is a failure: skipped, it would be a hole in the answer. */
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

export function unreadable(body: JsonObject | undefined): UnreadableAnswer {
  const reason = asObject(body?.error)?.message;
  return new UnreadableAnswer({
    kind: 'broken',
    message: reason === undefined ? 'the provider sent an answer that cannot be read' : cleanMessage(reason, 200),
  });
}
