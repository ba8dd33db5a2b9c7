import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import type { Db } from '../db/transaction.ts';
import { rollUp } from './roll-up-store.ts';
import { selectSeries } from './usage-series-store.ts';
import { sumByGroup } from './usage-sum-store.ts';

const from = new Date('2026-03-01T00:00:00Z');
const days = 4;
const to = new Date(from.getTime() + days * 86_400_000);
const clients = 20;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(`select ensure_call_partitions('2026-03-01', 1)`);
});
afterAll(() => database.drop());

/** So many calls of each client in each hour, summed as the gateway does. */
async function addCalls(each: number, name: string): Promise<void> {
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, dialect, streamed, model_requested, model, cost_nanos)
     select 'ws', $1::timestamptz + h * interval '1 hour' + n * interval '1 s', $4 || '_' || h || '_' || c || '_' || n, true, 'gone', 'succeeded', 'key',
       'client-' || lpad(c::text, 2, '0'), 'chat', false, 'm', 'm', 5
     from generate_series(0, $2::integer * 24 - 1) h, generate_series(1, ${clients}) c, generate_series(1, $3::integer) n`,
    [from, days, each, name],
  );
  await database.pool.query(
    'truncate usage_hours, usage_days, usage_narrow_hours, usage_narrow_days, usage_task_hours, usage_task_days, usage_stale_hours, call_groups, call_times, execution_times, call_kinds, call_kind_times; delete from usage_rollup',
  );
  while (await rollUp(database.pool, to.getTime() + 3 * 3_600_000));
  for (const table of ['calls', 'usage_hours', 'usage_days']) await database.pool.query(`vacuum analyze ${table}`);
}

interface Plan {
  'Relation Name'?: string;
  Output?: string[];
  'Actual Rows': number;
  'Actual Loops': number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}

/** The reads of the statement that sums by client: blocks of 8 kB, from memory or from the disk, and rows of each table. */
async function readBy(grouping: 'client' | 'day'): Promise<{ blocks: number; rows: Record<string, number> }> {
  let plan: Plan | undefined;
  const explaining = {
    query: async (text: string, values: unknown[]) => {
      // The first statement sums; a second one lists the models of the page.
      if (!text.includes('with parts') || text.includes('array_agg')) return database.pool.query(text, values);
      const { rows } = await database.pool.query(`explain (analyze, buffers, format json) ${text}`, values);
      plan = (rows[0] as { 'QUERY PLAN': { Plan: Plan }[] })['QUERY PLAN'][0]?.Plan;
      return { rows: [] };
    },
  };
  const filter = { workspaceId: 'ws', livemode: true, from, to };
  await sumByGroup(explaining as unknown as Db, {
    filter,
    grouping,
    timezone: 'UTC',
    days: [],
    after: undefined,
    limit: 100,
  });
  const rows: Record<string, number> = {};
  const walk = (node: Plan): void => {
    const table = node['Relation Name']?.replace(/^calls_.*/, 'calls');
    if (table !== undefined) rows[table] = (rows[table] ?? 0) + node['Actual Rows'] * node['Actual Loops'];
    for (const below of node.Plans ?? []) walk(below);
  };
  if (plan === undefined) throw new Error('nothing was explained');
  walk(plan);
  return { blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], rows };
}

it('usage reads sums, so that five times the calls cost it nothing', async () => {
  await addCalls(1, 'first');
  const [client, day] = [await readBy('client'), await readBy('day')];
  expect(client.rows).toMatchObject({ usage_narrow_days: days * clients });
  await addCalls(4, 'more');
  const { rows } = await database.pool.query('select sum(requests)::integer as requests from usage_days');
  expect(rows).toEqual([{ requests: days * 24 * clients * 5 }]);
  for (const [before, grouping] of [
    [client, 'client'],
    [day, 'day'],
  ] as const) {
    const after = await readBy(grouping);
    expect(after.rows).toEqual(before.rows);
    expect(after.rows.calls ?? 0).toBe(0);
    // A block more or less, as rows happen to lie.
    expect(Math.abs(after.blocks - before.blocks)).toBeLessThanOrEqual(3);
  }
}, 60_000);

const page = { filter: { workspaceId: 'ws', livemode: true, from, to }, timezone: 'UTC', days: [] };

it('a chart of the number of calls reads no other figure of a call', async () => {
  const read: string[] = [];
  const explaining = {
    query: async (text: string, values: unknown[]) => {
      if (!text.includes('with parts')) return database.pool.query(text, values);
      const { rows } = await database.pool.query(`explain (verbose, format json) ${text}`, values);
      const walk = (node: Plan): void => {
        if (node['Relation Name']?.startsWith('calls')) read.push(...(node.Output ?? []));
        for (const below of node.Plans ?? []) walk(below);
      };
      for (const { Plan: plan } of (rows[0] as { 'QUERY PLAN': { Plan: Plan }[] })['QUERY PLAN']) walk(plan);
      return { rows: [] };
    },
  };
  // An edge of half an hour is read from the calls.
  const filter = { ...page.filter, from: new Date(from.getTime() + 1_800_000) };
  const series = { ...page, filter, interval: 'day', metric: 'requests', grouping: undefined, top: 6 } as const;
  await selectSeries(explaining as unknown as Db, series);
  expect(read.join()).toContain('created_at');
  expect(read.join()).not.toMatch(/tokens|nanos/);
});

it('a page lists the models of its own clients, and of calls that name no client', async () => {
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, dialect, streamed, model_requested, model)
     values ('ws', $1, 'nobody', true, 'gone', 'succeeded', 'key', 'chat', false, 'm', 'other')`,
    [new Date(to.getTime() - 1_000)],
  );
  await database.pool.query('delete from usage_rollup');
  const modelsOf = async (limit: number): Promise<unknown> =>
    (await sumByGroup(database.pool, { ...page, grouping: 'client', after: undefined, limit })).map((row) => [
      row.group,
      row.models,
    ]);
  expect(await modelsOf(2)).toEqual([
    ['client-01', ['m']],
    ['client-02', ['m']],
  ]);
  expect(await modelsOf(100)).toEqual(
    expect.arrayContaining([
      ['client-20', ['m']],
      [null, ['other']],
    ]),
  );
});
