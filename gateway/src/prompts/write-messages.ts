import { isRecord } from '@ai-gateway/shared/json';
import type { Outline } from '../dialects/json-outline.ts';
import type { DialectId, JsonObject } from '../dialects/neutral.ts';
import { wrong } from '../dialects/read-fields.ts';
import type { PromptPart } from './prompt.ts';
import type { RenderedMessage } from './prompt-values.ts';
import type { Rendered } from './render-prompt.ts';

/** A body that a prompt goes into. */
export interface OwnBody {
  body: Buffer;
  outline: Outline;
  json: JsonObject;
}

/** A member of the new body: its value, and the same as JSON text in which the call's own messages have their own bytes. */
export interface Written {
  value: unknown;
  text: string;
}

/** Are there messages of the call's own? */
export function hasOwnMessages(json: JsonObject, dialect: DialectId): boolean {
  const own = dialect === 'responses' ? json.input : json.messages;
  return (typeof own === 'string' && own !== '') || (Array.isArray(own) && own.length > 0);
}

/** The members that have the conversation, with the prompt's messages in it. */
export function writeMessages(rendered: Rendered, own: OwnBody, dialect: DialectId): Record<string, Written> {
  if (dialect === 'chat')
    return { messages: writeList(rendered, own, { member: 'messages', write: (message) => message }) };
  if (dialect === 'responses') return { input: writeList(rendered, own, { member: 'input', write: inputItem }) };
  // Anthropic's system texts stand apart.
  const spoken = rendered.filter((message) => message === 'own' || !isSystem(message));
  const system = rendered.flatMap((message) => (message === 'own' || !isSystem(message) ? [] : [plainText(message)]));
  return {
    messages: writeList(spoken, own, { member: 'messages', write: anthropicMessage }),
    ...(system.length === 0 ? {} : { system: writeSystem(system.join('\n\n'), own) }),
  };
}

function writeList(
  rendered: Rendered,
  { body, outline, json }: OwnBody,
  { member, write }: { member: string; write: (message: RenderedMessage) => unknown },
): Written {
  const own = json[member];
  const at = outline.members.get(member);
  const value: unknown[] = [];
  // By hand: nearly every prompt has one message, and a list to be joined takes longer than all the rest.
  let text = '';
  const add = (more: string): void => {
    text += text === '' ? more : `,${more}`;
  };
  for (const message of rendered) {
    if (message !== 'own') {
      const written = write(message);
      value.push(written);
      add(textOf(message, written));
      continue;
    }
    if (own === undefined || own === null || own === '') continue;
    const bytes = at === undefined ? JSON.stringify(own) : body.toString('utf8', at.valueStart, at.valueEnd);
    if (Array.isArray(own)) {
      if (own.length === 0) continue;
      value.push(...(own as unknown[]));
      add(bytes.slice(bytes.indexOf('[') + 1, bytes.lastIndexOf(']')));
    } else if (member === 'input' && typeof own === 'string') {
      value.push({ role: 'user', content: own });
      add(`{"role":"user","content":${bytes}}`);
    } else throw wrong(member, 'a list of messages');
  }
  return { value, text: `[${text}]` };
}

/** A message of text alone is written alike in every dialect, and taken apart no more. */
function textOf({ role, content }: RenderedMessage, written: unknown): string {
  return typeof content === 'string'
    ? `{"role":"${role}","content":${JSON.stringify(content)}}`
    : JSON.stringify(written);
}

function isSystem({ role }: RenderedMessage): boolean {
  return role === 'system' || role === 'developer';
}

function plainText({ content }: RenderedMessage): string {
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** The prompt's text comes before the system text of the call. */
function writeSystem(text: string, { body, outline, json }: OwnBody): Written {
  const { system } = json;
  const at = outline.members.get('system');
  if (!Array.isArray(system) || at === undefined) {
    const value = typeof system === 'string' && system !== '' ? `${text}\n\n${system}` : text;
    return { value, text: JSON.stringify(value) };
  }
  const block = { type: 'text', text };
  const bytes = body.toString('utf8', at.valueStart, at.valueEnd);
  const rest = bytes.slice(bytes.indexOf('[') + 1);
  return {
    value: [block, ...(system as unknown[])],
    text: `[${JSON.stringify(block)}${system.length === 0 ? '' : ','}${rest}`,
  };
}

function inputItem({ role, content }: RenderedMessage): JsonObject {
  if (typeof content === 'string') return { role, content };
  const kind = role === 'assistant' ? 'output_text' : 'input_text';
  return { role, content: content.map((part) => inputPart(part, kind)) };
}

function inputPart(part: PromptPart, kind: string): JsonObject {
  if (part.type === 'text') return { type: kind, text: part.text };
  const { url, detail = 'auto' } = part.image_url;
  return { type: 'input_image', image_url: url, detail };
}

function anthropicMessage({ role, content }: RenderedMessage): JsonObject {
  return { role, content: typeof content === 'string' ? content : content.map(anthropicPart) };
}

const dataUrl = /^data:([a-z]+\/[a-z0-9.+-]+);base64,/i;

function anthropicPart(part: PromptPart): JsonObject {
  if (part.type === 'text') return { type: 'text', text: part.text };
  const { url } = part.image_url;
  const [start, mediaType] = dataUrl.exec(url.slice(0, 100)) ?? [];
  if (start === undefined) return { type: 'image', source: { type: 'url', url } };
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data: url.slice(start.length) } };
}

/** The object at a member of the body, for a field that goes into it. */
export function objectAt(json: JsonObject, member: string): JsonObject {
  const value = json[member];
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw wrong(member, 'an object');
  return value;
}
