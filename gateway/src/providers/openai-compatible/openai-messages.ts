import type { JsonObject, Message, Part, ToolCallPart } from '../../dialects/neutral.ts';
import { toolIds } from '../tool-ids.ts';

type ToolResult = Extract<Part, { kind: 'tool-result' }>;

/** Whether a model wants its thoughts back: not at all, those there are, or with each of its messages once a tool was called. */
export type ThoughtsBack = 'none' | 'given' | 'always';

/**
 * Neutral messages as those of a chat completion. Tool messages are text, and nothing may stand between those that answer one
 * turn: pictures and files tools returned follow behind the last of them, as a message of the user's.
 */
export function writeMessages(messages: readonly Message[], wanted: ThoughtsBack = 'none'): JsonObject[] {
  const thoughts = wanted === 'always' && !callsTools(messages) ? 'given' : wanted;
  const written: JsonObject[] = [];
  let shown: Part[] = [];
  let waiting: Message[] = [];
  /** Calls whose results are still to come. */
  const open = new Set<string>();
  const show = (): void => {
    if (shown.length > 0) written.push({ role: 'user', content: userContent(shown) });
    written.push(...waiting.map((message) => writeMessage(message, message.parts, thoughts)));
    shown = [];
    waiting = [];
  };
  for (const message of messages) {
    // A turn of the system may come between a call and its result.
    if (message.role === 'system' && open.size > 0) {
      waiting.push(message);
      continue;
    }
    const results = message.parts.filter((part): part is ToolResult => part.kind === 'tool-result');
    // A user's turn may hold tool results (Anthropic) beside words.
    const rest = message.parts.filter((part) => part.kind !== 'tool-result');
    written.push(...results.map(writeResult));
    for (const { toolCallId } of results) open.delete(toolCallId);
    shown.push(
      ...results.flatMap(({ content }) =>
        content.filter(({ kind }) => kind === 'image' || kind === 'file' || kind === 'audio'),
      ),
    );
    if (message.role === 'tool' || (rest.length === 0 && results.length > 0)) continue;
    show();
    written.push(writeMessage(message, rest, thoughts));
    open.clear();
    for (const part of rest) if (part.kind === 'tool-call') open.add(part.id);
  }
  show();
  return written;
}

function callsTools(messages: readonly Message[]): boolean {
  return messages.some(({ parts }) => parts.some(({ kind }) => kind === 'tool-call'));
}

function writeMessage({ role, name }: Message, parts: readonly Part[], thoughts: ThoughtsBack): JsonObject {
  const named = name === undefined ? {} : { name };
  if (role === 'assistant') return { role, ...assistantFields(parts), ...thoughtFields(parts, thoughts), ...named };
  return role === 'system'
    ? { role, content: plainText(parts), ...named }
    : { role: 'user', content: userContent(parts), ...named };
}

function writeResult({ toolCallId, content, isError }: ToolResult): JsonObject {
  const text = content.flatMap((inner) => (inner.kind === 'text' ? [inner.text] : [])).join('\n');
  return { role: 'tool', tool_call_id: openAiToolId(toolCallId), content: isError ? `Error: ${text}` : text };
}

/** "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40" */
export const openAiToolId = toolIds(/^.{1,40}$/s);

function plainText(parts: readonly Part[]): string {
  return parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n\n');
}

function userContent(parts: readonly Part[]): string | JsonObject[] {
  const [only] = parts;
  if (parts.length === 0) return '';
  if (parts.length === 1 && only?.kind === 'text') return only.text;
  return parts.flatMap((part): JsonObject[] => {
    if (part.kind === 'text' || part.kind === 'refusal') return [{ type: 'text', text: part.text }];
    if (part.kind === 'image') {
      const url =
        part.source.kind === 'url' ? part.source.url : `data:${part.source.mediaType};base64,${part.source.data}`;
      return [{ type: 'image_url', image_url: { url, ...(part.detail === undefined ? {} : { detail: part.detail }) } }];
    }
    if (part.kind === 'audio') return [{ type: 'input_audio', input_audio: { data: part.data, format: part.format } }];
    if (part.kind === 'file') {
      return [
        {
          type: 'file',
          file: { filename: part.filename ?? 'document.pdf', file_data: `data:${part.mediaType};base64,${part.data}` },
        },
      ];
    }
    return [];
  });
}

/** Thoughts of servers that follow OpenAI are signed by nobody; another vendor's, which are, mean nothing to them. */
function thoughtFields(parts: readonly Part[], thoughts: ThoughtsBack): JsonObject {
  if (thoughts === 'none') return {};
  const own = parts.flatMap((part) => (part.kind === 'reasoning' && part.signedBy === undefined ? [part.text] : []));
  const text = own.join('');
  // Nothing at all is "missing".
  return text === '' ? (thoughts === 'always' ? { reasoning_content: ' ' } : {}) : { reasoning_content: text };
}

function assistantFields(parts: readonly Part[]): JsonObject {
  const text = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('');
  const refusal = parts.flatMap((part) => (part.kind === 'refusal' ? [part.text] : [])).join('');
  const calls = parts.filter((part): part is ToolCallPart => part.kind === 'tool-call');
  return {
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    ...(refusal === '' ? {} : { refusal }),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map(({ id, name, arguments: args }) => ({
            id: openAiToolId(id),
            type: 'function',
            function: { name, arguments: args },
          })),
        }),
  };
}
