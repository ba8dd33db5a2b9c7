import type { InputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import { readJson } from '../plain-value.ts';

export interface ChatForm {
  model: string;
  /** One of the three, by `inputType`. */
  inputType: 'prompt' | 'messages' | 'json';
  prompt: string;
  messages: { role: string; content: string }[];
  messagesJson: unknown;
  systemPrompt: string;
  outputFormat: 'text' | 'json_object' | 'json_schema';
  jsonSchema: unknown;
  options: ChatOptions;
}

export interface ChatOptions {
  imageUrls?: string[];
  temperature?: number;
  maxTokens?: number;
  reasoningEffort?: string;
  fallbackModels?: string[];
}

type ChatInput = InputOf<'chat.complete'> & { stream?: false };
type Message = ChatInput['messages'][number];

/** The call a filled-in form asks for. Refuses, before anything is paid, what could not be answered. */
export function chatRequest(form: ChatForm): ChatInput {
  const { options } = form;
  const { temperature, maxTokens, reasoningEffort, fallbackModels = [] } = options;
  return {
    model: form.model.trim() || 'auto',
    messages: withImages(messagesOf(form), options.imageUrls ?? []),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...(reasoningEffort ? { reasoning_effort: reasoningEffort as NonNullable<ChatInput['reasoning_effort']> } : {}),
    ...(fallbackModels.length === 0 ? {} : { fallback_models: fallbackModels }),
    ...responseFormat(form),
  };
}

function messagesOf(form: ChatForm): Message[] {
  const system = form.systemPrompt.trim();
  const spoken = spokenMessages(form);
  if (spoken.length === 0) throw wrong('There is nothing to answer. Fill in the prompt, or add a message.', 'messages');
  return system === '' ? spoken : [{ role: 'system', content: system }, ...spoken];
}

function spokenMessages({ inputType, prompt, messages, messagesJson }: ChatForm): Message[] {
  switch (inputType) {
    case 'prompt':
      return prompt.trim() === '' ? [] : [{ role: 'user', content: prompt }];
    case 'messages':
      return messages.filter(({ content }) => content.trim() !== '') as Message[];
    case 'json': {
      const list = parsed(messagesJson, 'messages');
      if (!Array.isArray(list))
        throw wrong('The messages must be a list: [{"role": "user", "content": "…"}].', 'messages');
      return list as Message[];
    }
  }
}

/** Pictures go with the last thing the user said. */
function withImages(messages: Message[], urls: readonly string[]): Message[] {
  const images = urls.map((url) => url.trim()).filter((url) => url !== '');
  if (images.length === 0) return messages;
  const at = messages.findLastIndex(({ role }) => role === 'user');
  const said = messages[at];
  if (said === undefined) throw wrong('An image needs a message of the user to go with.', 'messages');
  const content = typeof said.content === 'string' ? [{ type: 'text', text: said.content }] : (said.content ?? []);
  return messages.with(at, { ...said, content: [...content, ...images.map(imagePart)] });
}

function imagePart(url: string) {
  if (!/^(https?:\/\/\S+|data:image\/[\w.+-]+;base64,\S+)$/i.test(url))
    throw wrong(
      `"${url.slice(0, 80)}" is no image. Give an address that begins with https://, or choose a binary field.`,
      'imageUrls',
    );
  return { type: 'image_url', image_url: { url } };
}

function responseFormat({ outputFormat, jsonSchema }: ChatForm): Pick<ChatInput, 'response_format'> {
  if (outputFormat === 'text') return {};
  if (outputFormat === 'json_object') return { response_format: { type: 'json_object' } };
  const schema = bareSchema(parsed(jsonSchema, 'jsonSchema'));
  return {
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: isClosed(schema) } },
  };
}

/** OpenAI's documents show the schema inside `{name, schema}`, and people paste it as it stands there. */
function bareSchema(value: unknown): Record<string, unknown> {
  if (!isRecord(value))
    throw wrong('The JSON schema must be an object: {"type": "object", "properties": {…}}.', 'jsonSchema');
  const schema = isRecord(value.schema) && value.type === undefined ? value.schema : value;
  if (typeof schema.type !== 'string' && !['anyOf', '$ref', 'enum'].some((word) => word in schema))
    throw wrong('The JSON schema must say its "type". Begin with {"type": "object", "properties": {…}}.', 'jsonSchema');
  return schema;
}

/** OpenAI keeps strictly only to a schema in which no object is open and no property optional; any other it refuses. */
function isClosed(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isClosed);
  if (!isRecord(schema)) return true;
  if (isRecord(schema.properties) || schema.type === 'object') {
    const required = Array.isArray(schema.required) ? schema.required : [];
    const names = Object.keys(isRecord(schema.properties) ? schema.properties : {});
    if (schema.additionalProperties !== false || !names.every((name) => required.includes(name))) return false;
  }
  return Object.values(schema).every(isClosed);
}

function parsed(value: unknown, param: string): unknown {
  if (typeof value !== 'string') return value;
  const json = readJson(value);
  if (json === undefined)
    throw wrong(
      `The ${param === 'jsonSchema' ? 'JSON schema is' : 'messages are'} not valid JSON. Check quotes and commas.`,
      param,
    );
  return json;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(message: string, param: string): GatewayError {
  return new GatewayError('invalid_request', message, { param });
}
