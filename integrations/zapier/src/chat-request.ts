import type { InputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import { isEmpty, isRecord, linesOf, listOf, numberOf, readJson, textOf } from './form-value.ts';
import type { InputData } from './operation-input.ts';

export type ChatInput = InputOf<'chat.complete'> & { stream?: false };
type Message = ChatInput['messages'][number];

/** The call a filled-in form asks for. Refuses, before anything is paid, what could not be answered. */
export function chatRequest(form: InputData, tags: Record<string, string>): ChatInput {
  const fallbacks = listOf(form.fallback_models).map(String);
  return {
    model: textOf(form.model) || 'auto',
    messages: withImages(messagesOf(form), listOf(form.images).map(String)),
    ...number('temperature', form.temperature),
    ...number('max_tokens', form.max_tokens),
    ...(isEmpty(form.reasoning_effort)
      ? {}
      : { reasoning_effort: form.reasoning_effort as NonNullable<ChatInput['reasoning_effort']> }),
    // An empty list would say that there must be no fallback.
    ...(fallbacks.length === 0 ? {} : { fallback_models: fallbacks }),
    ...responseFormat(form),
    metadata: tags,
  };
}

/** What is no number goes as it is: the gateway names the field it refuses. */
function number(key: 'temperature' | 'max_tokens', value: unknown): { [key: string]: number } {
  return isEmpty(value) ? {} : { [key]: numberOf(value) as number };
}

function messagesOf({ system_prompt, prompt, ...form }: InputData): Message[] {
  const system = textOf(system_prompt);
  const asked = isEmpty(prompt) ? '' : String(prompt);
  const earlierLines = linesOf(form, { key: 'messages', inside: ['role', 'content'] });
  const spoken = [
    ...earlier(earlierLines),
    ...(asked.trim() === '' ? [] : [{ role: 'user' as const, content: asked }]),
  ];
  if (spoken.length === 0) throw wrong('There is nothing to answer. Fill in the prompt, or add a message.', 'prompt');
  return system === '' ? spoken : [{ role: 'system', content: system }, ...spoken];
}

/** Line items of the form or of an earlier step; or, from a code step or an agent, OpenAI's list as JSON. */
function earlier(value: unknown): Message[] {
  if (isEmpty(value)) return [];
  const list = typeof value === 'string' ? readJson(value) : value;
  if (list === undefined) throw wrong('The messages are not valid JSON. Check quotes and commas.', 'messages');
  if (!Array.isArray(list)) throw wrong('The messages must be a list: [{"role": "user", "content": "…"}].', 'messages');
  return (list as unknown[])
    .filter((line) => isRecord(line) && !isEmpty(line.content))
    .map((line) => ({ role: 'user', ...withRole(line as Record<string, unknown>) }) as Message);
}

function withRole({ role, ...line }: Record<string, unknown>): Record<string, unknown> {
  return isEmpty(role) ? line : { role, ...line };
}

/** Pictures go with the last thing the user said. */
function withImages(messages: Message[], urls: readonly string[]): Message[] {
  if (urls.length === 0) return messages;
  const at = messages.findLastIndex(({ role }) => role === 'user');
  const said = messages[at];
  if (said === undefined) throw wrong('An image needs a message of the user to go with.', 'prompt');
  const content = typeof said.content === 'string' ? [{ type: 'text', text: said.content }] : (said.content ?? []);
  return messages.with(at, { ...said, content: [...content, ...urls.map(imagePart)] });
}

function imagePart(url: string) {
  if (!/^(https?:\/\/\S+|data:image\/[\w.+-]+;base64,\S+)$/i.test(url))
    throw wrong(`"${url.slice(0, 80)}" is no image. Give an address that begins with https://.`, 'images');
  return { type: 'image_url', image_url: { url } };
}

function responseFormat({ output_format, json_schema }: InputData): Pick<ChatInput, 'response_format'> {
  if (output_format === 'json_object') return { response_format: { type: 'json_object' } };
  if (output_format !== 'json_schema') return {};
  const schema = bareSchema(typeof json_schema === 'string' ? readJson(json_schema) : json_schema);
  return {
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: isClosed(schema) } },
  };
}

/** OpenAI's documents show the schema inside `{name, schema}`, and people paste it as it stands there. */
function bareSchema(value: unknown): Record<string, unknown> {
  if (value === undefined) throw wrong('The JSON schema is not valid JSON. Check quotes and commas.', 'json_schema');
  if (!isRecord(value))
    throw wrong('The JSON schema must be an object: {"type": "object", "properties": {…}}.', 'json_schema');
  const schema = isRecord(value.schema) && value.type === undefined ? value.schema : value;
  if (typeof schema.type !== 'string' && !['anyOf', '$ref', 'enum'].some((word) => word in schema))
    throw wrong(
      'The JSON schema must say its "type". Begin with {"type": "object", "properties": {…}}.',
      'json_schema',
    );
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

function wrong(message: string, param: string): GatewayError {
  return new GatewayError('invalid_request', message, { param });
}
