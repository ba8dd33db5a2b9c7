import { randomFillSync } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const pool = Buffer.alloc(4096);
let used = pool.length;

/** When an id was drawn, in milliseconds since 1970. Undefined for what is not written as an id. */
export function idTimeMs(id: string): number | undefined {
  const [, text] = /^[a-z]+_([0-9a-z]{10})[0-9a-z]{16}$/.exec(id) ?? [];
  if (text === undefined) return undefined;
  let ms = 0;
  for (const char of text) {
    const digit = alphabet.indexOf(char);
    if (digit < 0) return undefined;
    ms = ms * 32 + digit;
  }
  // Later than any date that JavaScript has.
  return ms <= 8_640_000_000_000_000 ? ms : undefined;
}

/**
 * `req_01k…`: a prefix for people, then 10 characters of time and 16 of chance (Crockford's base 32, as in ULIDs), so that
 * ids sort by age and index pages stay warm. Randomness is drawn in blocks: one system call for 256 ids.
 */
export function newId(prefix: string, nowMs: number): string {
  const begin = idAt(prefix, nowMs);
  if (used + 16 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let chance = '';
  for (const end = used + 16; used < end; used++) chance += alphabet.charAt((pool[used] ?? 0) & 31);
  return begin + chance;
}

/** The beginning of every id of a millisecond: no id of before is larger, in the order of bytes. */
export function idAt(prefix: string, ms: number): string {
  let time = '';
  for (let left = Math.floor(ms), i = 0; i < 10; i++, left = Math.floor(left / 32))
    time = alphabet.charAt(left % 32) + time;
  return `${prefix}_${time}`;
}
