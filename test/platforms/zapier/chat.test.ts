import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { type Json, type OpenApp, openApp, openZapier, type ZapierDoor } from './zapier-host.ts';

let gateway: TestGateway;
let zap: OpenApp;
let door: ZapierDoor;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.fakes.reset();
  const settings = { url: gateway.url, key: liveKey, zapId: '22068168' };
  zap = openApp(settings);
  door = openZapier(gateway.url, liveKey, settings);
});

const asked = (fields: Json = {}): Json => ({ model: 'gpt-4o-mini', prompt: 'Hi', ...fields });

async function lastCall(): Promise<Json | undefined> {
  return ((await (await gateway.get('/v1/usage/requests?limit=1')).json()) as { data: Json[] }).data[0];
}

describe('a chat completion', () => {
  test('answers with text, usage, cost and model', async () => {
    gateway.fakes.openai.reply({ text: 'Invoice', usage: { input: 12, output: 1 } });
    expect(await door.chat(asked())).toEqual({
      text: 'Invoice',
      json: null,
      refusal: null,
      model: 'gpt-4o-mini',
      provider: 'openai',
      finish_reason: 'stop',
      usage: { input_tokens: 12, output_tokens: 1, total_tokens: 13 },
      cost_usd: expect.closeTo(12 * 0.15e-6 + 0.6e-6, 9),
      budget_remaining_usd: null,
      route: expect.any(String),
      request_id: expect.stringMatching(/^req_/),
      cache: null,
      saved_usd: null,
    });
  });

  // A step that failed after it was paid for took the text with it: fenced JSON, a refusal, an empty answer.
  test.each([
    ['Here is the JSON:\n```json\n{"a": 1}\n```', { a: 1 }],
    ['I cannot sort this.', null],
    ['', null],
  ])('keeps the paid text where JSON was asked for: %j', async (text, json) => {
    gateway.fakes.openai.reply({ text, usage: { input: 12, output: 1 } });
    const answer = await door.chat(asked({ output_format: 'json_object', prompt: 'Answer in JSON.' }));
    expect(answer).toMatchObject({ text, json, refusal: null, cost_usd: expect.closeTo(12 * 0.15e-6 + 0.6e-6, 9) });
  });

  test('brings the model’s own words when the model refuses', async () => {
    gateway.fakes.openai.reply({ refusal: 'I cannot help with that.' });
    expect(await door.chat(asked({ output_format: 'json_object', prompt: 'Answer in JSON.' }))).toMatchObject({
      text: 'I cannot help with that.',
      refusal: 'I cannot help with that.',
      json: null,
      cost_usd: expect.any(Number),
    });
  });

  test('gives the same answer on Zapier’s own machines', async () => {
    gateway.fakes.openai.reply({ text: 'Invoice' });
    const { results, status } = await zap.execute('creates.chat_complete.operation.perform', asked());
    expect({ results, status }).toMatchObject({ results: { text: 'Invoice' }, status: 'SUCCESS' });
  });

  test('says what is left of the tightest budget', async () => {
    await gateway.post('/v1/budgets', { name: 'Rich', limit_usd: 5, scope: { client_id: 'rich' } });
    const { budget_remaining_usd } = await door.chat(asked({ client_id: 'rich' }));
    expect(budget_remaining_usd).toBeGreaterThan(4.9);
  });

  test('is tagged with the Zap by itself; a filled-in scenario wins', async () => {
    await door.chat(asked());
    expect(await lastCall()).toMatchObject({ scenario_id: '22068168', scenario_platform: 'zapier', client_id: null });
    await door.chat(asked({ client_id: 'Café “Müller”', project: 'news', scenario_id: 'own' }));
    expect(await lastCall()).toMatchObject({
      scenario_id: 'own',
      scenario_platform: 'zapier',
      client_id: 'Café “Müller”',
      project: 'news',
    });
  });

  test('does without a tag where Zapier does not say which Zap it is', async () => {
    await openZapier(gateway.url, liveKey).chat(asked({ client_id: '', scenario_id: '' }));
    expect(await lastCall()).toMatchObject({ scenario_id: null, client_id: null, scenario_platform: 'zapier' });
  });

  test('JSON by a schema comes parsed', async () => {
    gateway.fakes.openai.reply({ text: '{"category":"invoice"}' });
    const schema = {
      type: 'object',
      properties: { category: { type: 'string' } },
      required: ['category'],
      additionalProperties: false,
    };
    const answer = await door.chat(asked({ output_format: 'json_schema', json_schema: JSON.stringify(schema) }));
    expect(answer).toMatchObject({ json: { category: 'invoice' } });
    expect(gateway.fakes.openai.requests.at(-1)?.json.response_format).toMatchObject({
      json_schema: { schema, strict: true },
    });
  });

  test('an answer comes in the fields that a person names, which later steps can map before a test', async () => {
    gateway.fakes.openai.reply({ text: '{"kind":"invoice","total":12.5,"items":["pen"]}' });
    const fields = asked({
      output_format: 'fields',
      answer_fields: [
        { field_name: 'kind', field_values: 'invoice, order' },
        { field_name: 'total', field_type: 'number' },
        { field_name: 'items', field_type: 'array' },
      ],
    });
    expect(await door.chat(fields)).toMatchObject({ json: { kind: 'invoice', total: 12.5, items: ['pen'] } });
    expect(gateway.fakes.openai.requests.at(-1)?.json.response_format).toMatchObject({
      json_schema: { strict: true, schema: { required: ['kind', 'total', 'items'] } },
    });
    const outputs = zap.app.creates.chat_complete?.operation.outputFields ?? [];
    const listed = outputs.filter((field) => typeof field === 'function');
    expect(await zap.run(listed[0], fields)).toEqual([
      { key: 'json__kind', label: 'Json Kind', type: 'string' },
      { key: 'json__total', label: 'Json Total', type: 'number' },
      { key: 'json__items', label: 'Json Items', list: true, type: 'string' },
    ]);
    const json_schema = '{"name": "mail", "schema": {"type": "object", "properties": {"late": {"type": "boolean"}}}}';
    expect(await zap.run(listed[0], asked({ output_format: 'json_schema', json_schema }))).toEqual([
      { key: 'json__late', label: 'Json Late', type: 'boolean' },
    ]);
    expect(await zap.run(listed[0], asked({ output_format: 'fields' }))).toEqual([]);
  });

  test('the model sees the conversation, the pictures and the options', async () => {
    await door.chat(
      asked({
        system_prompt: 'One word.',
        messages: [
          { role: 'user', content: 'Hello' },
          { role: 'assistant', content: 'Hi!' },
          { role: 'user', content: '' },
        ],
        prompt: 'What is this?',
        images: ['https://example.com/receipt.png', ''],
        temperature: '0',
        max_tokens: '9',
      }),
    );
    expect(gateway.fakes.openai.requests.at(-1)?.json).toMatchObject({
      messages: [
        { role: 'system', content: 'One word.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi!' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: 'https://example.com/receipt.png' } },
          ],
        },
      ],
      temperature: 0,
    });
  });

  test('a fallback model answers when the first fails', async () => {
    gateway.fakes.openai.always({ kind: 'status', status: 500 });
    const answer = await door.chat(asked({ fallback_models: ['claude-haiku-4-5'] }));
    expect(answer).toMatchObject({ provider: 'anthropic' });
  });

  test('“auto” chooses, and so does an empty model', async () => {
    for (const model of ['auto', '']) expect(await door.chat(asked({ model }))).toHaveProperty('text');
  });

  test('a prompt of a megabyte, with template marks in it, arrives as it is', async () => {
    const prompt = `{{bundle.authData.api_key}} {{process.env.HOME}} {{ braces }} ${'long '.repeat(200_000)}`;
    await door.chat(asked({ model: 'gemini-3.5-flash', prompt }));
    expect(JSON.stringify(gateway.fakes.gemini.requests.at(-1)?.json)).toContain(prompt.trim());
  });

  test.each(['', '/', '/v1', '/v1/', '//'])('a gateway URL that ends in “%s” is as good as any', async (end) => {
    expect(await openZapier(gateway.url + end, liveKey).chat(asked())).toHaveProperty('text');
  });
});

describe('its form', () => {
  test('asks for a schema once JSON by a schema is chosen', async () => {
    const keys = async (inputData: Json): Promise<string[]> => {
      const { results } = await zap.execute('creates.chat_complete.operation.inputFields', inputData);
      return (results as { key: string }[]).map(({ key }) => key);
    };
    expect(await keys({})).not.toContain('json_schema');
    expect(await keys({ output_format: 'text' })).not.toContain('json_schema');
    expect(await keys({ output_format: 'json_schema' })).toContain('json_schema');
  });

  test('asks for little: the model is filled in already', async () => {
    const { results } = await zap.execute('creates.chat_complete.operation.inputFields', {});
    const required = (results as { key: string; required?: boolean; default?: string }[]).filter(
      (field) => field.required,
    );
    expect(required).toMatchObject([{ key: 'model', default: 'auto' }]);
  });
});
