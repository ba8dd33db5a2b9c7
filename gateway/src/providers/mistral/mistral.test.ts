import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chat } from '../../dialects/chat.ts';
import { messages } from '../../dialects/messages.ts';
import type { JsonObject } from '../../dialects/neutral.ts';
import { mistral } from './mistral.ts';

const target = { kind: 'mistral', provider: 'mistral', baseUrl: 'https://api.mistral.ai/v1', apiKey: 'k' } as const;

function sent(body: JsonObject, model = 'mistral-small-2603'): { body: JsonObject; dropped: readonly string[] } {
  const call = chat.read({ model, messages: [{ role: 'user', content: 'Hi' }], ...body });
  const request = mistral.adapter.request(call, { ...target, model });
  return { body: JSON.parse(request.body) as JsonObject, dropped: request.dropped };
}

function fixture(name: string): JsonObject {
  const url = new URL(`../../../../test/fixtures/mistral/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as JsonObject;
}

function failureOf(name: string): unknown {
  const { status, body } = fixture(name);
  return mistral.adapter.error(Number(status), JSON.stringify(body));
}

const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }];

describe('a request to Mistral', () => {
  it('says the ceiling and the seed by their names there, and asks for no usage', () => {
    const { body, dropped } = sent({ max_completion_tokens: 50, seed: 7, stream: true });
    expect(body).toMatchObject({ max_tokens: 50, random_seed: 7, stream: true });
    expect(Object.keys(body).sort()).toEqual(['max_tokens', 'messages', 'model', 'random_seed', 'stream']);
    expect(dropped).toEqual([]);
  });

  it('calls a forced call of any tool "any"', () => {
    expect(sent({ tools, tool_choice: 'required' }).body.tool_choice).toBe('any');
    expect(sent({ tools, tool_choice: 'none' }).body.tool_choice).toBe('none');
    const named = { type: 'function', function: { name: 'get_weather' } };
    expect(sent({ tools, tool_choice: named }).body.tool_choice).toEqual(named);
  });

  it.each([
    ['none', 'none'],
    ['minimal', 'none'],
    ['low', 'high'],
    ['max', 'high'],
  ])('thinks with effort %s as %s', (reasoning_effort, word) => {
    expect(sent({ reasoning_effort })).toMatchObject({ body: { reasoning_effort: word }, dropped: [] });
  });

  it('names the effort as dropped for a model that does not think', () => {
    const { body, dropped } = sent({ reasoning_effort: 'high' }, 'codestral-2508');
    expect(body).not.toHaveProperty('reasoning_effort');
    expect(dropped).toEqual(['reasoning_effort']);
  });

  it('lowers a temperature above 1.5, and says so', () => {
    expect(sent({ temperature: 2 })).toMatchObject({ body: { temperature: 1.5 }, dropped: ['temperature'] });
  });

  it("takes Mistral's own fields along, and names what Mistral does not know", () => {
    const own = { safe_prompt: true, prompt_mode: 'reasoning', prompt_cache_key: 'a', random_seed: 3 };
    const { body, dropped } = sent({ ...own, logprobs: true, user: 'u', unheard_of: 1 });
    expect(body).toMatchObject(own);
    expect(dropped).toEqual(['logprobs', 'user', 'unheard_of']);
  });

  it('puts the system messages first, since none may follow an answer', () => {
    const list = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
      { role: 'developer', content: 'Be short.' },
      { role: 'user', content: 'Go on' },
    ];
    expect(sent({ messages: list }).body.messages).toEqual([
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'Go on' },
    ]);
  });

  it('gives calls of another vendor ids of nine letters and digits, so that results find them', () => {
    const id = 'call_0123456789abcdef01234567';
    const call = { id, type: 'function', function: { name: 'get_weather', arguments: '{}' } };
    const list = [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: id, content: 'Sun' },
      { role: 'user', content: 'And now?' },
    ];
    const written = sent({ messages: list }).body.messages as JsonObject[];
    expect(written).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ id: expect.stringMatching(/^[a-z0-9]{9}$/) }] },
      { role: 'tool', name: 'get_weather', content: 'Sun' },
      // "Unexpected role 'user' after role 'tool'"
      { role: 'assistant', content: 'I have read the results.' },
      { role: 'user', content: 'And now?' },
    ]);
    expect(written[1]).toMatchObject({ tool_calls: [{ id: written[2]?.tool_call_id }] });
    expect(written[1]).not.toHaveProperty('content');
  });

  it('keeps ids that Mistral gave', () => {
    const call = { id: 'D681PevKs', type: 'function', function: { name: 'get_weather', arguments: '{}' } };
    const list = [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'D681PevKs', content: 'Sun' },
    ];
    expect(sent({ messages: list }).body.messages).toMatchObject([{}, { tool_calls: [{ id: 'D681PevKs' }] }, {}]);
  });

  it('makes a last message of the assistant the prefix of the answer', () => {
    const list = [
      { role: 'user', content: 'Name a fruit.' },
      { role: 'assistant', content: 'A pe' },
    ];
    expect(sent({ messages: list }).body.messages).toMatchObject([{}, { content: 'A pe', prefix: true }]);
  });

  it('carries pictures and documents of a message of Anthropic’s dialect as chunks', () => {
    const call = messages.read({
      model: 'mistral-medium-3-5',
      max_tokens: 100,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Compare' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
            { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
            { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' } },
          ],
        },
      ],
    });
    const { body } = mistral.adapter.request(call, { ...target, model: 'mistral-medium-3-5' });
    expect((JSON.parse(body) as JsonObject).messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Compare' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
          { type: 'document_url', document_url: 'https://example.com/a.pdf' },
          { type: 'document_url', document_url: 'data:application/pdf;base64,aGk=' },
        ],
      },
    ]);
  });
});

describe('an answer of Mistral', () => {
  it('has its thoughts apart from its words', () => {
    expect(mistral.adapter.response(fixture('thinking')).parts).toEqual([
      { kind: 'reasoning', text: 'So John is twice as old as the third sister.' },
      { kind: 'text', text: 'John is 22 years old.' },
    ]);
  });

  it('calls a tool by the id that Mistral gave', () => {
    expect(mistral.adapter.response(fixture('tools'))).toMatchObject({
      finish: 'tool-calls',
      parts: [{ kind: 'tool-call', id: 'D681PevKs', name: 'retrieve_payment_status' }],
    });
  });
});

describe('a failure of Mistral', () => {
  it('names the field that a validator refuses', () => {
    expect(failureOf('failure-fields')).toMatchObject({
      kind: 'caller',
      code: 'invalid_request',
      message: 'max_completion_tokens: Extra inputs are not permitted',
      param: 'max_completion_tokens',
    });
  });

  it('is read from a validator that answers by itself too', () => {
    const detail = [{ type: 'extra_forbidden', loc: ['body', 'n'], msg: 'Extra inputs are not permitted' }];
    expect(mistral.adapter.error(422, JSON.stringify({ detail }))).toMatchObject({ param: 'n' });
  });

  it('tells an unknown model, a refused key and a prompt that is too long apart', () => {
    expect(failureOf('failure-model')).toMatchObject({ kind: 'caller', code: 'model_not_found' });
    expect(failureOf('failure-key')).toMatchObject({ kind: 'account', refusal: { reason: 'key' } });
    expect(failureOf('failure-too-long')).toMatchObject({ kind: 'caller', code: 'context_length_exceeded' });
  });

  it('inside a stream has the status it names', () => {
    const busy = { object: 'error', message: 'Service tier capacity exceeded for this model.', raw_status_code: 429 };
    expect(mistral.adapter.error(500, JSON.stringify(busy)).kind).toBe('busy');
    const limited = { object: 'error', message: 'Rate limit exceeded', type: 'rate_limited', code: '1300' };
    expect(mistral.adapter.error(500, JSON.stringify(limited)).kind).toBe('busy');
  });
});
