import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listMonths } from '../../gateway/src/usage/call-months-store.ts';
import { dropOldMonths } from '../../gateway/src/usage/drop-months-job.ts';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type Ended, runCommand } from '../support/command-line.ts';
import { dataFolder } from '../support/data-folder.ts';
import { createTestDatabase } from '../support/database.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
const folder = dataFolder('dropped-months');

const now = Date.now();
const monthOf = (monthsAgo: number): Date => {
  const at = new Date(now);
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - monthsAgo, 1));
};
const nameOf = (month: Date): string => month.toISOString().slice(0, 7);
const tableOf = (month: Date): string => `calls_${nameOf(month).replace('-', '_')}`;
const [ancient, byHand, old] = [monthOf(5), monthOf(4), monthOf(3)];

/** So many that on any day the month before the last is old, and the last one is not. */
const callsKeptDays = Math.floor((now - monthOf(1).getTime()) / 86_400_000);

const drop = (more: { now?: () => number } = {}): Promise<void> =>
  dropOldMonths({ ...gateway.gateway.services, callsKeptDays, ...more }, new AbortController().signal);
const sumUp = async (): Promise<void> => {
  while (await rollUp(gateway.gateway.services.db, now));
};
const run = (args: string[], env: Record<string, string> = {}): Promise<Ended> =>
  runCommand(args, { env: { DATABASE_URL: gateway.database.url, DATA_DIR: folder, ...env }, cwd: folder });
const logged = (text: string): string[] => gateway.logs.filter((line) => line.includes(text));

const range = (): string => `from=${ancient.toISOString()}&to=${new Date(now).toISOString()}`;
/** Everything that people see of all months: sums by every grouping, and the spending of budgets. */
async function shown(): Promise<unknown> {
  const groups = ['client', 'project', 'scenario', 'model', 'provider', 'platform', 'key', 'day', 'hour'];
  const usage = await Promise.all(
    groups.map((group) => json(gateway.get(`/v1/usage/clients?${range()}&group_by=${group}&timezone=Asia/Kolkata`))),
  );
  return { usage, budgets: await json(gateway.get('/v1/budgets')) };
}

