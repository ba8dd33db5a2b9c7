import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { ensureCallPartitions } from '../usage/call-store.ts';
import { findSlowModel, listRecentModels } from './provider-state-store.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await ensureCallPartitions(database.pool, Date.now() - 86_400_000);
  await ensureCallPartitions(database.pool, Date.now());
});
afterAll(() => database.drop());
beforeEach(() => database.pool.query('truncate calls'));

let batches = 0;

async function addCalls(calls: { count: number; ago: string; ms: number; isHit?: boolean }): Promise<void> {
  const { count, ago, ms, isHit = false } = calls;
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, dialect, streamed, model_requested, model, provider,
       ttft_ms, total_ms, cache)
     select 'ws', now() - $1::interval, 'req_' || $2 || '_' || n, true, 'p', 'succeeded', 'k', 'chat', true, 'm', 'm', 'openai', $3, $3, $4
     from generate_series(1, $5::integer) n`,
    [ago, String(++batches), ms, isHit ? 'hit' : null, count],
  );
}

it('a model that is slow is found, however many of its answers come from the cache', async () => {
  await addCalls({ count: 20, ago: '1 minute', ms: 3_000 });
  await addCalls({ count: 1_000, ago: '1 minute', ms: 2, isHit: true });
  expect(await listRecentModels(database.pool)).toEqual([
    { workspaceId: 'ws', provider: 'openai', model: 'm', p95Ms: 3_000 },
  ]);
});

it('a model that takes as long as ever is not slow because its answers came from the cache before', async () => {
  await addCalls({ count: 100, ago: '1 hour', ms: 3_000 });
  await addCalls({ count: 3_000, ago: '1 hour', ms: 2, isHit: true });
  const recent = { workspaceId: 'ws', provider: 'openai', model: 'm', p95Ms: 3_000 };
  expect(await findSlowModel(database.pool, recent)).toBeUndefined();
  expect(await findSlowModel(database.pool, { ...recent, p95Ms: 7_000 })).toMatchObject({ usualP95Ms: 3_000 });
});
