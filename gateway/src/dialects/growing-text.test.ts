import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { GrowingText } from './growing-text.ts';
import { TextCollector } from './scan-frame.ts';

test('A text is its pieces in their order, also where a character comes in two halves', () => {
  const text = new GrowingText();
  const pieces = Array.from({ length: 100 }, (_, i) => (i === 40 ? '\ud83d' : i === 41 ? '\ude00' : ` word${i}`));
  for (const piece of pieces) text.add(piece);
  expect(`${text}`).toBe(pieces.join(''));
  expect(text.length).toBe(pieces.join('').length);
});

test('The text of a stream is kept in little more than its own bytes', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  const collectors = Array.from({ length: 200 }, () => new TextCollector(['content']));
  for (let i = 0; i < 1_000; i++)
    for (const collector of collectors)
      collector.add(
        Buffer.from(`data: {"choices":[{"delta":{"content":"${String.fromCharCode(97 + (i % 26))}bcde"}}]}\n\n`),
      );
  const bytesAPiece = (heap() - before) / 200_000;
  expect(collectors.every((collector) => collector.text.length === 5_000)).toBe(true);
  // The letters are five of them.
  expect(bytesAPiece).toBeLessThan(20);
});
