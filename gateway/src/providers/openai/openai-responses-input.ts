import type { JsonObject, Message, Part } from '../../dialects/neutral.ts';
import { toolIds } from '../tool-ids.ts';

/** "Invalid 'input[1].call_id': string too long. Expected a string with maximum length 64." */
export const responsesCallId = toolIds(/^.{1,64}$/s);

/**
 * Neutral messages as the items of a response's input: words, thoughts, calls and results are each an item of their own. `phases`: the
 * model wants to know which of its words were its answer.
 */
export function writeInput(messages: readonly Message[], { phases }: { phases: boolean }): JsonObject[] {
  return messages.flatMap((message): JsonObject[] => {
    if (message.role === 'assistant') {
      const items = withoutLooseThoughts(assistantItems(message.parts));
      return phases ? withPhases(items) : items;
    }
    const results = message.parts.flatMap((part) => (part.kind === 'tool-result' ? [writeResult(part)] : []));
    const content = contentOf(message.parts.filter(({ kind }) => kind !== 'tool-result'));
    if (message.role === 'tool' || (content.length === 0 && results.length > 0)) return results;
    const role = message.role === 'system' ? 'developer' : 'user';
    return [...results, { type: 'message', role, content: plainly(content) }];
  });
}

/** Parts that are all text go as text. */
function plainly(content: readonly JsonObject[]): unknown {
  const [only] = content;
  if (content.length === 0) return '';
  return content.length === 1 && only?.type === 'input_text' ? only.text : content;
}

function contentOf(parts: readonly Part[]): JsonObject[] {
  return parts.flatMap((part): JsonObject[] => {
    switch (part.kind) {
      case 'text':
      case 'refusal':
        return [{ type: 'input_text', text: part.text }];
      case 'image': {
        const { source, detail = 'auto' } = part;
        const url = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
        return [{ type: 'input_image', image_url: url, detail }];
      }
      case 'file': {
        const { filename = 'document.pdf', mediaType, data } = part;
        return [{ type: 'input_file', filename, file_data: `data:${mediaType};base64,${data}` }];
      }
      case 'file-url':
        return [{ type: 'input_file', file_url: part.url }];
      case 'audio':
        return [{ type: 'input_audio', input_audio: { data: part.data, format: part.format } }];
      default:
        return [];
    }
  });
}

function writeResult({ toolCallId, content, isError }: Extract<Part, { kind: 'tool-result' }>): JsonObject {
  const shown = content.some(({ kind }) => kind !== 'text' && kind !== 'refusal');
  const text = content.flatMap((inner) => (inner.kind === 'text' ? [inner.text] : [])).join('\n');
  const output = shown ? contentOf(content) : isError ? `Error: ${text}` : text;
  return { type: 'function_call_output', call_id: responsesCallId(toolCallId), output };
}

function assistantItems(parts: readonly Part[]): JsonObject[] {
  const items: JsonObject[] = [];
  let content: JsonObject[] | undefined;
  for (const part of parts) {
    if (part.kind === 'text' || part.kind === 'refusal') {
      if (part.text === '') continue;
      if (content === undefined) {
        content = [];
        items.push({ type: 'message', role: 'assistant', content });
      }
      content.push(
        part.kind === 'text' ? { type: 'output_text', text: part.text } : { type: 'refusal', refusal: part.text },
      );
      continue;
    }
    if (part.kind === 'reasoning') {
      // Only OpenAI's own proof means something there, and nothing is stored that an id could name.
      if (part.signedBy !== 'openai' || part.signature === undefined) continue;
      const summary = part.text === '' ? [] : [{ type: 'summary_text', text: part.text }];
      items.push({ type: 'reasoning', summary, encrypted_content: part.signature });
    } else if (part.kind === 'tool-call')
      items.push({
        type: 'function_call',
        call_id: responsesCallId(part.id),
        name: part.name,
        arguments: part.arguments,
      });
    else continue;
    content = undefined;
  }
  return items;
}

/** "Item of type 'reasoning' was provided without its required following item." */
function withoutLooseThoughts(items: readonly JsonObject[]): JsonObject[] {
  const last = items.findLastIndex(({ type }) => type !== 'reasoning');
  return items.slice(0, last + 1);
}

/** Words before a call of a tool tell what the model is about to do; those behind the last one are its answer. */
function withPhases(items: readonly JsonObject[]): JsonObject[] {
  const lastCall = items.findLastIndex(({ type }) => type === 'function_call');
  return items.map((item, i) =>
    item.type === 'message' ? { ...item, phase: i < lastCall ? 'commentary' : 'final_answer' } : item,
  );
}
