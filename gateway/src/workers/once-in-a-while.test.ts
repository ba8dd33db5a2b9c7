import { expect, test } from 'vitest';
import { onceInAWhile } from './once-in-a-while.ts';

// A parent handed on each refusal once in its life, and kept the texts of all.
test('a refusal that several workers meet is handed on once, and again when it comes back later', () => {
  let nowMs = 0;
  const received: string[] = [];
  const tell = onceInAWhile(
    (text) => void received.push(text),
    () => nowMs,
  );
  for (let worker = 0; worker < 4; worker++) tell('OpenAI refuses the key');
  tell('Anthropic refuses the key');
  nowMs = 30 * 24 * 3_600_000;
  for (let worker = 0; worker < 4; worker++) tell('OpenAI refuses the key');
  expect(received).toEqual(['OpenAI refuses the key', 'Anthropic refuses the key', 'OpenAI refuses the key']);
});
