import type { JsonObject, Message, Part, ToolCallPart } from '../../dialects/neutral.ts';
import { toolIds } from '../tool-ids.ts';

type ToolResult = Extract<Part, { kind: 'tool-result' }>;

/** "Tool call id was call_search but must be a-z, A-Z, 0-9, with a length of 9." */
const mistralToolId = toolIds(/^[a-zA-Z0-9]{9}$/, { prefix: '', digits: 9 });

/** "Unexpected role 'user' after role 'tool'": the model has to speak in between, and has nothing to say. */
const bridge: JsonObject = { role: 'assistant', content: 'I have read the results.' };

const beginning: JsonObject = { role: 'user', content: 'Continue.' };

/**
 * Neutral messages as Mistral takes them. Its order is stricter than OpenAI's (`_validate_message_order` of mistral-common): no
 * system message after an assistant's, so that all of them come first, and no words of the user's after the result of a tool. A
 * last message of the assistant's is a prefix of the answer, and is refused unless it says so.
 */
export function writeMistralMessages(messages: readonly Message[]): JsonObject[] {
  const system = messages.flatMap(({ role, parts }) => (role === 'system' ? [textOf(parts)] : [])).join('\n\n');
  const names = new Map<string, string>();
  const written: JsonObject[] = [];
  for (const message of messages) {
    if (message.role === 'system') continue;
    if (message.role === 'assistant') {
      for (const call of callsOf(message)) names.set(call.id, call.name);
      written.push(...writeAssistant(message));
      continue;
    }
    const results = message.parts.filter((part): part is ToolResult => part.kind === 'tool-result');
    const rest = message.parts.filter((part) => part.kind !== 'tool-result');
    written.push(...results.map((result) => writeResult(result, names)));
    if (message.role === 'tool' || (rest.length === 0 && results.length > 0)) continue;
    if (written.at(-1)?.role === 'tool') written.push(bridge);
    written.push({ role: 'user', content: contentOf(rest) });
  }
  const last = written.at(-1);
  // "Expected last role User or Tool (or Assistant with prefix or continue_final_message set to True) for serving"
  if (last?.role === 'assistant' && last.tool_calls === undefined) last.prefix = true;
  // "Conversation must start with a user message or system message"
  if (system === '' && last?.role === 'assistant' && written.length === 1) return [beginning, last];
  if (system === '') return written;
  return written.length === 0 ? [{ role: 'user', content: system }] : [{ role: 'system', content: system }, ...written];
}

function callsOf({ parts }: Message): ToolCallPart[] {
  return parts.filter((part): part is ToolCallPart => part.kind === 'tool-call');
}

/** Thoughts are left out. "Assistant message must have either content or tool_calls": one without either says nothing and goes. */
function writeAssistant(message: Message): JsonObject[] {
  const text = textOf(message.parts, '');
  const calls = callsOf(message);
  if (text === '' && calls.length === 0) return [];
  return [
    {
      role: 'assistant',
      ...(text === '' ? {} : { content: text }),
      ...(calls.length === 0
        ? {}
        : {
            tool_calls: calls.map(({ id, name, arguments: args }) => ({
              id: mistralToolId(id),
              type: 'function',
              function: { name, arguments: args },
            })),
          }),
    },
  ];
}

function writeResult({ toolCallId, content, isError }: ToolResult, names: ReadonlyMap<string, string>): JsonObject {
  const written = contentOf(content);
  const name = names.get(toolCallId);
  return {
    role: 'tool',
    tool_call_id: mistralToolId(toolCallId),
    ...(name === undefined ? {} : { name }),
    content: isError ? withError(written) : written,
  };
}

function withError(content: string | JsonObject[]): string | JsonObject[] {
  return typeof content === 'string' ? `Error: ${content}` : [{ type: 'text', text: 'Error:' }, ...content];
}

function textOf(parts: readonly Part[], between = '\n\n'): string {
  return parts.flatMap((part) => (part.kind === 'text' || part.kind === 'refusal' ? [part.text] : [])).join(between);
}

/** A text alone is a string; pictures and documents make it a list of chunks. */
function contentOf(parts: readonly Part[]): string | JsonObject[] {
  const chunks = parts.flatMap(chunkOf);
  return chunks.every(({ type }) => type === 'text') ? chunks.map(({ text }) => text).join('\n') : chunks;
}

function chunkOf(part: Part): JsonObject[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return [{ type: 'text', text: part.text }];
    case 'image': {
      const { source, detail } = part;
      const url = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
      return [{ type: 'image_url', image_url: { url, ...(isDetail(detail) ? { detail } : {}) } }];
    }
    case 'file-url':
      return [documentOf(part.url, part.filename)];
    case 'file':
      return /^text\/|json|xml/.test(part.mediaType)
        ? [{ type: 'text', text: Buffer.from(part.data, 'base64').toString('utf8') }]
        : [documentOf(`data:${part.mediaType};base64,${part.data}`, part.filename)];
    default:
      return [];
  }
}

/** The words Mistral knows (`ImageDetail`). */
function isDetail(detail: string | undefined): boolean {
  return detail === 'low' || detail === 'high' || detail === 'auto';
}

function documentOf(url: string, name: string | undefined): JsonObject {
  return { type: 'document_url', document_url: url, ...(name === undefined ? {} : { document_name: name }) };
}
