import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { rollUp } from '../usage/roll-up-store.ts';
import { listWorkspaces } from './workspace-list-store.ts';

const hourMs = 3_600_000;
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(`select ensure_call_partitions((now() - interval '6 hours')::date, 1)`);
  await database.pool.query(`insert into workspaces (id, name) values ('ws_list', 'List')`);
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, dialect, streamed, model_requested, cost_nanos)
     select 'ws_list', now() - n * interval '1 hour', 'req_' || n, true, 'gone', 'succeeded', 'key', 'chat', false, 'm', 5 from generate_series(0, 5) n`,
  );
});
afterAll(() => database.drop());

it('counts each call of the month once, also where more hours are summed while the list is read', async () => {
  const { pool } = database;
  while (await rollUp(pool, Date.now() - 2 * hourMs));
  // A gateway of an older version moves on alone: it makes no narrow sums.
  const query = async (text: string, values?: unknown[]): Promise<unknown> => {
    const answer = await pool.query(text, values);
    await pool.query(`update usage_rollup set until = until + interval '1 hour'`);
    return answer;
  };
  const db = new Proxy(pool, { get: (of, name) => (name === 'query' ? query : Reflect.get(of, name)) });
  const page = { search: undefined, before: undefined, limit: 10, monthStart: new Date(Date.now() - 40 * 24 * hourMs) };
  const [listed] = await listWorkspaces(db, page);
  expect(listed).toMatchObject({ id: 'ws_list', calls: 6, costNanos: 30n });
});
