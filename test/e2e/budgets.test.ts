import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compareBooks } from '../../gateway/src/cli/ledger-check-store.ts';
import { chat, eventsOf, hello, json } from '../support/ask.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterEach(async () => {
  gateway.fakes.reset();
  for (const { id } of await budgets()) await gateway.send('DELETE', `/v1/budgets/${id}`);
});
afterAll(() => gateway.stop());

interface Budget {
  id: string;
  name: string;
  scope: Record<string, string>;
  limit_usd: number;
  status: string;
  spent_usd: number;
  held_usd: number;
  remaining_usd: number;
  percent_used: number;
  resets_at: string | null;
  period_start: string;
  thresholds: number[];
}

const test = { authorization: `Bearer ${testKey}` };

const create = (body: object, headers = {}): Promise<Budget> =>
  json(gateway.post('/v1/budgets', { name: 'Ads', ...body }, headers), 201);
const read = (id: string, headers = {}): Promise<Budget> => json(gateway.get(`/v1/budgets/${id}`, headers));
const budgets = async (query = ''): Promise<Budget[]> =>
  (await json<{ data: Budget[] }>(gateway.get(`/v1/budgets?limit=100${query}`))).data;

/** A time zone in which it is this hour of some day now: no day begins there while a test runs. */
function zoneAt(hour: number): string {
  const ahead = ((hour - new Date().getUTCHours() + 36) % 24) - 12;
  return ahead === 0 ? 'UTC' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
}

interface Check {
  allowed: boolean;
  reason: string;
  tightest: Budget | null;
  budgets: Budget[];
  affordable_tokens: number | null;
}
const check = (query: string): Promise<Check> => json(gateway.get(`/v1/budgets/check?${query}`));

interface Refusal {
  error: { code: string; message: string; details: Record<string, unknown> };
}

