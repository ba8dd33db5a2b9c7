import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type CallRow, ensureCallPartitions, writeCalls } from './call-store.ts';
import { rollUp } from './roll-up-store.ts';

const hourMs = 3_600_000;
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await ensureCallPartitions(database.pool, Date.now() - 24 * hourMs);
});
afterAll(() => database.drop());
beforeEach(() => database.pool.query('truncate calls, usage_hours, usage_days, usage_rollup, usage_stale_hours'));

function calls(atMs: number, ids: readonly string[]): CallRow[] {
  return ids.map((id) => ({
    open: {
      workspaceId: 'ws_test',
      id,
      createdAtMs: atMs,
      livemode: true,
      keyId: 'key_test',
      tags: { client: 'acme' },
      dialect: 'chat',
      streamed: false,
      modelRequested: 'gpt-4o',
      holdNanos: 0n,
      inputTokens: 1,
    },
    closed: {
      status: 'succeeded',
      attempts: 1,
      usage: { inputTokens: 1, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 },
      costNanos: 5n,
      estimated: false,
      metered: false,
      totalMs: 1,
    },
  }));
}

async function summed(): Promise<{ requests: number; cost: number }> {
  const { rows } = await database.pool.query(
    'select coalesce(sum(requests), 0)::int as requests, coalesce(sum(cost_nanos), 0)::int as cost from usage_hours',
  );
  return rows[0] as { requests: number; cost: number };
}

it('sums each call of an hour that is over once', async () => {
  const now = Date.now();
  await writeCalls(database.pool, 'proc', calls(now - 3 * hourMs, ['req_1', 'req_2']));
  while (await rollUp(database.pool, now));
  await rollUp(database.pool, now);
  expect(await summed()).toEqual({ requests: 2, cost: 10 });
});

it('sums calls too that were written into an hour already summed', async () => {
  const now = Date.now();
  await writeCalls(database.pool, 'proc', calls(now - 3 * hourMs, ['req_1']));
  while (await rollUp(database.pool, now));
  // A clock an hour or more back, or a process that was cut off for as long.
  await writeCalls(database.pool, 'proc', [...calls(now - 3 * hourMs, ['req_2']), ...calls(now, ['req_3'])]);
  await rollUp(database.pool, now);
  expect(await summed()).toEqual({ requests: 2, cost: 10 });
});

it('sums no hour that is not over, whatever a process takes the time to be', async () => {
  const now = Date.now();
  await writeCalls(database.pool, 'proc', calls(now, ['req_1']));
  while (await rollUp(database.pool, now + 5 * hourMs));
  expect(await summed()).toEqual({ requests: 0, cost: 0 });
});
