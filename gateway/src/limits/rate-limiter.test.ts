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
