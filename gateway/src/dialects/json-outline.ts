/**
 * A body is read twice: first byte by byte, for its outline, then by `JSON.parse`. The outline says where the top-level members
 * are, so that one can be changed while every other byte goes to the provider as it came.
 *
 *     { "model" : "gpt-6-sol" , "messages" : [ … ] , "fallback_models" : [ … ] }
 *       ^         ^         ^                        ^                         ^ end
 *       keyStart  valueStart valueEnd                keyStart of the last one
 *
 * The same pass bounds what `JSON.parse` will meet: depth, keys, values, texts. A key written with a backslash is noted, since V8
 * misreads it (`withPlainKeys` of edit-json.ts).
 */
import { GatewayError } from '@ai-gateway/shared/errors';

/** Where each top-level member of a JSON object stands in its bytes. */
export interface Outline {
  readonly members: ReadonlyMap<string, { keyStart: number; valueStart: number; valueEnd: number }>;
  /** Index of the object's `}`. */
  readonly end: number;
}

/** The outline of a body that came, with what else its one reading found. */
export interface ReadOutline extends Outline {
  /** How many keys stand in it, at whatever depth. */
  readonly keys: number;
  /** Keys written with a backslash, at whatever depth: from the one quote to the other. */
  readonly escapedKeys: readonly { start: number; end: number }[];
}

const depthMax = 64;

/**
 * How much structure a body may have. A model call is mostly text: these are a few times what the largest honest ones have
 * (10,000 messages; 300,000 tokens to embed), and with them no single look at a body takes 50 ms.
 */
export interface OutlineBounds {
  /** Members and elements, at whatever depth. */
  values: number;
  keys: number;
  keyBytes: number;
  strings: number;
  /** Bytes outside of texts: numbers, braces, blanks. */
  plainBytes: number;
}

const callBounds: OutlineBounds = {
  values: 350_000,
  keys: 80_000,
  keyBytes: 1024 * 1024,
  strings: 200_000,
  plainBytes: 8 * 1024 * 1024,
};
/** A single key: nobody has one of a tenth of it. */
const keyBytesMax = 16 * 1024;
/** Nobody writes a key with a backslash but to hide it. */
const escapedKeysMax = 1_000;
/** No request has a tenth of it; beyond, walking the keys would be an attack. */
const membersMax = 1_000;
const quote = 34;
const comma = 44;
const colon = 58;
const backslash = 92;
const openBrace = 123;
/** The bytes that the walk stops at outside of strings: `"` `,` `:` `[` `]` `{` `}`. */
const interesting = new Uint8Array(256);
for (const byte of [quote, comma, colon, 91, 93, openBrace, 125]) interesting[byte] = 1;

/**
 * One pass over the bytes, before `JSON.parse` sees them: refuses nesting beyond 64 (parsing a million levels works, printing
 * them again overflows the stack), more structure than any call has, and a top-level key that stands twice (the provider might read the other one than we did),
 * and notes where the members are, so that one can be changed while all other bytes stay as they came. Syntax is judged by
 * `JSON.parse` afterwards; here anything odd merely yields an outline nobody will use.
 */
