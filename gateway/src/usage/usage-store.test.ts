import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import type { Db } from '../db/transaction.ts';
import { type CallFilter, selectCalls } from './usage-store.ts';

const count = 20_000;
const month = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-04-01T00:00:00Z') };
const filter: CallFilter = { workspaceId: 'ws', livemode: true, ...month, limit: 100 };

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(`select ensure_call_partitions('2026-03-01', 1)`);
  // Ten calls in every millisecond.
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, dialect, streamed, model_requested)
     select 'ws', $1::timestamptz + (n / 10) * interval '1 ms', 'req_' || lpad(n::text, 6, '0'), true, 'gone', 'succeeded', 'key', 'chat', false, 'm'
     from generate_series(0, $2::integer - 1) n`,
    [month.from, count],
  );
  await database.pool.query('vacuum analyze calls');
});
afterAll(() => database.drop());

it('page by page, every call comes once, newest first', async () => {
  const ids: string[] = [];
  for (let after: CallFilter['after']; ; ) {
    const rows = await selectCalls(database.pool, { ...filter, limit: 999, after });
    ids.push(...rows.map(({ id }) => id));
    const last = rows.at(-1);
    if (last === undefined) break;
    after = { createdAt: last.created_at, id: last.id };
  }
  expect(ids).toEqual(Array.from({ length: count }, (_, n) => `req_${String(count - 1 - n).padStart(6, '0')}`));
});

it('a page deep in the list reads no more of the database than one near its start', async () => {
  const at = (n: number) => ({
    createdAt: new Date(month.from.getTime() + Math.floor(n / 10)).toISOString(),
    id: `req_${String(n).padStart(6, '0')}`,
  });
  const near = await blocksRead({ ...filter, after: at(count - 200) });
  expect(near).toBeGreaterThan(0);
  expect(await blocksRead({ ...filter, after: at(300) })).toBeLessThanOrEqual(near + 5);
});

it('a cursor does not lead out of the range', async () => {
  const to = new Date(month.from.getTime() + 5);
  const rows = await selectCalls(database.pool, {
    ...filter,
    to,
    after: { createdAt: month.to.toISOString(), id: 'x' },
  });
  expect(rows[0]?.id).toBe('req_000049');
});

/** Blocks of 8 kB, from memory or from the disk. */
async function blocksRead(asked: CallFilter): Promise<number> {
  let blocks = 0;
  const explaining = {
    query: async (text: string, values: unknown[]) => {
      const { rows } = await database.pool.query(`explain (analyze, buffers, format json) ${text}`, values);
      const { Plan: plan } = (rows[0] as { 'QUERY PLAN': { Plan: Record<string, number> }[] })['QUERY PLAN'][0] ?? {};
      blocks = (plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0);
      return { rows: [] };
    },
  };
  await selectCalls(explaining as unknown as Db, asked);
  return blocks;
}
