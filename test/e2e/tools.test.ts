import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTable, leftOut } from '../../gateway/src/backup/dump-store.ts';
import { chat, hello, json } from '../support/ask.ts';
import { type Ended, runCommand } from '../support/command-line.ts';
import { dataFolder } from '../support/data-folder.ts';
import { createTestDatabase } from '../support/database.ts';
import { spawnGateway } from '../support/gateway-process.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
const folder = dataFolder('tools');

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

const run = (args: string[], env: Record<string, string>): Promise<Ended> => runCommand(args, { env, cwd: folder });
const here = (): Record<string, string> => ({ DATABASE_URL: gateway.database.url, DATA_DIR: folder });

describe('verify-ledger', () => {
  it('confirms that every budget equals its calls, and finds a wrong cent', async () => {
    const { id } = await json<{ id: string }>(gateway.post('/v1/budgets', { name: 'Acme', limit_usd: 5 }), 201);
    for (let i = 0; i < 5; i++) await json(gateway.post(chat, hello(), { 'x-client-id': 'acme' }));
    const right = await run(['verify-ledger'], here());
    expect([right.code, right.out]).toEqual([0, 'Ledger OK: 1 budget checked.\n']);
    await gateway.database.pool.query('update meters set spent_nanos = spent_nanos + 10000000 where budget_id = $1', [
      id,
    ]);
    const wrong = await run(['verify-ledger'], here());
    expect(wrong.code).toBe(1);
    expect(wrong.out).toMatch(/"Acme".*the budget says \$0\.01\d*, its calls add up to \$0\.00/);
    await gateway.database.pool.query('update meters set spent_nanos = spent_nanos - 10000000 where budget_id = $1', [
      id,
    ]);
  });
});

describe('export and import', () => {
  it('handle every table: it is copied, or it is named as one that is made again', async () => {
    const { rows } = await gateway.database.pool.query(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
    );
    const unknown = (rows as { name: string }[]).map(({ name }) => name).filter((name) => !isTable(name));
    expect(unknown.filter((name) => !leftOut.includes(name))).toEqual([]);
  });

  it('move keys, budgets, calls and invoices to another database, from an embedded one too', async () => {
    await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme — "quoted"\n🚀', markup_percent: 20 }));
    await json(gateway.post('/v1/webhooks', { url: 'https://example.com/hook', events: ['budget.exceeded'] }), 201);
    const file = join(folder, 'dump.ndjson');
    const out = await run(['export', '--out', file], here());
    expect(`${out.code} ${out.err}`).toMatch(/^0 \d+ rows exported/);
    // Into an embedded one, looked at while its gateway runs, and out again.
    const dataDir = join(folder, 'embedded');
    const embedded = {
      DATA_DIR: dataDir,
      GATEWAY_SECRET: gateway.gateway.services.secret,
      LOG_LEVEL: 'silent',
      PORT: '0',
    };
    const into = await run(['import', '--in', file], embedded);
    expect(`${into.code} ${into.err}`).toMatch(/^0 \d+ rows imported/);
    const process_ = await spawnGateway(embedded);
    const read = (path: string): Promise<Response> =>
      fetch(process_.url + path, { headers: { authorization: `Bearer ${liveKey}` } });
    const budgets = await json<{ data: { name: string; spent_usd: number }[] }>(read('/v1/budgets'));
    const before = await json<{ data: { name: string; spent_usd: number }[] }>(gateway.get('/v1/budgets'));
    expect(budgets.data).toEqual(before.data);
    expect(await json(read('/v1/clients/acme'))).toMatchObject({ name: 'Acme — "quoted"\n🚀', markup_percent: 20 });
    expect((await json<{ data: { url: string }[] }>(read('/v1/webhooks'))).data[0]?.url).toBe(
      'https://example.com/hook',
    );
    expect((await json<{ data: unknown[] }>(read('/v1/usage/requests'))).data).toHaveLength(5);
    expect((await run(['verify-ledger'], embedded)).out).toContain('Ledger OK');
    const back = join(folder, 'back.ndjson');
    expect((await run(['export', '--out', back], embedded)).code).toBe(0);
    expect(await process_.kill('SIGTERM')).toBe(0);
    const other = await createTestDatabase();
    const server = { DATABASE_URL: other.url, DATA_DIR: folder };
    expect((await run(['import', '--in', back], server)).code).toBe(0);
    expect((await run(['verify-ledger'], server)).out).toContain('Ledger OK');
    // Not over what is there, and nothing of half an export.
    expect((await run(['import', '--in', back], server)).err).toContain('is not empty');
    const third = await createTestDatabase();
    writeFileSync(
      join(folder, 'half.ndjson'),
      (await import('node:fs')).readFileSync(back, 'utf8').split('\n').slice(0, 4).join('\n'),
    );
    const half = await run(['import', '--in', join(folder, 'half.ndjson')], {
      DATABASE_URL: third.url,
      DATA_DIR: folder,
    });
    expect(half.err).toContain('breaks off');
    expect((await third.pool.query('select 1 from workspaces')).rowCount).toBe(0);
    // DATABASE_URL alone leaves the data where it was: the first start on the new database says where.
    const begun = { ...embedded, DATABASE_URL: third.url };
    for (const isFirst of [true, false]) {
      const elsewhere = await spawnGateway(begun);
      const says = `This database is new. The keys and calls of before are in the embedded one in ${dataDir}: docs/backup.md`;
      expect(elsewhere.output().includes(says)).toBe(isFirst);
      expect(await elsewhere.kill('SIGTERM')).toBe(0);
    }
    await Promise.all([other.drop(), third.drop()]);
  }, 120_000);
});

describe('check-bill', () => {
  it('compares a month with the provider’s export, and names the model that differs', async () => {
    const month = new Date().toISOString().slice(0, 7);
    const { rows } = await gateway.database.pool.query(
      `select sum(input_tokens)::text as input, sum(output_tokens)::text as output from calls where provider = 'openai'`,
    );
    const { input, output } = rows[0] as { input: string; output: string };
    const file = join(folder, 'usage.csv');
    const check = (): Promise<Ended> =>
      run(['check-bill', '--provider', 'openai', '--month', month, '--file', file], here());
    writeFileSync(file, `Model,Input_Tokens,Output_Tokens\r\ngpt-4o,${input},${output}\r\n`);
    const same = await check();
    expect(`${same.code} ${same.out}`).toContain('0 same    gpt-4o');
    writeFileSync(
      file,
      `model,n_context_tokens_total,n_generated_tokens_total\ngpt-4o,${input},${Number(output) + 500}\ngpt-5.4,10,10\n`,
    );
    const differs = await check();
    expect(differs.code).toBe(1);
    expect(differs.out).toContain('DIFFERS gpt-4o');
    expect(differs.out).toContain('DIFFERS gpt-5.4');
    writeFileSync(file, 'date,amount\n2026-11-01,5\n');
    expect((await check()).err).toContain('needs a column for the model');
    writeFileSync(
      file,
      JSON.stringify({
        data: [{ results: [{ model: 'gpt-4o', input_tokens: Number(input), output_tokens: Number(output) }] }],
      }),
    );
    expect((await check()).code).toBe(0);
  });
});
