import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await json(gateway.post('/v1/budgets', { name: 'Hard', scope: { client_id: 'hard' }, limit_usd: 10 }), 201);
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const hi = [{ role: 'user', content: 'Hi' }];
const search = (more: object = {}) => ({
  model: 'claude-sonnet-4-6',
  max_tokens: 200,
  tools: [{ type: 'web_search_20250305', name: 'web_search', ...more }],
  messages: hi,
});
/** A turn of the system that brings a tool along. */
const adds = (definition: unknown) => ({
  role: 'system',
  content: [{ type: 'tool_addition', tool: { type: 'tool_definition', definition } }],
});
const hard = { 'x-client-id': 'hard' };
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

  it('gets a bound where a turn of the system adds it too', async () => {
    const added = { ...search(), model: 'claude-opus-5-5', tools: [], messages: [...hi, adds(search().tools[0])] };
    gateway.fakes.anthropic.reply({ text: 'found', usage });
    expect((await gateway.post('/v1/messages', added, hard)).status).toBe(200);
    const { messages } = gateway.fakes.anthropic.requests[0]?.json ?? {};
    expect(messages).toEqual([...hi, adds({ ...search().tools[0], max_uses: 10 })]);
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
    [
      'code_execution of a turn',
      '/v1/messages',
      {
        ...search(),
        model: 'claude-opus-5-5',
        tools: [],
        messages: [...hi, adds({ type: 'code_execution_20250825', name: 'code_execution' })],
      },
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

describe('a search without a known fee', () => {
  it.each([
    'gpt-4o-search-preview',
    'gpt-4o-mini-search-preview',
    'gpt-4o-search-preview-2025-03-11',
    'gpt-5-search-api',
  ])('is refused under a blocking budget and flagged without one: %s', async (name) => {
    const body = { model: `openai/${name}`, messages: hi };
    const refused = await gateway.post(chat, body, hard);
    const { model } = gateway.fakes.openai.requests[0]?.json ?? {};
    // A retired one is its successor, which does not search.
    if (refused.status === 200) expect(model).not.toContain('search');
    else expect([refused.status, model]).toEqual([402, undefined]);
    gateway.fakes.reset();
    await (await gateway.post(chat, body, { 'x-client-id': name, 'x-gateway-fallback': 'none' })).text();
    const sent = String(gateway.fakes.openai.requests[0]?.json.model);
    expect((await last(name)).estimated).toBe(sent.includes('search'));
  });

  it.each([
    ['google_search', { google_search: {} }],
    ['googleSearch', { googleSearch: {} }],
    ['its type', { type: 'google_search' }],
    ['web_search', { type: 'web_search' }],
    ['web_search_preview', { type: 'web_search_preview' }],
  ])("Google's, asked for by %s, never goes out unpriced", async (_name, tool) => {
    for (const path of [chat, '/v1/responses', '/v1/messages']) {
      const body = { model: 'gemini-3.5-flash-lite', max_tokens: 50, messages: hi, input: 'Hi', tools: [tool] };
      const response = await gateway.post(path, body, hard);
      const text = await response.text();
      const sent = JSON.stringify(gateway.fakes.gemini.requests.map((request) => request.json));
      expect([path, response.status, /search/i.test(sent)], text).toEqual([path, response.status, false]);
      expect(response.status, text).toBeLessThan(500);
    }
  });
});
