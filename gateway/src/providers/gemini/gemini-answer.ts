import { createHash, randomUUID } from 'node:crypto';
import type { Answer, AnswerPart, FinishReason, JsonObject } from '../../dialects/neutral.ts';
import { readGeminiUsage } from '../../dialects/read-usage.ts';
import { argumentsText } from '../../dialects/tool-arguments.ts';
import { UnreadableAnswer } from '../adapter.ts';
import { brokenArguments, brokenCall } from '../broken-call.ts';
import { unreadable } from '../openai-compatible/openai-answer.ts';
import { asArray, asObject, asText } from '../read-json.ts';
import { readLogprobs } from './gemini-logprobs.ts';

/** A generateContent answer as a neutral one. Only what is used is read. */
export function readGenerated(body: unknown): Answer {
  const step = readStep(body, 0);
  if (step === undefined || (step.parts.length === 0 && step.finish === undefined)) throw unreadable(asObject(body));
  const { id, model, parts, usage, logprobs, finish } = step;
  if (finish !== undefined && isBroken(finish, parts.some(saysSomething)))
    throw new UnreadableAnswer({ kind: 'broken', message: finish.message });
  const calls = parts.filter(({ kind }) => kind === 'tool-call').length;
  return {
    id,
    model,
    parts: joinParts(parts),
    finish: finishAfter(reasonOf(finish) ?? 'stop', calls),
    ...(usage && { usage }),
    ...(logprobs && { logprobs }),
  };
}

/** The content of a generateContent answer: all of it, or the deltas since the last event of a stream. */
interface GeneratedStep {
  id: string;
  model: string;
  parts: readonly AnswerPart[];
  finish: GeneratedFinish | undefined;
  usage: Answer['usage'];
  logprobs: JsonObject | undefined;
}

/** `broken`: the model came to grief, and what it said is no answer. `unclear`: nor is nothing at all, where the end has no reason. */
type GeneratedFinish = { kind: 'done'; reason: FinishReason } | { kind: 'broken' | 'unclear'; message: string };

/** `spoke`: there are words or calls of tools. */
export function isBroken(
  finish: GeneratedFinish,
  spoke: boolean,
): finish is Extract<GeneratedFinish, { message: string }> {
  return finish.kind === 'broken' || (finish.kind === 'unclear' && !spoke);
}

export function saysSomething({ kind }: AnswerPart): boolean {
  return kind !== 'reasoning';
}

/** Undefined where there is no finish yet. */
export function reasonOf(finish: GeneratedFinish | undefined): FinishReason | undefined {
  if (finish === undefined) return undefined;
  return finish.kind === 'done' ? finish.reason : 'stop';
}

/** Undefined for what is no answer at all. `callsBefore`: how many calls of tools the same answer has made already. */
export function readStep(body: unknown, callsBefore: number): GeneratedStep | undefined {
  const generated = asObject(body);
  const candidate = asObject(asArray(generated?.candidates)?.[0]);
  const block = asText(asObject(generated?.promptFeedback)?.blockReason);
  if (generated === undefined || (candidate === undefined && block === undefined && !generated.usageMetadata))
    return undefined;
  const id = asText(generated.responseId) ?? '';
  const isBlocked = candidate === undefined && block !== undefined;
  return {
    id,
    model: asText(generated.modelVersion) ?? '',
    parts: isBlocked ? [refusal(block)] : readParts(candidate, id, callsBefore),
    finish: isBlocked ? { kind: 'done', reason: 'content-filter' } : readFinish(candidate),
    usage: readGeminiUsage(generated.usageMetadata),
    logprobs: readLogprobs(candidate?.logprobsResult),
  };
}

/** `STOP` is said after calls of tools too. */
export function finishAfter(reason: FinishReason, calls: number): FinishReason {
  return reason === 'stop' && calls > 0 ? 'tool-calls' : reason;
}

