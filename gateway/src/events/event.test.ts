import { expect, test } from 'vitest';
import { nextEventMs } from './event.ts';

test('events of one moment follow one another, and the clock decides as soon as it is later', () => {
  expect([nextEventMs(0, 1_000_000), nextEventMs(1_000_000, 1_000_000), nextEventMs(1_000_007, 1_000_003)]).toEqual([
    1_000_000, 1_000_001, 1_000_008,
  ]);
  expect(nextEventMs(1_000_008, 1_000_009)).toBe(1_000_009);
});

test('events are of the present after the clock was a year ahead for a moment', () => {
  const year = 365 * 86_400_000;
  expect(nextEventMs(1_000_000 + year, 1_000_000)).toBe(1_000_000);
});
