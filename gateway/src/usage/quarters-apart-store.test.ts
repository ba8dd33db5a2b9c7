import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventually } from '../../../test/support/ask.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { dropOldMonths } from './drop-months-job.ts';
import { lockSums } from './roll-up-store.ts';

let database: TestDatabase;
let logs: string[];
const hour = new Date('2026-03-10T09:00:00Z');

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Two workspaces and two clients, whose quarters count three calls and one second answer as four requests. */
beforeEach(async () => {
  const { pool } = database;
  logs = [];
  await pool.query('truncate usage_hours, usage_quarters, dropped_months, usage_days');
  const zero =
    'output_tokens, estimated_requests, cached_tokens, cache_hits, saved_nanos, saved_auto_nanos, saved_rules_nanos, saved_marks_nanos';
  const zeros = Array.from({ length: 8 }, () => '0').join(', ');
  await pool.query(
    `insert into usage_hours (workspace_id, livemode, hour, client_id, key_id, metered, summed_apart, requests, input_tokens, cost_nanos, second_answers, second_cost_nanos, ${zero})
     select w, true, $1::timestamptz + n * interval '30 hours', c, 'key', true, true, 3, 30, 300, 1, 100, ${zeros}
     from unnest('{ws-1,ws-2}'::text[]) w, unnest('{acme,bolt}'::text[]) c, generate_series(0, 1) n`,
    [hour],
  );
  await pool.query(
    `insert into usage_quarters (workspace_id, livemode, quarter, client_id, key_id, metered, requests, input_tokens, cost_nanos, ${zero})
     select w, true, $1::timestamptz + n * interval '30 hours' + q * interval '15 minutes', c, 'key', true, 2, 20, 200, ${zeros}
     from unnest('{ws-1,ws-2}'::text[]) w, unnest('{acme,bolt}'::text[]) c, generate_series(0, 1) n, generate_series(1, 2) q`,
    [hour],
  );
  await pool.query(
    `insert into dropped_months (from_at, to_at, calls) values ('2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z', 16)`,
  );
});

const drop = (): Promise<void> =>
  dropOldMonths(
    {
      db: database.pool,
      log: pino({ base: null }, { write: (line: string) => void logs.push(line) }),
      now: Date.now,
      callsKeptDays: 365,
    },
    new AbortController().signal,
  );

async function quarters(): Promise<unknown[]> {
  const { rows } = await database.pool.query(
    `select workspace_id || ' ' || client_id as of, quarter, requests::integer, cost_nanos::integer as cost, second_answers::integer as second,
       second_cost_nanos::integer as second_cost, input_tokens::integer as input, second_input_tokens::integer as second_input
     from usage_quarters order by 1, 2`,
  );
  return rows;
}

const right = ['ws-1 acme', 'ws-1 bolt', 'ws-2 acme', 'ws-2 bolt'].flatMap((of) =>
  [0, 30].map((hours) => ({
    of,
    quarter: new Date(hour.getTime() + hours * 3_600_000),
    requests: 3,
    cost: 300,
    second: 1,
    second_cost: 100,
    input: 30,
    second_input: 10,
  })),
);

it('second answers are taken apart in each workspace, once', async () => {
  await drop();
  expect(await quarters()).toEqual(right);
  expect((await database.pool.query('select summed_apart from dropped_months')).rows).toEqual([{ summed_apart: true }]);
  await database.pool.query('update dropped_months set summed_apart = false');
  await drop();
  expect(await quarters()).toEqual(right);
});

it('a month that cannot be corrected is named in the log, and others are dropped', async () => {
  const { pool } = database;
  await pool.query(`select ensure_call_partitions('2020-01-01', 0)`);
  await pool.query('alter table usage_quarters add constraint refused check (second_answers = 0)');
  const months = async (): Promise<unknown[]> =>
    (await pool.query(`select from_at from dropped_months where from_at = '2020-01-01T00:00:00Z'`)).rows;
  try {
    await pool.query(`insert into usage_rollup (until, latency_until, tasks_until) values (now(), now(), now())`);
    await drop();
  } finally {
    await pool.query('truncate usage_rollup');
    await pool.query('alter table usage_quarters drop constraint refused');
  }
  expect(await months()).toHaveLength(1);
  expect(logs.filter((line) => line.includes('the sums of 2026-03 count second answers'))).toHaveLength(1);
  await drop();
  expect(await quarters()).toEqual(right);
});

it('a client that is erased meanwhile does not get its name back', async () => {
  const { pool } = database;
  const erasing = await pool.connect();
  await erasing.query('begin');
  await lockSums(erasing);
  await erasing.query(`update usage_hours set client_id = 'erased-1' where client_id = 'acme'`);
  await erasing.query(`update usage_quarters set client_id = 'erased-1' where client_id = 'acme'`);
  const dropping = drop();
  await eventually(async () => {
    const { rows } = await pool.query(`select 1 from pg_locks where not granted and database = (
      select oid from pg_database where datname = current_database()) or not granted and locktype = 'transactionid'`);
    expect(rows.length).toBeGreaterThan(0);
  });
  await erasing.query('commit');
  erasing.release();
  await dropping;
  const { rows } = await pool.query(
    `select client_id as name, sum(requests)::integer as requests from usage_quarters group by 1 order by 1`,
  );
  expect(rows).toEqual([
    { name: 'bolt', requests: 12 },
    { name: 'erased-1', requests: 12 },
  ]);
});
