import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/**
 * An agency adds 20 % to what the providers take. Its clients see billed amounts, and nothing that shows the difference. A call
 * costs $0.001 (100 tokens of gpt-4o at $10 a million), so the client is billed $0.0012.
 */
let gateway: TestGateway;
let receiver: Receiver;
type As = Record<string, string>;

const asKey = async (body: object): Promise<As & { id: string }> => {
  const { id, key } = await json<{ id: string; key: string }>(gateway.post('/v1/keys', { name: 'k', ...body }), 201);
  return { authorization: `Bearer ${key}`, id };
};
const headersOf = ({ authorization = '' }: As): As => ({ authorization });
const hundredTokens = (): void => gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 100 } });
const cost = 0.001;
const billed = 0.0012;
let locked: As & { id: string };
let owner: As & { id: string };

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
  receiver = await startReceiver();
  await json(
    gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 20, notes: 'secret note: pays late' }),
  );
  const bound = { tags: { client_id: 'acme' }, locked_tags: ['client_id'] };
  locked = await asKey({ role: 'caller', ...bound });
  owner = await asKey({ role: 'owner', ...bound });
});
afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

describe('a client’s own key', () => {
  it.each([
    ['a caller locked to the client', () => headersOf(locked)],
    ['an owner locked to the client', () => headersOf(owner)],
    [
      'a caller that names the client',
      async () => ({ ...headersOf(await asKey({ role: 'caller' })), 'x-client-id': 'acme' }),
    ],
  ])('gets billed amounts with its answers: %s', async (_who, as) => {
    const headers = await as();
    for (const [path, body] of [
      [chat, hello({ max_tokens: 100 })],
      ['/v1/responses', { model: 'gpt-4o', input: 'Hi', max_output_tokens: 100 }],
      ['/v1/messages', hello({ max_tokens: 100 })],
    ] as const) {
      hundredTokens();
      const answer = await gateway.post(path, body, headers);
      expect([path, answer.status, answer.headers.get('x-gateway-cost-usd')]).toEqual([path, 200, String(billed)]);
    }
    hundredTokens();
    const stream = await (await gateway.post(chat, hello({ stream: true, max_tokens: 100 }), headers)).text();
    expect(stream).toContain(`: gateway {"cost_usd":${billed}`);
  });

  it('gets the cost where the call’s client has no markup', async () => {
    const as = headersOf(await asKey({ role: 'caller' }));
    hundredTokens();
    const answer = await gateway.post(chat, hello({ max_tokens: 100 }), as);
    expect(answer.headers.get('x-gateway-cost-usd')).toBe(String(cost));
  });

  it('sees billed amounts in usage, calls and CSV, and no markup', async () => {
    for (const as of [locked, owner]) {
      const usage = await json<{ data: Record<string, unknown>[]; totals: Record<string, number> }>(
        gateway.get('/v1/usage/clients', headersOf(as)),
      );
      for (const row of [...usage.data, usage.totals]) expect(row.cost_usd).toBe(row.billable_usd);
      expect(usage.data).toMatchObject([{ client_id: 'acme', markup_percent: null }]);
      expect(usage.totals.cost_usd).toBeCloseTo((usage.totals.requests ?? 0) * billed, 9);
      const csv = await (await gateway.get('/v1/usage/clients?format=csv', headersOf(as))).text();
      const [names = [], row = []] = csv.split('\r\n').map((line) => line.split(','));
      expect(row[names.indexOf('cost_usd')]).toBe(row[names.indexOf('billable_usd')]);
      expect(row[names.indexOf('markup_percent')]).toBe('');
      const calls = await json<{ data: { cost_usd: number }[] }>(gateway.get('/v1/usage/requests', headersOf(as)));
      for (const call of calls.data) expect(call.cost_usd).toBe(billed);
      const list = await (await gateway.get('/v1/usage/requests?format=csv', headersOf(as))).text();
      expect(list).toContain(`,${billed},`);
      expect(list).not.toContain(`,${cost},`);
    }
    const whole = await json<{ data: object[] }>(gateway.get('/v1/usage/clients?client_id=acme'));
    expect(whole.data).toMatchObject([{ markup_percent: 20 }]);
  });

  it('sees neither the markup of its client nor the notes', async () => {
    for (const as of [locked, owner]) {
      const { data } = await json<{ data: object[] }>(gateway.get('/v1/clients', headersOf(as)));
      expect(data).toMatchObject([{ id: 'acme', markup_percent: null, notes: null }]);
    }
    expect(await json(gateway.get('/v1/clients/acme', headersOf(owner)))).toMatchObject({
      markup_percent: null,
      notes: null,
    });
    expect(await json(gateway.get('/v1/clients/acme'))).toMatchObject({ markup_percent: 20 });
  });

  it('sees, sets and gets alerts of its budgets in billed dollars', async () => {
    const as = headersOf(owner);
    await json(
      gateway.post('/v1/webhooks', { url: receiver.url, events: ['budget.exceeded', 'budget.threshold_reached'] }, as),
      201,
    );
    const budget = { name: 'own', limit_usd: 0.0024, thresholds: [50], scope: { client_id: 'acme', project: 'p' } };
    const { id } = await json<{ id: string }>(gateway.post('/v1/budgets', budget, as), 201);
    expect(await json(gateway.get(`/v1/budgets/${id}`))).toMatchObject({ limit_usd: 0.002 });
    expect(await json(gateway.get(`/v1/budgets/${id}`, as))).toMatchObject({
      limit_usd: 0.0024,
      remaining_usd: 0.0024,
    });
    hundredTokens();
    const answer = await gateway.post(chat, hello({ max_tokens: 100 }), { ...headersOf(locked), 'x-project': 'p' });
    expect(answer.headers.get('x-gateway-budget-remaining-usd')).toBe(String(billed));
    const shown = { limit_usd: 0.0024, spent_usd: billed, remaining_usd: billed, percent_used: 50 };
    expect(await json(gateway.get(`/v1/budgets/${id}`, as))).toMatchObject(shown);
    expect(await json(gateway.get('/v1/budgets/check?project=p', headersOf(locked)))).toMatchObject({
      tightest: shown,
      budgets: [shown],
    });
    const { data } = await eventually(async () => {
      const events = await json<{ data: object[] }>(gateway.get('/v1/events', as));
      expect(events.data).toHaveLength(1);
      return events;
    });
    expect(data).toMatchObject([{ data: { budget: { limit_usd: 0.0024, spent_usd: billed } } }]);
    const [delivered] = await receiver.waitFor(1);
    expect(JSON.parse(delivered?.body ?? '')).toMatchObject({
      data: { budget: { limit_usd: 0.0024, spent_usd: billed } },
    });
    await json(gateway.send('PATCH', `/v1/budgets/${id}`, { limit_usd: 0.0012 }, as));
    expect(await json(gateway.get(`/v1/budgets/${id}`))).toMatchObject({ limit_usd: 0.001 });
    const refused = await json<{ error: { message: string; details: object } }>(
      gateway.post(chat, hello({ max_tokens: 100 }), { ...headersOf(locked), 'x-project': 'p' }),
      402,
    );
    expect(refused.error.details).toMatchObject({ limit_usd: 0.0012, spent_usd: billed });
    expect(refused.error.message).not.toContain('0.001 ');
    await json(gateway.post(`/v1/budgets/${id}/raise`, { by_usd: 0.0012 }, as));
    expect(await json(gateway.get(`/v1/budgets/${id}`))).toMatchObject({ limit_usd: 0.002 });
    expect((await gateway.send('DELETE', `/v1/budgets/${id}`)).status).toBe(204);
  });

  it('reads billed amounts of every background answer', async () => {
    for (const asker of [headersOf(locked), { 'x-client-id': 'acme' }]) {
      hundredTokens();
      const { id } = await json<{ id: string }>(
        gateway.post(`${chat}/background`, hello({ callback_url: receiver.url, max_tokens: 100 }), asker),
        202,
      );
      await eventually(async () =>
        expect(await json(gateway.get(`${chat}/background/${id}`, headersOf(owner)))).toMatchObject({
          status: 'completed',
          cost_usd: billed,
        }),
      );
    }
  });

  it('gets invoices and credit notes without cost, markup or the reason of a void', async () => {
    const period = { client_id: 'acme', from: '2026-01-01', to: new Date().toISOString() };
    const invoice = await json<{ id: string; lines: { cost_usd: number }[] }>(
      gateway.post('/v1/invoices', period),
      201,
    );
    const note = await json<{ id: string }>(
      gateway.post(`/v1/invoices/${invoice.id}/void`, { reason: 'wrong markup of 20' }),
      201,
    );
    const real = invoice.lines[0]?.cost_usd ?? 0;
    for (const { id } of [invoice, note]) {
      const own = await json<{ lines: { cost_usd: number; amount: number }[] }>(
        gateway.get(`/v1/invoices/${id}`, headersOf(owner)),
      );
      expect(own).toMatchObject({ markup_percent: null, reason: null });
      expect(Math.abs(own.lines[0]?.cost_usd ?? 0)).toBeCloseTo(real * 1.2, 9);
      for (const format of ['csv', 'html']) {
        const text = await (await gateway.get(`/v1/invoices/${id}?format=${format}`, headersOf(owner))).text();
        expect(text).not.toContain(String(real));
        expect(text).not.toContain('wrong markup');
      }
    }
    const list = await (await gateway.get('/v1/invoices', headersOf(owner))).text();
    expect(list).not.toContain('wrong markup');
    expect(list).not.toContain(`"cost_usd":${real}`);
  });

  it('sets and reads limits of its scenarios, and prices of models, in billed dollars', async () => {
    const as = headersOf(owner);
    const limits = '/v1/scenarios/priced/limits';
    await json(gateway.post(chat, hello(), { 'x-client-id': 'acme', 'x-scenario-id': 'priced' }));
    expect(await json(gateway.get(limits, as))).toMatchObject({ max_usd_per_hour: 24 });
    expect(await json(gateway.send('PUT', limits, { max_usd_per_hour: 1 }, as))).toMatchObject({ max_usd_per_hour: 1 });
    expect(await json(gateway.get(limits, as))).toMatchObject({ max_usd_per_hour: 1 });
    expect(await json(gateway.get('/v1/models/gpt-6-sol'))).toMatchObject({ output_usd_per_mtok: 10 });
    for (const key of [as, headersOf(locked)]) {
      const model = await json<object>(gateway.get('/v1/models/gpt-6-sol', key));
      expect(model).toMatchObject({ input_usd_per_mtok: 2.4, output_usd_per_mtok: 12 });
      const { data } = await json<{ data: { id: string }[] }>(gateway.get('/v1/models', key));
      expect(data.find(({ id }) => id === 'gpt-6-sol')).toEqual(model);
      expect(model).toMatchObject({ display_name: 'gpt-6-sol · OpenAI · $2.40 / $12' });
    }
  });

  it('gets no price that a server adds to its answer', async () => {
    const models = [{ id: 'm1', input_usd_per_mtok: 1, output_usd_per_mtok: 10 }];
    const account = { base_url: gateway.fakes.openai.baseUrl, api_key: 'sk-canary-openai-4711' };
    await json(gateway.post('/v1/providers', { name: 'router', kind: 'openai-compatible', ...account, models }), 201);
    const reported = { prompt_tokens: 1, completion_tokens: 100, cost: 0.4242, cost_details: { upstream: 0.4545 } };
    for (const more of [{}, { stream: true, stream_options: { include_usage: true } }]) {
      const body = hello({ model: 'router/m1', ...more });
      for (const [headers, isShown] of [
        [headersOf(locked), false],
        [headersOf(owner), false],
        [{ 'x-client-id': 'acme' }, true],
      ] as const) {
        gateway.fakes.openai.reply({ text: 'the "cost": 0.1', usage: { raw: reported } });
        const text = await (await gateway.post(chat, body, headers)).text();
        expect(text).toContain('"completion_tokens":100');
        if (!('stream' in more)) expect(text).toContain('the \\"cost\\": 0.1');
        expect([text.includes('0.4242'), text.includes('0.4545')]).toEqual([isShown, isShown]);
      }
    }
    gateway.fakes.openai.reply({ text: 'x', usage: { raw: reported } });
    const { id } = await json<{ id: string }>(
      gateway.post(`${chat}/background`, hello({ model: 'router/m1', callback_url: receiver.url }), {
        'x-client-id': 'acme',
      }),
      202,
    );
    await eventually(async () =>
      expect(await (await gateway.get(`${chat}/background/${id}`)).text()).toContain('0.4242'),
    );
    expect(await (await gateway.get(`${chat}/background/${id}`, headersOf(owner))).text()).not.toContain('0.4242');
  });

  it('sees no amounts of a scenario that other clients may use', async () => {
    const as = headersOf(await asKey({ role: 'caller', tags: { scenario_id: 's1' }, locked_tags: ['scenario_id'] }));
    hundredTokens();
    await json(gateway.post(chat, hello({ max_tokens: 100 }), { ...as, 'x-client-id': 'acme' }));
    const list = await json<{ data: object[] }>(gateway.get('/v1/scenarios', as));
    expect(list.data).toMatchObject([{ id: 's1', spent_today_usd: 0, spent_period_usd: 0 }]);
  });
});
