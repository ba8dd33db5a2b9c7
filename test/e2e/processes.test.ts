import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compareBooks } from '../../gateway/src/cli/ledger-check-store.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Fakes, startFakes } from '../support/fakes/start-fakes.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { gatewayEnv, liveKey } from '../support/start-gateway.ts';

let fakes: Fakes;
let database: TestDatabase;
let three: GatewayProcess[];
const dataDir = mkdtempSync(join(tmpdir(), 'ai-gateway-three-'));

beforeAll(async () => {
  [fakes, database] = await Promise.all([startFakes(), createTestDatabase()]);
  const env = {
    ...gatewayEnv(fakes, database.url, dataDir),
    LOG_LEVEL: 'silent',
    FIRST_BYTE_TIMEOUT_MS: '10000',
    GATEWAY_SECRET: 'ab'.repeat(32),
  };
  const first = await spawnGateway(env);
  three = [first, ...(await Promise.all([spawnGateway(env), spawnGateway(env)]))];
});
afterEach(() => fakes.reset());
afterAll(async () => {
  await Promise.all(three.map((gateway) => gateway.kill('SIGTERM')));
  await fakes.stop();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Budget {
  id: string;
  limit_usd: number;
  spent_usd: number;
  held_usd: number;
}

function ask(
  at: number,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  method = body === undefined ? 'GET' : 'POST',
): Promise<Response> {
  const gateway = three[at % three.length];
  return fetch(`${gateway?.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
const create = (body: object): Promise<Budget> => json(ask(0, '/v1/budgets', { name: 'Shared', ...body }), 201);
const read = (id: string, at = 0): Promise<Budget> => json(ask(at, `/v1/budgets/${id}`));

interface Served {
  status: number;
  tokens: number;
  cost: number;
  finish: string;
}
async function one(at: number, client: string, tokens = 100): Promise<Served> {
  const response = await ask(at, chat, hello({ max_tokens: tokens }), { 'x-client-id': client });
  const body = (await response.json()) as {
    usage?: { completion_tokens: number };
    choices?: { finish_reason: string }[];
  };
  return {
    status: response.status,
    tokens: body.usage?.completion_tokens ?? 0,
    cost: Number(response.headers.get('x-gateway-cost-usd') ?? 0),
    finish: body.choices?.[0]?.finish_reason ?? '',
  };
}
const billed = (): number =>
  fakes.openai.book.reduce((sum, { input, output }) => sum + input * 2.5e-6 + output * 10e-6, 0);

describe('three processes on one database', () => {
  it('refuse the calls of a client as soon as one process locks it, and accept them after the unlock', async () => {
    const call = (at: number): Promise<Response> => ask(at, chat, hello(), { 'x-client-id': 'lockable' });
    const lock = (locked: boolean): Promise<object> => json(ask(0, '/v1/clients/lockable', { locked }, {}, 'PUT'));
    for (const at of [0, 1, 2]) expect((await call(at)).status).toBe(200);
    await lock(true);
    for (const at of [0, 1, 2]) await eventually(async () => expect((await call(at)).status).toBe(402));
    await lock(false);
    for (const at of [0, 1, 2]) await eventually(async () => expect((await call(at)).status).toBe(200));
  });

  it('keep one cap over 200 concurrent calls where ten fit', async () => {
    const budget = await create({ limit_usd: 0.010025, scope: { client_id: 'rush' } });
    fakes.openai.usually({ tokens: 100 });
    // Each has leased some of it before the rush begins.
    for (let at = 0; at < 3; at++) await one(at, 'warm-up', 1);
    fakes.openai.book.length = 0;
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => one(i, 'rush')));
    const served = answers.filter(({ status }) => status === 200);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 402]));
    expect(served.filter(({ tokens }) => tokens === 100).length).toBeLessThanOrEqual(10);
    expect(served.every(({ tokens, finish }) => tokens === 100 || finish === 'length')).toBe(true);
    const after = await read(budget.id);
    expect(after.spent_usd).toBeLessThanOrEqual(after.limit_usd);
    expect(after.spent_usd).toBeCloseTo(
      served.reduce((sum, { cost }) => sum + cost, 0),
      9,
    );
    expect(after.spent_usd).toBeCloseTo(billed(), 9);
    // Money that lay idle in another process is found: what is left does not pay for much more.
    expect(after.spent_usd).toBeGreaterThan(0.0085);
  });

  it('shorten and refuse none of 300 concurrent calls where the budget has enough', async () => {
    const budget = await create({ limit_usd: 1_000, scope: { client_id: 'plenty' } });
    fakes.openai.usually({ tokens: 100 });
    const answers = await Promise.all(Array.from({ length: 300 }, () => one(0, 'plenty')));
    expect(answers.filter(({ status, tokens }) => status !== 200 || tokens !== 100)).toEqual([]);
    expect((await read(budget.id)).spent_usd).toBeCloseTo(300 * 0.0010025, 9);
  });

  it('make a call wait for money that another process holds and does not need', async () => {
    // A cent and a half each, for the stand-in that costs most, and a quarter of a cent is left; an answer costs 0.6 cents.
    const budget = await create({ limit_usd: 0.048, scope: { client_id: 'elsewhere' } });
    fakes.openai.usually({ tokens: 600 });
    fakes.openai.always({ kind: 'delay', ms: 900 });
    const holding = Promise.all(Array.from({ length: 3 }, () => one(0, 'elsewhere', 1_000)));
    await expect.poll(() => fakes.openai.requests.length).toBe(3);
    expect(await one(1, 'elsewhere', 1_000)).toMatchObject({ status: 200, tokens: 600 });
    expect((await holding).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await read(budget.id)).spent_usd).toBeCloseTo(4 * 0.0060025, 9);
  });

  it('learn at once of a raise, a lower limit, a pause and a revoked key', async () => {
    const budget = await create({ limit_usd: 0.0001, scope: { client_id: 'heard' } });
    const long = (at: number): Promise<Response> =>
      ask(at, chat, hello({ max_tokens: 300, messages: [{ role: 'user', content: 'word '.repeat(100) }] }), {
        'x-client-id': 'heard',
      });
    for (let at = 0; at < 3; at++) expect((await long(at)).status).toBe(402);
    await json(ask(0, `/v1/budgets/${budget.id}/raise`, { by_usd: 1 }));
    await eventually(async () => {
      for (let at = 0; at < 3; at++) expect((await long(at)).status).toBe(200);
    }, 2_000);
    const { spent_usd: spent } = await read(budget.id);
    await json(ask(1, `/v1/budgets/${budget.id}`, { limit_usd: spent + 0.00001 }, {}, 'PATCH'));
    for (let at = 0; at < 3; at++) expect((await long(at)).status).toBe(402);
    await json(ask(2, '/v1/scenarios/s1/pause', {}));
    await eventually(async () => {
      for (let at = 0; at < 3; at++) expect((await ask(at, chat, hello(), { 'x-scenario-id': 's1' })).status).toBe(423);
    }, 2_000);
  });

  it('share rate limits and loop limits, half a second late', async () => {
    await json(ask(0, '/v1/rate-limits', { client_id: 'limited', calls_per_minute: 6 }, {}, 'PUT'));
    await sleep(700);
    const answers: number[] = [];
    for (let i = 0; i < 6; i++) answers.push((await one(i, 'limited', 1)).status);
    await sleep(1_200);
    for (let at = 0; at < 3; at++) expect((await one(at, 'limited', 1)).status).toBe(429);
    expect(answers.filter((status) => status === 200)).toHaveLength(6);
  });

  it('lose no cent when one is killed: its calls are settled, its leases return, and the books agree', async () => {
    const budget = await create({ limit_usd: 0.5, scope: { client_id: 'killed' } });
    fakes.openai.usually({ tokens: 50, chunks: 10, chunkDelayMs: 15 });
    let going = true;
    const reported: number[] = [];
    const load = Array.from({ length: 18 }, async (_, i) => {
      while (going) {
        try {
          const { cost } = await one(i, 'killed', 50);
          reported.push(cost);
        } catch {
          await sleep(50);
        }
      }
    });
    await sleep(600);
    await three[2]?.kill('SIGKILL');
    await sleep(600);
    going = false;
    await Promise.all(load);
    // Another adopts what the dead one left, at the latest within its next look.
    await eventually(async () => {
      const { rows } = await database.pool.query(
        `select (select count(*) from calls where status = 'open')::integer as open, (select count(*) from processes)::integer as alive`,
      );
      expect(rows).toEqual([{ open: 0, alive: 2 }]);
    }, 15_000);
    const after = await read(budget.id);
    expect(after.held_usd).toBe(0);
    expect(after.spent_usd).toBeLessThanOrEqual(after.limit_usd);
    const sum = reported.reduce((total, cost) => total + cost, 0);
    expect(after.spent_usd).toBeGreaterThanOrEqual(sum - 1e-9);
    const { rows } = await database.pool.query(
      `select coalesce(sum(cost_nanos) filter (where status = 'interrupted'), 0)::text as estimated, sum(cost_nanos)::text as total from calls where client_id = 'killed'`,
    );
    const [{ estimated, total }] = rows as [{ estimated: string; total: string }];
    expect(after.spent_usd).toBeCloseTo(Number(total) / 1e9, 9);
    expect(after.spent_usd - Number(estimated) / 1e9).toBeGreaterThanOrEqual(sum - 1e-9);
    const { differences } = await compareBooks(database.pool);
    expect(differences).toEqual([]);
    three.pop();
  }, 30_000);

  it('return their leases when they stop', async () => {
    const stopped = three.pop();
    expect(await stopped?.kill('SIGTERM')).toBe(0);
    const { rows } = await database.pool.query(
      'select count(*)::integer as leases from leases l left join processes p on p.id = l.process_id where p.id is null',
    );
    expect(rows).toEqual([{ leases: 0 }]);
    expect((await compareBooks(database.pool)).differences).toEqual([]);
  });
});
