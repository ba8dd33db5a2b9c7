import { readFile } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import type { Encoding } from '../providers/define-provider.ts';

/*
 * OpenAI's byte pair encoding, which counts and never writes tokens. Text falls into words, and a word into its bytes. The two neighbours whose
 * union has the lowest rank in the vocabulary become one, again and again, until no union is in it; what is left are the tokens.
 *
 * The vocabularies lie in a folder of the gateway. gpt-tokenizer, which tests compare this with, has four of them in four forms: 9 MB of every
 * installation, of which 1.2 are read.
 */

const contraction = "'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])";
const upper = String.raw`\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`;
const lower = String.raw`\p{Ll}\p{Lm}\p{Lo}\p{M}`;
const beforeWord = String.raw`[^\r\n\p{L}\p{N}]?`;
const number = String.raw`\p{N}{1,3}`;

const encodings = {
  o200k_base: {
    file: new URL('../../vocabularies/o200k_base.br', import.meta.url),
    words: [
      `${beforeWord}[${upper}]*[${lower}]+(?:${contraction})?`,
      `${beforeWord}[${upper}]+[${lower}]*(?:${contraction})?`,
      number,
      String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*`,
      String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`,
    ],
  },
  cl100k_base: {
    file: new URL('../../vocabularies/cl100k_base.br', import.meta.url),
    words: [
      contraction,
      String.raw`${beforeWord}\p{L}+`,
      number,
      String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*`,
      String.raw`\s+$|\s*[\r\n]|\s+(?!\S)|\s`,
    ],
  },
} as const satisfies Record<Encoding, { file: URL; words: readonly string[] }>;

const loaded = new Map<Encoding, Promise<Tokenizer>>();

/** Read when first needed, and then kept: reading takes a tenth of a second. */
export function loadTokenizer(encoding: Encoding): Promise<Tokenizer> {
  const known = loaded.get(encoding);
  if (known !== undefined) return known;
  const loading = readTokenizer(encoding);
  loaded.set(encoding, loading);
  // A file that cannot be read now may be readable later.
  loading.catch(() => loaded.delete(encoding));
  return loading;
}

async function readTokenizer(encoding: Encoding): Promise<Tokenizer> {
  const { file, words } = encodings[encoding];
  return new Tokenizer(await readRanks(file), new RegExp(words.join('|'), 'gu'));
}

const tokensPerBreath = 10_000;

/** The file: how many tokens, their lengths, their bytes, in the order of their ranks. */
async function readRanks(file: URL): Promise<Map<string, number>> {
  const packed = await promisify(brotliDecompress)(await readFile(file));
  const count = packed.readUInt32BE();
  const ranks = new Map<string, number>();
  let start = 4 + count;
  for (let rank = 0; rank < count; rank += 1) {
    const end = start + packed.readUInt8(4 + rank);
    ranks.set(packed.toString('latin1', start, end), rank);
    start = end;
    if (rank % tokensPerBreath === 0) await breathe();
  }
  return ranks;
}

export class Tokenizer {
  /** By the bytes of a token, as Latin-1 text. */
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #words: RegExp;

  constructor(ranks: ReadonlyMap<string, number>, words: RegExp) {
    this.#ranks = ranks;
    this.#words = words;
  }

  /** Text that spells a special token (`<|endoftext|>`) is text like any other. */
  count(text: string): number {
    // The bytes of ASCII are its characters.
    const isAscii = Buffer.byteLength(text) === text.length;
    let tokens = 0;
    for (const [word] of text.matchAll(this.#words))
      tokens += this.#countWord(isAscii ? word : Buffer.from(word).toString('latin1'));
    return tokens;
  }

  /** Takes the square of the time for the length of the word. */
  #countWord(bytes: string): number {
    if (this.#ranks.has(bytes)) return 1;
    /** Where each part starts, and the rank of its union with the next part. */
    const starts: number[] = [];
    const unions: number[] = [];
    for (let start = 0; start < bytes.length; start += 1) {
      starts.push(start);
      unions.push(this.#rankOf(bytes, start, start + 2));
    }
    let parts = bytes.length;
    for (;;) {
      let lowest = Number.POSITIVE_INFINITY;
      let at = -1;
      // By hand: an iterator takes three times as long.
      for (let index = 0; index < parts - 1; index += 1) {
        const rank = unions[index] ?? lowest;
        if (rank < lowest) {
          lowest = rank;
          at = index;
        }
      }
      if (at < 0) return parts;
      starts.splice(at + 1, 1);
      unions.splice(at + 1, 1);
      parts -= 1;
      unions[at] = this.#rankOf(bytes, starts[at], starts[at + 2] ?? bytes.length);
      if (at > 0) unions[at - 1] = this.#rankOf(bytes, starts[at - 1], starts[at + 1] ?? bytes.length);
    }
  }

  #rankOf(bytes: string, start: number | undefined, end: number): number {
    return this.#ranks.get(bytes.slice(start, end)) ?? Number.POSITIVE_INFINITY;
  }
}