/** Three calls of two clients in each of three months, charged to a budget that has no end and to one of their month. */
beforeAll(async () => {
  gateway = await startTestGateway();
  const { pool } = gateway.database;
  await pool.query('select ensure_call_partitions($1::date, 12)', [ancient]);
  const { id } = await json<{ id: string }>(
    gateway.post('/v1/budgets', { name: 'All', limit_usd: 100, period: 'total' }),
    201,
  );
  await pool.query('update budgets set created_at = $2 where id = $1', [id, ancient]);
  await pool.query('update meters set period_start = $2 where budget_id = $1', [id, ancient]);
  for (const month of [ancient, byHand, old]) {
    await json(
      gateway.post('/v1/budgets', { name: nameOf(month), limit_usd: 5, scope: { project: nameOf(month) } }),
      201,
    );
    for (const client of ['acme', 'acme', 'bolt'])
      await json(
        gateway.post(chat, hello(), {
          'x-client-id': client,
          'x-project': nameOf(month),
          'x-scenario-id': '42',
          'x-scenario-platform': 'make',
          'x-execution-id': nameOf(month),
        }),
      );
    const moment = new Date(month.getTime() + 10 * 86_400_000 + 18.5 * 3_600_000);
    await pool.query('update calls set created_at = $2 where project = $1', [nameOf(month), moment]);
    const { rows } = await pool.query('update budgets set created_at = $2 where name = $1 returning id', [
      nameOf(month),
      month,
    ]);
    await pool.query('update meters set period_start = $2 where budget_id = $1', [
      (rows[0] as { id: string }).id,
      month,
    ]);
  }
  await sumUp();
});
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a month whose last day is older than CALLS_KEPT_DAYS', () => {
  let before: unknown;

  it('stays while one of its calls is open, or a clock runs ahead', async () => {
    before = await shown();
    const { pool } = gateway.database;
    const months = await listMonths(pool);
    // A clock of the year 2100 makes everything old; the database's own does not.
    await dropOldMonths(
      { ...gateway.gateway.services, callsKeptDays: 36_500, now: () => Date.UTC(2100, 0, 1) },
      new AbortController().signal,
    );
    expect(await listMonths(pool)).toEqual(months);
    const open = await pool.query(`update calls set status = 'open', process_id = $2 where project = $1 returning id`, [
      nameOf(ancient),
      gateway.gateway.services.processId,
    ]);
    await drop();
    expect((await listMonths(pool)).map(({ table }) => table)).toContain(tableOf(ancient));
    expect(logged(`the calls of ${nameOf(ancient)} stay for now`)).toHaveLength(1);
    await pool.query(`update calls set status = 'succeeded' where id = any($1)`, [
      (open.rows as { id: string }[]).map(({ id }) => id),
    ]);
  });

  it('is dropped once among several processes, with one line in the log, and newer months stay', async () => {
    const { pool } = gateway.database;
    // The other two were dropped in the first try already: only the open one was left.
    await Promise.all([drop(), drop()]);
    await drop();
    for (const month of [ancient, byHand, old])
      expect(logged(`dropped the calls of ${nameOf(month)}`).map((line) => JSON.parse(line))).toMatchObject([
        { month: nameOf(month), calls: 3 },
      ]);
    const tables = (await listMonths(pool)).map(({ table }) => table);
    expect(tables).not.toContain(tableOf(ancient));
    expect(tables).toContain(tableOf(monthOf(0)));
    expect(tables).toContain(tableOf(monthOf(-1)));
  });

  it('waits for sums that another process makes', async () => {
    const { pool } = gateway.database;
    await pool.query('select ensure_call_partitions($1::date, 0)', [monthOf(6)]);
    const summing = await pool.connect();
    // The lock of the process that sums up.
    await summing.query('begin; select pg_advisory_xact_lock(7203114402)');
    await pool.query(`insert into usage_stale_hours (hour) select $1::timestamptz`, [monthOf(6)]);
    const dropping = drop();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await listMonths(pool)).map(({ table }) => table)).toContain(tableOf(monthOf(6)));
    await summing.query('commit');
    summing.release();
    await dropping;
    expect((await listMonths(pool)).map(({ table }) => table)).not.toContain(tableOf(monthOf(6)));
  });

  it('leaves no kind of call that no call has any more', async () => {
    const { rows } = await gateway.database.pool.query(
      `select k.* from call_kinds k where not exists (select 1 from call_kind_times t where t.kind_id = k.id)`,
    );
    expect(rows).toEqual([]);
  });

  it('leaves usage and budgets as they were, in any grouping and zone', async () => {
    expect(await shown()).toEqual(before);
  });

  it('lists none of its calls by any filter', async () => {
    for (const filter of ['', '&client_id=acme', `&execution_id=${nameOf(old)}`, '&status=succeeded&format=csv']) {
      const answer = await gateway.get(`/v1/usage/requests?${range()}${filter}`);
      expect(`${answer.status} ${await answer.text()}`).not.toContain('req_');
      expect(answer.status).toBe(200);
    }
  });

  it('leaves the ledger correct', async () => {
    expect((await run(['verify-ledger'])).out).toBe('Ledger OK: 4 budgets checked.\n');
  });

  it('is invoiced from its sums, once', async () => {
    const invoice = await json<{ total: number; lines: { requests: number }[] }>(
      gateway.post('/v1/invoices', { client_id: 'acme', period: nameOf(old) }),
      201,
    );
    expect(invoice.lines.map(({ requests }) => requests)).toEqual([2]);
    await json(gateway.post('/v1/invoices', { client_id: 'acme', period: nameOf(old) }), 409);
  });

  it('is compared with a provider’s bill by its sums', async () => {
    const file = join(folder, 'bill.csv');
    writeFileSync(file, 'model,input_tokens,output_tokens\ngpt-4o,1,1\n');
    const { out } = await run(['check-bill', '--provider', 'openai', '--month', nameOf(old), '--file', file]);
    expect(out).toMatch(/gpt-4o: input tokens [1-9]\d* here, 1 there/);
  });

  it('keeps its sums through an export and an import', async () => {
    const file = join(folder, 'dump.ndjson');
    expect((await run(['export', '--out', file])).code).toBe(0);
    const other = await createTestDatabase();
    expect((await run(['import', '--in', file], { DATABASE_URL: other.url })).code).toBe(0);
    while (await rollUp(other.pool, now));
    const sums = `select sum(requests)::int as requests, sum(cost_nanos)::text as cost from`;
    for (const table of ['usage_days', 'usage_quarters'])
      expect((await other.pool.query(`${sums} ${table}`)).rows).toEqual(
        (await gateway.database.pool.query(`${sums} ${table}`)).rows,
      );
    expect((await run(['verify-ledger'], { DATABASE_URL: other.url })).out).toContain('Ledger OK: 4 budgets checked.');
    await other.drop();
  }, 30_000);
});