function refusal(blockReason: string): AnswerPart {
  return { kind: 'refusal', text: `The prompt was blocked by the provider (${blockReason}).` };
}

const finishes: Readonly<Record<string, FinishReason>> = {
  MAX_TOKENS: 'length',
  CONTINUATION: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  LANGUAGE: 'content-filter',
  BLOCKLIST: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  SPII: 'content-filter',
  IMAGE_SAFETY: 'content-filter',
  IMAGE_PROHIBITED_CONTENT: 'content-filter',
  IMAGE_RECITATION: 'content-filter',
};

/**
 * The model tried to call a tool and failed at it. Passed on as an empty answer, a scenario would take it for success;
 * as a failure it is tried again or elsewhere.
 */
const mishaps = new Set([
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
]);

/** "OTHER: Unknown reason" (https://ai.google.dev/api/generate-content#FinishReason), and a picture that was not made. */
const unclear = new Set(['OTHER', 'NO_IMAGE', 'IMAGE_OTHER']);

function readFinish(candidate: JsonObject | undefined): GeneratedFinish | undefined {
  const reason = asText(candidate?.finishReason);
  if (reason === undefined) return undefined;
  // `finishMessage` quotes the model, and what a model said belongs in no error.
  const message = `the model broke its answer off (${reason})`;
  if (mishaps.has(reason)) return { kind: 'broken', message };
  if (unclear.has(reason)) return { kind: 'unclear', message };
  return { kind: 'done', reason: (Object.hasOwn(finishes, reason) ? finishes[reason] : undefined) ?? 'stop' };
}

function readParts(candidate: JsonObject | undefined, answerId: string, callsBefore: number): AnswerPart[] {
  let calls = callsBefore;
  return (asArray(asObject(candidate?.content)?.parts) ?? []).flatMap((item): AnswerPart[] => {
    const part = asObject(item) ?? {};
    const call = asObject(part.functionCall);
    return call === undefined
      ? readText(part)
      : [readCall(call, part.thoughtSignature, `${answerId || randomUUID()}/${calls++}`)];
  });
}

/** The signature of a text is kept as reasoning without words, right after it; at the end of a stream it comes alone. */
function readText(part: JsonObject): AnswerPart[] {
  const text = asText(part.text) ?? '';
  const signature = asText(part.thoughtSignature) || undefined;
  if (part.thought === true) return thought(text, signature);
  return [...(text === '' ? [] : [{ kind: 'text' as const, text }]), ...thought('', signature)];
}

function thought(text: string, signature: string | undefined): AnswerPart[] {
  if (signature === undefined) return text === '' ? [] : [{ kind: 'reasoning', text, signedBy: 'gemini' }];
  return [{ kind: 'reasoning', text, signedBy: 'gemini', signature }];
}

function readCall(call: JsonObject, thoughtSignature: unknown, place: string): AnswerPart {
  const name = asText(call.name) ?? '';
  const args = argumentsText(call.args);
  if (args === undefined) throw brokenCall(brokenArguments);
  const signature = asText(thoughtSignature);
  return {
    kind: 'tool-call',
    id: asText(call.id) || callId(`${place}/${name}/${args}`),
    name,
    arguments: args,
    ...(signature ? { signature } : {}),
  };
}

/** Models before Gemini 3 give no ids: one is made that is the same streamed or not, and no other call's. */
function callId(seed: string): string {
  return `call_${createHash('sha256').update(seed).digest('hex').slice(0, 24)}`;
}

/** A text or a thought may come in several parts. A signature closes the thought that carries it. */
function joinParts(parts: readonly AnswerPart[]): AnswerPart[] {
  const joined: AnswerPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.kind === 'text' && last?.kind === 'text')
      joined[joined.length - 1] = { ...last, text: last.text + part.text };
    else if (part.kind === 'reasoning' && last?.kind === 'reasoning' && last.signature === undefined)
      joined[joined.length - 1] = { ...part, text: last.text + part.text };
    else joined.push(part);
  }
  return joined;
}
