import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contract } from './contract.ts';
import { normalizeTag } from './normalize-tag.ts';
import { openApi } from './openapi.ts';

describe('two spellings of one name are one', () => {
  test.each([
    ['Mu\u0308ller GmbH', 'Müller GmbH'],
    ['Müller\u00a0GmbH', 'Müller GmbH'],
    ['Müller\u2003GmbH', 'Müller GmbH'],
    ['Müller\u202fGmbH', 'Müller GmbH'],
    ['Müller\u3000GmbH', 'Müller GmbH'],
    ['Müller\tGmbH', 'Müller GmbH'],
    ['acme\u200b', 'acme'],
    ['ac\u00adme', 'acme'],
    ['\ufeffacme', 'acme'],
    ['ac\u2060me\u200d', 'acme'],
    ['acme\u200f', 'acme'],
    ['acme\ufe0f', 'acme'],
    ['acme1\ufe0f', 'acme1'],
    ['❤\ufe0f\ufe0f', '❤\ufe0f'],
    ['❤\ufe0f\ufe0f\ufe0f!', '❤\ufe0f!'],
    ['👍\u{e0041}\u{e007f}', '👍'],
    ['👍🏽\u{e0041}\u{e007f}', '👍🏽'],
    ['ac\u{e0061}me', 'acme'],
    ['ac\u3164me', 'acme'],
    ['u\u200d\u0308', 'ü'],
    ['\u00a0 acme \u2003', 'acme'],
    ['\u212b', 'Å'],
  ])('%j is %j', (pasted, name) => {
    expect(normalizeTag(pasted)).toBe(name);
  });

  test.each(['👩‍👩‍👧', '❤️', '👍🏽', '1️⃣', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🏳️‍🌈', '👩🏽‍💻 dev', '🇩🇪', 'Acme', 'acme', '株式会社テスト'])(
    '%j stays as it is',
    (name) => {
      expect(normalizeTag(name)).toBe(name);
    },
  );

  test('what is normalised stays so', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = normalizeTag(text);
        expect(normalizeTag(once)).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });
});

// Python's `re`, and with it pydantic and openapi-spec-validator, knows no such classes: the whole description was invalid there.
test('no pattern of the API’s description has a class of Unicode properties', () => {
  const text = JSON.stringify(openApi({ operations: contract, serverUrl: 'http://x', version: '0' }));
  const patterns = [...text.matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(
    ([, pattern = '""']) => JSON.parse(pattern) as string,
  );
  expect(patterns.length).toBeGreaterThan(5);
  expect(patterns.filter((pattern) => /\\[pP]\{/.test(pattern))).toEqual([]);
});
