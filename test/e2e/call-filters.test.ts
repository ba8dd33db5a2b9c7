import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

interface Row {
  id: string;
  status: string;
  model: string | null;
  client_id: string | null;
  cost_usd: number;
  error_code: string | null;
}

let gateway: TestGateway;
let acmeKey: string;
const ids: Record<string, string> = {};
const filters = ['failed_over=true', 'provider=openai', 'min_cost_usd=0.00001'];
/** The calls that each filter finds before their hours are written down. */
let before: string[][];

async function call(client: string, more: object = {}, headers: Record<string, string> = {}): Promise<string> {
  const answer = await gateway.post(chat, hello(more), { 'x-client-id': client, ...headers });
  await answer.text();
  return answer.headers.get('x-request-id') ?? '';
}

async function listed(query: string, key?: string): Promise<Row[]> {
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return (await json<{ data: Row[] }>(gateway.get(`/v1/usage/requests?${query}`, headers))).data;
}

const found = async (query: string, key?: string) => (await listed(query, key)).map(({ id }) => id);

beforeAll(async () => {
  gateway = await startTestGateway();
  await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 50 }));
  acmeKey = (
    await json<{ key: string }>(
      gateway.post('/v1/keys', { name: 'a', role: 'viewer', tags: { client_id: 'acme' }, locked_tags: ['client_id'] }),
      201,
    )
  ).key;
  ids.mini = await call('acme', { model: 'gpt-4o-mini' });
  ids.large = await call('acme', { model: 'gpt-4o' });
  ids.claude = await call('globex', { model: 'claude-sonnet-4-6' });
  gateway.fakes.openai.fault(
    { kind: 'status', status: 503 },
    { kind: 'status', status: 503 },
    { kind: 'status', status: 503 },
  );
  ids.over = await call('globex', { model: 'gpt-4o' }, { 'x-gateway-fallback': 'claude-sonnet-4-6' });
  ids.refused = await call('acme', { model: 'nobody-knows-it' });
  ids.refusedOther = await call('globex', { model: 'nobody-knows-it' });
  await eventually(async () => expect(await found('status=succeeded')).toHaveLength(4));
  before = await Promise.all(filters.map((filter) => found(filter)));
});
afterAll(() => gateway.stop());

describe('the list of calls', () => {
  it('is filtered by the model and the provider that answered', async () => {
    const [{ model } = { model: '' }] = (await listed(`id=${ids.claude}`)) as [Row];
    expect((await found(`model=${model}`)).toSorted()).toEqual([ids.claude, ids.over].toSorted());
    expect((await found('provider=anthropic')).toSorted()).toEqual([ids.claude, ids.over].toSorted());
    expect(await found('provider=anthropic&client_id=acme')).toEqual([]);
    expect(await found('provider=nobody')).toEqual([]);
  });

  it('is filtered by whether a call failed over', async () => {
    expect(await found('failed_over=true')).toEqual([ids.over]);
    expect((await found('failed_over=false')).toSorted()).toEqual([ids.mini, ids.large, ids.claude].toSorted());
    expect((await gateway.get('/v1/usage/requests?failed_over=perhaps')).status).toBe(400);
  });

  it('is filtered by the least cost, to the nano-dollar', async () => {
    const [call] = (await listed(`id=${ids.large}`)) as [Row];
    expect(await found(`min_cost_usd=${call.cost_usd.toFixed(9)}&client_id=acme`)).toEqual([ids.large]);
    expect(await found(`min_cost_usd=${(call.cost_usd + 1e-9).toFixed(9)}&client_id=acme`)).toEqual([]);
    expect(await found('min_cost_usd=0')).toHaveLength(4);
    expect((await gateway.get('/v1/usage/requests?min_cost_usd=-1')).status).toBe(400);
  });

  it('compares the least cost with billed amounts for a client’s key', async () => {
    const [own] = (await listed(`id=${ids.large}`)) as [Row];
    const [shown] = (await listed(`id=${ids.large}`, acmeKey)) as [Row];
    expect(shown.cost_usd).toBeCloseTo(own.cost_usd * 1.5, 9);
    expect(await found(`min_cost_usd=${shown.cost_usd.toFixed(9)}`, acmeKey)).toEqual([ids.large]);
    expect(await found(`min_cost_usd=${(shown.cost_usd + 1e-9).toFixed(9)}`, acmeKey)).toEqual([]);
  });

  it('finds a call by its id, of the own client only', async () => {
    expect(await found(`id=${ids.claude}`)).toEqual([ids.claude]);
    expect(await found(`id=${ids.claude}`, acmeKey)).toEqual([]);
    expect(await found(`id=${ids.mini}`, acmeKey)).toEqual([ids.mini]);
    for (const id of ['nonsense', `req_${'z'.repeat(26)}`, `${ids.mini}x`]) expect(await found(`id=${id}`)).toEqual([]);
    expect(await found(`id=${ids.claude}&to=2026-01-01&from=2026-01-01`)).toEqual([]);
  });

  it('shows refused calls where they are asked for, each with its code', async () => {
    expect(await listed('status=refused&client_id=acme')).toMatchObject([
      { id: ids.refused, status: 'refused', error_code: 'model_not_found', cost_usd: 0, model: null },
    ]);
    expect(await found('status=refused')).toEqual([ids.refusedOther, ids.refused]);
    expect(await found('status=refused', acmeKey)).toEqual([ids.refused]);
    expect(await found(`status=refused&id=${ids.refusedOther}`, acmeKey)).toEqual([]);
    expect(await found('status=refused&provider=openai')).toEqual([]);
    expect(await found('status=refused&failed_over=true')).toEqual([]);
    const first = await json<{ data: Row[]; next_cursor: string }>(
      gateway.get('/v1/usage/requests?status=refused&limit=1'),
    );
    expect(await found(`status=refused&limit=1&cursor=${first.next_cursor}`)).toEqual([ids.refused]);
  });

  it('has the same rows as its CSV file for every filter', async () => {
    const every = [
      'provider=anthropic',
      'failed_over=true',
      'min_cost_usd=0.00001',
      `id=${ids.mini}`,
      'status=refused',
      'failed_over=false&client_id=acme',
    ];
    for (const filter of every) {
      const file = await (await gateway.get(`/v1/usage/requests?format=csv&${filter}`)).text();
      const rows = file
        .trim()
        .split(/\r?\n/)
        .slice(1)
        .map((line) => line.split(',')[0]);
      expect(rows).toEqual(await found(filter));
    }
  });

  it('is the same once the hours are written down', async () => {
    const { pool } = gateway.database;
    // As if the calls came in two days ago, before the newest calls are read first.
    await pool.query(`select ensure_call_partitions((now() - interval '2 days')::date, 1)`);
    await pool.query(
      `update calls set created_at = created_at - interval '2 days' where created_at > now() - interval '1 day'`,
    );
    while (await rollUp(pool, Date.now()));
    const { rows } = await pool.query('select sum(calls)::int as calls from call_kinds');
    expect(rows).toEqual([{ calls: 4 }]);
    const from = new Date(Date.now() - 3 * 86_400_000).toISOString();
    const after = await Promise.all(filters.map((filter) => found(`${filter}&from=${from}`)));
    expect(after).toEqual(before);
  });
});
