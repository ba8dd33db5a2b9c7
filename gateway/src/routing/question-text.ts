import { cutText } from './call-texts.ts';
import { partRead } from './hashed-words.ts';
import { isChoice } from './text-structure.ts';

/** A sentence that is longer is read at its end. */
const charsMax = 1_000;

/** The last sentence of a text, before the choices that it offers: it mostly says what is asked. */
export function questionOf(text: string): string {
  const read = cutText(text, partRead);
  const end = endOfText(read, choicesAt(read));
  return read.slice(startOfSentence(read, end), end);
}

/** Where the first line ends that choices follow. */
function choicesAt(text: string): number {
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
    if (isChoice(text, at + 1) && endOfText(text, at) > 0) return at;
  return text.length;
}

function endOfText(text: string, from: number): number {
  let end = from;
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end--;
  return end;
}

function startOfSentence(text: string, end: number): number {
  const least = Math.max(0, end - charsMax);
  for (let i = end - 2; i >= least; i--) {
    const code = text.charCodeAt(i);
    if (code === newline || isWideStop(code) || (isStop(code) && isBlank(text.charCodeAt(i + 1)))) return i + 1;
  }
  return least;
}

const newline = 10;

function isBlank(code: number): boolean {
  return code <= 32 || code === 0xa0 || code === 0x3000;
}

/** `.`, `?` and `!`. */
function isStop(code: number): boolean {
  return code === 46 || code === 63 || code === 33;
}

/** Those of Chinese and Japanese, which no blank follows. */
function isWideStop(code: number): boolean {
  return code === 0x3002 || code === 0xff1f || code === 0xff01;
}
