import { cutText } from './call-texts.ts';
import { visitWords } from './words.ts';

/**
 * Words and pairs of neighbouring words of a text, hashed: the same text gives the same numbers, and no number gives back a word. Those of its
 * question come a second time, as words of their own: there they say more.
 */

export const wordBuckets = 65_536;
/** Single words are in the lower half, and pairs in the upper. */
export const singleBuckets = 32_768;
/** The beginning says what is asked, and the end often repeats it; a long document lies between. */
export const partRead = { first: 3_000, last: 1_000 };

/** Distinct buckets of the words of the text and of its question, and of their pairs, in no order. */
export function hashedWords(text: string, question: string): Uint16Array {
  const buckets = new Set<number>();
  const add = (hash: number, isPair: boolean): void => {
    // The low bits of the hash are its worst: the high ones are folded in.
    const bucket = (hash ^ (hash >>> 16)) & (singleBuckets - 1);
    buckets.add(isPair ? singleBuckets + bucket : bucket);
  };
  visitWords(cutText(text, partRead), add);
  visitWords(question, (hash, isPair) => add(Math.imul(hash ^ ofQuestion, mixer), isPair));
  return Uint16Array.from(buckets);
}

/** Any two numbers that make another hash of the hash of a word. */
const ofQuestion = 0x51ed270b;
const mixer = 0x85ebca6b;
