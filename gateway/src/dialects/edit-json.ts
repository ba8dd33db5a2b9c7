/**
 * Changes to a body by its outline (json-outline.ts); every byte between the cuts stays as it came.
 *
 *     { "model" : "gpt-6-sol" , "messages" : [ … ] , "fallback_models" : [ … ] }
 *                 ^^^^^^^^^^^                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ ^ end
 *     set     { model: '"claude-sonnet-5"' }     cut from valueStart to valueEnd, the text in its place
 *     remove  [ 'fallback_models' ]              cut with the comma before it, or else the one behind it
 *     set     { stream: 'true' }, no member yet  put in at the end
 */
import type { Outline, ReadOutline } from './json-outline.ts';

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

/**
 * The body with every key written as plainly as it can be, for `JSON.parse`. V8 13 (Node 24) takes the first characters of an
 * escaped key for the key itself where an object read before had a key that looks like them: after `{"a":1,"\\":2}` it sees
 * no `n` in `{"a":1,"\u006e":50}`. The provider would see one, and bill it.
 */
export function withPlainKeys(body: Buffer, { escapedKeys }: ReadOutline): Buffer {
  if (escapedKeys.length === 0) return body;
  return splice(
    body,
    escapedKeys.map(({ start, end }) => ({
      from: start,
      to: end + 1,
      text: plainly(body.toString('utf8', start, end + 1)),
    })),
  );
}

function plainly(literal: string): string {
  try {
    return JSON.stringify(JSON.parse(literal));
  } catch {
    return literal;
  }
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
