import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventsOf, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
let limit: { id: string };

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
  limit = await json(gateway.post('/v1/budgets', { name: 'Hard', scope: { client_id: 'hard' }, limit_usd: 10 }), 201);
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const hi = [{ role: 'user', content: 'Hi' }];
const hard = { 'x-client-id': 'hard' };
const costOf = (response: Response): number => Number(response.headers.get('x-gateway-cost-usd'));
const last = async (client: string): Promise<{ cost_usd: number; estimated: boolean }> => {
  const { data } = await json<{ data: { cost_usd: number; estimated: boolean }[] }>(
    gateway.get(`/v1/usage/requests?client_id=${client}`),
  );
  if (data[0] === undefined) throw new Error('no call');
  return data[0];
};

describe('a parameter that multiplies the price', () => {
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

  it('is priced by the vendor’s report, and flagged', async () => {
    const usage = { raw: { input_tokens: 1000, output_tokens: 1000, speed: 'fast', inference_geo: 'us' } };
    gateway.fakes.anthropic.reply({ text: 'fast', usage });
    const body = { model: 'claude-opus-4-6', max_tokens: 2000, messages: hi, speed: 'fast' };
    expect(costOf(await gateway.post('/v1/messages', body, { 'x-client-id': 'fast' }))).toBeCloseTo(0.198, 9);
    expect((await last('fast')).estimated).toBe(true);
  });
});

describe('usage that Claude reports beside its totals', () => {
  const step = (type: string, input: number, output: number, more: object = {}) => {
    return { type, input_tokens: input, output_tokens: output, ...more };
  };
  // Haiku 4.5 costs $1 and $5, Opus 4.6 $5 and $25: the answer itself is $0.03.
  it.each([
    ['a summary of the conversation', step('compaction', 60_000, 600), 0.093, false],
    ['advice', step('advisor_message', 2_000, 400, { model: 'claude-opus-4-6' }), 0.05, false],
    ['advice of an unknown model', step('advisor_message', 2_000, 400, { model: 'claude-unheard-of' }), 0.03, true],
  ])('%s, plain and streamed', async (name, beside, cost, estimated) => {
    const totals = { input_tokens: 10_000, output_tokens: 4_000 };
    const raw = { ...totals, iterations: [beside, { type: 'message', ...totals }] };
    for (const stream of [false, true]) {
      gateway.fakes.anthropic.reply({ text: 'done', usage: { raw } });
      const client = `${name} ${stream}`.replaceAll(' ', '-');
      const body = { model: 'claude-haiku-4-5', max_tokens: 5_000, messages: hi, stream };
      await (await gateway.post('/v1/messages', body, { 'x-client-id': client })).text();
      expect(await last(client), `streamed: ${stream}`).toMatchObject({ cost_usd: cost, estimated });
    }
  });
});

const frames = (...events: object[]): string => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
const whole = (body: object) => ({ kind: 'body', body: JSON.stringify(body) }) as const;
const streamed = (body: string) => ({ kind: 'body', body, contentType: 'text/event-stream' }) as const;

