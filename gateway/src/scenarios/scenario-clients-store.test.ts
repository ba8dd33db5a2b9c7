import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import type { Db } from '../db/transaction.ts';
import { selectClientsOf } from './scenario-clients-store.ts';
import { selectScenarios } from './scenario-store.ts';

const place = { workspaceId: 'ws', livemode: true };
const dayMs = 86_400_000;
const today = new Date(Date.now() - 60_000);
const lastYear = new Date(today.getTime() - 365 * dayMs);
const clock = { timezone: 'UTC', nowMs: Date.now() };
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  const { pool } = database;
  for (const [scenario, client, at] of [
    ['new', 'acme', today],
    ['old', 'globex', lastYear],
    ['old', 'erased-0123456789ab', lastYear],
  ] as const) {
    await pool.query('select ensure_call_partitions($1::date, 1)', [at]);
    await pool.query(
      `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, scenario_id, dialect, streamed,
         model_requested, model, provider, cost_nanos)
       values ('ws', $1, $2 || $3, true, 'gone', 'succeeded', 'key', $2, $3, 'chat', false, 'm', 'm', 'openai', 1)`,
      [at, client, scenario],
    );
    await pool.query(
      `insert into tag_values (workspace_id, livemode, kind, id, first_call_at, last_call_at) values ('ws', true, 'scenario', $1, $2, $2) on conflict do nothing`,
      [scenario, at],
    );
  }
  await pool.query(
    `insert into erased_clients (id, workspace_id, livemode, name_hash, erased_at) values ('erased-0123456789ab', 'ws', true, 'x', now())`,
  );
});
afterAll(() => database.drop());

/** Notes the statements that rank the clients of scenarios, with the days that each reads. */
function noting(): { db: Db; days: number[] } {
  const days: number[] = [];
  const query = (text: string, values: unknown[] = []) => {
    if (text.includes('ranked as')) days.push(((values[7] as Date).getTime() - (values[2] as Date).getTime()) / dayMs);
    return database.pool.query(text, values);
  };
  return { db: { query } as unknown as Db, days };
}

it('reads for each scenario the days before its own last call, also beside one that called a year ago', async () => {
  const { db, days } = noting();
  const found = await selectClientsOf(db, place, [
    { id: 'new', lastCallAt: today },
    { id: 'old', lastCallAt: lastYear },
  ]);
  expect(Object.fromEntries(found)).toEqual({
    new: { shown: [{ id: 'acme', name: 'acme' }], count: 1 },
    old: { shown: [{ id: 'globex', name: 'globex' }], count: 1 },
  });
  expect(days.map(Math.round)).toEqual([31, 31]);
});

it('reads no clients for a key that sees no names', async () => {
  const { db, days } = noting();
  const seen = await selectScenarios(db, { ...place, isNamed: false, limit: 10, clock });
  expect(seen.map(({ id, clients }) => [id, clients.count])).toEqual([
    ['new', 0],
    ['old', 0],
  ]);
  expect(days).toEqual([]);
  const all = await selectScenarios(db, { ...place, isNamed: true, limit: 10, clock });
  expect(all.map(({ clients }) => clients.count)).toEqual([1, 1]);
  expect(days).toHaveLength(2);
});
