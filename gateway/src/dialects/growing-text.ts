/** A text that comes in small pieces. */
const piecesMax = 32;

/**
 * The text of a stream, added to piece by piece. `text += piece` keeps every piece and an object that joins it, some 60 bytes for a
 * word of five letters: a thousand streams of a minute held 70 MB so. Here a few pieces at a time become one.
 */
export class GrowingText {
  readonly #joined: string[] = [];
  #pieces: string[] = [];
  #length = 0;

  /** In UTF-16 units, as of a string. */
  get length(): number {
    return this.#length;
  }

  add(piece: string): void {
    if (piece === '') return;
    this.#length += piece.length;
    if (this.#pieces.push(piece) < piecesMax) return;
    this.#joined.push(this.#pieces.join(''));
    this.#pieces = [];
  }

  toString(): string {
    return this.#joined.join('') + this.#pieces.join('');
  }
}
