import { describe, expect, test } from 'vitest';
import { SlidingCount } from './sliding-count.ts';

const startMs = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;
const minute = (): SlidingCount => new SlidingCount({ bucketMs: 1_000, buckets: 60 });

describe('a sum over the last minute', () => {
  test('holds what was added for a minute and says when it will have gone', () => {
    const count = minute();
    count.add(startMs, 2);
    count.add(startMs + 30_000, 1);
    expect(count.sum(startMs + 59_999)).toBe(3);
    expect(count.msUntil(startMs + 59_000, 1)).toBe(1_000);
    expect(count.sum(startMs + 60_000)).toBe(1);
    expect(count.sum(startMs + 90_000)).toBe(0);
  });

  // Counts added after the clock had come back were all an hour ahead, and none expired for that hour.
  test('works as ever after the clock was an hour ahead for a moment', () => {
    const count = minute();
    count.add(startMs, 1);
    count.add(startMs + hourMs, 1);
    for (let second = 1; second <= 600; second++) count.add(startMs + second * 1_000, 1);
    expect(count.sum(startMs + 600_000)).toBe(60);
    expect(count.msUntil(startMs + 600_000, 59)).toBe(1_000);
    expect(count.sum(startMs + 660_000)).toBe(0);
  });

  test('keeps the age of all it holds when the clock is set back', () => {
    const count = minute();
    for (const [second, amount] of [
      [0, 4],
      [20, 2],
      [50, 1],
    ] as const)
      count.add(startMs + hourMs + second * 1_000, amount);
    // Counts of 50, 30 and 0 seconds keep their age, and expire in 10, 30 and 60.
    expect(count.sum(startMs)).toBe(7);
    expect([0, 9, 10, 29, 30, 59, 60].map((second) => count.sum(startMs + second * 1_000))).toEqual([
      7, 7, 3, 3, 1, 1, 0,
    ]);
  });

  test('takes two readings of the clock in the wrong order for what they are', () => {
    const count = minute();
    count.add(startMs + 1_000, 1);
    count.add(startMs + 999, 1);
    expect(count.sum(startMs + 60_999)).toBe(2);
    expect(count.sum(startMs + 61_000)).toBe(0);
  });

  test('forgets nothing early when the clock goes back a little', () => {
    const count = minute();
    count.add(startMs + 30_000, 5);
    count.add(startMs, 1);
    expect(count.sum(startMs + 59_999)).toBe(6);
    expect(count.sum(startMs + 60_000)).toBe(0);
  });

  test('goes over to another process with the age of all it holds', () => {
    const count = minute();
    for (const second of [0, 20, 50]) count.add(startMs + second * 1_000, second + 1);
    const other = minute();
    other.add(startMs + 55_000, 7);
    other.addAges(startMs + 55_000, count.ages(startMs + 55_000));
    const sums = [55, 59, 60, 79, 80, 109, 110, 114, 115].map((second) => other.sum(startMs + second * 1_000));
    expect(sums).toEqual([80, 80, 79, 79, 58, 58, 7, 7, 0]);
  });
});
