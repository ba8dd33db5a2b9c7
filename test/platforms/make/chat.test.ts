import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually, json } from '../../support/ask.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { type MakeHost, openMake, scenario } from './make-host.ts';

let gateway: TestGateway;
let make: MakeHost;

beforeAll(async () => {
  gateway = await startTestGateway();
  make = await openMake(gateway.url, liveKey);
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.fakes.reset());

const sent = () => gateway.fakes.openai.requests.at(-1)?.json ?? {};

/** The call as the gateway has it on record. */
async function recorded(query: string): Promise<Record<string, unknown>> {
  return eventually(async () => {
    const { data } = await json<{ data: Record<string, unknown>[] }>(gateway.get(`/v1/usage/requests?${query}`));
    const [call] = data;
    if (call === undefined || call.status === 'open') throw new Error('It is not on record yet.');
    return call;
  });
}

describe('a chat completion', () => {
  test('gives the text, the tokens, the cost, the model, and what is left of the budget', async () => {
    await make.act('budgetsCreate', { name: 'Full', limit_usd: 1, scope: { client_id: 'full' } });
    gateway.fakes.openai.reply({ text: 'Good day.', usage: { input: 1_000, output: 500 } });
    expect(await make.chat({ prompt: 'Hi', client_id: 'full' })).toEqual({
      text: 'Good day.',
      json: null,
      refusal: null,
      model: expect.stringContaining('gpt-4o-mini'),
      finish_reason: 'stop',
      usage: { input_tokens: 1_000, output_tokens: 500, total_tokens: 1_500 },
      // $0.15 and $0.60 for a million tokens.
      cost_usd: 0.00045,
      budget_remaining_usd: 0.99955,
      provider: 'openai',
      route: expect.any(String),
      request_id: expect.any(String),
      cache: null,
      saved_usd: null,
    });
  });

  test('the budget left is empty, not zero, where no budget applies', async () => {
    expect((await make.chat({ prompt: 'Hi', client_id: 'free' })).budget_remaining_usd).toBeNull();
  });

  test('gives the name of the rule as it was written', async () => {
    const rule = {
      name: 'Köln 99% K%C3%B6ln',
      when: { field: 'client_id', eq: 'koeln' },
      then: { model: 'gpt-4o-mini' },
    };
    await json(gateway.post('/v1/routing/rules', rule), 201);
    const { route } = await make.chat({ model: 'auto', prompt: 'Hi', client_id: 'koeln' });
    expect(route).toMatch(/^rule "Köln 99% K%C3%B6ln" v\d+$/);
  });

  test('takes a system prompt, and a conversation in place of a prompt', async () => {
    await make.act('chatComplete', {
      model: 'gpt-4o-mini',
      input: 'messages',
      system: 'Be brief.',
      messages: [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Yes?' }, { content: 'How are you?' }],
    });
    expect(sent().messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Yes?' },
      { role: 'user', content: 'How are you?' },
    ]);
  });

  test('takes pictures by address and as data', async () => {
    const images = [
      { image_url: { url: 'https://example.com/a.jpg', detail: 'low' } },
      { image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
    ];
    await make.chat({ prompt: 'What is it?', images });
    expect(sent().messages).toMatchObject([
      {
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.jpg', detail: 'low' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
        ],
      },
    ]);
  });

  const part = (file_name: string, content: string | Buffer) =>
    make
      .chat({ prompt: 'What is it?', file_name, file_data: Buffer.from(content) })
      .then(() => (sent().messages as { content: unknown[] }[])[0]?.content[1]);

  test('takes a file of an earlier module: a picture, a PDF, a recording or a text, by the ending of its name', async () => {
    expect(await part('A.PNG', 'png')).toEqual({
      type: 'image_url',
      image_url: { url: 'data:image/png;base64,cG5n' },
    });
    expect(await part('invoice 1.2.pdf', '%PDF')).toEqual({
      type: 'file',
      file: { filename: 'invoice 1.2.pdf', file_data: 'data:application/pdf;base64,JVBERg==' },
    });
    expect(await part('note.mp3', 'ID3')).toEqual({
      type: 'input_audio',
      input_audio: { data: 'SUQz', format: 'mp3' },
    });
    expect(await part('order.csv', 'Größe;"{{1}}"')).toEqual({ type: 'text', text: 'order.csv:\n\nGröße;"{{1}}"' });
  });

  test('a file that no model reads is refused by its name before anything is paid', async () => {
    for (const file_name of ['letter.docx', 'letter'])
      await expect(part(file_name, 'PK')).rejects.toMatchObject({
        type: 'DataError',
        message: expect.stringMatching(`^Models cannot read "${file_name}". Give a PDF`),
      });
    expect(gateway.fakes.openai.requests).toEqual([]);
  });

  test('a file without a name, or a text that is not in UTF-8, is refused before anything is paid', async () => {
    await expect(part('', 'PK')).rejects.toMatchObject({
      type: 'DataError',
      message: expect.stringMatching(/^File name is missing. Map the name of the file/),
    });
    await expect(part('order.csv', Buffer.from([0x47, 0x72, 0xf6, 0xdf, 0x65]))).rejects.toMatchObject({
      type: 'DataError',
      message: expect.stringMatching(/^The text of "order.csv" is not in UTF-8. Save it in UTF-8/),
    });
    expect(gateway.fakes.openai.requests).toEqual([]);
  });

  test('shows pictures by address and a file together, and sends nothing of a file that is not there', async () => {
    const images = [{ image_url: { url: 'https://example.com/a.jpg' } }];
    await make.chat({ prompt: 'Same?', images, file_name: 'b.jpg', file_data: Buffer.from('jpg') });
    expect((sent().messages as { content: { type: string }[] }[])[0]?.content.map(({ type }) => type)).toEqual([
      'text',
      'image_url',
      'image_url',
    ]);
    await make.chat({ prompt: 'Hi', file_name: 'b.jpg' });
    expect(sent().messages).toEqual([{ role: 'user', content: 'Hi' }]);
  });

  test('answers in the fields that a person names, without a schema', async () => {
    gateway.fakes.openai.reply({ text: '{"kind":"invoice","total":12.5,"items":["pen"]}' });
    const answer_fields = [
      { name: 'kind', schema: { type: 'string', enum: ['invoice', 'a "[]" one'], description: 'Say "enum":[],' } },
      { name: 'total', schema: { type: 'number', description: '' } },
      { name: 'items', schema: { type: 'array' } },
      { name: 'note', schema: { enum: [] } },
    ];
    expect(await make.chat({ prompt: 'Sort it', format: 'fields', answer_fields })).toMatchObject({
      json: { kind: 'invoice', total: 12.5, items: ['pen'] },
    });
    expect(sent().response_format).toEqual({
      type: 'json_schema',
      json_schema: {
        name: 'answer',
        strict: true,
        schema: {
          type: 'object',
          properties: {
            kind: { type: 'string', enum: ['invoice', 'a "[]" one'], description: 'Say "enum":[],' },
            total: { type: 'number' },
            items: { type: 'array', items: { type: 'string' } },
            note: { type: 'string' },
          },
          required: ['kind', 'total', 'items', 'note'],
          additionalProperties: false,
        },
      },
    });
  });

  test('refuses a field of the answer whose name is two words, and two fields of one name', async () => {
    const asked = (...names: string[]) =>
      make.chat({
        prompt: 'Sort it',
        format: 'fields',
        answer_fields: names.map((name) => ({ name, schema: { type: 'string' } })),
      });
    await expect(asked('kind', 'total', 'kind')).rejects.toMatchObject({
      type: 'DataError',
      message: expect.stringContaining('Two fields of the answer have the same name. Rename one.'),
    });
    await expect(asked('Total price')).rejects.toThrow('does not match the pattern');
    expect(gateway.fakes.openai.requests).toEqual([]);
  });

  test('passes on temperature 0, a limit of tokens, and fallback models', async () => {
    gateway.fakes.openai.always({ kind: 'status', status: 500 });
    const answer = await make.chat({
      prompt: 'Hi',
      temperature: 0,
      max_tokens: 20,
      fallback_models: ['claude-haiku-4-5'],
    });
    expect(answer).toMatchObject({ provider: 'anthropic', model: expect.stringContaining('claude-haiku') });
    expect(gateway.fakes.anthropic.requests.at(-1)?.json).toMatchObject({ temperature: 0, max_tokens: 20 });
  });

  test('empty fields of the chat form are not sent', async () => {
    await make.chat({ prompt: 'Hi', system: '', client_id: '', temperature: '', fallback_models: [] });
    for (const name of ['temperature', 'max_tokens', 'response_format', 'reasoning_effort', 'metadata'])
      expect(sent()).not.toHaveProperty(name);
  });
});

describe('JSON', () => {
  const schema = { type: 'object', properties: { kind: { type: 'string' } }, required: ['kind'] };

  test('comes parsed, a fence around it or not', async () => {
    gateway.fakes.openai.reply({ text: '{"kind":"invoice"}' }, { text: '```json\n{"kind":"order"}\n```' });
    expect((await make.chat({ prompt: 'Answer in JSON', format: 'json_object' })).json).toEqual({ kind: 'invoice' });
    expect((await make.chat({ prompt: 'Answer in JSON', format: 'json_object' })).json).toEqual({ kind: 'order' });
    expect(sent().response_format).toEqual({ type: 'json_object' });
  });

  test.each([
    ['bare', schema],
    ['as OpenAI’s documents show it', { name: 'mail', schema }],
  ])('by a schema, %s', async (_, given) => {
    gateway.fakes.openai.reply({ text: '{"kind":"invoice"}' });
    const answer = await make.chat({
      prompt: 'Hi',
      format: 'json_schema',
      schema: JSON.stringify(given),
      strict: true,
    });
    expect(answer.json).toEqual({ kind: 'invoice' });
    expect(sent().response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'answer', strict: true, schema },
    });
  });

  test.each<[string, string, unknown]>([
    ['a fence', '```json\n{"a":1}\n```', { a: 1 }],
    ['a sentence and a fence', 'Here it is:\n```json\n{"a":[1,{"b":null}]}\n```\nBye.', { a: [1, { b: null }] }],
    ['a sentence before and after', 'Sure! {"a":"}"} Anything else?', { a: '}' }],
    ['a list among words', 'The list: [{"a":1}].', [{ a: 1 }]],
    ['brackets that are none of it', 'See [1] for this: {"a":1}', { a: 1 }],
    ['escapes', ' {"a":"\\"Q\\u00e9\\\\","b":-1.5e+3,"c":true} ', { a: '"Qé\\', b: -1500, c: true }],
    ['a bare value', '42', 42],
    ['words', 'I cannot do that.', null],
    ['nothing', '', null],
    ['half of it', '{"a":', null],
    ['a comma too many', '{"a":1,}', null],
    ['a quote that is never closed', '{"a":"x}', null],
    ['a key that is none', '{a:1}', null],
    ['a number that is none', '{"a":01}', null],
    ['letters of the check itself', '[Q,M]', null],
    ['brackets of the check itself', '"a"><1', null],
    ['two values', '{"a":1} {"b":2}', null],
  ])('is parsed where it is JSON, and never costs the answer: %s', async (_, answer, expected) => {
    gateway.fakes.openai.reply({ text: answer, usage: { input: 10, output: 10 } });
    const bundle = await make.chat({ prompt: 'Answer in JSON', format: 'json_object' });
    expect(bundle).toMatchObject({ text: answer, json: expected, cost_usd: expect.any(Number) });
  });

  test('that was cut short stays text, since it is paid for', async () => {
    gateway.fakes.openai.reply({ text: '{"kind":', finish: 'length' });
    const answer = await make.chat({ prompt: 'Hi', format: 'json_object', max_tokens: 5 });
    expect(answer).toMatchObject({ text: '{"kind":', json: null, finish_reason: 'length' });
  });
});

