import { AiGateway } from 'n8n-nodes-ai-gateway/nodes/AiGateway/AiGateway.node.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { freePort } from '../../support/elsewhere.ts';
import { executeNode, type N8nHost } from '../../support/n8n-host.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { answerOf, chat, locator, refusalOf } from './forms.ts';

const node = new AiGateway();
let gateway: TestGateway;
let host: N8nHost;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.fakes.reset();
  host = {
    credential: { baseUrl: gateway.url, apiKey: liveKey },
    workflowId: 'wf42',
    executionId: '1007',
    nodeName: 'Classify',
  };
});

async function calls(): Promise<Record<string, unknown>[]> {
  const page = (await (await gateway.get('/v1/usage/requests?limit=20')).json()) as { data: Record<string, unknown>[] };
  return page.data;
}

describe('chat completion', () => {
  test('answers with text, usage, cost and model', async () => {
    gateway.fakes.openai.reply({ text: 'Invoice', usage: { input: 12, output: 1 } });
    expect(await answerOf(node, host, chat({}))).toMatchObject({
      text: 'Invoice',
      model: 'gpt-4o-mini',
      provider: 'openai',
      finish_reason: 'stop',
      usage: { input_tokens: 12, output_tokens: 1, total_tokens: 13 },
      cost_usd: expect.closeTo(12 * 0.15e-6 + 0.6e-6, 9),
      budget_remaining_usd: null,
      request_id: expect.stringMatching(/^req_/),
    });
  });

  test('gives the raw answer where Simplify is off', async () => {
    expect(await answerOf(node, host, chat({ simplify: false }))).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant' } }],
      gateway: { provider: 'openai' },
    });
  });

  test('each call is tagged with workflow, execution and node by itself; a filled-in scenario wins', async () => {
    host.nodeName = '分類 “Müller”';
    await answerOf(
      node,
      host,
      chat({ client: locator('Café'), options: { project: locator('news'), scenario: locator('own') } }),
    );
    await answerOf(node, host, chat({}));
    expect((await calls()).slice(0, 2)).toMatchObject([
      { scenario_id: 'wf42', scenario_platform: 'n8n', execution_id: '1007', client_id: null, node: '分類 “Müller”' },
      { scenario_id: 'own', scenario_platform: 'n8n', execution_id: '1007', client_id: 'Café', project: 'news' },
    ]);
  });

  test('a tag may be missing: a workflow that was never saved has no id', async () => {
    delete host.workflowId;
    delete host.executionId;
    await answerOf(node, host, chat({}));
    expect((await calls())[0]).toMatchObject({ scenario_id: null, execution_id: null, scenario_platform: 'n8n' });
  });

  test('JSON by a schema comes parsed', async () => {
    gateway.fakes.openai.reply({ text: '{"category":"invoice"}' });
    expect(await answerOf(node, host, chat({ outputFormat: 'json_schema' }))).toMatchObject({
      json: { category: 'invoice' },
    });
    expect(gateway.fakes.openai.requests.at(-1)?.json.response_format).toMatchObject({ json_schema: { strict: true } });
  });

  // An item that failed after it was paid for took the text with it: fenced JSON, a refusal, an empty answer.
  test.each([
    ['Here is the JSON:\n```json\n{"a": 1}\n```', { a: 1 }],
    ['I cannot sort this.', null],
    ['', null],
  ])('the paid text stays where JSON was asked for: %j', async (text, json) => {
    gateway.fakes.openai.reply({ text });
    expect(await answerOf(node, host, chat({ outputFormat: 'json_schema' }))).toMatchObject({
      text,
      json,
      refusal: null,
      cost_usd: expect.any(Number),
    });
  });

  test('a refusal of the model brings the model’s own words', async () => {
    gateway.fakes.openai.reply({ refusal: 'I cannot help with that.' });
    expect(await answerOf(node, host, chat({ outputFormat: 'json_schema' }))).toMatchObject({
      text: 'I cannot help with that.',
      refusal: 'I cannot help with that.',
      json: null,
      cost_usd: expect.any(Number),
    });
  });

  test('an answer comes in the fields that a person names, without a schema', async () => {
    gateway.fakes.openai.reply({ text: '{"kind":"invoice","total":12.5}' });
    const values = [
      { fieldName: 'kind', fieldType: 'string', fieldDescription: 'What it is', fieldValues: 'invoice, order' },
      { fieldName: 'total', fieldType: 'number', fieldDescription: '', fieldValues: '' },
    ];
    const item = chat({ outputFormat: 'fields', answerFields: { values } });
    expect(await answerOf(node, host, item)).toMatchObject({ json: { kind: 'invoice', total: 12.5 } });
    expect(gateway.fakes.openai.requests.at(-1)?.json.response_format).toMatchObject({
      json_schema: {
        strict: true,
        schema: { properties: { kind: { enum: ['invoice', 'order'] }, total: { type: 'number' } } },
      },
    });
    await expect(answerOf(node, host, chat({ outputFormat: 'fields' }))).rejects.toThrow(
      'Name the fields of the answer',
    );
  });

  test('a picture in a binary field is shown to the model', async () => {
    const item = chat({ options: { imageBinaryFields: 'photo' } });
    await answerOf(node, host, { ...item, binary: { photo: { mimeType: 'image/png', bytes: Buffer.from('png') } } });
    expect(JSON.stringify(gateway.fakes.openai.requests.at(-1)?.json.messages)).toContain('data:image/png;base64,cG5n');
  });

  test('a PDF and a text in binary fields go with the prompt; a file no model reads is refused by its name', async () => {
    const item = chat({ options: { imageBinaryFields: 'attachment_0, attachment_1' } });
    const binaryOf = (name: string, mimeType: string) => ({ mimeType, fileName: name, bytes: Buffer.from('text') });
    const pdf = binaryOf('invoice.pdf', 'application/pdf');
    const order = binaryOf('order.csv', 'text/csv');
    await answerOf(node, host, { ...item, binary: { attachment_0: pdf, attachment_1: order } });
    expect(gateway.fakes.openai.requests.at(-1)?.json.messages).toMatchObject([
      {
        content: [
          { type: 'text' },
          { type: 'file', file: { filename: 'invoice.pdf', file_data: 'data:application/pdf;base64,dGV4dA==' } },
          { type: 'text', text: 'order.csv:\n\ntext' },
        ],
      },
    ]);
    const letter = binaryOf('letter.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document');
    await expect(
      answerOf(node, host, { ...item, binary: { attachment_0: pdf, attachment_1: letter } }),
    ).rejects.toThrow('Models cannot read "letter.docx".');
  });

  test('a fallback model answers when the first fails', async () => {
    gateway.fakes.openai.always({ kind: 'status', status: 500 });
    const answer = await answerOf(node, host, chat({ options: { fallbackModels: ['claude-haiku-4-5'] } }));
    expect(answer).toMatchObject({ provider: 'anthropic' });
  });

  test('a prompt of a megabyte and one with braces arrive as they are', async () => {
    const prompt = `{{ braces }} ${'long '.repeat(200_000)}`;
    await answerOf(node, host, chat({ model: locator('gemini-3.5-flash'), prompt }));
    expect(JSON.stringify(gateway.fakes.gemini.requests.at(-1)?.json)).toContain(prompt.trim());
  });

  test('every item is answered, and says which it belongs to', async () => {
    const answers = await executeNode(node, host, [chat({ prompt: 'One' }), chat({ prompt: 'Two' })]);
    expect(answers.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
  });

  test.each([false, true])('a stopped execution asks for no further item (continue on fail: %s)', async (goesOn) => {
    const stop = new AbortController();
    host.cancelled = stop.signal;
    host.continueOnFail = goesOn;
    const { openai } = gateway.fakes;
    openai.fault({ kind: 'held' });
    const running = executeNode(node, host, [chat({ prompt: 'One' }), chat({ prompt: 'Two' })]);
    await vi.waitFor(() => expect(openai.requests).toHaveLength(1), 10_000);
    stop.abort();
    expect(await running).toEqual([]);
    openai.release();
    await vi.waitFor(async () => expect((await calls())[0]?.status).not.toBe('open'), 10_000);
    expect(openai.requests).toHaveLength(1);
  });

  test.each(['', '/', '/v1', '/v1/', '//'])('a base URL that ends in “%s” is as good as any', async (end) => {
    host.credential.baseUrl += end;
    expect(await answerOf(node, host, chat({}))).toHaveProperty('text');
  });
});

