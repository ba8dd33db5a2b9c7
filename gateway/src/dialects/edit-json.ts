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
  const cuts: Cut[] = [];
  let added = '';
  for (const key of Object.keys(changes.set)) {
    const text = changes.set[key] ?? '';
    const member = outline.members.get(key);
    if (member === undefined) added += `${added === '' ? '' : ','}${JSON.stringify(key)}:${text}`;
    else cuts.push({ from: member.valueStart, to: member.valueEnd, text });
  }
  const kept = changes.remove.length === 0 ? outline.members.size : addRemovals(cuts, outline, changes.remove);
  if (added !== '') cuts.push({ from: outline.end, to: outline.end, text: kept > 0 ? `,${added}` : added });
  return splice(body, cuts);
}

interface Cut {
  from: number;
  to: number;
  text: string;
}

/** How many members are kept. */
function addRemovals(cuts: Cut[], outline: Outline, remove: readonly string[]): number {
  const order = [...outline.members.keys()];
  const kept = order.filter((key) => !remove.includes(key));
  for (const key of remove) {
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
  return kept.length;
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

/** The bytes are written once, into a body of the right length. */
function splice(body: Buffer, cuts: Cut[]): Buffer {
  if (!areInOrder(cuts)) cuts.sort((a, b) => a.from - b.from || a.to - b.to);
  let length = body.length;
  let at = 0;
  for (const { from, to, text } of cuts) {
    // Two removals at the end of the list may share bytes.
    length += Buffer.byteLength(text) - Math.max(0, to - Math.max(at, from));
    at = Math.max(at, to);
  }
  const spliced = Buffer.allocUnsafe(length);
  let written = 0;
  at = 0;
  for (const { from, to, text } of cuts) {
    if (from > at) written += body.copy(spliced, written, at, from);
    if (text !== '') written += spliced.write(text, written);
    at = Math.max(at, to);
  }
  body.copy(spliced, written, at);
  return spliced;
}

/** Two cuts nearly always are, and sorting makes lists of its own: 0.8 KB for each body. */
function areInOrder(cuts: readonly Cut[]): boolean {
  let before: Cut | undefined;
  for (const cut of cuts) {
    if (before !== undefined && (cut.from < before.from || (cut.from === before.from && cut.to < before.to)))
      return false;
    before = cut;
  }
  return true;
}
