import { cutText } from './call-texts.ts';
import { visitWords } from './words.ts';

/** Words and pairs of neighbouring words of a text, hashed: the same text gives the same numbers, and no number gives back a word. */

export const wordBuckets = 65_536;
/** Single words are in the lower half, and pairs in the upper. */
export const singleBuckets = 32_768;
/** The beginning says what is asked, and the end often repeats it; a long document lies between. */
const part = { first: 3_000, last: 1_000 };

/** Distinct buckets of the words of the text and of their pairs, in no order. */
export function hashedWords(text: string): Uint16Array {
  const buckets = new Set<number>();
  visitWords(cutText(text, part), (hash, isPair) => {
    // The low bits of the hash are its worst: the high ones are folded in.
    const bucket = (hash ^ (hash >>> 16)) & (singleBuckets - 1);
    buckets.add(isPair ? singleBuckets + bucket : bucket);
  });
  return Uint16Array.from(buckets);
}
