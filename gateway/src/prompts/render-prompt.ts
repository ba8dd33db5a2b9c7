import { GatewayError } from '@ai-gateway/shared/errors';
import type { DialectId } from '../dialects/neutral.ts';
import { isPlaceholder, type PromptContent, type PromptPart, type PromptRole, renderedBytesMax } from './prompt.ts';
import { type Translated, translateDefaults } from './prompt-defaults.ts';
import type { RenderedMessage, Value, Values } from './prompt-values.ts';
import { fillIn, parseTemplate, type Template } from './template.ts';

/** A version whose texts are taken apart, as processes remember it. */
export interface CompiledPrompt {
  content: PromptContent;
  messages: readonly CompiledMessage[];
  /** In the words of each dialect. */
  defaults: Readonly<Record<DialectId, Translated>>;
  /** About what it takes in memory. */
  bytes: number;
}

type CompiledMessage = { placeholder: string } | { role: PromptRole; isText: boolean; parts: readonly CompiledPart[] };

type CompiledPart = { kind: 'text'; template: Template } | { kind: 'image'; url: Template; detail: string | undefined };

export function compilePrompt(content: PromptContent, bytes: number): CompiledPrompt {
  const messages = content.messages.map((message): CompiledMessage => {
    if (isPlaceholder(message)) return message;
    const { role, content: said } = message;
    if (typeof said === 'string')
      return { role, isText: true, parts: [{ kind: 'text', template: parseTemplate(said) }] };
    const parts = said.map(
      (part): CompiledPart =>
        part.type === 'text'
          ? { kind: 'text', template: parseTemplate(part.text) }
          : { kind: 'image', url: parseTemplate(part.image_url.url), detail: part.image_url.detail },
    );
    return { role, isText: false, parts };
  });
  const inWords = (dialect: DialectId): Translated => translateDefaults(content, dialect);
  const defaults = { chat: inWords('chat'), responses: inWords('responses'), messages: inWords('messages') };
  return { content, messages, defaults, bytes: bytes * 3 };
}

/** The messages of a prompt; `own` stands where those of the call go. */
export type Rendered = readonly (RenderedMessage | 'own')[];

/** With every value in its place. A placeholder without a value takes the messages of the call, else they follow at the end. */
export function renderMessages({ messages }: CompiledPrompt, { values }: Values): Rendered {
  const size = new Size();
  const rendered: (RenderedMessage | 'own')[] = [];
  for (const message of messages) {
    if (!('placeholder' in message)) {
      rendered.push(renderMessage(message, values, size));
      continue;
    }
    const value = values.get(message.placeholder);
    if (value?.kind === 'messages') {
      for (const { content } of value.messages) size.add(content);
      rendered.push(...value.messages);
    } else if (!rendered.includes('own')) rendered.push('own');
  }
  if (!rendered.includes('own')) rendered.push('own');
  return rendered;
}

/** The variable whose place the call's own messages take: the first placeholder without a value. */
export function placeOfOwn({ messages }: CompiledPrompt, values: ReadonlyMap<string, Value>): string | undefined {
  for (const message of messages)
    if ('placeholder' in message && !values.has(message.placeholder)) return message.placeholder;
  return undefined;
}

function renderMessage(
  { role, isText, parts }: Exclude<CompiledMessage, { placeholder: string }>,
  values: ReadonlyMap<string, Value>,
  size: Size,
): RenderedMessage {
  const [only] = parts;
  if (isText && only?.kind === 'text' && !hasPicture(only.template, values))
    return { role, content: textIn(only.template, values, size) };
  const said: PromptPart[] = [];
  for (const part of parts) {
    if (part.kind === 'text') said.push(...renderText(part.template, values, size));
    else {
      const url = fillIn(part.url, (name) => size.counted(textOf(values.get(name))));
      const { detail } = part;
      if (url !== '') said.push({ type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } });
    }
  }
  const [first] = said;
  if (isText && said.length <= 1 && (first === undefined || first.type === 'text'))
    return { role, content: first?.text ?? '' };
  return { role, content: said };
}

function textIn(template: Template, values: ReadonlyMap<string, Value>, size: Size): string {
  let text = '';
  for (const piece of template)
    text += size.counted(typeof piece === 'string' ? piece : textOf(values.get(piece.name)));
  return text;
}

function hasPicture(template: Template, values: ReadonlyMap<string, Value>): boolean {
  for (const piece of template) if (typeof piece !== 'string' && values.get(piece.name)?.kind === 'image') return true;
  return false;
}

/** A picture in a text takes it apart: the words before, the picture, the words behind. */
function renderText(template: Template, values: ReadonlyMap<string, Value>, size: Size): PromptPart[] {
  const parts: PromptPart[] = [];
  let text = '';
  for (const piece of template) {
    const value = typeof piece === 'string' ? undefined : values.get(piece.name);
    if (value?.kind !== 'image') {
      text += size.counted(typeof piece === 'string' ? piece : textOf(value));
      continue;
    }
    if (text !== '') parts.push({ type: 'text', text });
    text = '';
    const { url, detail } = value;
    size.addImage(url);
    parts.push({ type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } });
  }
  if (text !== '') parts.push({ type: 'text', text });
  return parts;
}

/** An optional variable without a value is nothing. */
function textOf(value: Value | undefined): string {
  if (value === undefined || value.kind === 'messages') return '';
  return value.kind === 'text' ? value.text : value.url;
}

const imageBytesMax = 20 * 1024 * 1024;

/** How much was rendered: a value that stands in many places is refused before it fills the memory. */
class Size {
  #text = 0;
  #images = 0;

  counted(text: string): string {
    this.#text += Buffer.byteLength(text);
    if (this.#text > renderedBytesMax)
      throw new GatewayError(
        'invalid_request',
        `The prompt with its values is over ${renderedBytesMax / 1024 / 1024} MiB. Send shorter values.`,
        { param: 'prompt.variables' },
      );
    return text;
  }

  addImage(url: string): void {
    this.#images += url.length;
    if (this.#images > imageBytesMax)
      throw new GatewayError('invalid_request', 'The pictures of the prompt are over 20 MiB. Send smaller ones.', {
        param: 'prompt.variables',
      });
  }

  add(content: string | readonly PromptPart[]): void {
    if (typeof content === 'string') this.counted(content);
    else
      for (const part of content)
        if (part.type === 'text') this.counted(part.text);
        else this.addImage(part.image_url.url);
  }
}
