import { AiGateway } from 'n8n-nodes-ai-gateway/nodes/AiGateway/AiGateway.node.ts';
import { operations } from 'n8n-nodes-ai-gateway/nodes/AiGateway/generated-form.ts';
import { operationInput } from 'n8n-nodes-ai-gateway/nodes/AiGateway/operation-input.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../support/elsewhere.ts';
import { executeNode, type N8nHost } from '../../support/n8n-host.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { answerOf, asked, chat, locator, refusalOf } from './forms.ts';

const node = new AiGateway();
let gateway: TestGateway;
let host: N8nHost;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.fakes.reset();
  host = { credential: { baseUrl: gateway.url, apiKey: liveKey }, workflowId: 'wf42', nodeName: 'Ask' };
});

const sent = (): Record<string, unknown> => gateway.fakes.openai.requests.at(-1)?.json ?? {};
const expressions = (evaluated: Record<string, unknown>) => ({ ...chat({}), evaluated });

describe('the value of an expression', () => {
  test.each([
    [{ b: 1 }, '{"b":1}'],
    [['a', 'b'], '["a","b"]'],
    [42, '42'],
    [0, '0'],
    [false, 'false'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    ['{"a": 1}', '{"a": 1}'],
  ])('as the prompt reaches the model as text: %j', async (prompt, text) => {
    await answerOf(node, host, expressions({ prompt }));
    expect(sent().messages).toEqual([{ role: 'user', content: text }]);
  });

  test.each([[undefined], [null], [''], ['  '], [[]]])(
    'as the prompt is refused before anything is paid where it is nothing: %j',
    async (prompt) => {
      const refusal = await refusalOf(node, host, expressions({ prompt }));
      expect(refusal.message).toMatch(/nothing to answer/);
      expect(gateway.fakes.openai.requests).toHaveLength(0);
    },
  );

  test.each([[undefined], [null], ['']])(
    'as the system prompt is left out where it is nothing: %j',
    async (systemPrompt) => {
      await answerOf(node, host, expressions({ systemPrompt }));
      expect(sent().messages).toEqual([{ role: 'user', content: 'Hi' }]);
    },
  );

  test('as the system prompt is its JSON where it is an object', async () => {
    await answerOf(node, host, expressions({ systemPrompt: { rules: ['short'] } }));
    expect(sent().messages).toEqual([
      { role: 'system', content: '{"rules":["short"]}' },
      { role: 'user', content: 'Hi' },
    ]);
  });

  test('as a list of messages may have values of any type, and lines without content are left out', async () => {
    const values = [
      { role: 'user', content: { a: 1 } },
      { role: null, content: 7 },
      { role: 'user' },
      { content: null },
    ];
    await answerOf(node, host, {
      ...asked('chat', 'complete', { model: locator('gpt-4o-mini'), inputType: 'messages' }),
      evaluated: { messages: { values } },
    });
    expect(sent().messages).toEqual([
      { role: 'user', content: '{"a":1}' },
      { role: 'user', content: '7' },
    ]);
  });

  test('as options may be numbers in words, lists as text, or nothing', async () => {
    await answerOf(
      node,
      host,
      expressions({
        'options.maxTokens': '300',
        'options.temperature': '0.5',
        'options.timeout': '30',
        'options.reasoningEffort': null,
        'options.imageUrls': null,
        'options.fallbackModels': 'gpt-4o, claude-sonnet-4-6',
        client: 4711,
        outputFormat: null,
        inputType: null,
        simplify: 'true',
        model: { ...locator('gpt-4o-mini') },
      }),
    );
    expect(sent()).toMatchObject({ temperature: 0.5, messages: [{ role: 'user', content: 'Hi' }] });
    expect(sent().max_tokens ?? sent().max_completion_tokens).toBe(300);
    expect(sent()).not.toHaveProperty('reasoning_effort');
    for (const name of ['maxTokens', 'temperature', 'timeout']) {
      for (const nothing of [undefined, null, ''])
        await answerOf(node, host, expressions({ [`options.${name}`]: nothing }));
    }
    await answerOf(node, host, expressions({ options: null }));
    await answerOf(node, host, expressions({ options: undefined }));
  });

  test('as a picture may be one address, or a list, commas and all', async () => {
    const url = 'data:image/png;base64,iVBORw0KGgo=';
    await answerOf(node, host, expressions({ 'options.imageUrls': url }));
    expect(JSON.stringify(sent().messages)).toContain(url);
  });

  test('as the limit of a list is the form’s own where it is nothing, and a number in words is a number', async () => {
    const listed = async (evaluated: Record<string, unknown>) =>
      (await executeNode(node, host, [{ ...asked('model', 'getAll', {}), evaluated }])).length;
    const all = await listed({ returnAll: 'true' });
    expect(all).toBeGreaterThan(2);
    for (const limit of [undefined, null, '', 0, 'many']) expect(await listed({ limit })).toBe(Math.min(all, 50));
    expect(await listed({ limit: '2' })).toBe(2);
    for (const limit of [undefined, '2'])
      expect(
        await executeNode(node, host, [{ ...asked('client', 'getAll', {}), evaluated: { limit } }]),
      ).toBeInstanceOf(Array);
  });

  test('as a schema may be an object or its text', async () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    };
    for (const jsonSchema of [schema, JSON.stringify(schema)]) {
      gateway.fakes.openai.reply({ text: '{"a":"b"}' });
      const answer = await answerOf(node, host, {
        ...chat({ outputFormat: 'json_schema' }),
        evaluated: { jsonSchema },
      });
      expect(answer).toMatchObject({ json: { a: 'b' } });
    }
  });

  test('in any field of any operation never reaches the gateway as "undefined" or "[object Object]"', () => {
    const odd = [undefined, null, '', 7, true, { a: 1 }, ['x', 2], 'true', '3'];
    for (const plan of Object.values(operations)) {
      for (const value of odd) {
        const input = operationInput(plan, (name) =>
          name === 'additionalFields' ? Object.fromEntries(plan.fields.map((field) => [field.name, value])) : value,
        );
        expect(JSON.stringify(input)).not.toMatch(/undefined|\[object Object\]|"null"/);
        for (const field of plan.fields.filter(({ kind }) => kind === 'text')) {
          if (input[field.key] !== undefined) expect(input[field.key]).toEqual(expect.any(String));
        }
      }
    }
  });
});