describe('the report of savings', () => {
  it('leaves out the second answers of a month whose calls are gone', async () => {
    const { pool } = gateway.database;
    const month = monthOf(7);
    const moment = new Date(month.getTime() + 12 * 86_400_000 + 9.3 * 3_600_000);
    await pool.query('select ensure_call_partitions($1::date, 0)', [month]);
    await pool.query(
      `insert into calls (id, workspace_id, livemode, created_at, process_id, key_id, status, dialect, streamed, model_requested,
         model, provider, cost_nanos, shadow_of, metered, input_tokens, output_tokens)
       select 'req_' || gen_random_uuid(), w.id, true, $1, 'gone', 'key', 'succeeded', 'chat', false, 'auto', c.*
       from workspaces w, (values ('small-1', 'openai', 2000000000, null, false, 300, 30), ('small-1', 'openai', 5000000000, 'req_1', false, 500, 50),
         ('small-1', 'openai', 6000000000, null, true, 600, 60), ('strong-1', 'openai', 7000000000, 'req_1', false, 700, 70)) as c`,
      [moment],
    );
    await pool.query(
      `insert into shadow_days (workspace_id, livemode, day, spent_nanos, calls) select id, true, $1::date, 0, 1 from workspaces`,
      [moment],
    );
    await pool.query(`insert into usage_stale_hours (hour) select date_trunc('hour', $1::timestamptz)`, [moment]);
    await sumUp();
    const whole = `from=${month.toISOString()}&to=${monthOf(6).toISOString()}`;
    // An edge within an hour is read by the quarter.
    const edge = `from=${new Date(moment.getTime() - 900_000).toISOString()}&to=${monthOf(6).toISOString()}`;
    const savings = () =>
      Promise.all(
        [whole, edge].flatMap((of) =>
          ['client', 'model', 'day'].map((by) =>
            json(gateway.get(`/v1/savings?${of}&group_by=${by}&timezone=Asia/Kolkata`)),
          ),
        ),
      );
    const bill = async (): Promise<string> => {
      const file = join(folder, 'second.csv');
      writeFileSync(file, 'model,input_tokens,output_tokens,cost_usd\nsmall-1,1,1,1\n');
      return (await run(['check-bill', '--provider', 'openai', '--month', nameOf(month), '--file', file])).out;
    };
    const counted = await savings();
    for (const one of counted) expect(one).toMatchObject({ totals: { calls: 2, cost_usd: 8 } });
    const billed = await bill();
    // The provider bills second answers too, and not the calls on a key that is not the operator's.
    expect(billed).toContain(
      'small-1: input tokens 1100 here, 1 there; output tokens 110 here, 1 there; dollars 11 here',
    );
    expect(billed).toContain('strong-1: input tokens 700 here, 0 there; output tokens 70 here, 0 there');
    await drop();
    expect((await listMonths(pool)).map(({ table }) => table)).not.toContain(tableOf(month));
    expect(await savings()).toEqual(counted);
    expect(await bill()).toBe(billed);

    // A process of an older version drops a month with second answers among the requests of its quarters.
    await pool.query(
      `update usage_quarters set requests = requests + second_answers, cost_nanos = cost_nanos + second_cost_nanos,
         input_tokens = input_tokens + second_input_tokens, output_tokens = output_tokens + second_output_tokens,
         second_answers = 0, second_cost_nanos = 0, second_input_tokens = 0, second_output_tokens = 0
       where quarter >= $1 and quarter < $2`,
      [month, monthOf(6)],
    );
    await pool.query('update dropped_months set summed_apart = default where from_at = $1', [month]);
    expect(await savings()).not.toEqual(counted);
    await drop();
    expect(await bill()).toBe(billed);
    // Whole hours are as they were; the figures of a group are at its hour now.
    expect((await savings()).slice(0, 3)).toEqual(counted.slice(0, 3));
    const { rows } = await pool.query(
      `select sum(requests)::integer as requests, sum(second_answers)::integer as second from usage_quarters where quarter >= $1 and quarter < $2`,
      [month, monthOf(6)],
    );
    expect(rows).toEqual([{ requests: 2, second: 2 }]);
    await drop();
    expect(await bill()).toBe(billed);
  });
});

