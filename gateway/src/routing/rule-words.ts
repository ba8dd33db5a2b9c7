/*
 * Words as people mean them. In scripts with spaces a word is whole: "class" is not in "classical". In scripts without spaces (Chinese,
 * Japanese, Thai, Khmer, Lao, Burmese) a phrase is found wherever its characters are.
 */

const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Khmer}\\p{Script=Lao}\\p{Script=Myanmar}';
/** A run of letters, digits and marks of scripts with spaces. */
const words = new RegExp(`[[\\p{L}\\p{N}\\p{M}_]--[${unspaced}]]+`, 'gv');
const wordEnd = new RegExp(`[[\\p{L}\\p{N}\\p{M}_]--[${unspaced}]]$`, 'v');
const wordStart = new RegExp(`^[[\\p{L}\\p{N}\\p{M}_]--[${unspaced}]]`, 'v');
const oneWord = new RegExp(`^[[\\p{L}\\p{N}\\p{M}_]--[${unspaced}]]+$`, 'v');
const asciiWords = /[0-9A-Za-z_]+/g;
const ascii = /^[\u0000-\u007f]*$/;

/** Texts that people take for equal are: composed and decomposed letters, and capital letters too. */
export function folded(text: string): string {
  return ascii.test(text) ? text.toLowerCase() : text.normalize('NFC').toLowerCase();
}

/** A phrase in the form that texts are searched for: blanks of every kind are one space, and none is around it. */
export function phraseForm(phrase: string, isCased: boolean): string {
  return spaced(isCased ? phrase.normalize('NFC') : folded(phrase)).trim();
}

/** The phrases of one condition, prepared once. `isCased`: capital letters count. */
export class Phrases {
  readonly #words: readonly string[];
  readonly #others: readonly string[];

  constructor(phrases: readonly string[], isCased: boolean) {
    const prepared = phrases.map((phrase) => phraseForm(phrase, isCased));
    this.#words = prepared.filter((phrase) => oneWord.test(phrase));
    this.#others = prepared.filter((phrase) => !oneWord.test(phrase));
  }

  /** Is one of them in the text? The text is folded already unless capital letters count. */
  isIn(text: Words): boolean {
    for (const word of this.#words) if (text.has(word)) return true;
    for (const phrase of this.#others) if (text.holds(phrase)) return true;
    return false;
  }
}

/** A text whose words are looked up: taken apart once, however many conditions ask. */
export class Words {
  readonly #text: string;
  #set: ReadonlySet<string> | undefined;
  #spaced: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  has(word: string): boolean {
    this.#set ??= new Set(this.#text.match(ascii.test(this.#text) ? asciiWords : words) ?? []);
    return this.#set.has(word);
  }

  /** A phrase with spaces or signs, or of a script without spaces. */
  holds(phrase: string): boolean {
    this.#spaced ??= spaced(this.#text);
    const text = this.#spaced;
    let at = text.indexOf(phrase);
    // Nearly every phrase is in nearly no text.
    if (at < 0) return false;
    const [opens, closes] = [wordStart.test(phrase), wordEnd.test(phrase)];
    for (; at >= 0; at = text.indexOf(phrase, at + 1)) {
      const end = at + phrase.length;
      // Two units on each side: a letter may be a pair.
      const before = opens && wordEnd.test(text.slice(Math.max(0, at - 2), at));
      const after = closes && wordStart.test(text.slice(end, end + 2));
      if (!before && !after) return true;
    }
    return false;
  }
}

function spaced(text: string): string {
  return /\s\s|[^\S ]/.test(text) ? text.replace(/\s+/g, ' ') : text;
}
