import type { Outline } from './json-outline.ts';
import type { JsonObject, NeutralCall } from './neutral.ts';

/**
 * JSON whose numbers keep their digits. JavaScript rounds an integer over 2^53 and writes 1.0 as 1; other languages read both
 * as they are written, and ids have 17 to 19 digits. A number JavaScript would write differently is noted beside its value;
 * the value itself stays a plain number for everybody who reads it.
 */
declare global {
  // Part of Node 24, not of TypeScript's es2024. https://github.com/tc39/proposal-json-parse-with-source
  interface JSON {
    parse(
      text: string,
      reviver: (this: object, key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
    rawJSON(text: string): object;
    isRawJSON(value: unknown): boolean;
  }
}

const notes = Symbol('numbers as they are written');
/** By key: the number as it is written, or `true` where there is one further inside. */
type Notes = Map<string, string | true>;
interface Noted {
  [notes]?: Notes;
}

/** A number whose digits JavaScript may change: long, with a trailing zero, with an exponent, tiny, or minus zero. */
const risky = /[:[,]\s*-?(?:(?:\d\.?){16}|\d+(?:\.\d+)?[eE]|\d+\.\d*0(?!\d)|0\.00000|(?<=-)0)|^\s*-?\d/;
/** A reviver is slow: this number of values takes about 15 ms. A body with more keeps its numbers as JavaScript has them. */
const valuesMax = 50_000;

/** `JSON.parse`, with a note of each number that would be written differently. */
export function parseExact(text: string): unknown {
  return risky.test(text) && countCommas(text) < valuesMax ? JSON.parse(text, noteNumber) : JSON.parse(text);
}

/** Where numbers stand that are only carried: in schemas, in arguments of calls. Elsewhere they are read, and digits do not count. */
const carriers = ['tools', 'functions', 'response_format', 'text', 'output_config', 'output_format'];

/** The body of a request to a model. */
export function parseMembers(text: string, { members }: Pick<Outline, 'members'>): JsonObject {
  const parse = carriers.some((name) => members.has(name)) || text.includes('tool_') ? parseExact : JSON.parse;
  return parse(text) as JsonObject;
}

function countCommas(text: string): number {
  let count = 0;
  for (let at = text.indexOf(','); at >= 0 && count < valuesMax; at = text.indexOf(',', at + 1)) count += 1;
  return count;
}

function noteNumber(this: object, key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value === 'number') {
    if (source !== undefined && source !== String(value)) note(this, key, source);
  } else if (typeof value === 'object' && value !== null && notes in value) note(this, key, true);
  return value;
}

function note(holder: Noted, key: string, what: string | true): void {
  holder[notes] ??= new Map();
  holder[notes].set(key, what);
}

/** The value with each noted number in the form `JSON.stringify` writes as it came. To be written, not to be calculated with. */
export function exactly<T>(value: T): T {
  return exact(value) as T;
}

function exact(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const noted = (value as Noted)[notes];
  if (noted === undefined) return value;
  const write = (key: string, inner: unknown): unknown => {
    const what = noted.get(key);
    if (what === undefined) return inner;
    return typeof what === 'string' && Object.is(Number(what), inner) ? JSON.rawJSON(what) : exact(inner);
  };
  if (Array.isArray(value)) return value.map((inner, i) => write(String(i), inner));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, write(key, inner)]));
}

/** `JSON.stringify` of a value parts of which may be noted, or copies of what was: slower, for the few bodies that are edited. */
export function writeExact(value: unknown): string {
  return JSON.stringify(value, function (this: Noted, key, inner: unknown) {
    const what = typeof inner === 'number' ? this[notes]?.get(key) : undefined;
    return typeof what === 'string' && Object.is(Number(what), inner) ? JSON.rawJSON(what) : inner;
  });
}

/** The object a text says, with its numbers as they are written; undefined where it says none. */
export function parseExactObject(text: string): JsonObject | undefined {
  try {
    const value = parseExact(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (exactly(value) as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The call with its schemas ready to be written with their numbers as they came. */
export function withExactSchemas(call: NeutralCall): NeutralCall {
  const { tools, output } = call;
  const schemas = tools.map(({ parameters }) => exactly(parameters));
  const schema = output.kind === 'json-schema' ? exactly(output.schema) : undefined;
  const isSame = schemas.every((parameters, i) => parameters === tools[i]?.parameters);
  if (isSame && (output.kind !== 'json-schema' || schema === output.schema)) return call;
  return {
    ...call,
    tools: tools.map((tool) => ({ ...tool, parameters: exactly(tool.parameters) })),
    ...(output.kind === 'json-schema' ? { output: { ...output, schema: exactly(output.schema) } } : {}),
  };
}
