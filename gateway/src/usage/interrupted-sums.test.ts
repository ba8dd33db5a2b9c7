import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileCache } from '../../../test/support/compile-cache.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { selectArmFigures } from './experiment-units-store.ts';
import { selectLatency } from './latency-store.ts';
import { readVersionFigures } from './prompt-sums-store.ts';
import { rollUp } from './roll-up-store.ts';
import { sumSavings } from './savings-store.ts';
import { selectCalls } from './usage-store.ts';
import { sumByGroup } from './usage-sum-store.ts';

const program = fileURLToPath(new URL('../../../test/support/summing-process.ts', import.meta.url));

/** Summing up that ends midway, by a cut connection or a killed process, goes on where it was. */

const hourMs = 3_600_000;
/** Four days and some hours: five steps of 24 hours. */
const first = new Date('2026-03-02T05:00:00Z');
const end = new Date('2026-03-06T17:00:00Z');
const nowMs = end.getTime() + 2 * hourMs;
/** More than are read at once to find a few. */
const count = 3_000;
const place = { workspaceId: 'ws', livemode: true };

let database: TestDatabase;
/** The tables after summing up without an interruption, and the figures that are read of them. */
let whole: { written: Record<string, unknown[]>; read: unknown };

beforeAll(async () => {
  database = await createTestDatabase();
  const { pool } = database;
  await pool.query(`select ensure_call_partitions('2026-03-01', 1)`);
  await pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, scenario_id, execution_id, dialect, streamed,
       model_requested, model, provider, attempts, cost_nanos, input_tokens, output_tokens, total_ms, ttft_ms, cache, task, chosen_by, saved_nanos,
       saved_route_nanos, prompt_id, prompt_version, json_ok, experiment_id, arm, unit)
     select 'ws', $1::timestamptz + n * ($2::timestamptz - $1) / $3::integer, 'req_' || lpad(n::text, 5, '0'), true, 'gone',
       case when n % 31 = 0 then 'failed' else 'succeeded' end, 'key', 'client-' || n % 50, 'scenario-' || n % 50 % 3, 'run-' || n / 9, 'chat', n % 2 = 0,
       'auto', 'model-' || n % 4, 'openai', 1 + (n % 60 = 7)::integer, 1000 + n % 977, n % 50, n % 90, 40 + n * 7919 % 20000, 20 + n * 31 % 900,
       case when n % 9 = 0 then 'hit' end, case when n % 6 > 0 then decode(repeat('0' || n % 6, 16), 'hex') end, 'auto', n % 11, n % 23 - 5,
       case when n % 5 > 0 then 'reply' end, case when n % 5 > 0 then 1 + n % 3 end, case when n % 4 = 0 then n % 8 = 0 end,
       case when n % 3 = 0 then 'exp' end, case when n % 3 = 0 then chr(65 + n % 2) end,
       case when n % 3 = 0 then decode('0001' || lpad(to_hex(n % 20), 28, '0'), 'hex') end
     from generate_series(0, $3::integer - 1) n`,
    [first, end, count],
  );
  await pool.query(
    `insert into feedback (workspace_id, call_id, name, livemode, score, key_id, at, call_at)
     select workspace_id, id, 'user', true, substr(id, 5)::integer % 11 / 10.0, 'key', now(), created_at from calls where substr(id, 5)::integer % 7 = 0`,
  );
  await sumUp();
  whole = { written: await written(), read: await read() };
  for (const [table, rows] of Object.entries(whole.written)) expect([table, rows.length > 0]).toEqual([table, true]);
}, 120_000);
afterAll(() => database.drop());

async function sumUp(): Promise<void> {
  while (await rollUp(database.pool, nowMs));
}

/** The sums that follow those of usage, each with how far they go, and the table that is written last. */
const followers = [
  ['timed_until', 'execution_times'],
  ['latency_until', 'latency_days'],
  ['kinds_until', 'call_kind_times'],
  ['units_until', 'experiment_units'],
  ['tasks_until', 'usage_task_days'],
  ['prompts_until', 'usage_prompt_days'],
  ['narrow_until', 'usage_narrow_days'],
] as const;

const inOrder = (column: string): string =>
  `(select array_agg(one order by one) from unnest(${column}) one) as ${column}`;
/** Everything that summing up writes, without numbers that are given in turn and without the order of lists. */
const tables: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...[
        'usage_hours',
        'usage_days',
        'usage_narrow_hours',
        'usage_narrow_days',
        'usage_task_hours',
        'usage_task_days',
      ],
      ...[
        'usage_prompt_hours',
        'usage_prompt_days',
        'latency_hours',
        'latency_days',
        'experiment_units',
        'usage_rollup',
      ],
    ].map((table) => [table, `select * from ${table}`]),
  ),
  call_groups: 'select fingerprint, calls, first_hour, last_hour from call_groups',
  call_times: `select fingerprint, hour, ${inOrder('offsets')} from call_times join call_groups on id = group_id`,
  call_kinds: 'select fingerprint, calls, first_hour, last_hour from call_kinds',
  call_kind_times: `select fingerprint, hour, ${inOrder('offsets')} from call_kind_times join call_kinds on id = kind_id`,
  execution_times: `select workspace_id, livemode, bucket, hour, ${inOrder('entries')} from execution_times`,
};

/** Sums in another order differ in their last digit. */
const rounded = (found: unknown): string =>
  JSON.stringify(found, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : typeof value === 'number' ? Number(value.toPrecision(12)) : value,
  );

async function written(): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const [table, text] of Object.entries(tables)) {
    const { rows } = await database.pool.query(`select to_jsonb(t) as row from (${text}) t`);
    found[table] = (rows as { row: unknown }[]).map(({ row }) => rounded(row)).sort();
  }
  return found;
}

/** The figures that screens show, over the whole range. */
async function read(): Promise<unknown> {
  const { pool } = database;
  const filter = { ...place, from: first, to: end };
  const calls = (more: object): Promise<unknown> => selectCalls(pool, { ...filter, ...more, limit: 200 });
  const stretches = [{ name: null, from: first, to: end }];
  const all: Promise<unknown>[] = [
    ...(['model', 'client'] as const).map((grouping) =>
      selectLatency(pool, { filter: place, grouping, timezone: 'UTC', stretches }),
    ),
    calls({ clientId: 'client-7' }),
    calls({ executionId: 'run-77' }),
    calls({ model: 'model-3', failedOver: true }),
    selectArmFigures(pool, { ...place, experimentId: 'exp', phase: 1 }),
    sumSavings(pool, { filter, grouping: 'task', days: [] }),
    // The times of calls that are not summed yet are exact ones.
    readVersionFigures(pool, { ...filter, promptId: 'reply' }).then((versions) =>
      versions.map(({ p50_ms: _p50, p95_ms: _p95, ...figures }) => figures),
    ),
    sumByGroup(pool, { filter, grouping: 'client', timezone: 'UTC', days: [], after: undefined, limit: 100 }),
  ];
  return JSON.parse(rounded(await Promise.all(all)));
}

async function progress(columns: readonly string[]): Promise<'not begun' | 'behind' | 'done'> {
  const { rows } = await database.pool.query(
    `select case when least(${columns.join(', ')}) is null then 'not begun' when least(${columns.join(', ')}) < until then 'behind' else 'done' end as progress
     from usage_rollup`,
  );
  return (rows as { progress: 'not begun' | 'behind' | 'done' }[])[0]?.progress ?? 'not begun';
}

/** Nobody writes into the table until it is released. */
async function hold(table: string): Promise<{ waiting: () => Promise<number>; release: () => Promise<void> }> {
  const holder = await database.pool.connect();
  await holder.query(`begin; lock table ${table} in share row exclusive mode`);
  return {
    /** The connection that waits to write into it. */
    waiting: async () => {
      const pids = async (): Promise<number[]> => {
        const { rows } = await holder.query(
          `select pid from pg_locks where not granted and relation = $1::regclass
             and database = (select oid from pg_database where datname = current_database())`,
          [table],
        );
        return (rows as { pid: number }[]).map(({ pid }) => pid);
      };
      // A busy machine takes long to start the process that connects.
      await expect.poll(pids, { timeout: 60_000 }).toHaveLength(1);
      return (await pids())[0] ?? 0;
    },
    release: async () => {
      await holder.query('rollback');
      holder.release();
    },
  };
}

/** Sums up on a connection that is cut before its step has ended. */
async function sumUntilCut(table: string): Promise<void> {
  const held = await hold(table);
  try {
    const summing = rollUp(database.pool, nowMs).then(String, () => 'cut');
    await database.pool.query('select pg_terminate_backend($1)', [await held.waiting()]);
    expect(await summing).toBe('cut');
  } finally {
    await held.release();
  }
}

/** Sums up in a process that is killed before its step has ended. */
async function sumUntilKilled(table: string): Promise<void> {
  const held = await hold(table);
  let pid = 0;
  try {
    const env = { ...process.env, ...compileCache };
    const child = spawn(process.execPath, [program, database.url, String(nowMs)], { stdio: 'ignore', env });
    const ended = once(child, 'exit');
    try {
      pid = await held.waiting();
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  } finally {
    await held.release();
  }
  // Postgres notices where it answers.
  const connections = async (): Promise<number> =>
    (await database.pool.query('select 1 from pg_stat_activity where pid = $1', [pid])).rows.length;
  await expect.poll(connections).toBe(0);
}

it('every sum that follows the usage has a case here', async () => {
  const { rows } = await database.pool.query(
    `select column_name as name from information_schema.columns where table_name = 'usage_rollup' and column_name like '%_until'`,
  );
  const columns = (rows as { name: string }[]).map(({ name }) => name);
  expect(columns.sort()).toEqual(followers.map(([column]) => column).sort());
});

it('sums that are made of calls that are there already go on where they were, once a connection is cut or a process killed', async () => {
  const { pool } = database;
  const followed = Object.keys(tables).filter((table) => !/^usage_(hours|days|rollup)$/.test(table));
  await pool.query(`truncate ${followed.join(', ')}`);
  await pool.query(`update usage_rollup set ${followers.map(([column]) => `${column} = null`).join(', ')}`);
  const [narrow, ...together] = [...followers].reverse();
  // One step writes them all, and nothing of it is left where it ends before the last one is written.
  for (const some of [together, [narrow]]) {
    const columns = some.map((one) => one?.[0] ?? '');
    while ((await progress(columns)) === 'not begun') await rollUp(pool, nowMs);
    expect([columns, await progress(columns)]).toEqual([columns, 'behind']);
    const before = await written();
    for (const one of some) {
      await sumUntilCut(one?.[1] ?? '');
      expect([one, await written()]).toEqual([one, before]);
    }
    await sumUntilKilled(some[0]?.[1] ?? '');
    expect(await written()).toEqual(before);
    // Hours that are not summed yet are read from their calls.
    expect(await read()).toEqual(whole.read);
  }
  await sumUp();
  expect(await written()).toEqual(whole.written);
  expect(await read()).toEqual(whole.read);
}, 240_000);

it('sums of usage go on where they were, with those that follow them', async () => {
  await database.pool.query(`truncate ${Object.keys(tables).join(', ')}`);
  await rollUp(database.pool, nowMs);
  const before = await written();
  await sumUntilCut('usage_days');
  expect(await written()).toEqual(before);
  await sumUp();
  expect(await written()).toEqual(whole.written);
});
