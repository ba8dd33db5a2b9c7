import { expect, it } from 'vitest';
import { visitWords } from './words.ts';

function wordsOf(text: string): number[] {
  const words: number[] = [];
  visitWords(text, (hash) => words.push(hash));
  return words;
}

it('finds words and pairs in scripts with spaces, whatever their case, and their numbers alike', () => {
  expect(wordsOf('Hello, World!')).toEqual(wordsOf('hello world'));
  expect(wordsOf('hello world')).toHaveLength(3);
  expect(wordsOf('order 48213')).toEqual(wordsOf('order 7'));
  expect(wordsOf('class')).not.toContain(wordsOf('classical')[0]);
  expect(wordsOf('Straße über ñandú 한국어')).toHaveLength(7);
});

it('finds characters and pairs of them in Chinese, Japanese, Thai and Khmer', () => {
  for (const text of ['翻译', 'かな', 'แป', 'ខ្']) expect(wordsOf(text)).toHaveLength(3);
  expect(wordsOf('把这句话翻译成英文')).toContain(wordsOf('翻译')[1]);
});

it('reads any text, however odd, in bounded time', () => {
  for (const text of ['', ' ', '\u0000', '\ud800', '😀'.repeat(5_000), 'a'.repeat(100_000), '\u202e\u200b', '１２'])
    expect(() => wordsOf(text)).not.toThrow();
});
