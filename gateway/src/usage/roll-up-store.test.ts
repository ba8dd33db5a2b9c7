import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { runPipeline } from '../db/pipeline.ts';
import type { CallRow } from './call-columns.ts';
import { dropMonth, listMonths } from './call-months-store.ts';
import { copyCalls, ensureCallPartitions, markLateHours, writeCalls } from './call-store.ts';
import { rollUp } from './roll-up-store.ts';

const hourMs = 3_600_000;
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await ensureCallPartitions(database.pool, Date.now() - 24 * hourMs);
});
afterAll(() => database.drop());
beforeEach(() =>
  database.pool.query(
    'truncate calls, usage_hours, usage_days, usage_narrow_hours, usage_narrow_days, usage_task_hours, usage_task_days, usage_rollup, usage_stale_hours, dropped_months',
  ),
);

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

it('sums calls too that are written while their hour is being summed', async () => {
  const now = Date.now();
  await writeCalls(database.pool, 'proc', calls(now - 3 * hourMs, ['req_1']));
  await whileSumming(now, async () => {
    await writeCalls(database.pool, 'proc', calls(now - 3 * hourMs, ['req_2']));
    const copied = calls(now - 3 * hourMs, ['req_3']);
    await runPipeline(database.pool, [markLateHours(copied), copyCalls('proc', copied)]);
  });
  await rollUp(database.pool, now);
  expect(await summed()).toEqual({ requests: 3, cost: 15 });
});

it('sums a call at its true cost, though that comes while its hour is being summed at an estimate', async () => {
  const now = Date.now();
  const adopted = calls(now - 3 * hourMs, ['req_1']);
  await writeCalls(database.pool, 'proc', adopted);
  await database.pool.query(`update calls set status = 'interrupted', cost_nanos = 100`);
  await whileSumming(now, () => writeCalls(database.pool, 'proc', adopted));
  await rollUp(database.pool, now);
  expect(await summed()).toEqual({ requests: 1, cost: 5 });
});

it('sums no hour that is not over, whatever a process takes the time to be', async () => {
  const now = Date.now();
  await writeCalls(database.pool, 'proc', calls(now, ['req_1']));
  while (await rollUp(database.pool, now + 5 * hourMs));
  expect(await summed()).toEqual({ requests: 0, cost: 0 });
});

it('keeps the sums of a month without calls, also where a gateway of an older version wrote them', async () => {
  const now = Date.now();
  await writeCalls(database.pool, 'proc', calls(now - 3 * hourMs, ['req_1']));
  while (await rollUp(database.pool, now));
  await database.pool.query(
    `insert into dropped_months (from_at, to_at, calls) values ('2025-01-01Z', '2025-02-01Z', 30)`,
  );
  for (const [table, at] of [
    ['usage_hours', 'hour'],
    ['usage_days', 'day'],
  ])
    await database.pool.query(
      `insert into ${table} (workspace_id, livemode, ${at}, key_id, model, metered, requests, estimated_requests, input_tokens, cached_tokens, output_tokens, cost_nanos)
       select 'ws_test', true, '2025-01-01Z'::timestamptz + n * interval '1 ${at}', 'key', 'm', false, 1, 0, 1, 0, 1, 5 from generate_series(0, 29) n`,
    );
  while (await rollUp(database.pool, now));
  expect(await summed()).toEqual({ requests: 31, cost: 155 });
  const { rows } = await database.pool.query(
    `select 1 from usage_hours where not summed_apart union all select 1 from usage_days where not summed_apart union all select 1 from usage_stale_hours`,
  );
  expect(rows).toEqual([]);
});

it('drops no month while it has an hour that a gateway of an older version has summed', async () => {
  const { pool } = database;
  const now = Date.now();
  await pool.query(`select ensure_call_partitions('2025-03-01', 0)`);
  await writeCalls(pool, 'proc', calls(now - 3 * hourMs, ['req_1']));
  while (await rollUp(pool, now));
  const month = (await listMonths(pool)).find(({ from }) => from.getTime() === Date.UTC(2025, 2, 1));
  if (month === undefined) throw new Error('There are no calls of March 2025.');
  await writeCalls(pool, 'proc', calls(Date.UTC(2025, 2, 9), ['req_2']));
  while (await rollUp(pool, now));
  await pool.query(`update usage_hours set summed_apart = default where hour = '2025-03-09Z'`);
  expect(await dropMonth(pool, month)).toEqual({ kind: 'not summed yet' });
  while (await rollUp(pool, now));
  expect(await dropMonth(pool, month)).toEqual({ kind: 'dropped', calls: 1 });
  expect(await summed()).toEqual({ requests: 2, cost: 10 });
});

/** Does this at the moment at which the hours are summed and nobody can know yet that they were. */
async function whileSumming(nowMs: number, work: () => Promise<void>): Promise<void> {
  const holder = await database.pool.connect();
  try {
    // The summing process writes into this table last.
    await holder.query('begin; lock table usage_rollup in share mode');
    const summing = rollUp(database.pool, nowMs);
    await expect
      .poll(
        async () =>
          (
            await holder.query(`select 1 from pg_locks where not granted and relation = 'usage_rollup'::regclass
        and database = (select oid from pg_database where datname = current_database())`)
          ).rows.length,
      )
      .toBeGreaterThan(0);
    await work();
    await holder.query('commit');
    await summing;
  } finally {
    holder.release(true);
  }
}