export function outlineJson(body: Buffer, bounds: OutlineBounds = callBounds): ReadOutline {
  const begin = skipSpace(body, body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0);
  if (body[begin] !== openBrace)
    throw refused(begin >= body.length ? 'is empty; it must be' : 'must be', 'a JSON object');
  const members = new Members(body);
  const escapedKeys: { start: number; end: number }[] = [];
  let depth = 0;
  let values = 0;
  let keys = 0;
  let keyBytes = 0;
  let strings = 0;
  // Texts do not count: each moves the end on by its length.
  let end = Math.min(body.length, begin + bounds.plainBytes);
  const tooMany = (what: string): GatewayError => refused('has', what, members.current);
  for (let at = begin; at < end; at++) {
    const byte = body[at] ?? 0;
    if (interesting[byte] === 0) continue;
    switch (byte) {
      case quote: {
        const stringEnd = endOfString(body, at);
        end = Math.min(body.length, end + stringEnd - at);
        strings += 1;
        if (strings > bounds.strings) throw tooMany(`more than ${bounds.strings} texts and keys`);
        if (depth === 1) members.string(at, stringEnd);
        if (body[skipSpace(body, stringEnd + 1)] === colon) {
          const length = stringEnd - at;
          keys += 1;
          keyBytes += length;
          if (keys > bounds.keys) throw tooMany(`more than ${bounds.keys} keys`);
          if (length > keyBytesMax) throw tooMany(`a key of more than ${keyBytesMax} bytes`);
          if (keyBytes > bounds.keyBytes) throw tooMany(`more than ${bounds.keyBytes} bytes of keys`);
          if (hasBackslash(body, at, stringEnd)) {
            if (escapedKeys.length === escapedKeysMax)
              throw tooMany(`more than ${escapedKeysMax} keys with a backslash in them`);
            escapedKeys.push({ start: at, end: stringEnd });
          }
        }
        at = stringEnd;
        break;
      }
      case 91:
      case openBrace:
        depth += 1;
        values += 1;
        if (values > bounds.values) throw tooMany(`more than ${bounds.values} values`);
        if (depth > depthMax) throw refused('is nested', `more than ${depthMax} levels deep`);
        break;
      case 93:
      case 125:
        depth -= 1;
        if (depth > 0) break;
        members.close(at);
        return { members: members.found, end: at, keys, escapedKeys };
      case comma:
        values += 1;
        if (values > bounds.values) throw tooMany(`more than ${bounds.values} values`);
        if (depth === 1) members.close(at);
        break;
      default:
        if (depth === 1) members.colon(at);
    }
  }
  if (end < body.length) throw tooMany(`more than ${bounds.plainBytes} bytes outside of texts`);
  return { members: members.found, end: body.length, keys, escapedKeys };
}

/** Gathers the members of the outermost object from its strings, colons and commas in order. */
class Members {
  readonly found = new Map<string, { keyStart: number; valueStart: number; valueEnd: number }>();
  readonly #body: Buffer;
  #keyStart = -1;
  #keyEnd = -1;
  #valueStart = -1;

  constructor(body: Buffer) {
    this.#body = body;
  }

  /** The member that is being read, for a refusal. */
  get current(): string | undefined {
    return this.#keyStart < 0 ? undefined : readKey(this.#body.subarray(this.#keyStart, this.#keyEnd + 1)).slice(0, 60);
  }

  string(start: number, end: number): void {
    if (this.#keyStart >= 0) return;
    this.#keyStart = start;
    this.#keyEnd = end;
  }

  colon(at: number): void {
    if (this.#valueStart < 0) this.#valueStart = skipSpace(this.#body, at + 1);
  }

  close(at: number): void {
    if (this.#valueStart >= 0) {
      const key = readKey(this.#body.subarray(this.#keyStart, this.#keyEnd + 1));
      const shown = key.slice(0, 60);
      if (this.found.has(key)) throw refused(`has the key "${shown}"`, 'twice', shown);
      if (this.found.size === membersMax) throw refused('has', `more than ${membersMax} top-level keys`);
      this.found.set(key, {
        keyStart: this.#keyStart,
        valueStart: this.#valueStart,
        valueEnd: trimEnd(this.#body, at),
      });
    }
    this.#keyStart = -1;
    this.#valueStart = -1;
  }
}

function refused(is: string, what: string, param?: string): GatewayError {
  return new GatewayError('invalid_request', `The request body ${is} ${what}.`, { param });
}

const nearBytes = 64;

/** The index of the quote that ends the string which begins at `start`. */
export function endOfString(body: Buffer, start: number): number {
  let at = start + 1;
  for (;;) {
    // A short string is walked; from there a native search jumps (pictures are megabytes of base64), and text full of
    // escaped quotes, which would stop it at every other byte, is walked again.
    const near = Math.min(at + nearBytes, body.length);
    while (at < near) {
      const byte = body[at];
      if (byte === quote) return at;
      at += byte === backslash ? 2 : 1;
    }
    const found = body.indexOf(quote, at);
    if (found < 0) return body.length;
    let slashes = 0;
    while (found - slashes > at && body[found - 1 - slashes] === backslash) slashes += 1;
    if (slashes % 2 === 0) return found;
    at = found + 1;
  }
}

function hasBackslash(body: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (body[at] === backslash) return true;
  return false;
}

export function readKey(literal: Buffer): string {
  const inside = literal.toString('utf8', 1, literal.length - 1);
  if (!inside.includes('\\')) return inside;
  try {
    return JSON.parse(literal.toString('utf8')) as string;
  } catch {
    return inside;
  }
}

export function skipSpace(body: Buffer, from: number): number {
  let at = from;
  while (isSpace(body[at])) at += 1;
  return at;
}

function trimEnd(body: Buffer, to: number): number {
  let at = to;
  while (isSpace(body[at - 1])) at -= 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}
