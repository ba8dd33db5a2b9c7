import fc from 'fast-check';
import { expect, it } from 'vitest';
import { diffLines } from './diff-lines.ts';

it('a comparison has both texts in it, in order', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 });
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const found = diffLines(before, after);
      expect(found.filter(({ kind }) => kind !== 'added').map(({ text }) => text)).toEqual(before);
      expect(found.filter(({ kind }) => kind !== 'removed').map(({ text }) => text)).toEqual(after);
    }),
    { seed: 18 },
  );
});

it('one changed line is one removed and one added', () => {
  expect(diffLines(['a', 'b', 'c'], ['a', 'x', 'c']).map(({ kind }) => kind)).toEqual([
    'same',
    'removed',
    'added',
    'same',
  ]);
});

it('two long texts without anything in common are compared in bounded time and memory', () => {
  const before = Array.from({ length: 100_000 }, (_, i) => `a${i}`);
  const after = Array.from({ length: 100_000 }, (_, i) => `b${i}`);
  expect(diffLines(before, after)).toHaveLength(200_000);
});
