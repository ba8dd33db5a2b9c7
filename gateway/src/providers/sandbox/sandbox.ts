import { hash } from 'node:crypto';
import { GatewayError } from '@ai-gateway/shared/errors';
import { parseUsd } from '@ai-gateway/shared/money';
import { inputOf } from '../../dialects/call-input.ts';
import type {
  Answer,
  AnswerPart,
  FinishReason,
  NeutralCall,
  StreamEvent,
  Tool,
  Usage,
} from '../../dialects/neutral.ts';
import type { ProviderFailure } from '../adapter.ts';
import { callerCode, cleanMessage, kindOfStatus } from '../failure.ts';
import { sampleOf } from './sample-json.ts';
import { cutAtStop, cutToTokens, shortened, streamedPieces, tokensOf } from './sandbox-text.ts';

export type SandboxOutcome =
  | { kind: 'answer'; answer: Answer }
  | { kind: 'failure'; failure: ProviderFailure & { status: number } };

/**
 * The built-in provider of test keys: answers every model with deterministic text, calls the tools it is told to, fills in
 * schemas, fails when asked to (`sandbox:error 429` as the last user text) and costs what it is told (`sandbox:cost 4.00`), so that a
 * scenario, its budget and its alerts can be rehearsed whole.
 */
export function answerSandbox(call: NeutralCall, model: string): SandboxOutcome {
  const asked = lastUserText(call);
  const { status } = rehearsalOf(call);
  if (status !== undefined) return { kind: 'failure', failure: rehearsedFailure(status) };
  const id = hash('sha256', `${model}\0${shortOf(call)}`).slice(0, 24);
  const tool = toolToCall(call, asked);
  const { thought, part, ...end } = cutToCeiling(call.maxTokens, {
    thought: asksToThink(call) ? 'The sandbox thinks about what you said.' : '',
    ...(tool === undefined ? textAnswer(call, model, asked) : toolAnswer(tool, id)),
  });
  const shown = thought !== '' && call.reasoning?.visible === true;
  return {
    kind: 'answer',
    answer: {
      id,
      model,
      parts: [...(shown ? [{ kind: 'reasoning' as const, text: thought }] : []), ...(part === undefined ? [] : [part])],
      finish: end.finish,
      ...(end.stopSequence === undefined ? {} : { stopSequence: end.stopSequence }),
      usage: usageOf(call, thought, part),
    },
  };
}

/** The call in so few words that a hash of them costs nothing: what is long counts by its end and its length. */
function shortOf({ messages }: NeutralCall): string {
  const texts = messages.slice(-100).flatMap(({ role, parts }) => [role, ...parts.slice(-100).map(shortPart)]);
  return `${messages.length}\0${texts.join('\0')}`;
}

function shortPart(part: NeutralCall['messages'][number]['parts'][number]): string {
  const text =
    part.kind === 'text' ? part.text : part.kind === 'tool-call' ? `${part.id} ${part.arguments}` : part.kind;
  return `${text.length} ${text.slice(-2_000)}`;
}

/** A wish of the last user text of a call of a test key. */
interface Rehearsal {
  /** `sandbox:cost 4.00`, in dollars. */
  costNanos?: bigint | undefined;
  /** `sandbox:error 429` */
  status?: number;
}

/** Throws `invalid_request` for a text that begins as such a wish and is none: a rehearsal of nothing looks like a success. */
export function rehearsalOf(call: Pick<NeutralCall, 'messages' | 'dialect'>): Rehearsal {
  const asked = lastUserText(call);
  const wish = /^sandbox:(cost|error)\b/i.exec(asked)?.[1]?.toLowerCase();
  if (wish === undefined) return {};
  if (wish === 'cost') {
    const dollars = /^sandbox:cost (\d{1,6}(?:\.\d{1,9})?)$/.exec(asked)?.[1];
    if (dollars !== undefined) return { costNanos: parseUsd(dollars) };
    throw noRehearsal(
      call,
      asked,
      'sets no cost. Write dollars without a sign, from 0 to 999999: `sandbox:cost 4.00`.',
    );
  }
  const status = /^sandbox:error ([45]\d{2})$/.exec(asked)?.[1];
  if (status !== undefined) return { status: Number(status) };
  throw noRehearsal(call, asked, 'names no failure. Write a status from 400 to 599: `sandbox:error 429`.');
}

function noRehearsal({ dialect }: Pick<NeutralCall, 'dialect'>, asked: string, because: string): GatewayError {
  const param = dialect === 'responses' ? 'input' : 'messages';
  return new GatewayError('invalid_request', `The text "${asked.slice(0, 100)}" ${because}`, { param });
}

function rehearsedFailure(status: number): ProviderFailure & { status: number } {
  const kind = kindOfStatus(status);
  const message = cleanMessage(`the sandbox was asked for status ${status}`, status);
  return { kind, message, status, ...(kind === 'caller' ? { code: callerCode(status, message) } : {}) };
}

function lastUserText(call: Pick<NeutralCall, 'messages'>): string {
  const parts = call.messages.findLast(({ role }) => role === 'user')?.parts ?? [];
  return parts
    .flatMap((part) => (part.kind === 'text' ? [part.text] : []))
    .join('\n')
    .trim();
}

function asksToThink({ reasoning }: NeutralCall): boolean {
  if (reasoning === undefined || reasoning.effort === 'none') return false;
  return reasoning.effort !== undefined || reasoning.budgetTokens !== undefined || reasoning.visible === true;
}

