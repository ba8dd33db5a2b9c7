import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject } from '../../dialects/neutral.ts';

/**
 * The least tokens of a beginning that Anthropic keeps. Its page has, under "Cache limitations"
 * (https://platform.claude.com/docs/en/build-with-claude/prompt-caching, read 2026-10-08): "512 tokens for Claude Fable 5.1, Claude Mythos 5.1,
 * Claude Opus 5.5, Claude Opus 5, Claude Sonnet 5.5, Claude Fable 5, Claude Mythos 5, and Claude Haiku 5.5"; "2,048 tokens for Claude Mythos
 * Preview and Claude Opus 4.7"; "4,096 tokens for Claude Opus 4.6 and Claude Opus 4.5"; "1,024 tokens for Claude Opus 4.8, Claude Sonnet 5,
 * Claude Sonnet 4.6, Claude Sonnet 4.5, Claude Opus 4.1 …, Claude Opus 4 …, and Claude Sonnet 4 …"; "4,096 tokens for Claude Haiku 4.5";
 * "2,048 tokens for Claude Haiku 3.5". Older copies of it and gateways' pages say more of three models, and the larger number is safe under
 * both: Sonnet 4.6 2,048 (docs.orq.ai), Opus 4.7 4,096 (docs.litellm.ai, of Bedrock), Haiku 3 2,048.
 *
 * "Any requests to cache fewer than this number of tokens will be processed without caching, and no error is returned": too small a
 * number costs nothing but a useless mark, too large a one the reads between. A model that is not named needs the most.
 */
export function leastCachedTokens(model: string): number {
  const [, name = ''] = /claude-([a-z0-9-]+?)(?:-\d{8}|-latest|-0)?$/.exec(model) ?? [];
  return least.get(name) ?? 4_096;
}

const least: ReadonlyMap<string, number> = new Map([
  ...named(512, 'fable-5-1 mythos-5-1 opus-5-5 opus-5 sonnet-5-5 fable-5 mythos-5 haiku-5-5'),
  ...named(1_024, 'opus-4-8 sonnet-5 sonnet-4-5 opus-4-1 opus-4 sonnet-4 3-7-sonnet 3-5-sonnet 3-opus'),
  ...named(2_048, 'mythos-preview sonnet-4-6 3-5-haiku 3-haiku'),
  ...named(4_096, 'opus-4-7 opus-4-6 opus-4-5 haiku-4-5'),
]);

function named(tokens: number, models: string): [string, number][] {
  return models.split(' ').map((model) => [model, tokens]);
}

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
