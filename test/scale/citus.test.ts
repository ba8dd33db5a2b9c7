import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spreadTables } from '../../gateway/src/cli/spread.ts';
import { dropOldMonths } from '../../gateway/src/usage/drop-months-job.ts';
import { runCommand } from '../support/command-line.ts';
import { dataFolder } from '../support/data-folder.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Fakes, startFakes } from '../support/fakes/start-fakes.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { gatewayEnv, liveKey } from '../support/start-gateway.ts';
import { compareThreeBooks, Load } from '../support/three-books.ts';

describe('spread', () => {
  it('refuses a database without Citus, says what to do, and changes nothing', async () => {
    const plain: TestDatabase = await createTestDatabase();
    const { code, out } = await runCommand(['spread'], {
      env: { DATABASE_URL: plain.url, DATA_DIR: dataFolder('no-citus') },
    });
    expect(code).toBe(1);
    expect(out).toContain('has no Citus');
    expect(out).toContain('create extension citus');
    await plain.drop();
  });
});

/** The coordinator's, of an empty database with Citus 13 and two workers, that this test may fill. */
const url = process.env.CITUS_URL;
if (url === undefined)
  console.log(
    'Citus: not run, since CITUS_URL is not set. It leads to an empty database on a coordinator that has workers.',
  );