describe('a refusal says what happened and what to do', () => {
  test('an empty prompt costs nothing', async () => {
    expect((await refusalOf(node, host, chat({ prompt: ' ' }))).message).toMatch(/nothing to answer/);
    expect(gateway.fakes.openai.requests).toEqual([]);
  });

  test('an unknown model is named, with the way to a list of them', async () => {
    const refusal = await refusalOf(node, host, chat({ model: locator('gpt-99') }));
    expect(refusal).toMatchObject({ httpCode: '404', description: 'Choose a model from the list, or "auto".' });
    expect(refusal.message).toContain('gpt-99');
  });

  test('a wrong key sends people to the credential', async () => {
    host.credential.apiKey = `gw_live_${'x'.repeat(40)}`;
    const refusal = await refusalOf(node, host, chat({}));
    expect(refusal).toMatchObject({ httpCode: '401', description: expect.stringContaining('Open the credential') });
    expect(JSON.stringify(refusal)).not.toContain('xxxx');
  });

  test('a gateway that is down is named as such', async () => {
    host.credential.baseUrl = `http://127.0.0.1:${await freePort()}`;
    expect(await refusalOf(node, host, chat({}))).toMatchObject({
      message: 'Nothing listens at the base URL. Is the gateway running?',
      description: expect.stringContaining('Check the base URL'),
    });
  });

  test('a gateway slower than the timeout is named as such', async () => {
    gateway.fakes.openai.fault({ kind: 'delay', ms: 1_400 });
    expect((await refusalOf(node, host, chat({ options: { timeout: 0.3 } }))).message).toMatch(
      /longer than the timeout/,
    );
  });

  test('a rate limit says how long to wait', async () => {
    await gateway.send('PUT', '/v1/rate-limits', { client_id: 'hasty', calls_per_minute: 1 });
    await answerOf(node, host, chat({ client: locator('hasty') }));
    const refusal = await refusalOf(node, host, chat({ client: locator('hasty') }));
    expect(refusal).toMatchObject({ httpCode: '429', description: expect.stringMatching(/Retry On Fail/) });
  });

  test('an outage of every provider advises to retry', async () => {
    const { openai, anthropic, gemini } = gateway.fakes;
    for (const fake of [openai, anthropic, gemini]) fake.always({ kind: 'status', status: 500 });
    expect((await refusalOf(node, host, chat({}))).description).toMatch(/Retry On Fail/);
  });

  test('an item set to continue goes on with the refusal in it', async () => {
    host.continueOnFail = true;
    const answers = await executeNode(node, host, [chat({ prompt: '' }), chat({})]);
    expect(answers).toMatchObject([
      { json: { error: expect.stringMatching(/nothing to answer/), code: 'invalid_request' }, pairedItem: { item: 0 } },
      { json: { text: expect.any(String) }, pairedItem: { item: 1 } },
    ]);
  });
});
