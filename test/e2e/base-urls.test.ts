import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const bases = ['', '/', '/v1', '/v1/', '/v1/v1', '//v1', '/v1//'];
const tagged = bases.map((base) => `/t/client=acme${base}`);

describe.each([...bases, ...tagged])('the base URL "%s"', (base) => {
  it("works with OpenAI's package", async () => {
    const client = new OpenAI({ apiKey: liveKey, baseURL: `${gateway.url}${base}`, maxRetries: 0 });
    gateway.fakes.openai.reply({ text: 'one' }, { text: 'two' });
    const answer = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(answer.choices[0]?.message.content).toBe('one');
    const response = await client.responses.create({ model: 'gpt-4o', input: 'Hi' });
    expect(response.output_text).toBe('two');
    expect((await client.models.list()).data.length).toBeGreaterThan(3);
    expect((await client.models.retrieve('gpt-4o')).id).toBe('gpt-4o');
    const { data } = await client.embeddings.create({ model: 'text-embedding-3-small', input: 'Hi' });
    expect(data).toHaveLength(1);
  });

  it("works with Anthropic's package", async () => {
    const client = new Anthropic({ apiKey: liveKey, baseURL: `${gateway.url}${base}`, maxRetries: 0 });
    gateway.fakes.anthropic.reply({ text: 'one' });
    const answer = await client.messages.create({
      model: 'claude-sonnet-4-6',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(answer.content).toMatchObject([{ text: 'one' }]);
    expect(answer._request_id).toMatch(/^req_/);
  });
});

it('keeps the tags of a path before a base URL of any form', async () => {
  gateway.fakes.openai.reply({ text: 'one' });
  const response = await gateway.post('//t/client=beta,scenario=7//v1//chat/completions?x=1', {
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'Hi' }],
  });
  expect(response.status).toBe(200);
  const usage = await gateway.get('/t/client=beta/v1/usage/requests?client_id=beta');
  expect(await usage.json()).toMatchObject({ data: [{ client_id: 'beta', scenario_id: '7' }] });
});

// The slash went into the name of the model, whose address takes all the rest of a path.
it('a slash at the end of a model’s address means nothing', async () => {
  for (const name of ['gpt-4o', 'openai/gpt-4o', 'openai%2Fgpt-4o', 'auto:cost']) {
    const found = await (await gateway.get(`/v1/models/${name}`)).json();
    expect(await (await gateway.get(`/v1/models/${name}/`)).json()).toEqual(found);
    expect(found).toMatchObject({ id: decodeURIComponent(name) });
  }
});

it('the gateway’s own endpoints need the exact path', async () => {
  expect((await gateway.get('/budgets')).status).toBe(404);
  expect((await gateway.get('//healthz')).status).toBe(200);
  const unknown = await gateway.get('/nope');
  expect(await unknown.json()).toMatchObject({
    error: { code: 'not_found', message: 'Unknown endpoint GET /nope. See /docs for the list.' },
  });
});

const messagesPaths = [
  '/v1/messages',
  '/messages',
  '/v1/v1/messages',
  '/t/client=a/v1/messages',
  '/v1/messages/batches',
  '//v1/messages/x/y',
];

describe("Anthropic's shape, words and request id", () => {
  it.each(messagesPaths)('refuses a wrong key on %s', async (path) => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'x-api-key': `gw_live_${'x'.repeat(40)}`, 'content-type': 'application/json' },
      body: '{}',
    });
    const body = (await response.json()) as { request_id: string };
    expect(body).toMatchObject({
      type: 'error',
      error: { type: expect.stringMatching(/authentication_error|not_found_error/) },
    });
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'));
    expect(body.request_id).toBe(response.headers.get('request-id'));
  });

  it.each([
    ['a body that is not JSON', '{', {}],
    ['a compressed body', '{}', { 'content-encoding': 'gzip' }],
    ['a wrong content type', '{}', { 'content-type': 'text/plain' }],
    ['an unknown model', { model: 'nope', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] }, {}],
    [
      'a provider that fails',
      { model: 'claude-sonnet-4-6', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] },
      {},
    ],
  ] as const)('refuses %s', async (_name, body, headers) => {
    gateway.fakes.anthropic.always({ kind: 'status', status: 500 });
    const response = await gateway.post('/v1/messages', body, { 'x-gateway-fallback': 'none', ...headers });
    expect(response.status).toBeGreaterThan(399);
    const read = await response.json();
    expect(read).toMatchObject({ type: 'error', request_id: response.headers.get('x-request-id') });
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'));
  });

  it('gives a stream its id, and asks proxies not to gather it', async () => {
    gateway.fakes.anthropic.reply({ text: 'Hello' });
    const response = await gateway.post('/v1/messages', {
      model: 'claude-sonnet-4-6',
      max_tokens: 5,
      stream: true,
      messages: [{ role: 'user', content: 'x' }],
    });
    await response.text();
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'));
    expect(response.headers.get('x-accel-buffering')).toBe('no');
  });

  it('is used on the paths of Anthropic only', async () => {
    const response = await gateway.post('/v1/chat/completions', {});
    expect(response.headers.get('request-id')).toBeNull();
    expect(await response.json()).not.toHaveProperty('type');
  });
});

describe('a wrong key', () => {
  it.each([
    ['missing', {}],
    ['unknown', { authorization: `Bearer gw_live_${'x'.repeat(40)}` }],
    ['no key at all', { authorization: 'Bearer sk-123' }],
    ['given twice, differently', { authorization: `Bearer ${liveKey}`, 'x-api-key': `gw_live_${'x'.repeat(40)}` }],
  ])('is refused in the words OpenAI uses: %s', async (_name, headers) => {
    for (const path of ['/v1/models', '/v1/budgets', '/models']) {
      const response = await fetch(`${gateway.url}${path}`, { headers });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({
        error: { code: 'invalid_api_key', message: expect.stringMatching(/^Incorrect API key provided/) },
      });
    }
  });
});
