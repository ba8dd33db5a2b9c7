import { isRecord } from '@ai-gateway/shared/json';
import { writeExact } from '../dialects/exact-json.ts';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';
import { isProof } from '../dialects/signatures.ts';
import { isClaude } from '../providers/anthropic/anthropic-model.ts';
import { anthropicToolId } from '../providers/anthropic/anthropic-turns.ts';
import { responsesCallId } from '../providers/openai/openai-responses-input.ts';
import { openAiToolId } from '../providers/openai-compatible/openai-messages.ts';

/**
 * A conversation may go on with another vendor than it began with. Reasoning another vendor signed, the fields the gateway
 * adds to carry it, and ids of calls in that one's form would be refused by the vendor a body is relayed to: this gives the
 * members of the body without them, as JSON text, or nothing where there is nothing to change.
 */
export function withoutForeign(
  { dialect }: Pick<NeutralCall, 'dialect'>,
  json: JsonObject,
  model: string,
): Record<string, string> {
  const field = dialect === 'responses' ? 'input' : 'messages';
  const list = json[field];
  if (!Array.isArray(list) || !(list as JsonObject[]).some((item) => carriers[dialect](item, model))) return {};
  const cleaned = (list as JsonObject[]).flatMap((item) => strippers[dialect](item, model));
  return { [field]: writeExact(cleaned) };
}

/** Items that may have something to change. The text of a message is not looked at. */
const carriers: Record<NeutralCall['dialect'], (item: JsonObject, model: string) => boolean> = {
  chat: (message) =>
    'reasoning_content' in message ||
    'reasoning_details' in message ||
    isTooLong(message.tool_call_id) ||
    (Array.isArray(message.tool_calls) &&
      message.tool_calls.some((call) => isRecord(call) && (isTooLong(call.id) || 'extra_content' in call))),
  responses: (item) => (item.type === 'reasoning' && isForeign(item.encrypted_content)) || withCallId(item) !== item,
  messages: ({ content }, model) =>
    Array.isArray(content) && (content as JsonObject[]).some((block) => cleanBlock(block, model) !== block),
};

/** vLLM's ids of calls have 46 characters, of which OpenAI takes 40. */
function isTooLong(id: unknown): id is string {
  return typeof id === 'string' && openAiToolId(id) !== id;
}

function withCallId(item: JsonObject): JsonObject {
  const { call_id: id } = item;
  const taken = typeof id === 'string' ? responsesCallId(id) : id;
  return taken === id ? item : { ...item, call_id: taken };
}

function cleanCall(call: JsonObject): JsonObject {
  const own = isTooLong(call.id) ? { ...call, id: openAiToolId(call.id) } : call;
  return 'extra_content' in own ? withoutExtra(own) : own;
}

/** The block itself where there is nothing to change; undefined where it has no place at the vendor at all. */
function cleanBlock(block: JsonObject, model: string): JsonObject | undefined {
  const claude = isClaude(model);
  if (block.type === 'thinking' && (isForeign(block.signature) || (claude && !isProof(block.signature))))
    return undefined;
  const named = claude ? withTakenId(block) : block;
  return 'extra_content' in named ? withoutExtra(named) : named;
}

/** With an id of the call it names that Anthropic takes. */
function withTakenId(block: JsonObject): JsonObject {
  const field = block.type === 'tool_use' ? 'id' : block.type === 'tool_result' ? 'tool_use_id' : undefined;
  const id = field === undefined ? undefined : block[field];
  if (field === undefined || typeof id !== 'string') return block;
  const taken = anthropicToolId(id);
  return taken === id ? block : { ...block, [field]: taken };
}

const strippers: Record<NeutralCall['dialect'], (item: JsonObject, model: string) => JsonObject[]> = {
  chat: (message) => {
    const { reasoning_content: _c, reasoning_details: _d, ...rest } = message;
    const calls = rest.tool_calls;
    const answered = isTooLong(rest.tool_call_id) ? { ...rest, tool_call_id: openAiToolId(rest.tool_call_id) } : rest;
    return [Array.isArray(calls) ? { ...answered, tool_calls: (calls as JsonObject[]).map(cleanCall) } : answered];
  },
  responses: (item) => (item.type === 'reasoning' && isForeign(item.encrypted_content) ? [] : [withCallId(item)]),
  messages: (message, model) => {
    if (!Array.isArray(message.content)) return [message];
    const content = (message.content as JsonObject[]).flatMap((block) => cleanBlock(block, model) ?? []);
    return content.length === 0 ? [] : [{ ...message, content }];
  },
};

function isForeign(signature: unknown): boolean {
  return typeof signature === 'string' && signature.startsWith('gw.');
}

function withoutExtra({ extra_content: _, ...rest }: JsonObject): JsonObject {
  return rest;
}