describe('a mapped prompt', () => {
  test.each<[string, unknown, string]>([
    ['a number', 5, '5'],
    ['zero', 0, '0'],
    ['yes', true, 'true'],
    ['no', false, 'false'],
    ['a collection', { b: 1 }, '{"b":1}'],
    ['a list', ['a', 1], '["a",1]'],
    ['text that looks like JSON', '{"b": 1}', '{"b": 1}'],
  ])('%s arrives as text', async (_, given, text) => {
    await make.chat({ prompt: given, system: given });
    expect(sent().messages).toEqual([
      { role: 'system', content: text },
      { role: 'user', content: text },
    ]);
  });

  test.each([[null], [undefined], ['']])('that is %s stops before anything is paid', async (prompt) => {
    await expect(make.act('chatComplete', { model: 'gpt-4o-mini', prompt })).rejects.toThrow(/prompt/);
    expect(gateway.fakes.openai.requests).toEqual([]);
  });
});

test('a model that fails fails the module, where No fallback is on', async () => {
  gateway.fakes.openai.always({ kind: 'status', status: 500 });
  await expect(make.chat({ prompt: 'Hi', no_fallback: true })).rejects.toMatchObject({ type: 'ConnectionError' });
  expect(gateway.fakes.anthropic.requests).toEqual([]);
});

