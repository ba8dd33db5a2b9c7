import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { ensureCallPartitions } from './call-store.ts';
import { selectArmFigures } from './experiment-units-store.ts';
import { rollUp } from './roll-up-store.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await ensureCallPartitions(database.pool, Date.now() - 86_400_000);
  await ensureCallPartitions(database.pool, Date.now());
});
afterAll(() => database.drop());

it('the times of an arm are those of its model, and not of answers from the cache', async () => {
  const { pool } = database;
  await pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, dialect, streamed, model_requested, cost_nanos,
       total_ms, ttft_ms, cache, experiment_id, arm, unit)
     select 'ws', date_trunc('hour', now()) - interval '5 hours', 'req_' || n, true, 'p', 'succeeded', 'k', 'chat', false, 'auto',
       case when n = 1 then 1000 else 0 end, case when n = 1 then 400 else 1 end, case when n = 1 then 200 else 1 end,
       case when n > 1 then 'hit' end, 'exp', 'A', decode('0001' || lpad('', 28, 'a'), 'hex')
     from generate_series(1, 5) n`,
  );
  const place = { workspaceId: 'ws', experimentId: 'exp', phase: 1, livemode: true };
  const want = [
    {
      arm: 'A',
      calls: 5,
      total_ms: { n: 1, mean: expect.closeTo(Math.log(400), 9) },
      ttft_ms: { n: 1, mean: expect.closeTo(Math.log(200), 9) },
    },
  ];
  expect(await selectArmFigures(pool, place)).toMatchObject(want);
  while (await rollUp(pool, Date.now()));
  const { rows } = await pool.query('select count(*)::integer as units from experiment_units');
  expect(rows).toEqual([{ units: 1 }]);
  expect(await selectArmFigures(pool, place)).toMatchObject(want);
});
