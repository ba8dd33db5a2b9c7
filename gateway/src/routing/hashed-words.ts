/** Words and pairs of neighbouring words of a text, hashed: the same text gives the same numbers, and no number gives back a word. */

export const wordBuckets = 65_536;
/** The beginning says what is asked, and the end often repeats it; a long document lies between. */
const headChars = 3_000;
const tailChars = 1_000;

/** Distinct buckets of the words of the text and of their pairs, in no order. */
export function hashedWords(text: string): Uint16Array {
  const buckets = new Set<number>();
  let last = 0;
  for (const { 0: word } of cut(text).toLowerCase().matchAll(words)) {
    if (unspaced.test(word)) {
      // Scripts without spaces: two characters are about a word.
      for (let i = 0; i + 1 < word.length; i++) buckets.add(bucketOf(hash(word.slice(i, i + 2), 0)));
      last = 0;
      continue;
    }
    const one = hash(word, 0);
    buckets.add(bucketOf(one));
    if (last !== 0) buckets.add(bucketOf(hash(word, last)));
    last = one;
  }
  return Uint16Array.from(buckets);
}

function cut(text: string): string {
  return text.length <= headChars + tailChars ? text : `${text.slice(0, headChars)} ${text.slice(-tailChars)}`;
}

const words = /[\p{L}\p{N}]+/gu;
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}]/u;

/** FNV-1a over the code units, from another hash on. */
function hash(text: string, from: number): number {
  let value = 0x811c9dc5 ^ from;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value === 0 ? 1 : value;
}

/** The low bits of FNV are its worst: the high ones are folded in. */
function bucketOf(value: number): number {
  return (value ^ (value >>> 16)) & (wordBuckets - 1);
}
