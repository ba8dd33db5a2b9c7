import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyLedger } from '../../gateway/src/cli/verify-ledger.ts';
import { chat, json } from '../support/ask.ts';
import { ask, cacheOf, forgetMemory, hour, rowOf } from '../support/cached-calls.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

describe('an equal call is answered from the cache', () => {
  it('a hit has the body of the first answer, costs nothing and says what it saved', async () => {
    gateway.fakes.openai.reply({ text: 'Invoice', usage: { input: 1000, output: 100 } });
    const body = ask();
    const first = await gateway.post(chat, body, hour);
    expect(cacheOf(first)).toBe('stored');
    expect(first.headers.get('x-gateway-saved-usd')).toBeNull();
    const text = await first.text();
    const second = await gateway.post(chat, body, hour);
    expect(cacheOf(second)).toMatch(/^hit; age=\d+$/);
    expect(await second.text()).toBe(text);
    expect(second.headers.get('x-gateway-cost-usd')).toBe('0');
    // 1,000 tokens at $2.50 and 100 at $10 a million.
    expect(second.headers.get('x-gateway-saved-usd')).toBe('0.0035');
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(gateway.fakes.openai.requests).toHaveLength(1);
    expect(await rowOf(gateway, first)).toMatchObject({ cache: 'stored', cost_usd: 0.0035, saved_usd: null });
    expect(await rowOf(gateway, second)).toMatchObject({
      cache: 'hit',
      status: 'succeeded',
      attempts: 0,
      model: 'gpt-4o',
      provider: 'openai',
      input_tokens: 0,
      output_tokens: 0,
      cost_usd: 0,
      saved_usd: 0.0035,
    });
  });

  it('a hit comes from the database where memory has it no more', async () => {
    const body = ask();
    const first = await gateway.post(chat, body, hour);
    const text = await first.text();
    await forgetMemory(gateway);
    const second = await gateway.post(chat, body, hour);
    expect(cacheOf(second)).toMatch(/^hit; age=\d+$/);
    expect(await second.text()).toBe(text);
    expect(gateway.fakes.openai.requests).toHaveLength(1);
    const { rows } = await gateway.database.pool.query('select sealed_body from cached_answers');
    expect((rows as { sealed_body: Buffer }[]).every(({ sealed_body }) => !sealed_body.includes('choices'))).toBe(true);
  });

  it('a stream is replayed event for event, and its closing comment has figures of its own', async () => {
    const body = ask({ stream: true });
    const first = await (await gateway.post(chat, body, hour)).text();
    expect(first).toContain('"cache":"stored"');
    const again = await gateway.post(chat, body, hour);
    expect(cacheOf(again)).toMatch(/^hit; age=\d+$/);
    const second = await again.text();
    const events = (text: string): string => text.replace(/^: gateway .*\n\n/m, '');
    expect(events(second)).toBe(events(first));
    expect(second).toMatch(/: gateway \{"cost_usd":0,.*"cache":"hit","saved_usd":0\.\d+\}\n\ndata: \[DONE\]\n\n$/);
    expect(gateway.fakes.openai.requests).toHaveLength(1);
  });

  it('a plain call and a stream are kept apart', async () => {
    const body = ask();
    await (await gateway.post(chat, body, hour)).text();
    const stream = await gateway.post(chat, { ...body, stream: true }, hour);
    expect(cacheOf(stream)).toBe('miss');
    await stream.text();
    expect(gateway.fakes.openai.requests).toHaveLength(2);
  });

  it('a call that does not ask for the cache gets none of it', async () => {
    const body = ask();
    await (await gateway.post(chat, body, hour)).text();
    const second = await gateway.post(chat, body);
    expect(cacheOf(second)).toBeNull();
    expect(gateway.fakes.openai.requests).toHaveLength(2);
  });

  it('test keys have a cache of their own', async () => {
    const body = ask();
    await (await gateway.post(chat, body, hour)).text();
    const asTest = { ...hour, authorization: `Bearer ${testKey}` };
    expect(cacheOf(await gateway.post(chat, body, asTest))).toBe('stored');
    expect(cacheOf(await gateway.post(chat, body, asTest))).toMatch(/^hit/);
  });
});

