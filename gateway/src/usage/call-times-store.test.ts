import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import type { Db } from '../db/transaction.ts';
import { rollUp } from './roll-up-store.ts';
import { type CallFilter, selectCalls } from './usage-store.ts';

/** Enough that reading them all is told from reading a few. */
const count = 200_000;
const month = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-04-01T00:00:00Z') };
const base: CallFilter = { workspaceId: 'ws', livemode: true, ...month, limit: 101 };

let database: TestDatabase;

/** Eight clients with all statuses but their own, and a rare call of everything in every 20,000. */
beforeAll(async () => {
  database = await createTestDatabase();
  const { pool } = database;
  await pool.query(`select ensure_call_partitions('2026-03-01', 1)`);
  await pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, project, scenario_id, scenario_platform,
       execution_id, dialect, streamed, model_requested, model, provider, attempts, cost_nanos)
     select 'ws', $1::timestamptz + (n * 13) * interval '1 ms', 'req_' || lpad(n::text, 6, '0'), true, 'gone',
       case when rare then 'interrupted' when n % 8 < 4 then 'succeeded' else 'failed' end,
       case when rare then 'key_rare' else 'key_' || n % 3 end, case when rare then 'quiet' else 'client-' || n % 8 end,
       case when rare then 'quiet' else 'project-' || n % 16 end, case when rare then 'quiet' else 'scenario-' || n % 64 end,
       case when rare then 'zapier' else 'make' end, case when rare then 'run-rare' else 'run-' || n / 4 end, 'chat', false, 'm',
       case when rare then 'rare-model' else 'model-' || n % 4 end, case when rare then 'mistral' else 'openai' end,
       case when rare or n % 200 = 8 then 2 else 1 end, case when rare then 5000000 + n else 1000 + n % 1000 end
     from (select n, n % 20000 = 11 as rare from generate_series(0, $2::integer - 1) n) as calls`,
    [month.from, count],
  );
  await pool.query('vacuum analyze calls');
  while (await rollUp(pool, Date.now()));
  await pool.query('analyze call_groups, call_times, execution_times, call_kinds, call_kind_times');
});
afterAll(() => database.drop());

const rare = count / 20_000;
/** `compared`: two lists of moments that many calls are in are read, and no call. */
const filters: Record<string, { filter: Partial<CallFilter>; found: number; compared?: boolean }> = {
  'a quiet client': { filter: { clientId: 'quiet' }, found: rare },
  'a quiet project': { filter: { project: 'quiet' }, found: rare },
  'a quiet scenario': { filter: { scenarioId: 'quiet' }, found: rare },
  'a quiet platform': { filter: { scenarioPlatform: 'zapier' }, found: rare },
  'a quiet execution': { filter: { executionId: 'run-rare' }, found: rare },
  'one execution': { filter: { executionId: 'run-77' }, found: 4 },
  'a quiet key': { filter: { keyId: 'key_rare' }, found: rare },
  'a rare status': { filter: { status: 'interrupted' }, found: rare },
  'all of these': {
    filter: {
      clientId: 'quiet',
      project: 'quiet',
      scenarioId: 'quiet',
      scenarioPlatform: 'zapier',
      executionId: 'run-rare',
      keyId: 'key_rare',
      status: 'interrupted',
    },
    found: rare,
  },
  'a quiet model': { filter: { model: 'rare-model' }, found: rare },
  'a quiet provider': { filter: { provider: 'mistral' }, found: rare },
  'a high cost': { filter: { minCost: { nanos: 5_000_000n, ofClients: new Map() } }, found: rare },
  'a cost that a client with a markup reaches earlier': {
    filter: { minCost: { nanos: 6_000_000n, ofClients: new Map([['quiet', 5_100_000n]]) } },
    found: rare / 2,
  },
  'a failover of a quiet client': { filter: { failedOver: true, clientId: 'quiet' }, found: rare },
  'all that failed over': { filter: { failedOver: true }, found: 101 },
  'a client and a model that never meet': {
    filter: { clientId: 'client-1', model: 'model-2' },
    found: 0,
    compared: true,
  },
  'a client and a cost that it never reaches': {
    filter: { clientId: 'client-1', minCost: { nanos: 2_000n, ofClients: new Map() } },
    found: 0,
    compared: true,
  },
  'a status and a failover that never meet': {
    filter: { status: 'failed', failedOver: true, model: 'model-0' },
    found: 0,
  },
  'a quiet model of one execution': { filter: { executionId: 'run-rare', model: 'rare-model' }, found: rare },
  'an unknown client': { filter: { clientId: 'nobody' }, found: 0 },
  'an unknown execution': { filter: { executionId: 'never' }, found: 0 },
  'open calls, of which there are none': { filter: { status: 'open' }, found: 0 },
  'a client and a project that never meet': { filter: { clientId: 'client-1', project: 'project-2' }, found: 0 },
  'a client and a status that never meet': { filter: { clientId: 'client-1', status: 'failed' }, found: 0 },
  'an execution of another client': { filter: { executionId: 'run-77', clientId: 'client-1' }, found: 0 },
  'a client with many calls': { filter: { clientId: 'client-1' }, found: 101 },
};

it.each(Object.entries(filters))(
  'lists the calls of %s without reading all the others',
  async (_, { filter, found, compared = false }) => {
    const { calls, read } = await reading({ ...base, ...filter });
    expect(calls).toHaveLength(found);
    expect(calls).toEqual(await byHand({ ...base, ...filter }));
    // 2,000 of 200,000 are read before anything is looked up; the rest are entries of the tables that say when calls came in.
    expect(read).toBeLessThan(compared ? count * 1.5 : count / 10);
  },
);

it('goes on where the page before ended, though few calls match', async () => {
  const ids: string[] = [];
  let after: CallFilter['after'];
  for (let page = 0; page < 20; page++) {
    const rows = await selectCalls(database.pool, { ...base, clientId: 'quiet', limit: 3, after });
    ids.push(...rows.map(({ id }) => id));
    const last = rows.at(-1);
    if (last === undefined) break;
    after = { createdAt: last.created_at, id: last.id };
  }
  expect(ids).toEqual((await byHand({ ...base, clientId: 'quiet' })).map(({ id }) => id));
});

it('keeps to the range, at both ends to the millisecond', async () => {
  const [newest, second, third] = await byHand({ ...base, clientId: 'quiet' });
  const to = new Date(newest?.created_at ?? '');
  const from = new Date(third?.created_at ?? '');
  const rows = await selectCalls(database.pool, { ...base, clientId: 'quiet', from, to });
  expect(rows.map(({ id }) => id)).toEqual([second?.id, third?.id]);
});

it('finds a call whose status changed after its hour was written down', async () => {
  const [call] = await byHand({ ...base, status: 'interrupted' });
  await database.pool.query(`update calls set status = 'cancelled' where id = $1`, [call?.id]);
  const rows = await selectCalls(database.pool, { ...base, status: 'cancelled' });
  expect(rows.map(({ id }) => id)).toEqual([call?.id]);
  await database.pool.query(`update calls set status = 'interrupted' where id = $1`, [call?.id]);
});

it('finds a call that was written into an hour that was written down before', async () => {
  const at = new Date(month.from.getTime() + 1_801_000);
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, execution_id, dialect, streamed, model_requested)
     values ('ws', $1, 'req_late', true, 'gone', 'succeeded', 'key_late', 'late', 'late', 'chat', false, 'm')`,
    [at],
  );
  await database.pool.query(
    `insert into usage_stale_hours (hour) values (date_trunc('hour', $1::timestamptz, 'UTC'))`,
    [at],
  );
  await rollUp(database.pool, Date.now());
  for (const filter of [{ clientId: 'late' }, { executionId: 'late' }])
    expect((await selectCalls(database.pool, { ...base, ...filter })).map(({ id }) => id)).toEqual(['req_late']);
  expect(await selectCalls(database.pool, { ...base, clientId: 'quiet' })).toHaveLength(rare);
});