describe('usage that OpenAI reports outside of usage', () => {
  const output = [
    { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'a' } },
    { type: 'web_search_call', id: 'ws_2', status: 'completed', action: { type: 'search', query: 'b' } },
    { type: 'web_search_call', id: 'ws_3', status: 'completed', action: { type: 'open_page', url: 'https://a.test' } },
    { type: 'file_search_call', id: 'fs_1', status: 'completed', queries: ['c'] },
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Found', annotations: [] }],
    },
  ];
  const usage = { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 };
  const response = (more: object) => ({
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: 'gpt-4o',
    output,
    usage,
    ...more,
  });
  const completion = (more: object) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'gpt-4o',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
    ...more,
  });
  const message = output.slice(-1);
  // 1,000 tokens in and 100 out cost $0.0035; a search of the web is a cent, one of files a quarter of it.
  it.each([
    ['searches', response({}), 0.026, false],
    ['the tier "flex"', response({ output: message, service_tier: 'flex' }), 0.00175, true],
    ['the tier "priority"', response({ output: message, service_tier: 'priority' }), 0.007, true],
    ['the tier "default"', response({ output: message, service_tier: 'default' }), 0.0035, false],
    ['a tier, which changes no fee', response({ service_tier: 'priority' }), 0.0295, true],
  ])('%s, on /v1/responses, plain and streamed', async (name, answer, cost, estimated) => {
    const body = { model: 'gpt-4o', input: 'Hi', tools: [{ type: 'web_search' }] };
    const events = frames(
      { type: 'response.created', response: { ...answer, output: [], usage: null } },
      { type: 'response.completed', response: answer },
    );
    for (const stream of [false, true]) {
      gateway.fakes.openai.fault(stream ? streamed(events) : whole(answer));
      const client = `says ${name} ${stream}`.replaceAll(/\W+/g, '-');
      await (await gateway.post('/v1/responses', { ...body, stream }, { 'x-client-id': client })).text();
      expect(await last(client)).toMatchObject({ cost_usd: cost, estimated });
    }
  });

  it.each([
    ['flex', 0.00175],
    ['priority', 0.007],
    ['default', 0.0035],
  ])('the tier "%s", on chat and on messages, plain and streamed', async (tier, cost) => {
    const answer = completion({ service_tier: tier });
    const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gpt-4o', service_tier: tier };
    const events = `${frames(
      {
        ...head,
        choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: null }],
        usage: null,
      },
      { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: null },
      { ...head, choices: [], usage: answer.usage },
    )}data: [DONE]\n\n`;
    for (const path of [chat, '/v1/messages'])
      for (const stream of [false, true]) {
        gateway.fakes.openai.fault(stream ? streamed(events) : whole(answer));
        const client = `tier-${tier}-${path === chat}-${stream}`;
        const body = { model: 'gpt-4o', max_tokens: 100, messages: hi, stream };
        await (await gateway.post(path, body, { 'x-client-id': client })).text();
        expect(await last(client), `${path} ${stream}`).toMatchObject({
          cost_usd: cost,
          estimated: tier !== 'default',
        });
      }
  });

  it('the tier of a server that is no vendor multiplies neither the cost nor what a kept answer saves', async () => {
    const model = { id: 'house-model', input_usd_per_mtok: 2.5, output_usd_per_mtok: 10 };
    const own = {
      name: 'own',
      kind: 'openai-compatible',
      base_url: gateway.fakes.openai.baseUrl,
      api_key: 'sk-canary-openai-4711',
    };
    await json(gateway.post('/v1/providers', { ...own, models: [model] }), 201);
    gateway.fakes.openai.fault(whole(completion({ service_tier: 'priority' })));
    const ask = () =>
      gateway.post(chat, { model: 'own/house-model', messages: hi }, { 'x-gateway-cache': 'ttl=60, scope=workspace' });
    const first = await ask();
    expect(first.status).toBe(200);
    await first.text();
    expect(costOf(first)).toBe(0.0035);
    expect((await ask()).headers.get('x-gateway-saved-usd')).toBe('0.0035');
  });

  // "like reasoning tokens, these tokens are still counted in the total completion tokens for purposes of billing" (OpenAI's API
  // reference, `rejected_prediction_tokens`).
  it('has rejected predictions, which are held and paid', async () => {
    const prediction = { type: 'content', content: 'word '.repeat(7_500) };
    const body = { model: 'gpt-4o', max_tokens: 100, messages: hi, prediction };
    const limitTo = (name: string, limit_usd: number) =>
      json(gateway.post('/v1/budgets', { name, scope: { client_id: name }, limit_usd }), 201);
    await limitTo('predicts-little', 0.07);
    await limitTo('predicts', 0.12);
    expect((await gateway.post(chat, body, { 'x-client-id': 'predicts-little' })).status).toBe(402);
    expect(gateway.fakes.openai.requests).toHaveLength(0);
    gateway.fakes.openai.fault(
      whole(
        completion({
          usage: {
            prompt_tokens: 1000,
            completion_tokens: 7_600,
            completion_tokens_details: { accepted_prediction_tokens: 90, rejected_prediction_tokens: 7_500 },
          },
        }),
      ),
    );
    expect((await gateway.post(chat, body, { 'x-client-id': 'predicts' })).status).toBe(200);
    expect((await last('predicts')).cost_usd).toBe(0.0785);
  });
});

describe('sound', () => {
  const part = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } };
  const spoken = [{ role: 'user', content: [part] }];
  it('is held at the rate of sound where that is higher', async () => {
    await json(gateway.post('/v1/budgets', { name: 'Sound', scope: { client_id: 'loud' }, limit_usd: 0.28 }), 201);
    // The window of the model may all be sound: a million tokens at $0.30, where text costs $0.10.
    const ask = (messages: object[]) =>
      gateway.post(chat, { model: 'gemini-2.5-flash-lite', messages, max_tokens: 20 }, { 'x-client-id': 'loud' });
    expect((await ask(spoken)).status).toBe(402);
    const film = { type: 'file', file: { file_data: 'data:video/mp4;base64,AAAA', filename: 'a.mp4' } };
    expect((await ask([{ role: 'user', content: [film] }])).status).toBe(402);
    const page = { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' } };
    expect((await ask([{ role: 'user', content: [page] }])).status).toBe(200);
  });

  it.each([
    ['a part', spoken],
    ['a part of an earlier message', [...spoken, { role: 'assistant', content: 'Yes' }, ...hi]],
  ])('without a rate is refused under a blocking budget and flagged without one: %s', async (_name, messages) => {
    const body = { model: 'gpt-4o', messages };
    expect((await gateway.post(chat, body, hard)).status).toBe(402);
    expect(gateway.fakes.openai.requests).toHaveLength(0);
    expect((await gateway.post(chat, body, { 'x-client-id': 'hears' })).status).toBe(200);
    expect((await last('hears')).estimated).toBe(true);
  });

  it.each([false, true])('is settled at the rate of sound (streamed: %s)', async (stream) => {
    const raw = {
      promptTokenCount: 1000,
      candidatesTokenCount: 100,
      totalTokenCount: 1100,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 400 },
        { modality: 'AUDIO', tokenCount: 600 },
      ],
    };
    gateway.fakes.gemini.reply({ text: 'Hi', usage: { raw } });
    await (
      await gateway.post(
        chat,
        { model: 'gemini-2.5-flash-lite', messages: spoken, stream },
        { 'x-client-id': `g-${stream}` },
      )
    ).text();
    expect((await last(`g-${stream}`)).cost_usd).toBe(0.00026);
  });
});

describe('the hold of one call', () => {
  it('is no more than the model can answer, and holds of other calls raise no alert', async () => {
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

  it('shows in a refusal with two decimals', async () => {
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
