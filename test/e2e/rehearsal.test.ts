import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, eventually, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
const test = { authorization: `Bearer ${testKey}` };

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const asked = (text: string, more: object = {}) => ({
  model: 'gpt-4o',
  max_tokens: 50,
  messages: [{ role: 'user', content: text }],
  ...more,
});

describe('sandbox:cost', () => {
  it.each([
    ['/v1/chat/completions', asked('sandbox:cost 4.00')],
    ['/v1/messages', asked('sandbox:cost 4.00')],
    ['/v1/responses', { model: 'gpt-4o', input: 'sandbox:cost 4.00' }],
    [
      '/v1/chat/completions',
      asked('x', {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: [{ type: 'text', text: ' sandbox:cost 4 ' }] },
        ],
      }),
    ],
  ])('makes a test call cost that much on %s', async (path, body) => {
    const response = await gateway.post(path, body, test);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-gateway-cost-usd')).toBe('4');
    const streamed = await (await gateway.post(path, { ...body, stream: true }, test)).text();
    expect(streamed).toMatch(/: gateway \{"cost_usd":4[,}]/);
  });

  it('fills a budget, sends its alerts, and is refused at its end', async () => {
    const budget = await json<{ id: string }>(
      gateway.post('/v1/budgets', { name: 'Trial', scope: { client_id: 'acme' }, limit_usd: 10 }, test),
      201,
    );
    const call = (): Promise<Response> =>
      gateway.post('/v1/chat/completions', asked('sandbox:cost 4.00'), { ...test, 'x-client-id': 'acme' });
    expect([(await call()).status, (await call()).status]).toEqual([200, 200]);
    expect(await json(gateway.get(`/v1/budgets/${budget.id}`, test))).toMatchObject({
      spent_usd: 8,
      status: 'warning',
    });
    expect((await call()).status).toBe(402);
    await eventually(async () => {
      const events = (
        await json<{ data: { type: string; data: { percent: number } }[] }>(
          gateway.get(`/v1/events?budget_id=${budget.id}`, test),
        )
      ).data;
      expect(events.map(({ type, data }) => [type, data.percent]).sort()).toEqual([
        ['budget.exceeded', 100],
        ['budget.threshold_reached', 80],
      ]);
    });
    expect(await eventsOf(gateway)).toEqual([]);
  });

  it.each(['what is sandbox:cost 4?', 'sandbox:costs', 'sandbox: cost'])(
    'is a text like any other otherwise: %s',
    async (text) => {
      const response = await gateway.post('/v1/chat/completions', asked(text), test);
      expect(Number(response.headers.get('x-gateway-cost-usd'))).toBeLessThan(0.01);
    },
  );

  it('has no effect with a live key', async () => {
    const response = await gateway.post('/v1/chat/completions', asked('sandbox:cost 4.00'));
    expect(Number(response.headers.get('x-gateway-cost-usd'))).toBeLessThan(0.01);
  });
});

describe.each([
  ['/v1/chat/completions', (text: string) => asked(text), 'messages'],
  ['/v1/messages', (text: string) => asked(text), 'messages'],
  ['/v1/responses', (text: string) => ({ model: 'gpt-4o', input: text }), 'input'],
] as const)('a wish that the sandbox cannot grant, on %s', (path, body, param) => {
  it.each([
    ['sandbox:cost $4', 'sandbox:cost 4.00'],
    ['sandbox:cost', 'sandbox:cost 4.00'],
    ['sandbox:cost -4', 'sandbox:cost 4.00'],
    ['sandbox:cost 4 please', 'sandbox:cost 4.00'],
    ['Sandbox:Cost 1e9', 'sandbox:cost 4.00'],
    ['sandbox:error abc', 'sandbox:error 429'],
    ['sandbox:error', 'sandbox:error 429'],
    ['sandbox:error 200', 'from 400 to 599'],
  ])('is refused, with what it may say: %s', async (text, allowed) => {
    for (const stream of [false, true]) {
      const response = await gateway.post(path, { ...body(text), stream }, test);
      const { error } = (await response.json()) as { error: { message: string; code: string; param: string } };
      expect([response.status, error.code, error.param]).toEqual([400, 'invalid_request', param]);
      expect(error.message).toContain(allowed);
    }
    // It is nobody's wish with a live key.
    expect((await gateway.post(path, body(text))).status).toBe(200);
  });
});

describe('the page that a paused scenario leads to', () => {
  const paused = async (): Promise<string> => {
    await gateway.post('/v1/chat/completions', asked('Hi'), { 'x-scenario-id': 'my <b>flow' });
    await json(gateway.post(`/v1/scenarios/${encodeURIComponent('my <b>flow')}/pause`, { reason: 'a test' }));
    const refused = await gateway.post('/v1/chat/completions', asked('Hi'), { 'x-scenario-id': 'my <b>flow' });
    expect(refused.status).toBe(423);
    const { error } = (await refused.json()) as { error: { message: string; details: { resume_url: string } } };
    expect(error.message).toContain(error.details.resume_url);
    return error.details.resume_url;
  };

  it('opens in a browser without a key, runs its own script only, and shows names as text', async () => {
    const response = await fetch(await paused(), { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(html).toContain('my &lt;b&gt;flow');
    const script = /<script>([\s\S]*)<\/script>/.exec(html)?.[1] ?? '';
    expect(response.headers.get('content-security-policy')).toContain(
      `script-src 'sha256-${hash('sha256', script, 'base64')}'`,
    );
  });

  it('grants nothing: what it sends needs a key that may resume', async () => {
    const url = await paused();
    const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: 'caller' }), 201);
    expect((await fetch(url, { method: 'POST' })).status).toBe(401);
    expect((await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${key}` } })).status).toBe(403);
    const resumed = await gateway.post(new URL(url).pathname, '{}');
    expect(await json(resumed)).toMatchObject({ state: 'running' });
  });

  it('opens for a client that names no type, such as curl', async () => {
    for (const headers of [{}, { accept: '*/*' }] as Record<string, string>[]) {
      const response = await fetch(await paused(), { headers });
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    }
  });

  it('is for people, and a program that asks for JSON gets 404', async () => {
    const response = await fetch(await paused(), { headers: { accept: 'application/json' } });
    expect(response.status).toBe(404);
    expect(await response.json()).toHaveProperty('error.code', 'not_found');
  });
});

describe('sandbox:error', () => {
  it.each([429, 500, 503])('%i rests nothing: the next call is answered, however many failed', async (status) => {
    for (let i = 0; i < 7; i++) {
      const failed = await gateway.post('/v1/chat/completions', asked(`sandbox:error ${status}`), test);
      expect(await failed.text()).toContain(`the sandbox was asked for status ${status}`);
      expect(failed.headers.get('x-gateway-provider')).toBe('sandbox');
    }
    expect((await gateway.post('/v1/chat/completions', asked('Hello'), test)).status).toBe(200);
  });
});
