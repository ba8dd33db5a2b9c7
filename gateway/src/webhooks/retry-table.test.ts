import { expect, test } from 'vitest';
import { nextDelayMs, verdictOf } from './retry-table.ts';

test('a receiver that answers 500 for days is tried ten times over some three days, each time later', () => {
  const delays: number[] = [];
  for (let tries = 1; ; tries++) {
    const delay = nextDelayMs(tries, () => 0.5);
    if (delay === undefined) break;
    delays.push(delay / 1000);
  }
  expect(delays).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
});

test('what failed together does not come back together', () => {
  expect(nextDelayMs(1, () => 0)).toBe(4_500);
  expect(nextDelayMs(1, () => 1)).toBe(5_500);
});

test('2xx is success, 410 says never again, everything else is tried again', () => {
  expect([200, 204, 299].map(verdictOf)).toEqual(['delivered', 'delivered', 'delivered']);
  expect(verdictOf(410)).toBe('gone');
  expect([0, 100, 301, 302, 307, 400, 404, 429, 500, 503].map(verdictOf)).toEqual(Array(10).fill('retry'));
});
