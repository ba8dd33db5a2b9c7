import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';

/**
 * A conversation may go on with another vendor than it began with. Reasoning another vendor signed, and the fields the gateway
 * adds to carry it, would be refused by the vendor a body is relayed to: this gives the members of the body without them, as
 * JSON text, or nothing where there is nothing to take out.
 */
export function withoutForeign(call: Pick<NeutralCall, 'dialect'>, json: JsonObject): Record<string, string> {
  const field = call.dialect === 'responses' ? 'input' : 'messages';
  const list = json[field];
  if (!Array.isArray(list) || !(list as JsonObject[]).some(carriers[call.dialect])) return {};
  const cleaned = (list as JsonObject[]).flatMap((item) => strippers[call.dialect](item));
  return { [field]: JSON.stringify(cleaned) };
}

/** Items that may have something to take out. What a message says is not looked at. */
const carriers: Record<NeutralCall['dialect'], (item: JsonObject) => boolean> = {
  chat: (message) =>
    'reasoning_content' in message || 'reasoning_details' in message || someHasExtra(message.tool_calls),
  responses: (item) => item.type === 'reasoning' && isForeign(item.encrypted_content),
  messages: ({ content }) =>
    someHasExtra(content) || (Array.isArray(content) && (content as JsonObject[]).some(isForeignThinking)),
};

function someHasExtra(list: unknown): boolean {
  return Array.isArray(list) && list.some((block) => isRecord(block) && 'extra_content' in block);
}

function isForeignThinking({ type, signature }: JsonObject): boolean {
  return type === 'thinking' && isForeign(signature);
}

const strippers: Record<NeutralCall['dialect'], (item: JsonObject) => JsonObject[]> = {
  chat: (message) => {
    const { reasoning_content: _c, reasoning_details: _d, ...rest } = message;
    return [Array.isArray(rest.tool_calls) ? { ...rest, tool_calls: rest.tool_calls.map(withoutExtra) } : rest];
  },
  responses: (item) => (item.type === 'reasoning' && isForeign(item.encrypted_content) ? [] : [item]),
  messages: (message) => {
    if (!Array.isArray(message.content)) return [message];
    const content = (message.content as JsonObject[]).filter((block) => !isForeignThinking(block)).map(withoutExtra);
    return content.length === 0 ? [] : [{ ...message, content }];
  },
};

function isForeign(signature: unknown): boolean {
  return typeof signature === 'string' && signature.startsWith('gw.');
}

function withoutExtra(block: unknown): unknown {
  if (!isRecord(block)) return block;
  const { extra_content: _, ...rest } = block;
  return rest;
}