describe('the cap', () => {
  it('holds against 200 concurrent calls where ten fit, and all money is accounted for', async () => {
    // 100 tokens of answer at $10 a million, and one of input at $2.50: $0.0010025 a call.
    const budget = await create({ limit_usd: 0.010025, scope: { client_id: 'rush' } });
    gateway.fakes.openai.usually({ tokens: 100 });
    const answers = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const response = await gateway.post(chat, hello({ max_tokens: 100 }), { 'x-client-id': 'rush' });
        const body = (await response.json()) as {
          choices?: { finish_reason: string }[];
          usage?: { completion_tokens: number };
        };
        return { status: response.status, body, cost: Number(response.headers.get('x-gateway-cost-usd')) };
      }),
    );
    const served = answers.filter(({ status }) => status === 200);
    const whole = served.filter(({ body }) => body.usage?.completion_tokens === 100);
    const shortened = served.filter(({ body }) => body.choices?.[0]?.finish_reason === 'length');
    // How many are whole depends on how soon the first give back what they held in excess; hardly any money is left over.
    expect(whole.length).toBeGreaterThanOrEqual(6);
    expect(served.length).toBeGreaterThanOrEqual(9);
    expect(whole.length).toBeLessThanOrEqual(10);
    expect(whole.length + shortened.length).toBe(served.length);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 402]));
    const after = await read(budget.id);
    expect(after.spent_usd).toBeLessThanOrEqual(after.limit_usd);
    expect(after.limit_usd - after.spent_usd).toBeLessThan(0.0005);
    expect(after.held_usd).toBe(0);
    // Three books: the clients', the gateway's and the provider's.
    const reported = served.reduce((sum, { cost }) => sum + cost, 0);
    const billed = gateway.fakes.openai.book.reduce(
      (sum, { input, output }) => sum + input * 2.5e-6 + output * 10e-6,
      0,
    );
    expect(after.spent_usd).toBeCloseTo(reported, 9);
    expect(after.spent_usd).toBeCloseTo(billed, 9);
  });

  it('shows in the answer, in the refusal and in the list of budgets', async () => {
    const budget = await create({ limit_usd: 0.002, scope: { client_id: 'seen' } });
    gateway.fakes.openai.usually({ tokens: 150 });
    const first = await gateway.post(chat, hello({ max_tokens: 150 }), { 'x-client-id': 'seen' });
    expect(Number(first.headers.get('x-gateway-budget-remaining-usd'))).toBeCloseTo(0.0004975, 9);
    // 0.0004975 pays for some 40 tokens.
    const second = await gateway.post(chat, hello({ max_tokens: 150 }), { 'x-client-id': 'seen' });
    expect(second.status).toBe(200);
    const { choices, usage } = (await second.json()) as {
      choices: { finish_reason: string }[];
      usage: { completion_tokens: number };
    };
    expect(choices[0]?.finish_reason).toBe('length');
    expect(usage.completion_tokens).toBeLessThan(50);
    expect(gateway.fakes.openai.requests.at(-1)?.json.max_tokens).toBe(usage.completion_tokens);
    const refused = await gateway.post(chat, hello({ max_tokens: 150 }), { 'x-client-id': 'seen' });
    expect(refused.headers.get('x-should-retry')).toBe('false');
    const { error } = await json<Refusal>(refused, 402);
    expect(error).toMatchObject({
      code: 'budget_exceeded',
      details: { budget_id: budget.id, name: 'Ads', scope: { client_id: 'seen' }, limit_usd: 0.002 },
    });
    expect(error.details.spent_usd).toBeGreaterThan(0.0019);
    expect(Date.parse(String(error.details.resets_at))).toBeGreaterThan(Date.now());
    expect((await read(budget.id)).status).toBe('exceeded');
    // Others are not touched by it.
    expect((await gateway.post(chat, hello(), { 'x-client-id': 'other' })).status).toBe(200);
  });

  it('shows at the end of a stream, and ends streams of every dialect at the remaining money', async () => {
    await create({ limit_usd: 0.01, scope: { client_id: 'streams' } });
    gateway.fakes.openai.usually({ tokens: 5_000 });
    gateway.fakes.anthropic.usually({ tokens: 5_000 });
    const tags = { 'x-client-id': 'streams' };
    const stream = await (await gateway.post(chat, hello({ stream: true, max_tokens: 20 }), tags)).text();
    expect(stream).toMatch(/: gateway \{"cost_usd":[\d.]+,"budget_remaining_usd":0\.00\d+\}\n\ndata: \[DONE\]/);
    const short = await (await gateway.post(chat, hello({ stream: true }), tags)).text();
    expect(short).toContain('"finish_reason":"length"');
    await create({ limit_usd: 0.01, scope: { client_id: 'claude' } });
    const claude = await gateway.post(
      '/v1/messages',
      {
        model: 'claude-sonnet-4-6',
        max_tokens: 4_000,
        messages: [{ role: 'user', content: 'Hi' }],
        thinking: { type: 'enabled', budget_tokens: 2_000 },
      },
      { 'x-client-id': 'claude' },
    );
    expect(`${claude.status} ${await claude.text()}`).toMatch(/^200 .*"stop_reason":"max_tokens"/);
    const sent = gateway.fakes.anthropic.requests.at(-1)?.json as { max_tokens: number; thinking: { type: string } };
    expect(sent.max_tokens).toBeLessThan(1_000);
    expect(sent.thinking.type).toBe('disabled');
    expect(claude.headers.get('x-gateway-dropped-params')).toBe('thinking');
  });

  it('sets a ceiling for answers without one, so that the hold is the most they can cost', async () => {
    await create({ limit_usd: 100, scope: { client_id: 'endless' } });
    await gateway.post(chat, hello({ model: 'gpt-5.4' }), { 'x-client-id': 'endless' });
    expect(gateway.fakes.openai.requests.at(-1)?.json.max_completion_tokens).toBe(16_384);
    // gpt-4o ends there by itself, and a call without a budget is left as it is.
    await gateway.post(chat, hello(), { 'x-client-id': 'endless' });
    expect(gateway.fakes.openai.requests.at(-1)?.json).not.toHaveProperty('max_completion_tokens');
    await gateway.post(chat, hello({ model: 'gpt-5.4' }), { 'x-client-id': 'no-budget' });
    expect(gateway.fakes.openai.requests.at(-1)?.json).not.toHaveProperty('max_completion_tokens');
  });

  it('is not passed by a parameter whose name is written in escapes', async () => {
    await create({ limit_usd: 0.002, scope: { client_id: 'escapes' } });
    gateway.fakes.openai.usually({ tokens: 100 });
    const call = JSON.stringify(hello({ max_tokens: 100 })).slice(0, -1);
    const send = (text: string): Promise<Response> => gateway.post(chat, text, { 'x-client-id': 'escapes' });
    await send(`${call},"\\\\":1}`);
    const asked = gateway.fakes.openai.requests.length;
    // Fifty answers cost fifty times as much.
    const { error } = await json<Refusal>(send(`${call},"\\u006e":50}`), 402);
    expect(error.code).toBe('budget_exceeded');
    expect(gateway.fakes.openai.requests.length).toBe(asked);
  });

  it('holds for embeddings, which have no answer to shorten', async () => {
    await create({ limit_usd: 0.000001, scope: { client_id: 'vectors' } });
    const small = { model: 'text-embedding-3-small', input: 'word' };
    expect((await gateway.post('/v1/embeddings', small, { 'x-client-id': 'vectors' })).status).toBe(200);
    const large = { model: 'text-embedding-3-large', input: 'many words '.repeat(500) };
    const { error } = await json<Refusal>(gateway.post('/v1/embeddings', large, { 'x-client-id': 'vectors' }), 402);
    expect(error.code).toBe('budget_exceeded');
  });

  it('makes embeddings wait for money that other calls of the same instant hold and do not need', async () => {
    // Some 1,000 tokens at $0.02 a million are held of each, as counted here; the provider bills eight.
    await create({ limit_usd: 0.00005, scope: { client_id: 'vectors at once' } });
    const text = { model: 'text-embedding-3-small', input: 'word '.repeat(1_000) };
    gateway.fakes.openai.fault({ kind: 'delay', ms: 100 }, { kind: 'delay', ms: 100 });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => gateway.post('/v1/embeddings', text, { 'x-client-id': 'vectors at once' })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  it('keeps no place under a rate limit for a client that disconnects while it waits for money', async () => {
    const tags = { 'x-client-id': 'impatient' };
    await create({ limit_usd: 0.001, scope: { client_id: 'impatient' } });
    await json(gateway.send('PUT', '/v1/rate-limits', { client_id: 'impatient', concurrent: 2 }));
    gateway.fakes.openai.fault({ kind: 'delay', ms: 800 });
    gateway.fakes.openai.usually({ tokens: 10 });
    const call = hello({ max_tokens: 95 });
    const first = gateway.post(chat, call, tags);
    await expect.poll(() => gateway.fakes.openai.requests.length).toBe(1);
    await Promise.allSettled([
      fetch(`${gateway.url}${chat}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', ...tags },
        body: JSON.stringify(call),
        signal: AbortSignal.timeout(100),
      }),
    ]);
    // It has left by the time somebody else comes.
    await sleep(50);
    expect((await gateway.post(chat, call, tags)).status).toBe(200);
    expect((await first).status).toBe(200);
  });

  it('is passed only by a provider that bills more than was asked, and then no call is admitted', async () => {
    const budget = await create({ limit_usd: 0.002, scope: { client_id: 'overrun' } });
    gateway.fakes.openai.reply({ tokens: 1_000, overruns: true });
    expect((await gateway.post(chat, hello({ max_tokens: 10 }), { 'x-client-id': 'overrun' })).status).toBe(200);
    const after = await read(budget.id);
    expect(after.spent_usd).toBeCloseTo(0.0100025, 9);
    expect(after.remaining_usd).toBe(0);
    expect((await gateway.post(chat, hello({ max_tokens: 1 }), { 'x-client-id': 'overrun' })).status).toBe(402);
  });

  it('bills an explicit zero as zero, and counts where usage is missing or nonsense', async () => {
    const budget = await create({ limit_usd: 1, scope: { client_id: 'usage' } });
    const tags = { 'x-client-id': 'usage' };
    gateway.fakes.openai.reply({ text: 'free', usage: { input: 0, output: 0 } });
    await gateway.post(chat, hello(), tags);
    expect((await read(budget.id)).spent_usd).toBe(0);
    for (const usage of ['none' as const, { raw: { prompt_tokens: -5, completion_tokens: 'many' } }]) {
      const before = (await read(budget.id)).spent_usd;
      gateway.fakes.openai.reply({ text: 'counted here', usage });
      await gateway.post(chat, hello(), tags);
      expect((await read(budget.id)).spent_usd).toBeGreaterThan(before);
    }
    const { data } = await json<{ data: { estimated: boolean }[] }>(gateway.get('/v1/usage/requests?client_id=usage'));
    expect(data.map(({ estimated }) => estimated)).toEqual([true, true, false]);
  });

  it('settles the usage that a stream reports at its end', async () => {
    const chunk = (more: object): string =>
      `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', ...more })}\n\n`;
    const reported = (completion_tokens: number) => ({
      usage: { prompt_tokens: 100, completion_tokens, total_tokens: 100 + completion_tokens },
    });
    const choice = (delta: object, finish_reason: string | null = null) => ({
      choices: [{ index: 0, delta, finish_reason }],
    });
    const body = [
      chunk({ ...choice({ role: 'assistant', content: 'Hel' }), ...reported(1) }),
      chunk({ ...choice({ content: 'lo' }), ...reported(900) }),
      chunk(choice({}, 'stop')),
      chunk({ choices: [], ...reported(50) }),
      'data: [DONE]\n\n',
    ].join('');
    const budget = await create({ limit_usd: 1, scope: { client_id: 'changing-its-mind' } });
    gateway.fakes.openai.fault({ kind: 'body', body, contentType: 'text/event-stream' });
    const asked = hello({ stream: true, max_tokens: 1_000 });
    const stream = await (await gateway.post(chat, asked, { 'x-client-id': 'changing-its-mind' })).text();
    expect(stream).toContain('[DONE]');
    // 100 tokens at $2.50 and 50 at $10 a million.
    expect(await read(budget.id)).toMatchObject({ spent_usd: 0.00075, held_usd: 0 });
    const { data } = await json<{ data: object[] }>(gateway.get('/v1/usage/requests?client_id=changing-its-mind'));
    expect(data).toMatchObject([{ input_tokens: 100, output_tokens: 50, cost_usd: 0.00075, estimated: false }]);
  });

  it('admits a model without a price only where no budget pays', async () => {
    const provider = await json<{ id: string }>(
      gateway.post('/v1/providers', {
        name: 'own',
        kind: 'openai-compatible',
        base_url: gateway.fakes.openai.baseUrl,
        api_key: 'sk-canary-openai-4711',
      }),
      201,
    );
    await create({ limit_usd: 1, scope: { client_id: 'priced' } });
    const body = hello({ model: 'own/house-model' });
    expect((await gateway.post(chat, body, { 'x-client-id': 'unpriced' })).status).toBe(200);
    const { data } = await json<{ data: { id: string }[] }>(gateway.get('/v1/usage/requests?client_id=unpriced'));
    expect(data).toMatchObject([{ model: 'house-model', cost_usd: 0, estimated: true, unpriced: true }]);
    expect(await json(gateway.get(`/v1/usage/requests/${data[0]?.id}`))).toMatchObject({ unpriced: true });
    const { error } = await json<Refusal>(gateway.post(chat, body, { 'x-client-id': 'priced' }), 402);
    expect(error.message).toContain('No price is known for model "house-model"');
    expect(await check('client_id=priced&model=own/house-model')).toMatchObject({
      allowed: false,
      reason: 'price_unknown',
    });
    await json(
      gateway.send('PATCH', `/v1/providers/${provider.id}`, {
        models: [{ id: 'house-model', input_usd_per_mtok: 1, output_usd_per_mtok: 2 }],
      }),
    );
    expect((await gateway.post(chat, body, { 'x-client-id': 'priced' })).status).toBe(200);
    const paid = await json<{ data: unknown[] }>(gateway.get('/v1/usage/requests?client_id=priced&status=succeeded'));
    expect(paid.data).toMatchObject([{ model: 'house-model', estimated: false, unpriced: false }]);
    await gateway.send('DELETE', `/v1/providers/${provider.id}`);
  });

  it('holds the price of the most expensive candidate', async () => {
    const budget = await create({ limit_usd: 0.003, scope: { client_id: 'falls-back' } });
    gateway.fakes.openai.usually({ tokens: 100 });
    gateway.fakes.openai.fault({ kind: 'status', status: 503 });
    gateway.fakes.anthropic.usually({ tokens: 100 });
    const response = await gateway.post(
      chat,
      hello({ model: 'gpt-4o-mini', max_tokens: 100, fallback_models: ['claude-sonnet-4-6'] }),
      {
        'x-client-id': 'falls-back',
      },
    );
    expect(response.headers.get('x-gateway-model')).toContain('claude');
    const after = await read(budget.id);
    expect(after.spent_usd).toBeGreaterThan(0.0015);
    expect(after.spent_usd).toBeLessThanOrEqual(0.003);
  });
});

describe('a budget', () => {
  it('charges all matching budgets of a call, or none', async () => {
    const workspace = await create({ name: 'all', limit_usd: 10 });
    const client = await create({ name: 'client', limit_usd: 5, scope: { client_id: 'multi' } });
    const scenario = await create({
      name: 'scenario',
      limit_usd: 0.0001,
      scope: { client_id: 'multi', scenario_id: '7' },
    });
    const tags = { 'x-client-id': 'multi', 'x-scenario-id': '7' };
    const { error } = await json<Refusal>(
      gateway.post(
        chat,
        hello({ max_tokens: 1_000, messages: [{ role: 'user', content: 'word '.repeat(200) }] }),
        tags,
      ),
      402,
    );
    expect(error.details.name).toBe('scenario');
    for (const { id } of [workspace, client, scenario]) {
      const { spent_usd: spent, held_usd: held } = await read(id);
      expect([spent, held]).toEqual([0, 0]);
    }
    await json(gateway.post(chat, hello({ max_tokens: 10 }), { 'x-client-id': 'multi' }));
    expect((await read(workspace.id)).spent_usd).toBeGreaterThan(0);
    expect((await read(client.id)).spent_usd).toBe((await read(workspace.id)).spent_usd);
    expect((await read(scenario.id)).spent_usd).toBe(0);
  });

  it('with "*" is one of that size for each client, listed once, with its instances', async () => {
    const each = await create({ limit_usd: 0.0009, scope: { client_id: '*' } });
    gateway.fakes.openai.usually({ tokens: 40 });
    for (const client of ['anna', 'bert', 'bert'])
      await gateway.post(chat, hello({ max_tokens: 40 }), { 'x-client-id': client });
    expect((await gateway.post(chat, hello({ max_tokens: 40 }), { 'x-client-id': 'bert' })).status).toBe(402);
    expect((await gateway.post(chat, hello({ max_tokens: 40 }), { 'x-client-id': 'anna' })).status).toBe(200);
    const listed = await budgets('&client_id=bert');
    expect(listed).toHaveLength(1);
    expect(listed[0]).toMatchObject({ id: each.id, scope: { client_id: '*' } });
    const { data } = await json<{ data: Budget[] }>(gateway.get(`/v1/budgets/${each.id}/instances`));
    expect(data.map(({ scope }) => scope.client_id).sort()).toEqual(['anna', 'bert']);
    // A call without a client falls under none of them.
    expect((await gateway.post(chat, hello())).status).toBe(200);
  });

  it('can be bound to a key, and is separate in test mode', async () => {
    const key = await json<{ id: string; key: string }>(gateway.post('/v1/keys', { name: 'one' }), 201);
    const budget = await create({ limit_usd: 1, scope: { key_id: key.id } });
    await json(gateway.post(chat, hello(), { authorization: `Bearer ${key.key}` }));
    expect((await read(budget.id)).spent_usd).toBeGreaterThan(0);
    const inTest = await create({ limit_usd: 0.0001 }, test);
    expect((await gateway.get(`/v1/budgets/${inTest.id}`)).status).toBe(404);
    expect(
      (
        await gateway.post(
          chat,
          hello({ max_tokens: 2_000, messages: [{ role: 'user', content: 'word '.repeat(300) }] }),
          test,
        )
      ).status,
    ).toBe(402);
    expect((await gateway.post(chat, hello())).status).toBe(200);
    await gateway.send('DELETE', `/v1/budgets/${inTest.id}`, undefined, test);
  });

  it('admits calls past its limit where it only notifies', async () => {
    const budget = await create({ limit_usd: 0.0001, on_limit: 'notify', scope: { client_id: 'loose' } });
    for (let i = 0; i < 3; i++) await json(gateway.post(chat, hello(), { 'x-client-id': 'loose' }));
    gateway.fakes.openai.reply({ tokens: 500 });
    await json(gateway.post(chat, hello(), { 'x-client-id': 'loose' }));
    const after = await read(budget.id);
    expect(after.spent_usd).toBeGreaterThan(after.limit_usd);
    expect(after.status).toBe('exceeded');
    expect((await check('client_id=loose')).allowed).toBe(true);
  });

  it('takes the cheapest capable model from its first threshold on where it downgrades, and blocks at 100 %', async () => {
    const budget = await create({
      limit_usd: 0.001,
      on_limit: 'downgrade',
      thresholds: [50],
      scope: { client_id: 'thrifty' },
    });
    const tags = { 'x-client-id': 'thrifty' };
    gateway.fakes.openai.usually({ tokens: 60 });
    gateway.fakes.gemini.usually({ tokens: 60 });
    const first = await gateway.post(chat, hello({ max_tokens: 60 }), tags);
    expect(first.headers.get('x-gateway-model')).toBe('gpt-4o');
    const second = await gateway.post(chat, hello({ max_tokens: 60 }), tags);
    expect(second.headers.get('x-gateway-route')).toContain('cheapest');
    expect(Number(second.headers.get('x-gateway-cost-usd'))).toBeLessThan(
      Number(first.headers.get('x-gateway-cost-usd')) / 5,
    );
    for (let i = 0; i < 60 && (await read(budget.id)).status !== 'exceeded'; i++)
      await gateway.post(chat, hello({ max_tokens: 600 }), tags);
    gateway.fakes.openai.usually({ tokens: 4_000 });
    gateway.fakes.gemini.usually({ tokens: 4_000 });
    for (let i = 0; i < 5; i++) await gateway.post(chat, hello(), tags);
    expect((await gateway.post(chat, hello(), tags)).status).toBe(402);
    const after = await read(budget.id);
    expect(after.spent_usd).toBeLessThanOrEqual(after.limit_usd);
  });

  it('can be raised, for this period or for good, while calls wait for nothing', async () => {
    const budget = await create({ limit_usd: 0.0001, scope: { client_id: 'raised' } });
    const tags = { 'x-client-id': 'raised' };
    const long = hello({ max_tokens: 200, messages: [{ role: 'user', content: 'word '.repeat(100) }] });
    expect((await gateway.post(chat, long, tags)).status).toBe(402);
    const raised = await json<Budget>(gateway.post(`/v1/budgets/${budget.id}/raise`, { by_usd: '0.01' }));
    expect(raised.limit_usd).toBeCloseTo(0.0101, 9);
    expect(raised.status).toBe('ok');
    expect((await gateway.post(chat, long, tags)).status).toBe(200);
    const again = await json<Budget>(gateway.post(`/v1/budgets/${budget.id}/raise`, { by_usd: 1, until: 'forever' }));
    expect(again.limit_usd).toBeCloseTo(1.0101, 9);
  });

  it('announces once in a period that it is exceeded, though its name changes in between', async () => {
    const budget = await create({ limit_usd: 0.0001, scope: { client_id: 'renamed' } });
    const refused = async (): Promise<void> => {
      const long = hello({ max_tokens: 200, messages: [{ role: 'user', content: 'word '.repeat(100) }] });
      expect((await gateway.post(chat, long, { 'x-client-id': 'renamed' })).status).toBe(402);
    };
    await refused();
    await json(gateway.send('PATCH', `/v1/budgets/${budget.id}`, { name: 'Renamed' }));
    expect((await read(budget.id)).status).toBe('exceeded');
    await refused();
    expect(await eventsOf(gateway, `&type=budget.exceeded&budget_id=${budget.id}`)).toHaveLength(1);
    await json(gateway.post(`/v1/budgets/${budget.id}/raise`, { by_usd: 0.00001 }));
    await refused();
    expect(await eventsOf(gateway, `&type=budget.exceeded&budget_id=${budget.id}`)).toHaveLength(2);
  });

  it('counts the money of the period after every change of period and time zone', async () => {
    const budget = await create({
      limit_usd: 0.01,
      period: 'day',
      timezone: zoneAt(11),
      scope: { client_id: 'moved' },
    });
    const tags = { 'x-client-id': 'moved' };
    gateway.fakes.openai.usually({ tokens: 850 });
    await json(gateway.post(chat, hello({ max_tokens: 850 }), tags));
    const { spent_usd: spent } = await read(budget.id);
    expect(spent).toBe(0.0085025);
    const changes = [
      { timezone: zoneAt(13) },
      { timezone: zoneAt(11) },
      { period: 'week' },
      { period: 'month' },
      { period: 'total' },
      { period: 'day', timezone: zoneAt(13) },
    ];
    for (const change of changes) {
      const changed = await json<Budget>(gateway.send('PATCH', `/v1/budgets/${budget.id}`, change));
      expect([change, changed.spent_usd, changed.status]).toEqual([change, spent, 'warning']);
      expect(await read(budget.id)).toEqual(changed);
      expect((await check('client_id=moved')).tightest).toEqual(changed);
    }
    expect((await gateway.post(chat, hello({ max_tokens: 850 }), tags)).status).toBe(200);
    expect((await read(budget.id)).spent_usd).toBeLessThanOrEqual(0.01);
    expect((await gateway.post(chat, hello({ max_tokens: 850 }), tags)).status).toBe(402);
    const reported = await eventsOf(gateway, `&budget_id=${budget.id}`);
    expect(reported.map(({ data }) => data.percent).toSorted()).toEqual([100, 80, 90]);
    expect((await compareBooks(gateway.database.pool)).differences).toEqual([]);
  });

  it('with "*" keeps the count of each when its time zone is changed', async () => {
    const each = await create({ limit_usd: 0.0009, period: 'day', timezone: zoneAt(11), scope: { client_id: '*' } });
    gateway.fakes.openai.usually({ tokens: 40 });
    const ask = (client: string) => gateway.post(chat, hello({ max_tokens: 40 }), { 'x-client-id': client });
    for (const client of ['carla', 'dirk', 'dirk']) expect((await ask(client)).status).toBe(200);
    await json(gateway.post(chat, hello()));
    const instances = async (): Promise<unknown[]> =>
      (await json<{ data: Budget[] }>(gateway.get(`/v1/budgets/${each.id}/instances`))).data.map(
        ({ scope, spent_usd }) => [scope.client_id, spent_usd],
      );
    const before = await instances();
    expect(before).toEqual([
      ['dirk', 0.000805],
      ['carla', 0.0004025],
    ]);
    for (const change of [{ timezone: zoneAt(13) }, { period: 'total' }]) {
      await json(gateway.send('PATCH', `/v1/budgets/${each.id}`, change));
      expect(await instances()).toEqual(before);
    }
    expect((await ask('dirk')).status).toBe(402);
    expect((await ask('carla')).status).toBe(200);
  });

  it('keeps a raise when its time zone is corrected, and ends it when its period changes', async () => {
    const budget = await create({ limit_usd: 10, timezone: 'UTC' });
    await json(gateway.post(`/v1/budgets/${budget.id}/raise`, { by_usd: 5 }));
    const change = (body: object): Promise<Budget> => json(gateway.send('PATCH', `/v1/budgets/${budget.id}`, body));
    expect(await change({ timezone: 'Pacific/Kiritimati' })).toMatchObject({ limit_usd: 15, spent_usd: 0 });
    expect(await change({ timezone: 'Europe/Berlin' })).toMatchObject({ limit_usd: 15 });
    expect(await change({ timezone: 'UTC', limit_usd: 12 })).toMatchObject({ limit_usd: 12 });
    await json(gateway.post(`/v1/budgets/${budget.id}/raise`, { by_usd: 5 }));
    expect(await change({ period: 'week' })).toMatchObject({ limit_usd: 12 });
  });

  it('is changed and deleted safely under load: a lower limit holds from the answer on', async () => {
    const budget = await create({ limit_usd: 5, scope: { client_id: 'changing' } });
    const tags = { 'x-client-id': 'changing' };
    gateway.fakes.openai.usually({ tokens: 100 });
    let going = true;
    const load = Array.from({ length: 16 }, async () => {
      while (going) await (await gateway.post(chat, hello({ max_tokens: 100 }), tags)).text();
    });
    await sleep(300);
    const { spent_usd: spent } = await read(budget.id);
    const lower = Math.round((spent + 0.05) * 1e6) / 1e6;
    const answer: Budget = await json(
      gateway.send('PATCH', `/v1/budgets/${budget.id}`, { limit_usd: lower, name: 'Lower' }),
    );
    // Calls go on until the change is made, and may have spent more than the new limit by then: nothing is added to it.
    const most = Math.max(lower, answer.spent_usd + answer.held_usd);
    for (let i = 0; i < 20; i++) {
      const now = await read(budget.id);
      expect(now.spent_usd + now.held_usd).toBeLessThanOrEqual(most + 1e-9);
      await sleep(25);
    }
    expect((await gateway.post(chat, hello({ max_tokens: 100 }), tags)).status).toBe(402);
    expect((await gateway.send('DELETE', `/v1/budgets/${budget.id}`)).status).toBe(204);
    expect((await gateway.post(chat, hello({ max_tokens: 100 }), tags)).status).toBe(200);
    going = false;
    await Promise.all(load);
    expect((await gateway.get(`/v1/budgets/${budget.id}`)).status).toBe(404);
  });

  it('says when it resets, in its own time zone', async () => {
    const berlin = await create({ limit_usd: 1, period: 'day', timezone: 'Europe/Berlin' });
    const format = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' });
    expect(format.format(new Date(String(berlin.resets_at)))).toBe('00:00');
    expect(format.format(new Date(berlin.period_start))).toBe('00:00');
    const total = await create({ limit_usd: 1, period: 'total' });
    expect(total.resets_at).toBeNull();
  });

  it('is refused where a field makes no sense, and the error names the field', async () => {
    const wrong: [object, string][] = [
      [{ limit_usd: 0 }, 'limit_usd'],
      [{ limit_usd: -1 }, 'limit_usd'],
      [{ limit_usd: 'NaN' }, 'limit_usd'],
      [{ limit_usd: 1e-12 }, 'limit_usd'],
      [{ limit_usd: 1e12 }, 'limit_usd'],
      [{ limit_usd: 1, timezone: 'Mars/Olympus' }, 'timezone'],
      [{ limit_usd: 1, period: 'year' }, 'period'],
      [{ limit_usd: 1, scope: { model: 'gpt-4o' } }, 'scope.model'],
      [{ limit_usd: 1, thresholds: [0] }, 'thresholds[0]'],
      [{ limit_usd: 1, colour: 'red' }, 'colour'],
    ];
    for (const [body, param] of wrong) {
      const { error } = await json<{ error: { param: string } }>(
        gateway.post('/v1/budgets', { name: 'x', ...body }),
        400,
      );
      expect(error.param).toBe(param);
    }
    const budget = await create({ limit_usd: '12.50' });
    expect(budget.limit_usd).toBe(12.5);
    expect((await gateway.send('PATCH', `/v1/budgets/${budget.id}`, { scope: {} })).status).toBe(400);
    expect((await gateway.send('PATCH', '/v1/budgets/bud_nobody', { name: 'x' })).status).toBe(404);
  });
});

describe('the largest and the smallest limit', () => {
  // A hundredth of it was counted in 64 bits, so every call under a budget of more than $92 million was a 500.
  it('is a billion dollars, which a call can pass, and which no raise exceeds', async () => {
    const { id } = await create({ limit_usd: 1_000_000_000, scope: { client_id: 'rich' } });
    expect((await gateway.post(chat, hello(), { 'x-client-id': 'rich' })).status).toBe(200);
    expect((await gateway.post(`/v1/budgets/${id}/raise`, { by_usd: 1_000_000_000 })).status).toBe(400);
  });

  // 1e-12 dollars were kept as a limit of nothing.
  it('is a nano-dollar, for a budget and for a scenario', async () => {
    expect((await create({ limit_usd: 1e-9 })).limit_usd).toBe(1e-9);
    for (const limit_usd of [1e-12, 5e-324, '0.000000000001'])
      expect((await gateway.post('/v1/budgets', { name: 'Nothing', limit_usd })).status).toBe(400);
    const limits = await gateway.send('PUT', '/v1/scenarios/small/limits', { max_usd_per_hour: 5e-324 });
    expect(limits.status).toBe(400);
  });
});

describe('checking a budget', () => {
  it('is free, and answers the remaining money and tokens', async () => {
    await create({ name: 'wide', limit_usd: 100 });
    const tight = await create({ name: 'tight', limit_usd: 8.75, scope: { client_id: 'checked' } });
    const answer = await check('client_id=checked&model=gpt-4o');
    expect(answer).toMatchObject({
      allowed: true,
      reason: 'ok',
      affordable_tokens: 875_000,
      tightest: { id: tight.id },
    });
    expect(answer.budgets.map(({ name }) => name).sort()).toEqual(['tight', 'wide']);
    expect(gateway.fakes.openai.requests).toHaveLength(0);
    expect((await check('client_id=nobody&model=gpt-4o')).tightest?.name).toBe('wide');
  });

  it('answers no when a short answer is not affordable', async () => {
    await create({ limit_usd: 0.0001, scope: { client_id: 'poor' } });
    expect(await check('client_id=poor&model=gpt-4o')).toMatchObject({
      allowed: false,
      reason: 'budget_exceeded',
      affordable_tokens: 10,
    });
    expect(await check('client_id=poor&model=gpt-4o&max_tokens=5')).toMatchObject({ allowed: true });
    expect(await check('client_id=rich')).toMatchObject({
      allowed: true,
      reason: 'ok',
      tightest: null,
      affordable_tokens: null,
    });
    expect((await gateway.get('/v1/budgets/check?model=gpt-99')).status).toBe(404);
    expect((await gateway.get('/v1/budgets/check?max_tokens=0')).status).toBe(400);
  });

  it('takes its tags from headers, path and key as a call does', async () => {
    const { id } = await create({ limit_usd: 1, scope: { client_id: 'tagged' } });
    const headers = await json<Check>(gateway.get('/v1/budgets/check', { 'x-client-id': 'tagged' }));
    const path = await json<Check>(gateway.get('/t/client=tagged/v1/budgets/check'));
    const query = await json<Check>(gateway.get('/v1/budgets/check?client_id=tagged', { 'x-client-id': 'another' }));
    for (const answer of [headers, path, query]) expect(answer.tightest?.id).toBe(id);
    const locked = await json<{ key: string }>(
      gateway.post('/v1/keys', { name: 'client’s own', tags: { client_id: 'tagged' }, locked_tags: ['client_id'] }),
      201,
    );
    const as = { authorization: `Bearer ${locked.key}` };
    expect((await json<Check>(gateway.get('/v1/budgets/check', as))).tightest?.id).toBe(id);
    expect((await gateway.get('/v1/budgets/check?client_id=other', as)).status).toBe(403);
  });
});
