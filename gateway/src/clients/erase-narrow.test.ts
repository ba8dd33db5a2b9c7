import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { lockSums, rollUp } from '../usage/roll-up-store.ts';
import { eraseNarrowLeft } from './erase-client.ts';
import { hashOfName } from './erased-name.ts';

const secret = 'ab'.repeat(32);
const place = { workspaceId: 'ws', livemode: true };
const hourMs = 3_600_000;
/** Three days, of which the last has not ended. */
const to = new Date(Math.floor(Date.now() / hourMs) * hourMs - hourMs);
const from = new Date(to.getTime() - 70 * hourMs);
const erasedAt = new Date(from.getTime() + 40 * hourMs);
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  const { pool } = database;
  await pool.query('select ensure_call_partitions($1::date, 2)', [from]);
  await pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, project, dialect, streamed, model_requested,
       model, provider, cost_nanos, task, chosen_by, saved_nanos, saved_route_nanos)
     select 'ws', $1::timestamptz + n * interval '20 minutes', 'req_' || n, true, 'gone', 'succeeded', 'key', (array['acme', 'bolt'])[1 + n % 2],
       'p', 'chat', false, 'm', 'm', 'openai', n, '\\x01', 'auto', n + 1, n + 1 from generate_series(0, 200) n`,
    [from],
  );
  while (await rollUp(pool, Date.now()));
});
afterAll(() => database.drop());

const columns = `client_id, project, scenario_id, scenario_platform, key_id, model, provider, metered`;
async function narrow(): Promise<Record<'hours' | 'days' | 'taskHours' | 'taskDays', unknown[]>> {
  const { pool } = database;
  const sums = 'sum(requests)::integer as requests, sum(cost_nanos)::text as cost';
  const hours = await pool.query(
    `select kind, hour, ${columns}, ${sums} from usage_narrow_hours group by kind, hour, ${columns} order by kind, hour, ${columns}`,
  );
  const days = await pool.query(
    `select kind, day, ${columns}, ${sums} from usage_narrow_days group by kind, day, ${columns} order by kind, day, ${columns}`,
  );
  const taskSums = 'kind, client_id, sum(requests)::integer as requests, sum(moved_nanos)::text as moved';
  const taskHours = await pool.query(
    `select hour, ${taskSums} from usage_task_hours group by hour, kind, client_id order by 1, 2, 3`,
  );
  const taskDays = await pool.query(
    `select day, ${taskSums} from usage_task_days group by day, kind, client_id order by 1, 2, 3`,
  );
  return { hours: hours.rows, days: days.rows, taskHours: taskHours.rows, taskDays: taskDays.rows };
}

/** As JSON has bytes for Postgres. */
function hexed(rows: readonly unknown[]): unknown[] {
  return (rows as { task: string }[]).map(({ task, ...row }) => ({ ...row, task: `\\\\x${task}` }));
}

it('the name of a client that an older process erased leaves the narrow sums, and a client made again keeps its own', async () => {
  const { pool } = database;
  // An older process renames calls and the sums that it knows, of the time before the erasure.
  await pool.query(`update calls set client_id = 'erased-1' where client_id = 'acme' and created_at <= $1`, [erasedAt]);
  await pool.query('insert into usage_stale_hours (hour) select distinct hour from usage_hours');
  const { rows: stale } = await pool.query('select * from usage_narrow_hours');
  const { rows: staleDays } = await pool.query('select * from usage_narrow_days');
  const { rows: staleTasks } = await pool.query(`select *, encode(task, 'hex') as task from usage_task_hours`);
  const { rows: staleTaskDays } = await pool.query(`select *, encode(task, 'hex') as task from usage_task_days`);
  while (await rollUp(pool, Date.now()));
  const wanted = await narrow();
  await pool.query('truncate usage_narrow_hours, usage_narrow_days, usage_task_hours, usage_task_days');
  for (const [table, rows] of [
    ['usage_narrow_hours', stale],
    ['usage_narrow_days', staleDays],
    ['usage_task_hours', hexed(staleTasks)],
    ['usage_task_days', hexed(staleTaskDays)],
  ] as const)
    await pool.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [
      JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ]);
  await pool.query(
    `insert into erased_clients (id, workspace_id, livemode, name_hash, erased_at) values ('erased-1', 'ws', true, $1, $2)`,
    [hashOfName(secret, place, 'acme'), erasedAt],
  );
  expect(await narrow()).not.toEqual(wanted);

  await eraseNarrowLeft({ db: pool, secret });
  expect(await narrow()).toEqual(wanted);
  const { rows: left } = await pool.query(
    `select count(*)::integer as rows from usage_narrow_hours where client_id = 'acme' and hour < $1`,
    [erasedAt],
  );
  expect(left).toEqual([{ rows: 0 }]);
  const { rows: since } = await pool.query(
    `select count(*)::integer > 0 as some from usage_narrow_hours where client_id = 'acme'`,
  );
  expect(since).toEqual([{ some: true }]);

  // Once for each erasure: later sums are nobody's business.
  const { rows: noted } = await pool.query('select narrow_erased from erased_clients');
  expect(noted).toEqual([{ narrow_erased: true }]);
});

it('waits for the sums for longer than a statement may take, and reads no hour but that of the erasure', async () => {
  const { pool, url } = database;
  await pool.query('update erased_clients set narrow_erased = false');
  await pool.query(`update usage_narrow_hours set client_id = 'acme' where client_id = 'erased-1'`);
  // Sums that are not made again keep figures that nothing else has.
  await pool.query('update usage_narrow_hours set requests = requests + 1000 where hour < $1', [
    new Date(erasedAt.getTime() - hourMs),
  ]);
  const before = await narrow();
  const hasty = new pg.Pool({
    connectionString: url,
    options: '-c statement_timeout=100 -c lock_timeout=100',
    query_timeout: 100,
  });
  const summing = await pool.connect();
  try {
    await summing.query('begin');
    await lockSums(summing);
    const erasing = eraseNarrowLeft({ db: hasty, secret });
    erasing.catch(() => {});
    await summing.query('select pg_sleep(0.4)');
    await summing.query('commit');
    await erasing;
  } finally {
    summing.release();
    await hasty.end();
  }
  const renamed = (before.hours as { hour: Date; client_id: string | null }[]).filter(({ hour }) => hour < erasedAt);
  const after = (await narrow()).hours as { hour: Date; client_id: string | null; requests: number }[];
  expect(renamed.filter((row) => row.client_id === 'acme').length).toBeGreaterThan(0);
  expect(after.filter((row) => row.hour < erasedAt && row.client_id === 'acme')).toEqual([]);
  expect(after.filter((row) => row.requests > 1000).length).toBe(
    (before.hours as { requests: number }[]).filter(({ requests }) => requests > 1000).length,
  );
});

it('an erasure that is under way is left until it is over', async () => {
  const { pool } = database;
  await pool.query(
    `insert into erased_clients (id, workspace_id, livemode, name_hash, erased_at, unfinished_before)
     values ('erased-2', 'ws', true, $1, now(), 'infinity')`,
    [hashOfName(secret, place, 'bolt')],
  );
  const before = await narrow();
  await eraseNarrowLeft({ db: pool, secret });
  expect(await narrow()).toEqual(before);
  const { rows } = await pool.query(`select narrow_erased from erased_clients where id = 'erased-2'`);
  expect(rows).toEqual([{ narrow_erased: false }]);
});
