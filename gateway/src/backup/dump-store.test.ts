import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { withTransaction } from '../db/transaction.ts';
import { loadRows } from './dump-store.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

function call(id: string, createdAt: string): string {
  return JSON.stringify({
    workspace_id: 'ws_test',
    created_at: createdAt,
    id,
    livemode: true,
    process_id: 'gone',
    status: 'succeeded',
    key_id: 'key_test',
    dialect: 'chat',
    streamed: false,
    model_requested: 'gpt-4o',
    attempts: 1,
    input_tokens: 1,
    cached_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: 1,
    reasoning_tokens: 0,
    cost_nanos: 1,
    hold_nanos: 1,
    estimated: false,
    metered: false,
  });
}

it('a copy of years of calls finds a month for each of them', async () => {
  const rows = [
    call('req_1', '2021-01-31T23:59:59.999Z'),
    call('req_2', '2022-03-01T00:00:00.000Z'),
    call('req_3', '2023-02-28T12:00:00.000Z'),
  ];
  await withTransaction(database.pool, (tx) => loadRows(tx as never, { table: 'calls', rows }));
  const { rows: loaded } = await database.pool.query('select id from calls order by created_at');
  expect(loaded).toEqual([{ id: 'req_1' }, { id: 'req_2' }, { id: 'req_3' }]);
});
