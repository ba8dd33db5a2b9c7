import { createHash } from 'node:crypto';
import type { Answer, AnswerPart, FinishReason, NeutralCall, StreamEvent, Tool, Usage } from '../dialects/neutral.ts';
import type { ProviderFailure } from './adapter.ts';
import { inputOf } from './count-tokens.ts';
import { callerCode, cleanMessage, kindOfStatus } from './failure.ts';
import { sampleOf } from './sample-json.ts';

/** Tokens are counted at four bytes each: the same for the same request, streamed or not, on every machine. */
const bytesPerToken = 4;
const echoedChars = 200;

export type SandboxOutcome =
  | { kind: 'answer'; answer: Answer }
  | { kind: 'failure'; failure: ProviderFailure & { status: number } };

/**
 * The built-in provider of test keys: answers every model with deterministic text, calls the tools it is told to, fills in
 * schemas, and fails when asked to (`sandbox:error 429` as the last user text), so that a scenario can be rehearsed whole.
 */
export function answerSandbox(call: NeutralCall, model: string): SandboxOutcome {
  const asked = lastUserText(call);
  const status = Number(/^sandbox:error (\d{3})\s*$/.exec(asked)?.[1]);
  if (status >= 400 && status < 600) return { kind: 'failure', failure: rehearsedFailure(status) };
  const id = createHash('sha256').update(model).update(JSON.stringify(call.messages)).digest('hex').slice(0, 24);
  const tool = toolToCall(call, asked);
  const { parts, finish, stopSequence } =
    tool === undefined ? textAnswer(call, model, asked) : { ...toolAnswer(tool, id), stopSequence: undefined };
  const written = parts.map((part) => (part.kind === 'tool-call' ? part.name + part.arguments : part.text)).join('');
  return {
    kind: 'answer',
    answer: {
      id,
      model,
      parts,
      finish,
      ...(stopSequence === undefined ? {} : { stopSequence }),
      usage: usageOf(call, written),
    },
  };
}

function rehearsedFailure(status: number): ProviderFailure & { status: number } {
  const kind = kindOfStatus(status);
  const message = cleanMessage(`the sandbox was asked for status ${status}`, status);
  return { kind, message, status, ...(kind === 'caller' ? { code: callerCode(status, message) } : {}) };
}

function usageOf(call: NeutralCall, written: string): Usage {
  const { inputText, images } = inputOf(call);
  return {
    inputTokens: tokens(inputText) + images * 765,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: tokens(written),
    reasoningTokens: 0,
  };
}

function tokens(text: string): number {
  return Math.max(1, Math.ceil(Buffer.byteLength(text) / bytesPerToken));
}

function lastUserText(call: NeutralCall): string {
  const parts = call.messages.findLast(({ role }) => role === 'user')?.parts ?? [];
  return parts
    .flatMap((part) => (part.kind === 'text' ? [part.text] : []))
    .join('\n')
    .trim();
}

/** A tool that is forced; else one the user's words name, unless its result is there already. */
function toolToCall(call: NeutralCall, asked: string): Tool | undefined {
  const { toolChoice, tools } = call;
  if (toolChoice?.kind === 'none') return undefined;
  if (toolChoice?.kind === 'tool') return tools.find(({ name }) => name === toolChoice.name);
  if (call.messages.at(-1)?.parts.some(({ kind }) => kind === 'tool-result')) return undefined;
  return tools.find(({ name }) => asked.includes(name)) ?? (toolChoice?.kind === 'required' ? tools[0] : undefined);
}

function toolAnswer(tool: Tool, id: string): { parts: AnswerPart[]; finish: FinishReason } {
  const args = JSON.stringify(sampleOf({ type: 'object', ...tool.parameters }));
  return { parts: [{ kind: 'tool-call', id: `call_${id}`, name: tool.name, arguments: args }], finish: 'tool-calls' };
}

function textAnswer(
  call: NeutralCall,
  model: string,
  asked: string,
): { parts: AnswerPart[]; finish: FinishReason; stopSequence: string | undefined } {
  const whole = cut(fullText(call, model, asked), call.stop);
  const limit = call.maxTokens === undefined ? Number.POSITIVE_INFINITY : call.maxTokens * bytesPerToken;
  const text = Buffer.byteLength(whole.text) > limit ? truncate(whole.text, limit) : whole.text;
  const finish: FinishReason =
    text !== whole.text ? 'length' : whole.stopSequence === undefined ? 'stop' : 'stop-sequence';
  return {
    parts: [{ kind: 'text', text }],
    finish,
    stopSequence: finish === 'stop-sequence' ? whole.stopSequence : undefined,
  };
}

function fullText(call: NeutralCall, model: string, asked: string): string {
  if (call.output.kind === 'json-schema') return JSON.stringify(sampleOf(call.output.schema));
  const echoed = asked.length > echoedChars ? `${asked.slice(0, echoedChars)}…` : asked;
  const text = `This is the sandbox, answering as ${model}. You said: ${echoed}`;
  return call.output.kind === 'json' ? JSON.stringify({ answer: text }) : text;
}

function cut(text: string, stops: readonly string[]): { text: string; stopSequence: string | undefined } {
  let first: { at: number; stop: string } | undefined;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at >= 0 && (first === undefined || at < first.at)) first = { at, stop };
  }
  return first === undefined
    ? { text, stopSequence: undefined }
    : { text: text.slice(0, first.at), stopSequence: first.stop };
}

/** At most so many bytes, without cutting a character in two. */
function truncate(text: string, bytes: number): string {
  let out = '';
  let size = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    out += character;
  }
  return out;
}

/** The same answer in steps, a word or so each. */
export function* streamSandbox(answer: Answer): Generator<StreamEvent> {
  yield { kind: 'start', id: answer.id, model: answer.model };
  let index = 0;
  for (const part of answer.parts) {
    if (part.kind === 'tool-call') {
      yield { kind: 'tool-call', index, id: part.id, name: part.name };
      for (const text of pieces(part.arguments)) yield { kind: 'tool-arguments', index, text };
      index += 1;
    } else for (const text of pieces(part.text)) yield { kind: 'text', text };
  }
  yield {
    kind: 'finish',
    reason: answer.finish,
    ...(answer.stopSequence === undefined ? {} : { stopSequence: answer.stopSequence }),
  };
  if (answer.usage !== undefined) yield { kind: 'usage', usage: answer.usage };
}

function pieces(text: string): string[] {
  return text.match(/\s*\S{1,12}/g) ?? (text === '' ? [] : [text]);
}

/** A vector of length one, the same for the same text. */
export function sandboxVector(text: string, dimensions: number): number[] {
  const values: number[] = [];
  for (let block = 0; values.length < dimensions; block++) {
    const digest = createHash('sha256').update(`${block}\0${text}`).digest();
    for (let i = 0; i < digest.length && values.length < dimensions; i++)
      values.push(((digest[i] ?? 0) - 127.5) / 127.5);
  }
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

export function sandboxTokens(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + tokens(text), 0);
}
