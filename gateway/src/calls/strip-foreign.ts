import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';

/**
 * A conversation may go on with another vendor than it began with. Reasoning another vendor signed, and the fields the gateway
 * adds to carry it, would be refused by the vendor a body is relayed to: this gives the members of the body without them, as
 * JSON text, or nothing where there is nothing to take out.
 */
export function withoutForeign(
  call: Pick<NeutralCall, 'dialect'>,
  json: JsonObject,
  body: Buffer,
): Record<string, string> {
  const { list, field } =
    call.dialect === 'responses' ? { list: json.input, field: 'input' } : { list: json.messages, field: 'messages' };
  if (!Array.isArray(list) || !marks[call.dialect].some((mark) => body.includes(mark))) return {};
  const cleaned = (list as JsonObject[]).flatMap((item) => strippers[call.dialect](item));
  return { [field]: JSON.stringify(cleaned) };
}

/** Bytes without which there is nothing to take out: bodies of 20 MiB are not walked for nothing. */
const marks: Record<NeutralCall['dialect'], readonly string[]> = {
  chat: ['"reasoning_content"', '"reasoning_details"', '"extra_content"'],
  responses: ['"gw.'],
  messages: ['"gw.', '"extra_content"'],
};

const strippers: Record<NeutralCall['dialect'], (item: JsonObject) => JsonObject[]> = {
  chat: (message) => {
    const { reasoning_content: _c, reasoning_details: _d, ...rest } = message;
    return [Array.isArray(rest.tool_calls) ? { ...rest, tool_calls: rest.tool_calls.map(withoutExtra) } : rest];
  },
  responses: (item) => (item.type === 'reasoning' && isForeign(item.encrypted_content) ? [] : [item]),
  messages: (message) => {
    if (!Array.isArray(message.content)) return [message];
    const content = (message.content as JsonObject[])
      .filter(({ type, signature }) => type !== 'thinking' || !isForeign(signature))
      .map(withoutExtra);
    return content.length === 0 ? [] : [{ ...message, content }];
  },
};

function isForeign(signature: unknown): boolean {
  return typeof signature === 'string' && signature.startsWith('gw.');
}

function withoutExtra(block: unknown): JsonObject {
  const { extra_content: _, ...rest } = block as JsonObject;
  return rest;
}