it('finds calls that somebody wrote past the gateway into hours that were summed, once Postgres counts them', async () => {
  const { pool } = database;
  await pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, dialect, streamed, model_requested)
     select 'ws', $1::timestamptz + n * interval '0.3 s', 'req_past_' || n, true, 'gone', 'succeeded', 'key_past', case when n = 20000 then 'past' else 'others' end, 'chat', false, 'm'
     from generate_series(1, 20000) n`,
    [month.from],
  );
  await pool.query('analyze calls');
  while (await rollUp(pool, Date.now()));
  const [call] = await selectCalls(pool, { ...base, clientId: 'past' });
  expect(call?.id).toBe('req_past_20000');
  const { rows } = await pool.query('select sum(requests)::integer as calls from usage_days');
  expect(rows).toEqual([{ calls: count + 20_001 }]);
});

/** Every call is read and judged here. */
async function byHand(filter: CallFilter): Promise<{ id: string; created_at: string }[]> {
  const { clientId, project, scenarioId, scenarioPlatform, executionId, keyId, status } = filter;
  const wanted = { client_id: clientId, project, scenario_id: scenarioId, scenario_platform: scenarioPlatform };
  const all = (await scanAll())
    .filter((row) =>
      Object.entries({ ...wanted, execution_id: executionId, key_id: keyId, status }).every(
        ([column, value]) => value === undefined || row[column] === value,
      ),
    )
    .filter((row) => isOfKind(row, filter));
  return all.slice(0, filter.limit) as unknown as { id: string; created_at: string }[];
}

function isOfKind(row: Record<string, unknown>, { model, provider, failedOver, minCost }: CallFilter): boolean {
  const least = minCost?.ofClients.get(String(row.client_id)) ?? minCost?.nanos ?? 0n;
  return (
    (model ?? row.model) === row.model &&
    (provider ?? row.provider) === row.provider &&
    (failedOver ?? Number(row.attempts) > 1) === Number(row.attempts) > 1 &&
    BigInt(row.cost_nanos as string) >= least
  );
}

let scanned: Record<string, unknown>[] | undefined;

async function scanAll(): Promise<Record<string, unknown>[]> {
  if (scanned !== undefined) return scanned;
  scanned = [];
  for (let after: CallFilter['after']; ; ) {
    const rows = await selectCalls(database.pool, { ...base, limit: 50_000, after });
    scanned.push(...(rows as unknown as Record<string, unknown>[]));
    const last = rows.at(-1);
    if (last === undefined) return scanned;
    after = { createdAt: last.created_at, id: last.id };
  }
}

/** The page, and how many rows and entries the database went through for it. */
async function reading(filter: CallFilter): Promise<{ calls: unknown[]; read: number }> {
  let read = 0;
  const { pool } = database;
  const watching = {
    query: async (text: string, values: unknown[]) => {
      const { rows } = await pool.query(`explain (analyze, timing off, format json) ${text}`, values);
      read += rowsOf((rows[0] as { 'QUERY PLAN': { Plan: Plan }[] })['QUERY PLAN'][0]?.Plan);
      return pool.query(text, values);
    },
  };
  const calls = await selectCalls(watching as unknown as Db, filter);
  return { calls, read };
}

interface Plan {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

/** The rows that each scan, a leaf of the plan, gave and threw away. */
function rowsOf(plan: Plan | undefined): number {
  if (plan === undefined) return 0;
  const below = (plan.Plans ?? []).reduce((sum, one) => sum + rowsOf(one), 0);
  if (plan.Plans !== undefined) return below;
  return (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
}
