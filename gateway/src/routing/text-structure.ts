/** Longer texts are cut before anything is counted. */
const charsMax = 4_000;

/** How many numbers `structureOf` gives. */
export const textStructureSize = 24;

const kinds = {
  upper: 0,
  digit: 1,
  operator: 2,
  question: 3,
  bracket: 4,
  formula: 5,
  comma: 6,
  stop: 7,
  quote: 8,
  money: 9,
  mark: 10,
  foreign: 11,
} as const;

const kindOf = kindsByCode({
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digit: '0123456789',
  operator: '=+*/^<>',
  question: '?',
  bracket: '{}[]();',
  formula: '$\\',
  comma: ',:',
  stop: '.!',
  quote: '"\'',
  money: '%£€',
  mark: '_`#|@&~',
});

function kindsByCode(characters: Record<Exclude<keyof typeof kinds, 'foreign'>, string>): Uint8Array {
  const table = new Uint8Array(128).fill(255);
  for (const [kind, of] of Object.entries(characters) as [keyof typeof kinds, string][])
    for (const character of of) table[character.charCodeAt(0)] = kinds[kind];
  return table;
}

/**
 * The shape of a text, about 0 to 1 each: its length, its lines and choices, and which characters it is made of. One pass, without an
 * allocation for each character.
 */
export function structureOf(text: string): number[] {
  const part = text.length > charsMax ? text.slice(0, charsMax) : text;
  const counts = new Uint16Array(12);
  let [words, wordChars, longestWord, numbers, longestNumber, acronyms] = [0, 0, 0, 0, 0, 0];
  let [lines, choices, blank, longestLine] = [0, 0, 0, 0];
  let [word, digits, capitals, lineStart] = [0, 0, 0, 0];
  for (let i = 0; i <= part.length; i++) {
    const code = i === part.length ? 10 : part.charCodeAt(i);
    const isForeign = code >= 128;
    const kind = isForeign ? kinds.foreign : (kindOf[code] ?? 255);
    if (kind !== 255) counts[kind] = (counts[kind] ?? 0) + 1;
    const isUpper = kind === kinds.upper;
    const isDigit = kind === kinds.digit;
    if (isUpper) capitals += 1;
    else {
      if (capitals > 1) acronyms += 1;
      capitals = 0;
    }
    if (isDigit) digits += 1;
    else if (digits > 0) {
      numbers += 1;
      longestNumber = Math.max(longestNumber, digits);
      digits = 0;
    }
    if (isUpper || isForeign || (code >= 97 && code <= 122)) word += 1;
    else if (word > 0) {
      words += 1;
      wordChars += word;
      longestWord = Math.max(longestWord, word);
      word = 0;
    }
    if (code !== 10) continue;
    const length = i - lineStart;
    if (i < part.length) lines += 1;
    if (length === 0) blank += 1;
    else if (isChoice(part, lineStart)) choices += 1;
    longestLine = Math.max(longestLine, length);
    lineStart = i + 1;
  }
  const count = (kind: number): number => log(counts[kind] ?? 0);
  const share = (n: number): number => n / Math.max(1, part.length);
  return [
    log(text.length),
    log(lines),
    log(numbers),
    count(kinds.operator),
    count(kinds.question),
    count(kinds.bracket),
    log(acronyms),
    count(kinds.formula),
    log(words),
    Math.min(1, wordChars / Math.max(1, words) / 10),
    log(longestWord),
    log(longestNumber),
    log(choices),
    log(blank),
    log(longestLine),
    log(longestLine - part.length / Math.max(1, lines + 1) + 1),
    share(counts[kinds.digit] ?? 0),
    share(counts[kinds.upper] ?? 0),
    share(counts[kinds.foreign] ?? 0),
    count(kinds.comma),
    count(kinds.stop),
    count(kinds.quote),
    count(kinds.money),
    count(kinds.mark),
  ];
}

/** `A. yes`, `b) no`, `3. perhaps`, `- one`. */
export function isChoice(text: string, at: number): boolean {
  const first = text.charCodeAt(at);
  if (first === 45 || first === 42) return text.charCodeAt(at + 1) === 32;
  const isLabel = (first >= 48 && first <= 57) || (first >= 65 && first <= 90) || (first >= 97 && first <= 122);
  const second = text.charCodeAt(at + 1);
  return isLabel && (second === 46 || second === 41);
}

/** Counts grow slowly. */
export function log(n: number): number {
  return Math.log1p(n) / 10;
}
