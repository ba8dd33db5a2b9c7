import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject } from '../../dialects/neutral.ts';

/**
 * The least tokens of a beginning that Anthropic keeps, by model, as its page on prompt caching has them: "Claude Opus 4.6, Opus 4.5 4,096;
 * Claude Sonnet 4.6 2,048; Claude Sonnet 4.5, Opus 4.1, Opus 4, Sonnet 4, Sonnet 3.7 1,024; Claude Haiku 4.5 4,096; Claude Haiku 3.5, Haiku 3
 * 2,048". A model that is not among them is taken to need the most: a mark on less is ignored, so the price of a mistake is a read that
 * does not happen.
 */
export function leastCachedTokens(model: string): number {
  return rows.find(([pattern]) => pattern.test(model))?.[1] ?? 4_096;
}

const rows: readonly (readonly [RegExp, number])[] = [
  [/claude-(?:opus-4-[56]|haiku-4-5)/, 4_096],
  [/claude-(?:sonnet-4-6|3-5-haiku|3-haiku)/, 2_048],
  [/claude-(?:sonnet-4|opus-4|3-7-sonnet|3-5-sonnet|3-opus)/, 1_024],
];

/** Where marks go: behind tools and system text, and behind the last turn that is closed. */
export interface MarkPlaces {
  system: boolean;
  turn: boolean;
}

/** Kept for five minutes after each use, which is Anthropic's default. */
const mark = { type: 'ephemeral' };

/** A request with marks at these places. Parts of it are shared with the request that came. */
export function withMarks(body: JsonObject, places: MarkPlaces): JsonObject {
  const marked = places.system ? markedBeginning(body) : body;
  return places.turn ? markedTurn(marked) : marked;
}

/** Anthropic reads tools, then system, then messages: a mark behind the system text is behind the tools too. */
function markedBeginning(body: JsonObject): JsonObject {
  const { system, tools } = body;
  if (typeof system === 'string' && system.trim() !== '')
    return { ...body, system: [{ type: 'text', text: system, cache_control: mark }] };
  if (Array.isArray(system) && system.length > 0) return { ...body, system: lastMarked(system) };
  return Array.isArray(tools) && tools.length > 0 ? { ...body, tools: lastMarked(tools) } : body;
}

function lastMarked(blocks: readonly unknown[]): unknown[] {
  return blocks.map((block, i) =>
    i === blocks.length - 1 && isRecord(block) ? { ...block, cache_control: mark } : block,
  );
}

function markedTurn(body: JsonObject): JsonObject {
  if (!Array.isArray(body.messages)) return body;
  const messages = body.messages as unknown[];
  const at = lastClosedTurn(messages);
  const message = messages[at];
  if (!isRecord(message)) return body;
  const content = markedContent(message.content);
  return content === undefined
    ? body
    : { ...body, messages: messages.map((one, i) => (i === at ? { ...message, content } : one)) };
}

function markedContent(content: unknown): unknown {
  if (typeof content === 'string')
    return content.trim() === '' ? undefined : [{ type: 'text', text: content, cache_control: mark }];
  if (!Array.isArray(content)) return undefined;
  const blocks = content as unknown[];
  const last = blocks.at(-1);
  // "Thinking blocks cannot be cached directly with cache_control."
  if (!isRecord(last) || last.type === 'thinking' || last.type === 'redacted_thinking') return undefined;
  return lastMarked(blocks);
}

/** The index of the assistant's last message that a person has answered since; -1 where there is none. */
export function lastClosedTurn(messages: readonly unknown[]): number {
  for (let i = messages.length - 2; i >= 0; i--) {
    const message = messages[i];
    if (isRecord(message) && message.role === 'assistant' && !carriesResults(messages[i + 1])) return i;
  }
  return -1;
}

/** A turn that waits for results of tools is open until the model has answered them. */
function carriesResults(message: unknown): boolean {
  return (
    isRecord(message) &&
    Array.isArray(message.content) &&
    (message.content as unknown[]).some((block) => isRecord(block) && block.type === 'tool_result')
  );
}
