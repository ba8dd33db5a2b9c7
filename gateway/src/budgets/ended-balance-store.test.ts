import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { openBalance } from './balance-store.ts';
import { insertBudget } from './budget-store.ts';
import { takeEnded } from './ended-balance-store.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(`insert into workspaces (id, name) values ('ws', 'Agency')`);
});
afterAll(() => database.drop());

it('a period ends once, also where a call that arrived before midnight opens its balance afterwards', async () => {
  const { pool } = database;
  const budget = await insertBudget(pool, {
    workspaceId: 'ws',
    id: 'bud_month',
    livemode: true,
    name: 'Month',
    scope: {},
    limitNanos: 5_000_000_000n,
    period: 'month',
    timezone: 'Europe/Berlin',
    thresholds: [80, 90, 100],
    onLimit: 'block',
    extraNanos: 0n,
    extraUntilMs: undefined,
  });
  const beforeMidnight = Date.parse('2026-11-30T22:59:59Z');
  const { row } = await openBalance(pool, budget, { instance: '', atMs: beforeMidnight });
  await pool.query('update meters set spent_nanos = 1 where id = $1', [row.id]);
  const end = (): Promise<number> =>
    takeEnded(pool, new Date('2026-11-30T23:00:01Z'), 200).then(({ length }) => length);
  expect(await end()).toBe(1);
  // Its body took long to arrive.
  const late = await openBalance(pool, budget, { instance: '', atMs: beforeMidnight });
  expect(late.row.id).toBe(row.id);
  expect(await end()).toBe(0);
});
