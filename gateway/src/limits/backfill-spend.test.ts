import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { noUsage } from '../usage/call-record.ts';
import { ensureCallPartitions, writeCalls } from '../usage/call-store.ts';
import { SpendBackfill } from './backfill-spend.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await ensureCallPartitions(database.pool, Date.now() - 7_200_000);
});
afterAll(() => database.drop());

const place = (id: string, workspaceId = 'ws_1', livemode = true) => ({ workspaceId, livemode, id, lock: '' });

async function spend(id: string, costNanos: bigint, { workspaceId = 'ws_1', livemode = true, agoMs = 0 } = {}) {
  await writeCalls(database.pool, 'proc_1', [
    {
      open: {
        workspaceId,
        id: `req_${id}_${costNanos}`,
        createdAtMs: Date.now() - agoMs,
        livemode,
        keyId: 'key_1',
        tags: { scenario: id },
        dialect: 'chat',
        streamed: false,
        modelRequested: 'm',
        holdNanos: 0n,
        inputTokens: 1,
      },
      closed: { status: 'succeeded', attempts: 1, usage: noUsage, costNanos, estimated: false, totalMs: 1 },
    },
  ]);
}

it('each scenario hears what it spent in the last hour, by one query at a time', async () => {
  await spend('a', 5n);
  await spend('a', 7n, { agoMs: 3_000_000 });
  await spend('a', 11n, { agoMs: 3_700_000 });
  await spend('a', 13n, { livemode: false });
  await spend('a', 17n, { workspaceId: 'ws_2' });
  await spend('b', 19n);
  await spend('resumed', 23n, { agoMs: 60_000 });
  await spend('resumed', 29n);
  await database.pool.query(
    `insert into scenario_states (workspace_id, livemode, id, state, counted_from)
     values ('ws_1', true, 'resumed', 'running', now() - interval '30 seconds')`,
  );
  let queries = 0;
  let atOnce = 0;
  let most = 0;
  const db = {
    query: async (...args: unknown[]) => {
      queries += 1;
      most = Math.max(most, ++atOnce);
      try {
        return await (database.pool.query as (...all: unknown[]) => Promise<unknown>).apply(database.pool, args);
      } finally {
        atOnce -= 1;
      }
    },
  };
  const spendBackfill = new SpendBackfill({ db: db as never });
  const backfilled: [string, bigint][] = [];
  const asOf = Date.now() + 1;
  await new Promise((resolve) => setTimeout(resolve, 5));
  // As the very call for which it is asked.
  await spend('a', 31n);
  const ask = (name: string, where: ReturnType<typeof place>): void =>
    spendBackfill.request(where, asOf, (nanos) => void backfilled.push([name, nanos]));
  ask('a', place('a'));
  ask('a in test', place('a', 'ws_1', false));
  ask('a elsewhere', place('a', 'ws_2'));
  ask('resumed', place('resumed'));
  for (let i = 0; i < 3_000; i++) ask(`made up ${i}`, place(`made up ${i}`));
  await expect.poll(() => backfilled.length).toBe(4);
  ask('b', place('b'));
  await expect.poll(() => backfilled.length).toBe(5);
  expect(backfilled).toEqual([
    ['a', 12n],
    ['a in test', 13n],
    ['a elsewhere', 17n],
    ['resumed', 29n],
    ['b', 19n],
  ]);
  expect([queries, most]).toEqual([3, 1]);
});
