import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import cl100kTokens from 'gpt-tokenizer/bpeRanks/cl100k_base';
import o200kTokens from 'gpt-tokenizer/bpeRanks/o200k_base';
import { countTokens as countCl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { countTokens as countO200k } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from './tokenizer.ts';

const noneIsSpecial = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

const encodings = [
  { encoding: 'o200k_base', counted: countO200k, tokens: o200kTokens },
  { encoding: 'cl100k_base', counted: countCl100k, tokens: cl100kTokens },
] as const;

const pieces = fc.constantFrom(
  ...[
    ' ',
    '  ',
    '\n',
    '\r\n',
    '\t',
    '\u00a0',
    '\u3000',
    "'",
    "'S",
    "'ll",
    '\u2019',
    '.',
    '...',
    '//',
    '://',
    '{"',
    '<|endoftext|>',
  ],
  ...[
    'Hello',
    'hello',
    'HTTPServer',
    'Gr\u00fc\u00dfe',
    'stra\u00dfe',
    'caf\u0065\u0301',
    '1',
    '42',
    '1234567',
    '\u0661\u0662\u0663',
  ],
  ...[
    '\u092e\u0947\u0930\u0947',
    '\u0644\u0644\u0631\u0633\u0627\u0644\u0629',
    '\u672c\u65e5\u306f',
    '\u8f69',
    '\ud83d\udc4d\ud83c\udffd',
    '\ud83d',
    '\ufffd',
    '\u0000',
  ],
);

const texts: Record<string, fc.Arbitrary<string>> = {
  'of anything': fc.string({ unit: 'binary', maxLength: 300 }),
  'of characters as people see them': fc.string({ unit: 'grapheme', maxLength: 300 }),
  'of ASCII': fc.string({ unit: 'binary-ascii', maxLength: 300 }),
  'of words': fc.lorem({ maxCount: 60 }),
  'of pieces of many languages and of programs': fc.array(pieces, { maxLength: 60 }).map((some) => some.join('')),
};

describe.each(encodings)('the tokens of $encoding', ({ encoding, counted, tokens }) => {
  it.each(Object.keys(texts))('are as many as gpt-tokenizer counts in a text %s', async (name) => {
    const tokenizer = await loadTokenizer(encoding);
    fc.assert(
      fc.property(texts[name] ?? fc.constant(''), (any) => {
        // gpt-tokenizer does not find the tokens that begin with a byte order mark.
        const text = any.replaceAll('\ufeff', '');
        expect(tokenizer.count(text)).toBe(counted(text, noneIsSpecial));
      }),
      { numRuns: 500 },
    );
  });

  it('are as many as gpt-tokenizer counts in each file of this folder', async () => {
    const tokenizer = await loadTokenizer(encoding);
    for (const name of ['catalog.ts', 'tokenizer.ts', 'input-counter.test.ts']) {
      const text = readFileSync(new URL(name, import.meta.url), 'utf8');
      expect(tokenizer.count(text), name).toBe(counted(text, noneIsSpecial));
    }
  });

  it('are those of the installed gpt-tokenizer, in the order of their ranks (else run package/pack-vocabularies.ts)', () => {
    const file = readFileSync(new URL(`../../vocabularies/${encoding}.br`, import.meta.url));
    const packed = brotliDecompressSync(file);
    const count = packed.readUInt32BE();
    expect(count).toBe(tokens.length);
    let start = 4 + count;
    for (const [rank, token] of tokens.entries()) {
      const end = start + packed.readUInt8(4 + rank);
      const expected = typeof token === 'string' ? Buffer.from(token) : Buffer.from([...token]);
      if (!packed.subarray(start, end).equals(expected)) throw new Error(`token ${rank} of ${encoding} differs`);
      start = end;
    }
    expect(start).toBe(packed.length);
  });
});

it('a byte order mark is one token', async () => {
  const tokenizer = await loadTokenizer('o200k_base');
  expect(tokenizer.count('\ufeff')).toBe(1);
});

it('the vocabulary is read once for calls at the same time', async () => {
  expect(loadTokenizer('cl100k_base')).toBe(loadTokenizer('cl100k_base'));
});
