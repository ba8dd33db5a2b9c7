import type { Outline } from './json-outline.ts';

/**
 * A body written again with some members given new values (JSON text), added, or taken out, and its outline, which need not be read from the
 * new bytes. Each member that stays has its own bytes; blanks between members go.
 */
export function rewrite(
  body: Buffer,
  outline: Outline,
  { set, remove }: { set: Readonly<Record<string, { text: string }>>; remove: string },
): { body: Buffer; outline: Outline } {
  const members = new Map<string, { keyStart: number; valueStart: number; valueEnd: number }>();
  // A character for each byte, so that places in the text are places in the body.
  const came = body.toString('latin1', 0, outline.end);
  let bytes = '{';
  const add = (key: string, head: string, value: string): void => {
    if (members.size > 0) bytes += ',';
    const keyStart = bytes.length;
    const valueStart = keyStart + head.length;
    const valueEnd = valueStart + value.length;
    bytes += head + value;
    members.set(key, { keyStart, valueStart, valueEnd });
  };
  for (const [key, { keyStart, valueStart, valueEnd }] of outline.members) {
    if (key === remove) continue;
    const value = Object.hasOwn(set, key) ? bytesOf(set[key]?.text ?? '') : came.slice(valueStart, valueEnd);
    add(key, came.slice(keyStart, valueStart), value);
  }
  for (const key of Object.keys(set))
    if (!outline.members.has(key)) add(key, `${bytesOf(JSON.stringify(key))}:`, bytesOf(set[key]?.text ?? ''));
  return { body: Buffer.from(`${bytes}}`, 'latin1'), outline: { members, end: bytes.length } };
}

const ascii = /^[\u0000-\u007f]*$/;

/** The bytes of a text in UTF-8, each as a character. */
function bytesOf(text: string): string {
  return ascii.test(text) ? text : Buffer.from(text).toString('latin1');
}
