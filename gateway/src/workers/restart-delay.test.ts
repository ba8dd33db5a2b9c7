import { describe, expect, it } from 'vitest';
import { afterFailure, noFailures } from './restart-delay.ts';

describe('a worker that ends unasked', () => {
  it('is replaced at once the first time, then later and later, a quarter of a minute at most', () => {
    const delays: number[] = [];
    let failures = noFailures;
    for (let i = 0; i < 10; i++) {
      failures = afterFailure(failures, 1_000);
      delays.push(failures.delayMs);
    }
    expect(delays).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    expect(failures.count).toBe(10);
  });

  it('is forgiven what it did before once it was up for a minute', () => {
    const troubled = afterFailure(afterFailure(noFailures, 0), 0);
    expect(afterFailure(troubled, 60_000)).toEqual({ count: 1, delayMs: 0 });
  });
});
