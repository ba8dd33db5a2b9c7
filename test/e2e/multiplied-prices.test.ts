import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventsOf, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
let limit: { id: string };

beforeAll(async () => {
  gateway = await startTestGateway();
  limit = await json(gateway.post('/v1/budgets', { name: 'Hard', scope: { client_id: 'hard' }, limit_usd: 10 }), 201);
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const hi = [{ role: 'user', content: 'Hi' }];
const search = (more: object = {}) => ({
  model: 'claude-sonnet-4-5',
  max_tokens: 200,
  tools: [{ type: 'web_search_20250305', name: 'web_search', ...more }],
  messages: hi,
});
const hard = { 'x-client-id': 'hard' };
const costOf = (response: Response): number => Number(response.headers.get('x-gateway-cost-usd'));
const last = async (client: string): Promise<{ cost_usd: number; estimated: boolean }> => {
  const { data } = await json<{ data: { cost_usd: number; estimated: boolean }[] }>(
    gateway.get(`/v1/usage/requests?client_id=${client}`),
  );
  if (data[0] === undefined) throw new Error('no call');
  return data[0];
};

describe("a vendor's own search", () => {
  const usage = { raw: { input_tokens: 1000, output_tokens: 100, server_tool_use: { web_search_requests: 10 } } };

  it.each([false, true])('costs its fee for each use (streamed: %s)', async (stream) => {
    gateway.fakes.anthropic.reply({ text: 'found', usage });
    const response = await gateway.post(
      '/v1/messages',
      { ...search({ max_uses: 10 }), stream },
      { 'x-client-id': 'fee' },
    );
    await response.text();
    expect((await last('fee')).cost_usd).toBe(0.1045);
  });

  it('is held by the uses it may have', async () => {
    const { id } = await json<{ id: string }>(
      gateway.post('/v1/budgets', { name: 'Small', scope: { client_id: 'small' }, limit_usd: 0.09 }),
      201,
    );
    const response = await gateway.post('/v1/messages', search({ max_uses: 10 }), { 'x-client-id': 'small' });
    expect(response.status).toBe(402);
    expect(gateway.fakes.anthropic.requests).toHaveLength(0);
    expect(id).toBeTruthy();
  });

  it('gets a bound under a blocking budget', async () => {
    gateway.fakes.anthropic.reply({ text: 'found', usage });
    expect((await gateway.post('/v1/messages', search(), hard)).status).toBe(200);
    expect(gateway.fakes.anthropic.requests[0]?.json.tools).toMatchObject([{ max_uses: 10 }]);
    gateway.fakes.openai.usually({ text: 'found' });
    await gateway.post('/v1/responses', { model: 'gpt-4o', input: 'Hi', tools: [{ type: 'web_search' }] }, hard);
    expect(gateway.fakes.openai.requests[0]?.json.max_tool_calls).toBe(10);
  });

  it.each([
    [
      'code_interpreter',
      '/v1/responses',
      { model: 'gpt-4o', input: 'Hi', tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] },
    ],
    ['image_generation', '/v1/responses', { model: 'gpt-4o', input: 'Hi', tools: [{ type: 'image_generation' }] }],
    [
      'code_execution',
      '/v1/messages',
      { ...search(), tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] },
    ],
    ['a search model', chat, { model: 'openai/gpt-5-search-api', messages: hi }],
    [
      'sound',
      chat,
      {
        model: 'gpt-4o',
        messages: hi,
        modalities: ['text', 'audio'],
        audio: { voice: 'ash', format: 'wav' },
      },
    ],
  ])('%s has no known fee: a blocking budget refuses it, without one it is flagged', async (_name, path, body) => {
    const refused = await gateway.post(path, body, hard);
    expect(refused.status).toBe(402);
    expect(gateway.fakes.openai.requests.length + gateway.fakes.anthropic.requests.length).toBe(0);
    await (await gateway.post(path, body, { 'x-client-id': 'free', 'x-gateway-fallback': 'none' })).text();
    expect((await last('free')).estimated).toBe(true);
  });
});

describe('what multiplies a price', () => {
  it.each([
    ['service_tier', chat, { model: 'gpt-4o', messages: hi, service_tier: 'priority' }, 'openai'],
    ['service_tier', '/v1/responses', { model: 'gpt-4o', input: 'Hi', service_tier: 'priority' }, 'openai'],
    ['speed', '/v1/messages', { model: 'claude-opus-4-6', max_tokens: 50, messages: hi, speed: 'fast' }, 'anthropic'],
    [
      'inference_geo',
      '/v1/messages',
      { model: 'claude-opus-4-6', max_tokens: 50, messages: hi, inference_geo: 'us' },
      'anthropic',
    ],
  ] as const)('%s on %s is left out and named under a blocking budget', async (name, path, body, provider) => {
    const response = await gateway.post(path, body, hard);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-gateway-dropped-params')).toBe(name);
    expect(gateway.fakes[provider].requests[0]?.json).not.toHaveProperty(name);
    const strict = await gateway.post(path, body, { ...hard, 'x-gateway-strict': 'true' });
    expect(strict.status).toBe(400);
  });

  it('is priced as the vendor says it served the call, and flagged', async () => {
    const usage = { raw: { input_tokens: 1000, output_tokens: 1000, speed: 'fast', inference_geo: 'us' } };
    gateway.fakes.anthropic.reply({ text: 'fast', usage });
    const body = { model: 'claude-opus-4-6', max_tokens: 2000, messages: hi, speed: 'fast' };
    expect(costOf(await gateway.post('/v1/messages', body, { 'x-client-id': 'fast' }))).toBeCloseTo(0.198, 9);
    expect((await last('fast')).estimated).toBe(true);
  });
});

describe('what one call may hold', () => {
  it('is no more than the model can answer, and the holds of others are not an alarm', async () => {
    const { id } = await json<{ id: string }>(
      gateway.post('/v1/budgets', { name: 'Shared', scope: { client_id: 'shared' }, limit_usd: 0.17 }),
      201,
    );
    gateway.fakes.openai.fault({ kind: 'delay', ms: 1300 });
    const body = { model: 'gpt-4o', messages: hi, max_tokens: 90_000_000 };
    const first = gateway.post(chat, body, { 'x-client-id': 'shared' });
    await expect.poll(() => gateway.fakes.openai.requests.length).toBe(1);
    const budget = await json<{ held_usd: number }>(gateway.get(`/v1/budgets/${id}`));
    expect(budget.held_usd).toBeLessThan(0.165);
    const second = await gateway.post(chat, { ...body, model: 'gpt-4-turbo' }, { 'x-client-id': 'shared' });
    if (second.status === 402) expect(await eventsOf(gateway, `&type=budget.exceeded&budget_id=${id}`)).toHaveLength(0);
    await first;
    expect(await eventsOf(gateway, `&type=budget.exceeded&budget_id=${id}`)).toHaveLength(0);
  });

  it('a refusal says what is left in two decimals', async () => {
    await json(gateway.post('/v1/budgets', { name: 'Acme', scope: { client_id: 'tiny' }, limit_usd: 0.00001 }), 201);
    const { error } = await json<{ error: { message: string } }>(
      gateway.post(chat, { model: 'gpt-4o', messages: hi }, { 'x-client-id': 'tiny' }),
      402,
    );
    expect(error.message).toMatch(
      /^Budget "Acme" has \$0\.00001 of \$0\.00001 left, too little for this call\. Raise it, or wait for the reset on 1 \w+\.$/,
    );
    expect(limit.id).toBeTruthy();
  });
});