describe('a refused item', () => {
  test.each([
    ['by the gateway', { model: locator('no-such-model') }, 'model_not_found'],
    ['by the node itself', { prompt: '' }, 'invalid_request'],
    ['for a binary field that is not there', { options: { imageBinaryFields: 'photo' } }, 'node_error'],
  ])(
    '%s carries an error for the error output, and its reason for the workflow otherwise',
    async (_by, parameters, code) => {
      host.continueOnFail = true;
      for (const onError of ['continueErrorOutput', 'continueRegularOutput'] as const) {
        const [item] = await executeNode(node, { ...host, onError }, [chat(parameters)]);
        // n8n replaces the JSON of an item that has an error, so it has one for the error output only.
        expect(item?.error !== undefined).toBe(onError === 'continueErrorOutput');
        expect(item?.json).toMatchObject({ code, error: expect.any(String), hint: expect.any(String) });
        expect(item?.pairedItem).toEqual({ item: 0 });
      }
    },
  );

  test('an answered item carries none', async () => {
    host.continueOnFail = true;
    const [item] = await executeNode(node, host, [chat({})]);
    expect(item?.error).toBeUndefined();
  });
});

describe('the cause of a failure', () => {
  test('a fault of the workflow is not called a fault of the network', async () => {
    const refusal = await refusalOf(node, host, chat({ options: { imageBinaryFields: 'photo' } }));
    expect(refusal.message).toMatch(/contain "photo"/);
    expect(JSON.stringify(refusal)).not.toMatch(/could not be reached/);
  });

  test('a fault of the node itself keeps its own words', async () => {
    const broken = { ...host, credential: undefined as never };
    const refusal = await refusalOf(node, broken, chat({}));
    expect(refusal.message).not.toMatch(/could not be reached/);
  });

  test('a gateway that does not run is a fault of the network', async () => {
    host.credential.baseUrl = `http://127.0.0.1:${await freePort()}`;
    const refusal = await refusalOf(node, host, chat({}));
    expect(refusal.message).toBe('Nothing listens at the base URL. Is the gateway running?');
    host.continueOnFail = true;
    const [item] = await executeNode(node, host, [chat({})]);
    expect(item?.json).toMatchObject({ code: 'unreachable' });
  });
});
