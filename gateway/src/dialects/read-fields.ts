import { GatewayError } from '@ai-gateway/shared/errors';
import type { JsonObject } from './neutral.ts';

/** Reads one field of a request: absent and null are undefined, a wrong type is `invalid_request` that names the field. */

export function wrong(param: string, must: string): GatewayError {
  return new GatewayError('invalid_request', `\`${param}\` must be ${must}.`, { param });
}

export function readString(value: unknown, param: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw wrong(param, 'text');
  return value;
}

export function needString(value: unknown, param: string): string {
  const text = readString(value, param);
  if (text === undefined) throw wrong(param, 'given, as text');
  return text;
}

export function readBoolean(value: unknown, param: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw wrong(param, 'true or false');
  return value;
}

export function readNumber(
  value: unknown,
  param: string,
  range: { min: number; max: number; integer?: boolean },
): number | undefined {
  if (value === undefined || value === null) return undefined;
  const { min, max, integer = false } = range;
  if (
    typeof value !== 'number' ||
    !Number.isFinite(value) ||
    value < min ||
    value > max ||
    (integer && !Number.isInteger(value))
  ) {
    throw wrong(param, `a ${integer ? 'whole ' : ''}number from ${min} to ${max}`);
  }
  return value;
}

export const tokensRange = { min: 1, max: 100_000_000, integer: true };

export function readList(value: unknown, param: string, max = 10_000): readonly unknown[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw wrong(param, 'a list');
  if (value.length > max) throw wrong(param, `a list of at most ${max}`);
  return value;
}

export function readObject(value: unknown, param: string): JsonObject | undefined {
  if (value === undefined || value === null) return undefined;
  return needObject(value, param);
}

export function needObject(value: unknown, param: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(param, 'an object');
  return value as JsonObject;
}

export function readChoice<const T extends string>(
  value: unknown,
  param: string,
  choices: readonly T[],
): T | undefined {
  if (value === undefined || value === null) return undefined;
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw wrong(param, `one of ${choices.join(', ')}`);
  return found;
}

/** `auto` and every model's name: text that can stand in a header, a log and a table. */
export function readModel(value: unknown): string {
  const model = needString(value, 'model');
  if (model === '' || model.length > 200 || !/^[\x21-\x7e][\x20-\x7e]*$/.test(model))
    throw wrong('model', 'the name of a model');
  return model;
}

/** Stop sequences: a text, or a list of them. Empty ones stop nothing. */
export function readStops(value: unknown, param: string): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'string' && !Array.isArray(value)) throw wrong(param, 'text or a list of texts');
  const list = typeof value === 'string' ? [value] : readList(value, param, 64);
  return (list ?? []).map((stop, i) => needString(stop, `${param}[${i}]`)).filter((stop) => stop !== '');
}

/** The messages of a chat completion or a message. A body of the responses API says `input`. */
export function needMessages({ messages, input }: JsonObject): readonly unknown[] {
  const list = readList(messages, 'messages');
  if (list !== undefined && list.length > 0) return list;
  const elsewhere = input === undefined ? '' : ', and `input` is a field of POST /v1/responses';
  throw wrong('messages', `a list of at least one message${elsewhere}`);
}

/** The fields of a body that were not read. */
export function without(body: JsonObject, read: ReadonlySet<string>): JsonObject {
  const rest: [string, unknown][] = [];
  for (const name of Object.keys(body)) if (!read.has(name) && body[name] !== null) rest.push([name, body[name]]);
  return rest.length === 0 ? {} : Object.fromEntries(rest);
}

/** `data:image/png;base64,…` taken apart, its type in the one form every provider takes; undefined for any other URL. */
export function readDataUrl(url: string): { mediaType: string; data: string } | undefined {
  if (!url.startsWith('data:')) return undefined;
  const comma = url.indexOf(',');
  const head = url.slice(5, comma < 0 ? 5 : comma);
  const match = /^([a-z]+\/[a-z0-9.+-]+)(?:;[^,;]+)*;base64$/i.exec(head);
  if (match?.[1] === undefined) return undefined;
  return { mediaType: usualMediaType(match[1]), data: url.slice(comma + 1) };
}

/** A media type in the one form every provider takes: without parameters, in lower case, a JPEG under its own name. */
export function usualMediaType(given: string): string {
  const mediaType = (given.split(';')[0] ?? '').trim().toLowerCase();
  return mediaType === 'image/jpg' ? 'image/jpeg' : mediaType;
}
