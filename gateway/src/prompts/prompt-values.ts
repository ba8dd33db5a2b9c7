import { GatewayError } from '@ai-gateway/shared/errors';
import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject } from '../dialects/neutral.ts';
import type { PromptPart, PromptRole, Variable } from './prompt.ts';

/** A message with every value in its place. */
export interface RenderedMessage {
  role: PromptRole;
  content: string | PromptPart[];
}

export type Value =
  | { kind: 'text'; text: string }
  | { kind: 'image'; url: string; detail?: string | undefined }
  | { kind: 'messages'; messages: RenderedMessage[] };

export interface Values {
  /** By the name of the variable; optional ones without a value are left out. A map, so that no name means anything to JavaScript. */
  values: ReadonlyMap<string, Value>;
  /** Names that were given and that no variable has. */
  surplus: readonly string[];
}

/**
 * The values of a call, by the types of the variables. One refusal names all that are missing. `filledBy` gives the variable whose
 * place the call's own messages take.
 */
export function readValues(
  variables: readonly Variable[],
  given: JsonObject,
  { at, filledBy }: { at: string; filledBy?: (values: ReadonlyMap<string, Value>) => string | undefined },
): Values {
  const values = new Map<string, Value>();
  const empty: string[] = [];
  let known = 0;
  for (const variable of variables) {
    const { name } = variable;
    const isGiven = Object.hasOwn(given, name);
    if (isGiven) known += 1;
    const own = isGiven ? given[name] : undefined;
    const value = isNone(own, variable) ? variable.default : own;
    if (!isNone(value, variable)) values.set(name, readValue(variable, value, `${at}.${name}`));
    else if (variable.required) empty.push(name);
  }
  const filled = empty.length === 0 ? undefined : filledBy?.(values);
  const missing = empty.filter((name) => name !== filled);
  if (missing.length > 0)
    throw new GatewayError(
      'invalid_request',
      missing.length === 1
        ? `The prompt needs a value for the variable \`${missing[0]}\`.`
        : `The prompt needs values for the variables ${missing.map((name) => `\`${name}\``).join(', ')}.`,
      { param: `${at}.${missing[0]}`, details: { missing } },
    );
  return { values, surplus: surplusOf(given, variables, known) };
}

const nothing: readonly string[] = [];

function surplusOf(given: JsonObject, variables: readonly Variable[], known: number): readonly string[] {
  const names = Object.keys(given);
  if (names.length === known) return nothing;
  const taken = new Set(variables.map(({ name }) => name));
  return names.filter((name) => !taken.has(name));
}

/** Platforms send empty text where a field has no value; only a text may be empty. */
function isNone(value: unknown, { type }: Variable): boolean {
  return value === undefined || value === null || (value === '' && type !== 'text');
}

export function readValue(variable: Variable, value: unknown, param: string): Value {
  switch (variable.type) {
    case 'text':
      return { kind: 'text', text: readText(value, param) };
    case 'number':
      return { kind: 'text', text: readNumber(value, param) };
    case 'boolean':
      return { kind: 'text', text: readBoolean(value, param) };
    case 'choice':
      return { kind: 'text', text: readChoice(variable.options ?? [], value, param) };
    case 'json':
      return { kind: 'text', text: readJson(value, param) };
    case 'image':
      return readImage(value, param);
    case 'messages':
      return { kind: 'messages', messages: readMessages(value, param) };
  }
}

function wrong(param: string, must: string): GatewayError {
  return new GatewayError('invalid_request', `\`${param}\` must be ${must}.`, { param });
}

/** OpenAI's prompts take `{type: "input_text", text}` for a text, too. */
function readText(value: unknown, param: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (isRecord(value) && value.type === 'input_text' && typeof value.text === 'string') return value.text;
  throw wrong(param, 'text');
}

const number = /^-?(?:0|[1-9]\d{0,19})(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/;

function readNumber(value: unknown, param: string): string {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'string' && number.test(value.trim())) return value.trim();
  throw wrong(param, 'a number');
}

function readBoolean(value: unknown, param: string): string {
  const text = String(value).trim().toLowerCase();
  if (typeof value === 'boolean' || (typeof value === 'string' && (text === 'true' || text === 'false'))) return text;
  throw wrong(param, 'true or false');
}

function readChoice(options: readonly string[], value: unknown, param: string): string {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text === 'string' && options.includes(text)) return text;
  throw wrong(param, `one of ${options.map((option) => `"${option}"`).join(', ')}`.slice(0, 400));
}

/** Text that is JSON already stays as it is written; anything else is written as JSON. */
function readJson(value: unknown, param: string): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  try {
    JSON.parse(value);
    return value;
  } catch {
    throw wrong(param, 'JSON');
  }
}

const picture = /^(?:https?:\/\/|data:image\/)/i;

function readImage(value: unknown, param: string): Value {
  if (typeof value === 'string' && picture.test(value)) return { kind: 'image', url: value };
  if (isRecord(value)) {
    const url = value.image_url ?? value.url;
    const { detail } = value;
    if (typeof url === 'string' && picture.test(url))
      return { kind: 'image', url, ...(typeof detail === 'string' ? { detail } : {}) };
  }
  throw wrong(param, 'the address of a picture (https://…), or a data:image/… URL');
}

const roles: readonly string[] = ['system', 'developer', 'user', 'assistant'];

function isRole(value: unknown): value is PromptRole {
  return typeof value === 'string' && roles.includes(value);
}

const messagesMax = 10_000;

function readMessages(value: unknown, param: string): RenderedMessage[] {
  const list = typeof value === 'string' ? parsed(value) : value;
  if (!Array.isArray(list) || list.length > messagesMax) throw wrong(param, 'a list of messages with role and content');
  return list.map((item: unknown, i) => {
    const at = `${param}[${i}]`;
    if (!isRecord(item) || !isRole(item.role)) throw wrong(`${at}.role`, `one of ${roles.join(', ')}`);
    const { role, content } = item;
    if (typeof content === 'string') return { role, content };
    if (!Array.isArray(content)) throw wrong(`${at}.content`, 'text, or a list of parts');
    return { role, content: content.map((part: unknown, k) => readPart(part, `${at}.content[${k}]`, role)) };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A part of a message in the form of chat completions or of responses. Pictures are only in what a user says. */
export function readPart(part: unknown, at: string, role: PromptRole): PromptPart {
  if (isRecord(part)) {
    const { type, text, image_url: image } = part;
    if ((type === 'text' || type === 'input_text' || type === 'output_text') && typeof text === 'string')
      return { type: 'text', text };
    if ((type === 'image_url' || type === 'input_image') && role === 'user') {
      const { url = image, detail = part.detail } = isRecord(image) ? image : {};
      if (typeof url === 'string')
        return { type: 'image_url', image_url: { url, ...(typeof detail === 'string' ? { detail } : {}) } };
    }
  }
  throw wrong(at, role === 'user' ? 'a part of the type text or image_url' : 'a part of the type text');
}
