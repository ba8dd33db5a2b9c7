import type { DialectId } from './neutral.ts';

const messages = 'POST /v1/messages';
const chat = 'POST /v1/chat/completions';
const responses = 'POST /v1/responses';

const chatText = 'text is {"type": "text", "text": "…"}';
const chatPicture = 'a picture is {"type": "image_url", "image_url": {"url": "…"}}';
const chatDocument = 'a document is {"type": "file", "file": {"file_data": "…"}}';
const block = 'a picture is {"type": "image", "source": {…}}, a document {"type": "document", "source": {…}}';
const inputPicture = 'a picture is {"type": "input_image", "image_url": "…"} in the `content` of a message';
const inMessage = 'it is part of the `content` of a message: {"role": "user", "content": […]}';

/** Parts and tools of the vendors' other APIs, by the API they are sent to: where they are from, and what to write here instead. */
const forms: Readonly<Record<DialectId, Readonly<Record<string, readonly [from: string, here: string]>>>> = {
  chat: {
    image: [messages, chatPicture],
    document: [messages, chatDocument],
    tool_use: [messages, 'tools that were called are in `tool_calls` of an assistant message'],
    tool_result: [messages, 'the result of a tool is a message of the role "tool"'],
    thinking: [messages, 'thoughts return in `reasoning_details` of an assistant message'],
    input_text: [responses, chatText],
    output_text: [responses, chatText],
    input_image: [responses, chatPicture],
    input_file: [responses, chatDocument],
  },
  messages: {
    image_url: [chat, block],
    file: [chat, block],
    input_text: [responses, chatText],
    output_text: [responses, chatText],
    input_image: [responses, block],
    input_file: [responses, block],
    function: [chat, 'a tool has `name`, `description` and `input_schema`'],
  },
  responses: {
    text: [chat, inMessage],
    image_url: [chat, inputPicture],
    image: [messages, inputPicture],
    tool_use: [messages, 'a tool that was called is an item of the type "function_call"'],
    tool_result: [messages, 'the result of a tool is an item of the type "function_call_output"'],
  },
};

/** Advice for a client that names items instead of sending them. */
export const sendItems =
  'Send the item itself; clients do so with `store: false` (in the Vercel AI SDK, `providerOptions: { openai: { store: false } }`).';

/** Parts that stand beside messages instead of in one. */
const loose = new Set(['input_text', 'output_text', 'input_image', 'input_file', 'input_audio']);

/** Parts that other servers take, and none of the vendors in this API. */
const unknownToVendors = new Set(['video_url', 'video', 'audio_url']);

/** The end of a sentence that begins with the feature: what to write in its place. Undefined where a vendor has it. */
export function adviceOn(dialect: DialectId, feature: string): string | undefined {
  if (dialect === 'responses' && feature === 'item_reference')
    return `names an item that only OpenAI stores, and this provider does not keep it. ${sendItems}`;
  // Codex offers it with every call, whichever model is asked.
  if (dialect === 'responses' && feature === 'web_search')
    return 'runs at OpenAI and works only with its models. Leave it out (in Codex, `web_search = "disabled"`), or choose such a model.';
  if (dialect === 'responses' && loose.has(feature)) return `is not an item of its own: ${inMessage}.`;
  const form = Object.hasOwn(forms[dialect], feature) ? forms[dialect][feature] : undefined;
  if (form !== undefined) return `is of ${form[0]}. Here ${form[1]}.`;
  return unknownToVendors.has(feature) ? 'is not a part that this model takes. Leave it out.' : undefined;
}
