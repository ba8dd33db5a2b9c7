import { GatewayError } from '@ai-gateway/shared/errors';

/** Where each top-level member of a JSON object stands in its bytes. */
export interface Outline {
  readonly members: ReadonlyMap<string, { keyStart: number; valueStart: number; valueEnd: number }>;
  /** Index of the object's `}`. */
  readonly end: number;
}

const depthMax = 64;
const quote = 34;
const backslash = 92;
const openers = new Set([91, 123]);
const closers = new Set([93, 125]);
const interesting = new Uint8Array(256);
for (const byte of [34, 44, 58, 91, 93, 123, 125]) interesting[byte] = 1;

/**
 * One pass over the bytes, before `JSON.parse` sees them: refuses nesting beyond 64 (parsing a million levels works, printing
 * them again overflows the stack) and a top-level key that stands twice (the provider might read the other one than we did),
 * and notes where the members are, so that one can be changed while all other bytes stay as they came. Syntax is judged by
 * `JSON.parse` afterwards; here anything odd merely yields an outline nobody will use.
 */
export function outlineJson(body: Buffer): Outline {
  const members = new Map<string, { keyStart: number; valueStart: number; valueEnd: number }>();
  const begin = skipSpace(body, body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0);
  if (body[begin] !== 123)
    throw new GatewayError(
      'invalid_request',
      begin >= body.length
        ? 'The request body is empty; it must be a JSON object.'
        : 'The request body must be a JSON object.',
    );
  let depth = 0;
  let end = body.length;
  let keyStart = -1;
  let keyText = '';
  let valueStart = -1;
  const close = (at: number): void => {
    if (valueStart >= 0) {
      if (members.has(keyText))
        throw new GatewayError(
          'invalid_request',
          `The key "${keyText.slice(0, 60)}" stands twice in the request body.`,
          { param: keyText.slice(0, 60) },
        );
      members.set(keyText, { keyStart, valueStart, valueEnd: trimEnd(body, at) });
    }
    keyStart = -1;
    valueStart = -1;
  };
  for (let at = begin; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (interesting[byte] === 0) continue;
    if (byte === quote) {
      const stringEnd = endOfString(body, at);
      if (depth === 1 && keyStart < 0) {
        keyStart = at;
        keyText = readKey(body.subarray(at, stringEnd + 1));
      }
      at = stringEnd;
    } else if (openers.has(byte)) {
      depth += 1;
      if (depth > depthMax)
        throw new GatewayError('invalid_request', `The request body is nested more than ${depthMax} levels deep.`);
    } else if (closers.has(byte)) {
      depth -= 1;
      if (depth === 0) {
        close(at);
        end = at;
        break;
      }
    } else if (depth === 1) {
      if (byte === 44) close(at);
      else if (valueStart < 0) valueStart = skipSpace(body, at + 1);
    }
  }
  return { members, end };
}

/** The body with some members given new values (JSON text), added, or taken out; every other byte stays. */
export function edit(
  body: Buffer,
  outline: Outline,
  changes: { set: Readonly<Record<string, string>>; remove: readonly string[] },
): Buffer {
  const cuts: { from: number; to: number; text: string }[] = [];
  const added: string[] = [];
  for (const [key, text] of Object.entries(changes.set)) {
    const member = outline.members.get(key);
    if (member === undefined) added.push(`${JSON.stringify(key)}:${text}`);
    else cuts.push({ from: member.valueStart, to: member.valueEnd, text });
  }
  const order = [...outline.members.keys()];
  const kept = order.filter((key) => !changes.remove.includes(key));
  for (const key of changes.remove) {
    const member = outline.members.get(key);
    if (member === undefined) continue;
    // The comma goes with the member: the one behind it, or at the end of the list the one before.
    const next = memberAt(outline, order[order.indexOf(key) + 1]);
    const from = memberAt(outline, kept.at(-1))?.valueEnd ?? member.keyStart;
    cuts.push(
      next === undefined
        ? { from, to: member.valueEnd, text: '' }
        : { from: member.keyStart, to: next.keyStart, text: '' },
    );
  }
  if (added.length > 0)
    cuts.push({ from: outline.end, to: outline.end, text: (kept.length > 0 ? ',' : '') + added.join(',') });
  return splice(body, cuts);
}

/** A key may be the empty string, so "no key" is undefined and nothing else. */
function memberAt(outline: Outline, key: string | undefined) {
  return key === undefined ? undefined : outline.members.get(key);
}

function splice(body: Buffer, cuts: { from: number; to: number; text: string }[]): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { from, to, text } of cuts.sort((a, b) => a.from - b.from || a.to - b.to)) {
    // Two removals at the end of the list may share bytes.
    if (from > at) pieces.push(body.subarray(at, from));
    if (text !== '') pieces.push(Buffer.from(text));
    at = Math.max(at, to);
  }
  pieces.push(body.subarray(at));
  return Buffer.concat(pieces);
}

/** The index of the quote that ends the string which begins at `start`. */
function endOfString(body: Buffer, start: number): number {
  for (let at = body.indexOf(quote, start + 1); at >= 0; at = body.indexOf(quote, at + 1)) {
    let slashes = 0;
    while (body[at - 1 - slashes] === backslash) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return body.length;
}

function readKey(literal: Buffer): string {
  try {
    return JSON.parse(literal.toString('utf8')) as string;
  } catch {
    return literal.toString('utf8');
  }
}

function skipSpace(body: Buffer, from: number): number {
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