describe.runIf(url !== undefined)('a database spread by Citus', { timeout: 180_000 }, () => {
  const folder = dataFolder('citus');
  let fakes: Fakes;
  let env: Record<string, string>;
  let gateways: GatewayProcess[] = [];
  const authorization = { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' };

  const start = (name: string): Promise<GatewayProcess> => spawnGateway({ ...env, DATA_DIR: join(folder, name) });
  const at = (i: number): string => gateways[i]?.url ?? '';
  const post = (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${at(0)}${path}`, { method: 'POST', headers: { ...authorization, ...headers }, body: JSON.stringify(body) });

  async function query(sql: string): Promise<{ rows: Record<string, unknown>[] }> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  }

  beforeAll(async () => {
    fakes = await startFakes();
    env = { ...gatewayEnv(fakes, url ?? '', folder), GATEWAY_SECRET: 'cd'.repeat(32), LOG_REQUESTS: 'false' };
    const first = await start('first');
    const running = await runCommand(['spread'], { env: { ...env, DATA_DIR: join(folder, 'tool') } });
    expect(running).toMatchObject({ code: 1, out: expect.stringContaining('Stop every gateway') });
    await first.kill('SIGTERM');
    const done = await runCommand(['spread'], { env: { ...env, DATA_DIR: join(folder, 'tool') } });
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining('by workspace') });
    gateways = [await start('first'), await start('second')];
    await fetch(`${at(0)}/v1/scenarios/*/limits`, {
      method: 'PUT',
      headers: authorization,
      body: JSON.stringify({ max_usd_per_hour: null, max_calls_per_minute: null, max_repeats: null }),
    });
  }, 180_000);
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.kill('SIGTERM')));
    await fakes?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has its large tables on the workers, and a second run finds nothing to do', async () => {
    const { rows } = await query(
      "select table_name::text as name from citus_tables where citus_table_type = 'distributed'",
    );
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining([...spreadTables]));
  });

  it('admits only calls that a budget can pay, over two gateways, and announces each threshold once', async () => {
    // 10 calls of 20 tokens in and 10 out at gpt-4o-mini's price fit.
    fakes.openai.reply(...Array.from({ length: 50 }, () => ({ usage: { input: 20, output: 10 } })));
    const made = await post('/v1/budgets', { name: 'Race', limit_usd: 0.00009, scope: { client_id: 'race' } });
    expect(made.status).toBe(201);
    const call = (i: number) =>
      fetch(`${at(i % 2)}/v1/chat/completions`, {
        method: 'POST',
        headers: { ...authorization, 'x-client-id': 'race' },
        body: JSON.stringify({ model: 'gpt-4o-mini', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] }),
      });
    const statuses: number[] = [];
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => call(i)));
      for (const answer of answers) statuses.push(answer.status);
      await Promise.all(answers.map((answer) => answer.text()));
    }
    expect(new Set(statuses)).toEqual(new Set([200, 402]));
    await settled();
    const { rows } = await query(
      "select coalesce(sum(cost_nanos), 0)::text as cost from calls where client_id = 'race'",
    );
    expect(Number(rows[0]?.cost)).toBeLessThanOrEqual(90_000);
    expect(Number(rows[0]?.cost)).toBeGreaterThan(60_000);
    const events = (await (
      await fetch(`${at(0)}/v1/events?client_id=race&limit=50`, { headers: authorization })
    ).json()) as {
      data: { type: string; data: { percent: number } }[];
    };
    const percents = events.data.filter(({ type }) => type.startsWith('budget.')).map(({ data }) => data.percent);
    expect(percents.toSorted((a, b) => a - b)).toEqual([80, 90, 100]);
    expect((await verify()).out).toContain('Ledger OK');
  });

  it('keeps equal books when a gateway is killed, and when every connection to the cluster is cut', async () => {
    fakes.reset();
    const load = new Load().start(gateways.map((gateway) => gateway.url));
    await sleep(1_500);
    await gateways[1]?.kill('SIGKILL');
    await sleep(500);
    gateways[1] = await start('second');
    await sleep(1_000);
    const kill =
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()';
    await query(kill);
    await query(`select run_command_on_workers($$ select count(*) from (${kill}) as ended $$)`).catch(() => {});
    await sleep(3_000);
    const received = await load.stop();
    expect(received.filter(({ status, ending }) => status === 200 && ending === 'whole').length).toBeGreaterThan(30);
    await settled();
    await compareThreeBooks({ received, fakes, query });
    expect((await verify()).out).toContain('Ledger OK');
  });

  it('takes the second answers of a month apart that an older version has dropped', async () => {
    await query(
      `insert into dropped_months (from_at, to_at, calls) values ('2021-03-01T00:00:00Z', '2021-04-01T00:00:00Z', 6)`,
    );
    const zeros = `output_tokens, estimated_requests, cached_tokens, cache_hits, saved_nanos, saved_auto_nanos, saved_rules_nanos, saved_marks_nanos`;
    for (const workspace of ['ws-old-1', 'ws-old-2']) {
      await query(
        `insert into usage_hours (workspace_id, livemode, hour, key_id, metered, requests, input_tokens, cost_nanos, second_answers, second_cost_nanos, ${zeros})
         values ('${workspace}', true, '2021-03-10T09:00:00Z', 'key', true, 2, 20, 200, 1, 100, 0, 0, 0, 0, 0, 0, 0, 0)`,
      );
      await query(
        `insert into usage_quarters (workspace_id, livemode, quarter, key_id, metered, requests, input_tokens, cost_nanos, ${zeros})
         values ('${workspace}', true, '2021-03-10T09:15:00Z', 'key', true, 3, 30, 300, 0, 0, 0, 0, 0, 0, 0, 0)`,
      );
    }
    const logs: unknown[] = [];
    const note = (...line: unknown[]): void => void logs.push(line);
    const log = { info: note, warn: note } as unknown as Parameters<typeof dropOldMonths>[0]['log'];
    const pool = new pg.Pool({ connectionString: url });
    try {
      await dropOldMonths({ db: pool, log, now: Date.now, callsKeptDays: 36_500 }, new AbortController().signal);
    } finally {
      await pool.end();
    }
    expect(logs).toEqual([]);
    const { rows } = await query(
      `select workspace_id as workspace, requests::integer, second_answers::integer as second, second_input_tokens::integer as input
       from usage_quarters where workspace_id like 'ws-old-%' order by 1`,
    );
    expect(rows).toEqual(
      ['ws-old-1', 'ws-old-2'].map((workspace) => ({ workspace, requests: 2, second: 1, input: 10 })),
    );
  });

  const verify = () => runCommand(['verify-ledger'], { env: { ...env, DATA_DIR: join(folder, 'tool') } });

  async function settled(): Promise<void> {
    for (let tries = 0; tries < 300; tries++) {
      if ((await query("select 1 from calls where status = 'open'")).rows.length === 0) return;
      await sleep(100);
    }
    throw new Error('calls stay open');
  }
});