describe('money', () => {
  it('a hit at a spent budget is answered, and the ledger does not move', async () => {
    const client = { 'x-client-id': 'spender' };
    const body = ask();
    gateway.fakes.openai.reply({ text: 'Paid', usage: { input: 100, output: 10 } });
    await json(gateway.post(chat, body, { ...hour, ...client }));
    const budget = await json<{ id: string }>(
      gateway.post('/v1/budgets', { name: 'Spent', scope: { client_id: 'spender' }, limit_usd: 0.001 }),
      201,
    );
    // It bills more than it was asked for, so the budget is overspent.
    gateway.fakes.openai.reply({ text: 'More', usage: { input: 10, output: 200 } });
    expect((await gateway.post(chat, ask({ max_tokens: 20 }), client)).status).toBe(200);
    expect((await gateway.post(chat, ask({ max_tokens: 20 }), client)).status).toBe(402);
    const spent = async (): Promise<object> => {
      const { spent_usd, held_usd } = await json<{ spent_usd: number; held_usd: number }>(
        gateway.get(`/v1/budgets/${budget.id}`),
      );
      return { spent_usd, held_usd };
    };
    const before = await spent();
    for (let i = 0; i < 3; i++) {
      const hit = await gateway.post(chat, body, { ...hour, ...client });
      expect([hit.status, cacheOf(hit)?.slice(0, 4)]).toEqual([200, 'hit;']);
      expect(hit.headers.get('x-gateway-budget-remaining-usd')).toBe('0');
    }
    expect(await spent()).toEqual(before);
    const said: string[] = [];
    expect(await verifyLedger(gateway.database.pool, (line) => said.push(line)), said.join('\n')).toBe(true);
  });

  it('of 200 equal calls at once one goes out and is paid, and the others are answered by it', async () => {
    const body = ask();
    gateway.fakes.openai.fault({ kind: 'delay', ms: 300 });
    const client = { ...hour, 'x-client-id': 'crowd' };
    const answers = await Promise.all(Array.from({ length: 200 }, () => gateway.post(chat, body, client)));
    const states = answers.map((answer) => [answer.status, cacheOf(answer)?.split(';')[0]].join(' '));
    expect(states.filter((state) => state === '200 stored')).toHaveLength(1);
    expect(states.filter((state) => state === '200 hit')).toHaveLength(199);
    expect(gateway.fakes.openai.requests).toHaveLength(1);
    const usage = await json<{ data: { client_id: string; requests: number; cache_hits: number; cost_usd: number }[] }>(
      gateway.get('/v1/usage/clients?client_id=crowd'),
    );
    const paid = Number(answers.find((answer) => cacheOf(answer) === 'stored')?.headers.get('x-gateway-cost-usd'));
    expect(usage.data[0]).toMatchObject({ requests: 200, cache_hits: 199, cost_usd: paid });
  });

  it('where the first of equal calls fails one other goes out, and the rest are answered by that one', async () => {
    const body = ask();
    gateway.fakes.openai.fault({ kind: 'status', status: 400, body: { error: { message: 'No.' } } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.post(chat, body, hour)));
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
    expect(gateway.fakes.openai.requests).toHaveLength(2);
  });

  it('an answer that is not kept is none for the others either: all go out, and none waits for the next', async () => {
    const body = ask({ max_tokens: 3 });
    gateway.fakes.openai.usually({ tokens: 50 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => gateway.post(chat, body, hour)));
    expect(answers.map(cacheOf)).toEqual(answers.map(() => 'miss'));
    expect(gateway.fakes.openai.requests).toHaveLength(10);
  });

  it('plan tokens, invoices and repeats do not count hits, and calls per minute do', async () => {
    const client = { ...hour, 'x-client-id': 'billed', 'x-scenario-id': 'cached', 'x-scenario-platform': 'make' };
    await json(gateway.send('PUT', '/v1/scenarios/cached/limits', { max_repeats: 2, max_calls_per_minute: 8 }));
    const body = ask();
    gateway.fakes.openai.reply({ text: 'Paid', usage: { input: 1000, output: 100 } });
    await json(gateway.post(chat, body, client));
    const plan = async (): Promise<unknown> =>
      (await json<{ used_tokens: number }>(gateway.get('/v1/plan'))).used_tokens;
    const before = await plan();
    for (let i = 0; i < 7; i++) expect(cacheOf(await gateway.post(chat, body, client))).toMatch(/^hit/);
    expect(await plan()).toEqual(before);
    expect((await gateway.post(chat, body, client)).status).toBe(423);
    await json(gateway.post('/v1/scenarios/cached/resume', {}));
    const until = new Date().toISOString();
    const invoice = await json<{ lines: { requests: number }[] }>(
      gateway.post('/v1/invoices', { client_id: 'billed', from: until.slice(0, 10), to: until }),
      201,
    );
    expect(invoice.lines.map(({ requests }) => requests)).toEqual([1]);
  });

  it('an invoice has no line for a model that answered from the cache only', async () => {
    const client = { ...hour, 'x-client-id': 'hits-only' };
    const body = ask({ model: 'gpt-4o-mini' });
    await json(gateway.post(chat, body, client));
    const from = new Date().toISOString();
    expect(cacheOf(await gateway.post(chat, body, client))).toMatch(/^hit/);
    await json(gateway.post(chat, ask(), client));
    const invoice = await json<{ lines: { model: string; requests: number }[] }>(
      gateway.post('/v1/invoices', { client_id: 'hits-only', from, to: new Date().toISOString() }),
      201,
    );
    expect(invoice.lines).toMatchObject([{ model: 'gpt-4o', requests: 1 }]);
  });
});

