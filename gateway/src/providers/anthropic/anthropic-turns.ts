import type { JsonObject, Message, Part } from '../../dialects/neutral.ts';
import { callInput } from '../../dialects/tool-arguments.ts';
import { toolIds } from '../tool-ids.ts';

interface Turn {
  role: 'user' | 'assistant';
  content: JsonObject[];
}

/**
 * User and assistant turns in strict alternation, beginning with the user; results of tools stand first in the user's turn, as
 * Anthropic demands ("`tool_result` blocks immediately after").
 */
export function anthropicTurns(messages: readonly Message[], options: { prefill: boolean }): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.role === 'system') continue;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const blocks = message.parts.flatMap(writeBlock);
    if (blocks.length === 0) continue;
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else turns.push({ role, content: blocks });
  }
  for (const turn of turns) if (turn.role === 'user') turn.content = resultsFirst(turn.content);
  if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [{ type: 'text', text: '.' }] });
  const final = turns.at(-1);
  if (final?.role !== 'assistant') return turns;
  if (!options.prefill) return [...turns, { role: 'user', content: [{ type: 'text', text: 'Continue.' }] }];
  const text = final.content.at(-1);
  // "final assistant content cannot end with trailing whitespace"
  if (text?.type === 'text') text.text = String(text.text).trimEnd();
  return turns;
}

export function resultsFirst(blocks: readonly JsonObject[]): JsonObject[] {
  return blocks.toSorted((a, b) => Number(b.type === 'tool_result') - Number(a.type === 'tool_result'));
}

function writeBlock(part: Part): JsonObject[] {
  switch (part.kind) {
    case 'text':
      return writeText(part.text, part.cacheControl);
    case 'refusal':
      return writeText(part.text, undefined);
    case 'image': {
      const source =
        part.source.kind === 'url'
          ? { type: 'url', url: part.source.url }
          : { type: 'base64', media_type: part.source.mediaType, data: part.source.data };
      return [{ type: 'image', source, ...cacheMark(part.cacheControl) }];
    }
    case 'file':
      return [writeFile(part)];
    case 'file-url':
      return [
        {
          type: 'document',
          source: { type: 'url', url: part.url },
          ...(part.filename === undefined ? {} : { title: part.filename }),
          ...cacheMark(part.cacheControl),
        },
      ];
    case 'audio':
      // No Claude hears; a call with sound is not sent there.
      return [];
    case 'reasoning':
      // Anthropic refuses a thought that another vendor signed, or none: it cannot check it.
      if (part.signedBy !== 'anthropic') return [];
      if (part.redacted !== undefined) return [{ type: 'redacted_thinking', data: part.redacted }];
      return part.signature === undefined ? [] : [{ type: 'thinking', thinking: part.text, signature: part.signature }];
    case 'tool-call':
      return [
        {
          type: 'tool_use',
          id: anthropicToolId(part.id),
          name: part.name,
          input: callInput(part.arguments),
          ...cacheMark(part.cacheControl),
        },
      ];
    case 'tool-result': {
      const content = part.content.flatMap(writeBlock);
      return [
        {
          type: 'tool_result',
          tool_use_id: anthropicToolId(part.toolCallId),
          ...(content.length === 0 ? {} : { content }),
          ...(part.isError ? { is_error: true } : {}),
          ...cacheMark(part.cacheControl),
        },
      ];
    }
  }
}

/** "text content blocks must contain non-whitespace text" */
function writeText(text: string, cacheControl: unknown): JsonObject[] {
  return text.trim() === '' ? [] : [{ type: 'text', text, ...cacheMark(cacheControl) }];
}

/** Only PDF goes as base64; what is text goes as text. */
function writeFile({ mediaType, data, filename, cacheControl }: Extract<Part, { kind: 'file' }>): JsonObject {
  const source = /^text\/|[/+](json|xml)$/.test(mediaType)
    ? { type: 'text', media_type: 'text/plain', data: Buffer.from(data, 'base64').toString('utf8') }
    : { type: 'base64', media_type: mediaType, data };
  return {
    type: 'document',
    source,
    ...(filename === undefined ? {} : { title: filename }),
    ...cacheMark(cacheControl),
  };
}

/** The id of a call as Anthropic takes it. */
export const anthropicToolId = toolIds(/^[a-zA-Z0-9_-]+$/);

/** Anthropic's prompt-cache mark, as the caller gave it. */
export function cacheMark(cacheControl: unknown): JsonObject {
  return cacheControl === undefined || cacheControl === null ? {} : { cache_control: cacheControl };
}
