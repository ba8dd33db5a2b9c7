import { expect, it } from 'vitest';
import { hashedWords, singleBuckets } from './hashed-words.ts';

const sorted = (buckets: Uint16Array): number[] => [...buckets].sort((a, b) => a - b);

it('words come once, and those of the question a second time, as words of their own', () => {
  const text = sorted(hashedWords('the cat the cat sleeps', ''));
  // Three words, and the pairs "the cat", "cat the" and "cat sleeps".
  expect(text).toHaveLength(6);
  const both = sorted(hashedWords('the cat the cat sleeps', 'The cat?'));
  expect(both).toHaveLength(9);
  expect(both).toEqual(expect.arrayContaining(text));
  expect(both.filter((bucket) => bucket < singleBuckets)).toHaveLength(5);
  const another = sorted(hashedWords('other things', 'the cat'));
  expect(both.filter((bucket) => another.includes(bucket))).toHaveLength(3);
});

it('a long text is read at its beginning and at its end', () => {
  const middle = (words: string): Uint16Array => hashedWords(`${'a '.repeat(2_000)}${words}${' b'.repeat(1_000)}`, '');
  expect(sorted(middle('red'))).toEqual(sorted(middle('green')));
});
