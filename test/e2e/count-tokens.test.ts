import Anthropic from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const path = '/v1/messages/count_tokens';
const turn = (model: string, text = 'How many tokens does this sentence have?') => ({
  model,
  system: 'Be brief.',
  messages: [{ role: 'user' as const, content: text }],
});
const client = (apiKey = liveKey): Anthropic => new Anthropic({ apiKey, baseURL: gateway.url, maxRetries: 0 });

describe('count_tokens', () => {
  it.each(['gpt-4o', 'gemini-3.5-flash-lite'])('is counted by the gateway for %s', async (model) => {
    const { input_tokens } = await client().messages.countTokens(turn(model));
    expect(input_tokens).toBeGreaterThan(5);
    expect(input_tokens).toBeLessThan(30);
    const longer = await client().messages.countTokens(turn(model, 'word '.repeat(1000)));
    expect(longer.input_tokens).toBeGreaterThan(900);
    expect(gateway.fakes.openai.requests).toHaveLength(0);
    expect(gateway.fakes.gemini.requests).toHaveLength(0);
  });

  it('is relayed to Anthropic for its own models, without the gateway’s own fields', async () => {
    const response = await gateway.post(
      path,
      {
        ...turn('anthropic/claude-sonnet-4-6'),
        metadata: { client_id: 'acme' },
        fallback_models: ['gpt-4o'],
        max_tokens: 5,
      },
      { 'anthropic-beta': 'some-beta' },
    );
    expect(response.status).toBe(200);
    expect(response.headers.get('x-gateway-provider')).toBe('anthropic');
    // Once these were missing, though every answer of a model endpoint has them.
    expect(['model', 'attempts', 'route', 'cost-usd'].map((name) => response.headers.get(`x-gateway-${name}`))).toEqual(
      ['claude-sonnet-4-6', '1', 'asked for', '0'],
    );
    const [request] = gateway.fakes.anthropic.requests;
    expect(request?.json).toEqual(turn('claude-sonnet-4-6'));
    expect(request?.headers['anthropic-beta']).toBe('some-beta');
  });

  it("passes on Anthropic's refusal of the request", async () => {
    const response = await gateway.post(path, { ...turn('claude-sonnet-4-6'), nonsense: 1 });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'nonsense: Extra inputs are not permitted' },
    });
  });

  it.each([
    { kind: 'status', status: 529 },
    { kind: 'status', status: 429 },
    { kind: 'status', status: 401 },
    { kind: 'reset' },
    { kind: 'body', body: '<html>' },
  ] as const)('is counted by the gateway where Anthropic cannot answer: $kind $status', async (fault) => {
    gateway.fakes.anthropic.fault(fault);
    const { input_tokens } = await client().messages.countTokens(turn('claude-sonnet-4-6'));
    expect(input_tokens).toBeGreaterThan(5);
    // The provider's health is not affected either.
    expect((await gateway.post('/v1/messages', { ...turn('claude-sonnet-4-6'), max_tokens: 5 })).status).toBe(200);
  });

  it('works with a test key, and asks no provider', async () => {
    const { input_tokens } = await client(testKey).messages.countTokens(turn('claude-sonnet-4-6'));
    expect(input_tokens).toBeGreaterThan(5);
    expect(gateway.fakes.anthropic.requests).toHaveLength(0);
  });

  it('leaves no call on record and costs nothing', async () => {
    const before = await (await gateway.get('/v1/usage/clients')).json();
    await client().messages.countTokens(turn('claude-sonnet-4-6'));
    await client().messages.countTokens(turn('gpt-4o'));
    expect(await (await gateway.get('/v1/usage/clients')).json()).toEqual(before);
  });

  it.each([
    [{ model: 'gpt-4o' }, 'messages'],
    [{ ...turn('gpt-4o'), messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
    [turn(''), 'model'],
  ])('names the field at fault in %j', async (body, param) => {
    const response = await gateway.post(path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: 'error', error: { param } });
  });

  it('names an unknown model', async () => {
    const response = await gateway.post(path, turn('gpt-nope'));
    expect(await response.json()).toMatchObject({ error: { type: 'not_found_error', code: 'model_not_found' } });
  });
});

describe('the first event of a message stream', () => {
  const starts = async (model: string, key = liveKey): Promise<{ first: number; last: number | null }> => {
    let first = -1;
    const stream = client(key).messages.stream({ ...turn(model), max_tokens: 50 });
    stream.on('streamEvent', (event) => {
      if (event.type === 'message_start') first = event.message.usage.input_tokens;
    });
    const last = (await stream.finalMessage()).usage.input_tokens;
    return { first, last };
  };

  it.each(['gpt-4o', 'gemini-3.5-flash-lite'] as const)(
    'has an estimate of the input tokens with %s, the last one the true figure',
    async (model) => {
      const fake = model === 'gpt-4o' ? gateway.fakes.openai : gateway.fakes.gemini;
      fake.reply({ text: 'Hello there', usage: { input: 777, output: 3 } });
      const { first, last } = await starts(model);
      expect(last).toBe(777);
      expect(first).toBeGreaterThan(5);
      expect(first).toBeLessThan(778);
    },
  );

  it('never has 0 tokens, also for a prompt of one word', async () => {
    gateway.fakes.openai.reply({ text: 'Hello', usage: 'none' });
    const stream = client().messages.stream({
      model: 'gpt-4o',
      max_tokens: 5,
      messages: [{ role: 'user', content: 'a' }],
    });
    const starts: number[] = [];
    stream.on('streamEvent', (event) => {
      if (event.type === 'message_start') starts.push(event.message.usage.input_tokens);
    });
    await stream.finalMessage();
    expect(starts).toEqual([expect.any(Number)]);
    expect(starts[0]).toBeGreaterThan(0);
  });

  it('has the billed count in the sandbox', async () => {
    const { first, last } = await starts('gpt-4o', testKey);
    expect(first).toBe(last);
    expect(first).toBeGreaterThan(0);
  });
});
