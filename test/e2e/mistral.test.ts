import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fakeKeys } from '../support/fakes/start-fakes.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ MISTRAL_API_KEY: fakeKeys.mistral });
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const model = 'mistral-small-2603';
const say = (content: string) => [{ role: 'user', content }];
const bodies = {
  '/v1/chat/completions': { model, messages: say('Hi') },
  '/v1/responses': { model, input: 'Hi' },
  '/v1/messages': { model, max_tokens: 100, messages: say('Hi') },
};
const paths = Object.entries(bodies);

async function rows(client: string): Promise<Record<string, unknown>[]> {
  const response = await gateway.get(`/v1/usage/requests?client_id=${client}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { data: Record<string, unknown>[] }).data;
}

describe('a call to Mistral', () => {
  it.each(paths)('%s is answered in the dialect it came in', async (path, body) => {
    const response = await gateway.post(path, body);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-gateway-provider')).toBe('mistral');
    expect(await response.text()).toContain('You said: Hi');
    expect(gateway.fakes.mistral.requests).toMatchObject([
      { path: '/v1/chat/completions', headers: { authorization: `Bearer ${fakeKeys.mistral}` }, json: { model } },
    ]);
  });

  it.each(paths)('%s streams, though its network cuts every character', async (path, body) => {
    gateway.fakes.mistral.splitBytes = 3;
    gateway.fakes.mistral.reply({ text: 'Grüße 🌍', reasoning: 'Hm, 世界.', usage: { input: 5, output: 9 } });
    const response = await gateway.post(path, { ...body, stream: true });
    const text = await response.text();
    const words = [...text.matchAll(/"(?:content|delta|text)":"([^"]*)"/g)].map(([, word]) => word).join('');
    expect(words).toContain('Grüße 🌍');
    expect(text).toContain('世界');
  });

  it('calls a tool and reads its result, with ids of another vendor', async () => {
    const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
    const asked = { model, messages: say('Weather in Paris?'), tools, tool_choice: 'required' };
    const first = (await (await gateway.post('/v1/chat/completions', asked)).json()) as {
      choices: { message: { tool_calls: { id: string }[] } }[];
    };
    const message = first.choices[0]?.message;
    expect(message?.tool_calls).toMatchObject([{ function: { name: 'weather', arguments: '{"city":"Paris"}' } }]);
    const other = { id: 'call_of_another_vendor_1', type: 'function', function: { name: 'weather', arguments: '{}' } };
    const second = await gateway.post('/v1/chat/completions', {
      ...asked,
      tool_choice: 'auto',
      messages: [
        ...say('Weather in Paris?'),
        message,
        { role: 'tool', tool_call_id: message?.tool_calls[0]?.id, content: 'Sun' },
        { role: 'assistant', content: null, tool_calls: [other] },
        { role: 'tool', tool_call_id: other.id, content: 'Rain' },
        ...say('Which is it?'),
      ],
    });
    expect([second.status, await second.text()]).toEqual([200, expect.stringContaining('Which is it?')]);
  });

  it('answers by a schema, and thinks when asked to', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const structured = await gateway.post('/v1/chat/completions', {
      model,
      messages: say('Where?'),
      response_format: { type: 'json_schema', json_schema: { name: 'place', schema } },
    });
    expect(JSON.stringify(await structured.json())).toContain('{\\"city\\":\\"Paris\\"}');
    const thought = await gateway.post('/v1/chat/completions', {
      model,
      messages: say('Hi'),
      reasoning_effort: 'medium',
    });
    expect(await thought.json()).toMatchObject({
      choices: [{ message: { content: 'You said: Hi', reasoning_content: 'Let me think.' } }],
    });
  });

  it('makes vectors, as numbers or in base64', async () => {
    const body = { model: 'mistral-embed', input: ['a', 'b'] };
    const plain = await gateway.post('/v1/embeddings', body);
    expect(await plain.json()).toMatchObject({
      data: [{ index: 0, embedding: [0.25, -0.5, 0] }, { index: 1 }],
      usage: { prompt_tokens: 8 },
    });
    const coded = await gateway.post('/v1/embeddings', { ...body, encoding_format: 'base64', dimensions: 3 });
    const [first] = ((await coded.json()) as { data: { embedding: string }[] }).data;
    const bytes = Buffer.from(first?.embedding ?? '', 'base64');
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([0.25, -0.5]);
    expect(gateway.fakes.mistral.requests.at(-1)?.json).toMatchObject({ output_dimension: 3 });
  });

  it('costs the same in the vendor’s book, in the record of the call and in the budget', async () => {
    const budget = { name: 'Mistral', limit_usd: 5, scope: { client_id: 'mistral-books' } };
    expect((await gateway.post('/v1/budgets', budget)).status).toBe(201);
    gateway.fakes.mistral.reply({ text: 'Hello', usage: { input: 1_000, cached: 400, output: 100 } });
    const body = { model, messages: say('Hi') };
    await (await gateway.post('/v1/chat/completions', body, { 'x-client-id': 'mistral-books' })).text();
    // 600 fresh at $0.15, 400 cached at $0.015, 100 out at $0.60 a million.
    const usd = (600 * 0.15 + 400 * 0.015 + 100 * 0.6) / 1e6;
    expect(gateway.fakes.mistral.book).toMatchObject([{ model, input: 1_000, output: 100, complete: true }]);
    expect(await rows('mistral-books')).toMatchObject([{ provider: 'mistral', model, cost_usd: usd }]);
    await expect
      .poll(async () => JSON.stringify(await (await gateway.get('/v1/budgets')).json()))
      .toContain(`"spent_usd":${usd}`);
  });

  it('says whose fault a refusal is', async () => {
    const unknown = await gateway.post('/v1/chat/completions', { model: 'mistral/nothing', messages: say('Hi') });
    expect(unknown.status).toBe(400);
    expect(await unknown.json()).toMatchObject({
      error: { code: 'model_not_found', message: expect.stringContaining('Invalid model: nothing') },
    });
  });
});

describe('failover', () => {
  it('goes from Mistral to another vendor', async () => {
    gateway.fakes.mistral.fault({ kind: 'status', status: 503 });
    const response = await gateway.post('/v1/chat/completions', bodies['/v1/chat/completions'], {
      'x-gateway-fallback': 'gpt-4o-mini',
    });
    expect([response.status, response.headers.get('x-gateway-provider')]).toEqual([200, 'openai']);
  });

  it('goes from another vendor to Mistral', async () => {
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    const body = { model: 'gpt-4o-mini', messages: say('Hi'), max_completion_tokens: 50, seed: -1, store: false };
    const response = await gateway.post('/v1/chat/completions', body, { 'x-gateway-fallback': model });
    expect([response.status, response.headers.get('x-gateway-provider')]).toEqual([200, 'mistral']);
    expect(gateway.fakes.mistral.requests.at(-1)?.json).toMatchObject({ max_tokens: 50 });
  });
});

it('an account of a workspace’s own may be of the kind mistral', async () => {
  const created = await gateway.post('/v1/providers', { name: 'mine', kind: 'mistral', api_key: 'own-key-1234' });
  expect(created.status).toBe(201);
  const account = (await created.json()) as { id: string };
  expect(account).toMatchObject({ kind: 'mistral', base_url: 'https://api.mistral.ai/v1' });
  await gateway.send('DELETE', `/v1/providers/${account.id}`);
});

it('the models of Mistral are listed with their prices', async () => {
  const { data } = (await (await gateway.get('/v1/models')).json()) as { data: Record<string, unknown>[] };
  const own = data.filter(({ provider }) => provider === 'mistral');
  expect(own).toContainEqual(
    expect.objectContaining({ id: 'mistral-medium-3-5', input_usd_per_mtok: 1.5, output_usd_per_mtok: 7.5 }),
  );
  expect(JSON.stringify(own)).not.toContain('magistral');
});
