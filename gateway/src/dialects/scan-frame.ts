import { GrowingText } from './growing-text.ts';

/** Looks at one SSE frame, for relaying: no JSON is parsed unless a frame is known to hold what is looked for. */

const textMax = 4 * 1024 * 1024;

/** The JSON of a frame's `data:` lines. Undefined when it is not an object. */
export function parseFrame(frame: Buffer): Record<string, unknown> | undefined {
  const data = dataOf(frame);
  if (!data.startsWith('{')) return undefined;
  try {
    return JSON.parse(data) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** The text behind `data:`, without white space around it; a stream may begin with a byte order mark. */
export function dataOf(frame: Buffer): string {
  return frame
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .flatMap((line) => (line.startsWith('data:') ? [line.slice(5)] : []))
    .join('\n')
    .trim();
}

/**
 * Gathers the text of an answer out of frames, by the string literals behind certain keys. One pass of a regular expression
 * over a frame is three times as fast as parsing it (measured: 0.3 µs for a chunk of OpenAI's, 20,000 of which may pass in a
 * second), and five times as fast as a search for each key.
 */
export class TextCollector {
  readonly #keys: ReadonlySet<string>;
  readonly #pattern: RegExp;
  readonly #text = new GrowingText();

  /** `watched` are keys whose presence `add` tells. All keys are names without anything a regular expression would mind. */
  constructor(keys: readonly string[], watched: readonly string[] = []) {
    this.#keys = new Set(keys);
    // A blank line ends a frame.
    this.#pattern = new RegExp(`\\n\\n|"(${[...keys, ...watched].join('|')})"\\s*:\\s*(?!\\s|null)`, 'g');
  }

  get text(): string {
    return `${this.#text}`;
  }

  /** Keeps the text of one frame or of several; is one of the watched keys among them, with a value other than null? */
  add(frames: Buffer): boolean {
    const { text, watched } = this.#gather(frames);
    this.#keep(text);
    return watched;
  }

  /** Keeps the text of the frames unless a watched key is among them; false where it is. */
  addUnlessWatched(frames: Buffer): boolean {
    const { text, watched } = this.#gather(frames);
    if (!watched) this.#keep(text);
    return !watched;
  }

  #gather(frames: Buffer): { text: string; watched: boolean } {
    // Latin-1 gives every byte one character, so that places in the text are places in the frames.
    const bytes = frames.toString('latin1');
    let watched = false;
    let before = '';
    let text = '';
    /** Literals without escapes, decoded together. */
    let plain = '';
    this.#pattern.lastIndex = 0;
    for (let match = this.#pattern.exec(bytes); match !== null; match = this.#pattern.exec(bytes)) {
      const key = match[1];
      if (key === undefined) {
        before = '';
        continue;
      }
      if (!this.#keys.has(key)) {
        watched = true;
        continue;
      }
      const start = this.#pattern.lastIndex;
      const end = bytes.charCodeAt(start) === 34 ? endOfLiteral(bytes, start) : -1;
      if (end < 0) continue;
      const piece = bytes.slice(start + 1, end);
      this.#pattern.lastIndex = end + 1;
      // Some servers say the same under two names, such as `reasoning` and `reasoning_content`.
      if (piece === before) continue;
      before = piece;
      if (piece.includes('\\')) {
        text += fromLatin1(plain) + unescaped(fromLatin1(piece));
        plain = '';
      } else plain += piece;
    }
    return { text: text + fromLatin1(plain), watched };
  }

  #keep(piece: string): void {
    if (this.#text.length < textMax) this.#text.add(piece.slice(0, textMax - this.#text.length));
  }
}

/** The text whose UTF-8 bytes these are, a character each. */
function fromLatin1(bytes: string): string {
  return bytes === '' ? '' : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The index of the quote that ends the literal which begins at `start`, or -1. */
function endOfLiteral(bytes: string, start: number): number {
  for (let at = bytes.indexOf('"', start + 1); at >= 0; at = bytes.indexOf('"', at + 1)) {
    let slashes = 0;
    while (bytes.charCodeAt(at - 1 - slashes) === 92) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

function unescaped(inside: string): string {
  if (!inside.includes('\\')) return inside;
  try {
    return JSON.parse(`"${inside}"`) as string;
  } catch {
    return '';
  }
}
