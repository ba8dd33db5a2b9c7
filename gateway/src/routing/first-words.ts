/**
 * The first words of all phrases that the rules of a version look for. Nearly no text has any of them, and in such a text no phrase need be
 * looked for. Words are known by their hashes: two that share one cost a look, and none is ever missed.
 */
export class FirstWords {
  readonly #hashes = new Set<number>();
  /** A phrase of signs alone may be anywhere. */
  #isAnywhere = false;

  /** The phrase comes as `phraseForm` writes it. A phrase with other letters than those of ASCII is in no text of ASCII, and other texts are always searched. */
  add(phrase: string): void {
    const found = findWord(phrase, undefined);
    if (found === 'none') this.#isAnywhere = true;
    else if (found !== 'foreign') this.#hashes.add(found);
  }

  mayBeIn(text: string): boolean {
    return this.#isAnywhere || findWord(text, this.#hashes) !== 'none';
  }
}

/** The hash of the first word that is wanted, whatever its case, or of the first of all; `foreign` where a character is not ASCII before one is found. */
function findWord(text: string, wanted: ReadonlySet<number> | undefined): number | 'none' | 'foreign' {
  let hash = 0;
  let inWord = false;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 32;
    if (code > 127) return 'foreign';
    const letter = letters[code] ?? 0;
    if (letter > 0) {
      hash = Math.imul(inWord ? hash : 0x811c9dc5, 0x01000193) ^ letter;
      inWord = true;
    } else if (inWord) {
      if (wanted === undefined || wanted.has(hash)) return hash;
      inWord = false;
    }
  }
  return 'none';
}

/** Of each character that words are made of, its small letter; 0 for all others. */
const letters = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /\w/.test(character) ? character.toLowerCase().charCodeAt(0) : 0;
});