describe('tags', () => {
  test('scenario, execution and organization set themselves', async () => {
    await make.chat({ prompt: 'Hi', client_id: 'tagged', project: 'mails' });
    expect(await recorded('client_id=tagged')).toMatchObject({
      client_id: 'tagged',
      project: 'mails',
      scenario_id: String(scenario.id),
      scenario_platform: 'make',
      execution_id: 'run-1',
      organization_id: String(scenario.organizationId),
    });
  });

  test('a scenario that is filled in wins over the scenario’s own id', async () => {
    await make.chat({ prompt: 'Hi', client_id: 'own', scenario_id: 'shared-budget' });
    expect(await recorded('client_id=own')).toMatchObject({ scenario_id: 'shared-budget', scenario_platform: 'make' });
  });

  test('calls work without the tags that Make does not promise', async () => {
    const bare = await openMake(gateway.url, liveKey, { scenario: undefined, executionId: undefined });
    await bare.chat({ prompt: 'Hi', client_id: 'bare' });
    expect(await recorded('client_id=bare')).toMatchObject({
      scenario_id: null,
      execution_id: null,
      organization_id: null,
      scenario_platform: 'make',
    });
  });

  test('may be in any script', async () => {
    await make.chat({ prompt: 'Hi', client_id: 'Čapek & Söhne', project: '営業' });
    expect(await recorded(`client_id=${encodeURIComponent('Čapek & Söhne')}`)).toMatchObject({ project: '営業' });
  });
});
