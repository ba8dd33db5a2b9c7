/**
 * Visits a hash of each word and of each pair of neighbours, and in scripts without spaces (Chinese, Japanese, Thai, Khmer …) of each
 * character and each pair. Numbers count as numbers, whatever their digits. One pass, without an allocation for each word.
 */
export function visitWords(text: string, visit: (hash: number, isPair: boolean) => void): void {
  const lower = text.toLowerCase();
  let word = fnvOffset;
  let inWord = false;
  let inNumber = false;
  let before = 0;
  let beforeDense = 0;
  for (let i = 0; i <= lower.length; i++) {
    const code = i === lower.length ? 32 : lower.charCodeAt(i);
    const kind = kindOf(code);
    if (kind === letter || kind === digit) {
      const isSecondDigit = kind === digit && inNumber;
      inNumber = kind === digit;
      beforeDense = 0;
      inWord = true;
      if (!isSecondDigit) word = Math.imul(word ^ (kind === digit ? 48 : code), fnvPrime);
      continue;
    }
    if (inWord) {
      visit(word, false);
      if (before !== 0) visit(pairOf(before, word), true);
      before = word;
      word = fnvOffset;
      inWord = false;
      inNumber = false;
    }
    if (kind !== dense) continue;
    visit(Math.imul(fnvOffset ^ code, fnvPrime), false);
    if (beforeDense !== 0) visit(pairOf(beforeDense, code), true);
    beforeDense = code;
    before = 0;
  }
}

const fnvOffset = 0x811c9dc5 | 0;
const fnvPrime = 0x01000193;

function pairOf(first: number, second: number): number {
  return Math.imul(Math.imul(first, 0x9e3779b1 | 0) ^ second, fnvPrime);
}

const other = 0;
const letter = 1;
const digit = 2;
const dense = 3;

function kindOf(code: number): number {
  if (code < 0x80) {
    if (code >= 97 && code <= 122) return letter;
    return code >= 48 && code <= 57 ? digit : other;
  }
  if (code < 0xc0) return code === 0xaa || code === 0xb5 || code === 0xba ? letter : other;
  if (code < 0x0e00) return code === 0xd7 || code === 0xf7 ? other : letter;
  // Thai and Lao; Burmese; Khmer.
  if (code < 0x0f00 || (code >= 0x1000 && code < 0x10a0) || (code >= 0x1780 && code < 0x1800)) return dense;
  if (code >= 0x2000 && code < 0x2c00) return other;
  if (code >= 0x3000 && code < 0x3040) return other;
  // Kana, then the Chinese characters; Korean has spaces.
  if ((code >= 0x3040 && code < 0x3100) || (code >= 0x3400 && code < 0xa000)) return dense;
  if (code >= 0xf900 && code < 0xfb00) return dense;
  // Halves of pairs (emoji and rare scripts), and the full-width punctuation.
  if ((code >= 0xd800 && code < 0xe000) || (code >= 0xff00 && code < 0xff10) || code >= 0xfff0) return other;
  return letter;
}