describe('a month that is being dropped', () => {
  it('holds up no call while a reader of calls delays it, and is dropped afterwards', async () => {
    const { pool } = gateway.database;
    await pool.query('select ensure_call_partitions($1::date, 0)', [monthOf(2)]);
    const reader = await pool.connect();
    await reader.query('begin');
    await reader.query('select count(*) from calls');
    const dropping = drop();
    // For as long as a lock is waited for, and a little.
    await eventually(async () => {
      const { rows } = await pool.query(
        `select 1 from pg_locks where not granted and mode = 'AccessExclusiveLock' and relation = 'calls'::regclass`,
      );
      expect(rows).toHaveLength(1);
    });
    const times: number[] = [];
    for (let i = 0; i < 10; i++) {
      const began = performance.now();
      await json(gateway.post(chat, hello()));
      times.push(performance.now() - began);
    }
    expect((await listMonths(pool)).map(({ table }) => table)).toContain(tableOf(monthOf(2)));
    await reader.query('commit');
    reader.release();
    await dropping;
    expect((await listMonths(pool)).map(({ table }) => table)).not.toContain(tableOf(monthOf(2)));
    // A call waits behind it for the fifth of a second that it waits itself, not for the reader.
    expect(Math.min(...times)).toBeLessThan(1_000);
  }, 30_000);
});

describe('a month that is dropped by hand', () => {
  it('keeps its sums in usage, and the log and verify-ledger name it', async () => {
    const { pool } = gateway.database;
    const month = monthOf(1);
    await pool.query('select ensure_call_partitions($1::date, 0)', [month]);
    await json(gateway.post('/v1/budgets', { name: 'gone', limit_usd: 5, scope: { project: 'gone' } }), 201);
    for (let i = 0; i < 3; i++) await json(gateway.post(chat, hello(), { 'x-project': 'gone', 'x-client-id': 'acme' }));
    await pool.query(`update calls set created_at = $1::timestamptz + interval '40 hours' where project = 'gone'`, [
      month,
    ]);
    await pool.query(`update budgets set created_at = $1 where name = 'gone'`, [month]);
    await pool.query(
      `update meters set period_start = $1 where budget_id = (select id from budgets where name = 'gone')`,
      [month],
    );
    // Hours before the last one are summed already, so this one is late.
    await pool.query(`insert into usage_stale_hours (hour) select $1::timestamptz + interval '40 hours'`, [month]);
    await sumUp();
    const before = await shown();
    await pool.query(`drop table ${tableOf(month)}`);
    const right = await run(['verify-ledger']);
    expect(right.out).toBe(
      `2 of 5 budgets cannot be checked: the calls of ${nameOf(month)} were dropped outside of the gateway.\nLedger OK: 3 budgets checked.\n`,
    );
    expect(right.code).toBe(0);
    await drop();
    await drop();
    expect(logged(`the calls of ${nameOf(month)} were dropped outside of the gateway`)).toHaveLength(1);
    expect(await shown()).toEqual(before);
    expect((await run(['verify-ledger'])).out).toBe(right.out);
    await json(gateway.post(chat, hello(), { 'x-client-id': 'acme' }));
    // A budget that has spent less than its calls cost is a fault, also without the dropped ones.
    await pool.query(
      `update meters set spent_nanos = spent_nanos - 1 where budget_id = (select id from budgets where name = $1)`,
      [nameOf(old)],
    );
    const wrong = await run(['verify-ledger']);
    expect(wrong.code).toBe(1);
    expect(wrong.out).toContain('1 of 5 counts differ.');
  }, 30_000);
});