/** A tool that is forced; else one the user's words name, unless the last word is a tool's own result. */
function toolToCall({ toolChoice, tools, messages }: NeutralCall, asked: string): Tool | undefined {
  if (toolChoice?.kind === 'none') return undefined;
  if (toolChoice?.kind === 'tool') return tools.find(({ name }) => name === toolChoice.name);
  if (tools.length === 0) return undefined;
  // Tools are named at the beginning or the end of what is asked, not in the middle of a book.
  const words = new Set(`${asked.slice(0, 20_000)} ${asked.slice(20_000).slice(-20_000)}`.split(/[^\w.-]+|\.(?=\s|$)/));
  const named = tools.find(({ name }) => words.has(name));
  if (toolChoice?.kind === 'required') return named ?? tools[0];
  return messages.at(-1)?.role === 'tool' ? undefined : named;
}

interface Written {
  thought: string;
  part: Extract<AnswerPart, { kind: 'text' | 'tool-call' }> | undefined;
  finish: FinishReason;
  stopSequence: string | undefined;
}

function toolAnswer({ name, parameters }: Tool, id: string): Omit<Written, 'thought'> {
  const sampled = sampleOf({ type: 'object', ...parameters });
  const args = typeof sampled === 'object' && sampled !== null ? sampled : {};
  return {
    part: { kind: 'tool-call', id: `call_${id}`, name, arguments: JSON.stringify(args) },
    finish: 'tool-calls',
    stopSequence: undefined,
  };
}

function textAnswer(call: NeutralCall, model: string, asked: string): Omit<Written, 'thought'> {
  const { text, stopSequence } = cutAtStop(fullText(call, model, asked), call.stop);
  return {
    part: { kind: 'text', text },
    finish: stopSequence === undefined ? 'stop' : 'stop-sequence',
    stopSequence,
  };
}

const echoedChars = 200;

function fullText(call: NeutralCall, model: string, asked: string): string {
  if (call.output.kind === 'json-schema') return JSON.stringify(sampleOf(call.output.schema) ?? {});
  const text = `This is the sandbox, answering as ${model}. You said: ${shortened(asked, echoedChars)}`;
  return call.output.kind === 'json' ? JSON.stringify({ answer: text }) : text;
}

/** The ceiling is on everything the model writes, thoughts first; what goes over it is cut off, even inside a tool's arguments. */
function cutToCeiling(maxTokens: number | undefined, whole: Written): Written {
  const { part } = whole;
  if (maxTokens === undefined || tokensOf(writtenOf(whole.thought, part)) <= maxTokens) return whole;
  const length = { finish: 'length', stopSequence: undefined } as const;
  const thought = cutToTokens(whole.thought, maxTokens);
  const left = cutToTokens(writtenOf(whole.thought, part), maxTokens).slice(whole.thought.length);
  if (part?.kind === 'text') return { ...length, thought, part: { ...part, text: left } };
  if (part === undefined || left.length <= part.name.length) return { ...length, thought, part: undefined };
  return { ...length, thought, part: { ...part, arguments: left.slice(part.name.length) } };
}

function writtenOf(thought: string, part: Written['part']): string {
  return thought + (part?.kind === 'tool-call' ? part.name + part.arguments : (part?.text ?? ''));
}

const tokensPerPicture = 765;

function usageOf(call: NeutralCall, thought: string, part: Written['part']): Usage {
  const { inputText, images, fileTokens } = inputOf(call);
  const outputTokens = Math.max(1, tokensOf(writtenOf(thought, part)));
  return {
    inputTokens: Math.max(1, tokensOf(inputText)) + images * tokensPerPicture + fileTokens,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    outputTokens,
    reasoningTokens: Math.min(tokensOf(thought), outputTokens),
  };
}

/** The same answer in steps, a word or so each. */
export function* streamSandbox(answer: Answer): Generator<StreamEvent> {
  yield { kind: 'start', id: answer.id, model: answer.model };
  let index = 0;
  for (const part of answer.parts) {
    if (part.kind === 'tool-call') {
      yield { kind: 'tool-call', index, id: part.id, name: part.name };
      for (const text of streamedPieces(part.arguments)) yield { kind: 'tool-arguments', index, text };
      index += 1;
    } else if (part.kind === 'reasoning') {
      for (const text of streamedPieces(part.text)) yield { kind: 'reasoning', text };
      yield { kind: 'reasoning-end' };
    } else for (const text of streamedPieces(part.text)) yield { kind: 'text', text };
  }
  const { finish: reason, stopSequence, usage } = answer;
  yield { kind: 'finish', reason, ...(stopSequence === undefined ? {} : { stopSequence }) };
  if (usage !== undefined) yield { kind: 'usage', usage };
}

/** A vector of length one, the same for the same text. */
export function sandboxVector(text: string, dimensions: number): number[] {
  const values: number[] = [];
  let squares = 0;
  // A long text is read once, not once a block.
  const seed = hash('sha256', text, 'base64');
  for (let block = 0; values.length < dimensions; block++) {
    const digest = hash('sha256', `${block}\0${seed}`, 'buffer');
    for (const byte of digest.subarray(0, dimensions - values.length)) {
      const value = byte - 127.5;
      values.push(value);
      squares += value * value;
    }
  }
  const length = Math.sqrt(squares);
  return values.map((value) => value / length);
}

export function sandboxTokens(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Math.max(1, tokensOf(text)), 0);
}
