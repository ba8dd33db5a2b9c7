import { expect, test } from 'vitest';
import { RateLimiter } from './rate-limiter.ts';

const startMs = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;
const key = 'key_1';

test('a key of 60 calls a minute keeps its 60 a minute after the clock was an hour ahead for a moment', () => {
  const rateLimiter = new RateLimiter();
  const limited = [{ key, kind: 'key' as const, limit: { callsPerMinute: 60 } }];
  rateLimiter.admit(limited, 0, startMs + hourMs);
  for (let ms = 0; ms < 600_000; ms += 1_100) expect(rateLimiter.admit(limited, 0, startMs + ms)).toBeUndefined();
  // The limit itself holds as ever.
  const atOnce = Array.from({ length: 10 }, () => rateLimiter.admit(limited, 0, startMs + 600_000));
  expect(atOnce.at(-1)).toMatchObject({ what: 'calls_per_minute' });
});

// Calls that another process told of while the clock was ahead counted as under way until the clock had caught up.
test('what another process said while the clock was ahead does not stand in the way for an hour', () => {
  const rateLimiter = new RateLimiter();
  const limited = [{ key, kind: 'key' as const, limit: { concurrent: 1 } }];
  rateLimiter.merge('other', [{ key, calls: 1, tokens: 0, concurrent: 1 }], startMs + hourMs);
  expect(rateLimiter.admit(limited, 0, startMs + hourMs)).toMatchObject({ what: 'concurrent' });
  expect(rateLimiter.admit(limited, 0, startMs)).toBeUndefined();
});

// A key in steady use kept a count of every process that had ever been started beside this one.
test('of processes that have ended no counts stay, also of a key that is always in use', () => {
  const rateLimiter = new RateLimiter();
  const limited = [{ key, kind: 'key' as const, limit: { concurrent: 5 } }];
  for (let day = 0; day < 90; day++) {
    const atMs = startMs + day * 24 * hourMs;
    rateLimiter.admit(limited, 0, atMs);
    rateLimiter.merge(`process ${day}`, [{ key, calls: 1, tokens: 0, concurrent: 1 }], atMs);
    rateLimiter.release(limited, 0, atMs);
    rateLimiter.sweep(atMs + 1_000);
  }
  expect(rateLimiter.peerCounts).toBe(1);
});

test('made-up clients take the place of others only where there are too many, and never of one with calls under way', () => {
  const rateLimiter = new RateLimiter();
  const limitOf = (client: string) => [
    { key: client, kind: 'client' as const, limit: { callsPerMinute: 1, concurrent: 1 } },
  ];
  rateLimiter.admit(limitOf('busy'), 0, startMs);
  rateLimiter.admit(limitOf('first'), 0, startMs);
  rateLimiter.release(limitOf('first'), 0, startMs);
  for (let i = 0; i < 120_000; i++) {
    rateLimiter.admit(limitOf(`made up ${i}`), 0, startMs);
    rateLimiter.release(limitOf(`made up ${i}`), 0, startMs);
  }
  expect(rateLimiter.size).toBe(100_000);
  expect(['busy', 'made up 119999'].map((one) => rateLimiter.admit(limitOf(one), 0, startMs)?.what)).toEqual([
    'calls_per_minute',
    'calls_per_minute',
  ]);
});

test('refusals of made-up clients and scenarios push out no count of the key that they are refused by', () => {
  const limiter = new RateLimiter();
  const limit = { callsPerMinute: 1 };
  const key = { key: 'key', kind: 'key' as const, limit };
  const call = (n: number) => [
    key,
    { key: `client ${n}`, kind: 'client' as const, limit },
    { key: `scenario ${n}`, kind: 'scenario' as const, limit },
  ];
  expect(limiter.admit(call(0), 0, 0)).toBeUndefined();
  limiter.release(call(0), 0, 0);
  for (let n = 1; n <= 60_000; n++) {
    if (limiter.admit(call(n), 0, 1_000) === undefined) throw new Error(`call ${n} passed`);
    limiter.headers(call(n), 1_000);
  }
  expect(limiter.size).toBe(3);
});

test('the counts of a key in use stay where there are too many, whenever it was met first', () => {
  const limiter = new RateLimiter();
  const limited = (key: string, callsPerMinute: number) => [
    { key, kind: 'client' as const, limit: { callsPerMinute } },
  ];
  const admit = (key: string, most: number, nowMs: number): boolean => {
    const refused = limiter.admit(limited(key, most), 0, nowMs) !== undefined;
    if (!refused) limiter.release(limited(key, most), 0, nowMs);
    return !refused;
  };
  admit('first', 2, 0);
  for (let n = 0; n < 99_999; n++) admit(`other ${n}`, 9, 1_000);
  expect(admit('first', 2, 30_000)).toBe(true);
  admit('new', 9, 31_000);
  expect(admit('first', 2, 32_000)).toBe(false);
});
