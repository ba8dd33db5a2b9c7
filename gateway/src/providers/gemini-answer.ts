import type { Answer, AnswerPart, FinishReason, JsonObject, StreamEvent } from '../dialects/neutral.ts';
import type { StreamReader } from './adapter.ts';
import { cleanMessage } from './failure.ts';
import { asArray, asObject, asText, parseObject, unreadable } from './openai-answer.ts';
import { readGeminiUsage } from './read-usage.ts';

const filtered = new Set([
  'SAFETY',
  'RECITATION',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'LANGUAGE',
  'IMAGE_SAFETY',
]);

export function readGenerated(body: unknown): Answer {
  const generated = asObject(body);
  const candidate = asObject(asArray(generated?.candidates)?.[0]);
  const block = blockReason(generated);
  if (generated === undefined || (candidate === undefined && block === undefined)) throw unreadable(generated);
  const usage = readGeminiUsage(generated.usageMetadata);
  const id = asText(generated.responseId) ?? '';
  const calls = new CallNumbers(id);
  const parts = block === undefined ? partsOf(candidate).flatMap((part) => readPart(part, calls)) : [refusal(block)];
  return {
    id,
    model: asText(generated.modelVersion) ?? '',
    parts: mergeTexts(parts),
    finish: block === undefined ? finishOf(candidate?.finishReason, calls.count > 0) : 'content-filter',
    ...(usage && { usage }),
  };
}

function blockReason(generated: JsonObject | undefined): string | undefined {
  return asText(asObject(generated?.promptFeedback)?.blockReason);
}

function refusal(reason: string): { kind: 'refusal'; text: string } {
  return { kind: 'refusal', text: `The prompt was blocked by the provider (${reason}).` };
}

function partsOf(candidate: JsonObject | undefined): JsonObject[] {
  return (asArray(asObject(candidate?.content)?.parts) ?? []).flatMap((part): JsonObject[] => [asObject(part) ?? {}]);
}

function finishOf(reason: unknown, calledTools: boolean): FinishReason {
  if (reason === 'MAX_TOKENS') return 'length';
  if (typeof reason === 'string' && filtered.has(reason)) return 'content-filter';
  return calledTools ? 'tool-calls' : 'stop';
}

/** Calls often come without an id; one is made that is the same streamed or not and unique in the conversation. */
class CallNumbers {
  count = 0;
  readonly #answerId: string;

  constructor(answerId: string) {
    this.#answerId = answerId;
  }

  next(id: unknown): string {
    const number = this.count++;
    return asText(id) || `call_${this.#answerId.replace(/[^a-zA-Z0-9]/g, '')}_${number}`;
  }
}

function readPart(part: JsonObject, calls: CallNumbers): AnswerPart[] {
  const signature = asText(part.thoughtSignature);
  const signed = signature === undefined ? {} : { signature };
  const call = asObject(part.functionCall);
  if (call !== undefined) {
    return [
      {
        kind: 'tool-call',
        id: calls.next(call.id),
        name: asText(call.name) ?? '',
        arguments: JSON.stringify(call.args ?? {}),
        ...signed,
      },
    ];
  }
  const text = asText(part.text);
  if (part.thought === true) return [{ kind: 'reasoning', text: text ?? '', signedBy: 'gemini', ...signed }];
  return text ? [{ kind: 'text', text }] : [];
}

/** One answer's text may come in several parts. */
function mergeTexts(parts: readonly AnswerPart[]): AnswerPart[] {
  const merged: AnswerPart[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (part.kind === 'text' && last?.kind === 'text')
      merged[merged.length - 1] = { ...last, text: last.text + part.text };
    else if (part.kind === 'reasoning' && last?.kind === 'reasoning' && last.signature === undefined)
      merged[merged.length - 1] = { ...part, text: last.text + part.text };
    else merged.push(part);
  }
  return merged;
}

/** Each event is a generateContent answer with what is new; counts are cumulative. */
export function geminiStreamReader(): StreamReader {
  let calls: CallNumbers | undefined;
  let finish: FinishReason | undefined;
  let thinking = false;
  return {
    push({ data }) {
      const generated = parseObject(data) ?? asObject(firstOf(data));
      if (generated === undefined) return [];
      if (generated.error !== undefined)
        return [{ kind: 'error', message: cleanMessage(asObject(generated.error)?.message, 500) }];
      const events: StreamEvent[] = [];
      if (calls === undefined) {
        const id = asText(generated.responseId) ?? '';
        calls = new CallNumbers(id);
        events.push({ kind: 'start', id, model: asText(generated.modelVersion) ?? '' });
      }
      const block = blockReason(generated);
      if (block !== undefined) {
        finish = 'content-filter';
        events.push({ kind: 'refusal', text: refusal(block).text });
      }
      const candidate = asObject(asArray(generated.candidates)?.[0]);
      for (const part of partsOf(candidate)) {
        const index = calls.count;
        for (const read of readPart(part, calls)) {
          if (thinking && read.kind !== 'reasoning') events.push({ kind: 'reasoning-end', signedBy: 'gemini' });
          thinking = read.kind === 'reasoning' && read.signature === undefined;
          events.push(...eventsOf(read, index));
        }
      }
      if (candidate?.finishReason !== undefined) finish = finishOf(candidate.finishReason, calls.count > 0);
      const usage = readGeminiUsage(generated.usageMetadata);
      if (usage !== undefined) events.push({ kind: 'usage', usage });
      return events;
    },
    end() {
      if (finish === undefined) return { complete: false, events: [] };
      return {
        complete: true,
        events: [
          ...(thinking ? [{ kind: 'reasoning-end' as const, signedBy: 'gemini' as const }] : []),
          { kind: 'finish', reason: finish },
        ],
      };
    },
  };
}

function eventsOf(part: AnswerPart, index: number): StreamEvent[] {
  switch (part.kind) {
    case 'text':
      return [{ kind: 'text', text: part.text }];
    case 'refusal':
      return [{ kind: 'refusal', text: part.text }];
    case 'reasoning':
      return [
        ...(part.text === '' ? [] : [{ kind: 'reasoning' as const, text: part.text }]),
        ...(part.signature === undefined
          ? []
          : [{ kind: 'reasoning-end' as const, signature: part.signature, signedBy: 'gemini' as const }]),
      ];
    case 'tool-call':
      return [
        {
          kind: 'tool-call',
          index,
          id: part.id,
          name: part.name,
          ...(part.signature === undefined ? {} : { signature: part.signature }),
        },
        { kind: 'tool-arguments', index, text: part.arguments },
      ];
  }
}

/** Errors in the middle of a stream come as a list of one. */
function firstOf(data: string): unknown {
  try {
    const value: unknown = JSON.parse(data);
    return Array.isArray(value) ? value[0] : undefined;
  } catch {
    return undefined;
  }
}
