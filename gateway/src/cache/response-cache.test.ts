import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import type { CachedAnswer } from './cached-answer.ts';
import { sumAnswers } from './cached-answer-store.ts';
import { MemoryTier } from './memory-tier.ts';
import { ResponseCache } from './response-cache.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(`insert into workspaces (id, name) values ('ws_a', 'A'), ('ws_b', 'B')`);
});
beforeEach(() => database.pool.query('delete from cached_answers'));
afterAll(() => database.drop());

const minute = 60_000;
const keyOf = (n: number): string => n.toString(16).padStart(64, '0');

function newCache(quota = { entries: 10, bytes: 1_000_000 }, secret = 'a'.repeat(64)): ResponseCache {
  return new ResponseCache({ db: database.pool, log: pino({ level: 'silent' }), secret, waitMs: 1_000, quota });
}

function answerOf(text: string): CachedAnswer {
  const usage = { inputTokens: 1, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 };
  return { body: Buffer.from(text), tailBytes: 0, model: 'm', provider: 'p', usage, costNanos: 7n, dropped: ['seed'] };
}

function keep(
  cache: ResponseCache,
  n: number,
  { ttlMs = minute, livemode = true, workspaceId = 'ws_a', text = `${n}` } = {},
): void {
  cache.keep({ workspaceId, key: keyOf(n) }, answerOf(text), {
    livemode,
    clientId: 'acme',
    project: undefined,
    dialect: 'chat',
    streamed: false,
    promptId: undefined,
    promptVersion: undefined,
    epoch: 0,
    ttlMs,
  });
}

const keysOf = async (workspaceId = 'ws_a'): Promise<number[]> => {
  const { rows } = await database.pool.query(
    `select encode(key, 'hex') as key from cached_answers where workspace_id = $1 order by key`,
    [workspaceId],
  );
  return (rows as { key: string }[]).map(({ key }) => Number.parseInt(key, 16));
};

it('a cache that is full gives up the answers that expire soonest, and test mode’s before them', async () => {
  const cache = newCache({ entries: 5, bytes: 1_000_000 });
  for (let n = 1; n <= 6; n++) keep(cache, n, { ttlMs: n * minute });
  keep(cache, 7, { ttlMs: 99 * minute, livemode: false });
  keep(cache, 8, { workspaceId: 'ws_b' });
  await cache.flush();
  // With room for one more: nine tenths are left.
  expect(await keysOf()).toEqual([3, 4, 5, 6]);
  expect(await keysOf('ws_b')).toEqual([8]);
});

it('the bytes of a workspace are bounded as well as its answers', async () => {
  const cache = newCache({ entries: 100, bytes: 2_500 });
  for (let n = 1; n <= 4; n++) keep(cache, n, { ttlMs: n * minute, text: 'x'.repeat(1_000) });
  await cache.flush();
  expect(await keysOf()).toEqual([3, 4]);
  expect((await sumAnswers(database.pool, { workspaceId: 'ws_a' })).bytes).toBe(2_000);
});

it('another process reads what one has kept, and another workspace or another secret does not', async () => {
  const cache = newCache();
  keep(cache, 1, { text: 'secret words' });
  await cache.flush();
  const place = { workspaceId: 'ws_a', key: keyOf(1) };
  const hit = await newCache().findInDatabase(place, minute);
  expect(hit?.answer).toEqual(answerOf('secret words'));
  expect(await newCache().findInDatabase({ ...place, workspaceId: 'ws_b' }, minute)).toBeUndefined();
  expect(await newCache(undefined, 'b'.repeat(64)).findInDatabase(place, minute)).toBeUndefined();
  // A row that somebody copies to another workspace does not open there.
  await database.pool.query(`update cached_answers set workspace_id = 'ws_b'`);
  expect(await newCache().findInDatabase({ ...place, workspaceId: 'ws_b' }, minute)).toBeUndefined();
});

it('an answer of an earlier epoch is not written any more', async () => {
  const cache = newCache();
  keep(cache, 1);
  await database.pool.query(`update workspaces set cache_epoch = 1 where id = 'ws_a'`);
  await cache.flush();
  await database.pool.query(`update workspaces set cache_epoch = 0 where id = 'ws_a'`);
  expect(await keysOf()).toEqual([]);
});

it('memory gives up what was not asked for longest, and never has more than its bytes', () => {
  const tier = new MemoryTier(10_000);
  const held = (text: string) => ({ answer: answerOf(text), workspaceId: 'ws_a', storedAt: 0, expiresAt: 100 });
  for (let n = 0; n < 4; n++) tier.set(keyOf(n), held('x'.repeat(1_000)));
  expect(tier.get(keyOf(0), 1)).toBeDefined();
  tier.set(keyOf(4), held('x'.repeat(1_000)));
  expect([0, 1, 2, 3, 4].map((n) => tier.get(keyOf(n), 1) !== undefined)).toEqual([true, false, true, true, true]);
  expect(tier.bytes).toBeLessThanOrEqual(10_000);
  expect(tier.get(keyOf(0), 100)).toBeUndefined();
  tier.set(keyOf(9), held('x'.repeat(20_000)));
  expect(tier.bytes).toBe(0);
});

it('hits are counted', async () => {
  const cache = newCache();
  keep(cache, 1);
  await cache.flush();
  for (let i = 0; i < 3; i++) cache.hit({ workspaceId: 'ws_a', key: keyOf(1) });
  await cache.flush();
  expect((await sumAnswers(database.pool, { workspaceId: 'ws_a' })).hits).toBe(3);
});
