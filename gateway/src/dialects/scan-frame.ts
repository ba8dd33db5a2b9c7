/** Byte-level looks at one SSE frame, for relaying: no JSON is parsed unless a frame is known to hold what is looked for. */

const textMax = 4 * 1024 * 1024;

/** The JSON of a frame's `data:` lines. Undefined when it is not an object. */
export function parseFrame(frame: Buffer): Record<string, unknown> | undefined {
  const data = frame
    .toString('utf8')
    .split(/\r\n|\n|\r/)
    .flatMap((line) => (line.startsWith('data:') ? [line.slice(5).replace(/^ /, '')] : []))
    .join('\n');
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Gathers the text of an answer out of frames, by the string literals behind certain keys. */
export class TextCollector {
  readonly #keys: readonly Buffer[];
  #text = '';

  constructor(keys: readonly string[]) {
    this.#keys = keys.map((key) => Buffer.from(`"${key}":`));
  }

  get text(): string {
    return this.#text;
  }

  add(frame: Buffer): void {
    if (this.#text.length > textMax) return;
    for (const key of this.#keys) {
      for (let at = frame.indexOf(key); at >= 0; at = frame.indexOf(key, at + key.length))
        this.#text += literalAt(frame, at + key.length);
    }
  }
}

/** The string literal that begins at or behind `from`, unescaped; empty where something else stands there. */
function literalAt(frame: Buffer, from: number): string {
  let start = from;
  while (frame[start] === 32) start += 1;
  if (frame[start] !== 34) return '';
  let escaped = false;
  for (let at = start + 1; at < frame.length; at++) {
    const byte = frame[at];
    if (byte === 92) {
      escaped = true;
      at += 1;
    } else if (byte === 34) {
      return escaped ? unescaped(frame.toString('utf8', start, at + 1)) : frame.toString('utf8', start + 1, at);
    }
  }
  return '';
}

function unescaped(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return '';
  }
}