describe('tenancy', () => {
  const keyFor = async (body: object): Promise<Record<string, string>> => {
    const { key } = await json<{ key: string }>(gateway.post('/v1/keys', body), 201);
    return { authorization: `Bearer ${key}` };
  };

  it('one client never gets the answer of another, unless the call asks for the workspace', async () => {
    const body = ask();
    const as = (client: string, cache = 'ttl=60'): Promise<Response> =>
      gateway.post(chat, body, { 'x-gateway-cache': cache, 'x-client-id': client });
    expect(cacheOf(await as('ten-a'))).toBe('stored');
    expect(cacheOf(await as('ten-b'))).toBe('stored');
    expect(cacheOf(await as('ten-a'))).toMatch(/^hit/);
    expect(cacheOf(await as('ten-a', 'ttl=60, scope=workspace'))).toBe('stored');
    expect(cacheOf(await as('ten-b', 'ttl=60, scope=workspace'))).toMatch(/^hit/);
    expect(cacheOf(await as('ten-b', 'ttl=60, scope=key'))).toBe('stored');
  });

  it('a key that is locked to a client shares the answers of that client, and no others', async () => {
    const locked = await keyFor({ name: 'a', tags: { client_id: 'ten-c' }, locked_tags: ['client_id'] });
    const body = ask();
    await json(gateway.post(chat, body, { ...hour, 'x-client-id': 'ten-c' }));
    await json(gateway.post(chat, body, { 'x-gateway-cache': 'ttl=60, scope=workspace' }));
    const hit = await gateway.post(chat, body, { ...hour, ...locked });
    expect(cacheOf(hit)).toMatch(/^hit/);
    const asked = await gateway.post(chat, body, { 'x-gateway-cache': 'ttl=60, scope=workspace', ...locked });
    expect(asked.status).toBe(403);
    expect((await gateway.send('DELETE', '/v1/cache', undefined, locked)).status).toBe(403);
  });

  it('a key keeps answers by default where it says so, and a call may say otherwise', async () => {
    const key = await keyFor({ name: 'keeps', response_cache: { ttl_seconds: 60 } });
    const body = ask();
    expect(cacheOf(await gateway.post(chat, body, key))).toBe('stored');
    expect(cacheOf(await gateway.post(chat, body, key))).toMatch(/^hit/);
    expect(cacheOf(await gateway.post(chat, body, { ...key, 'x-gateway-cache': 'none' }))).toBeNull();
    expect(cacheOf(await gateway.post(chat, body, { ...key, 'x-gateway-cache': 'refresh' }))).toBe('stored');
  });
});
