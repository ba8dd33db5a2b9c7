import { writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import cl100k from 'gpt-tokenizer/bpeRanks/cl100k_base';
import o200k from 'gpt-tokenizer/bpeRanks/o200k_base';
import type { Encoding } from '../src/providers/define-provider.ts';

/*
 * Writes gateway/vocabularies from the package gpt-tokenizer, after an update of it. tokenizer.test.ts says when the two differ.
 */

const vocabularies = { o200k_base: o200k, cl100k_base: cl100k } satisfies Record<Encoding, unknown>;

for (const [name, tokens] of Object.entries(vocabularies)) {
  const texts = tokens.map((token) => (typeof token === 'string' ? Buffer.from(token) : Buffer.from([...token])));
  const count = Buffer.alloc(4);
  count.writeUInt32BE(texts.length);
  const packed = Buffer.concat([count, Buffer.from(texts.map(({ length }) => length)), ...texts]);
  const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: packed.length };
  writeFileSync(new URL(`../vocabularies/${name}.br`, import.meta.url), brotliCompressSync(packed, { params }));
}
