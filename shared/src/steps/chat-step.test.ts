import { describe, expect, test } from 'vitest';
import { jsonBySchema, receiptOf, stepAnswer } from './chat-step.ts';

describe('JSON by a schema', () => {
  const closed = {
    type: 'object',
    properties: { kind: { type: 'string' } },
    required: ['kind'],
    additionalProperties: false,
  };

  test('is kept to strictly where OpenAI can: no object open, no property optional, at any depth', () => {
    const kept = { json_schema: { schema: closed, strict: true } };
    expect(jsonBySchema(closed, 'schema').response_format).toMatchObject(kept);
    expect(jsonBySchema(JSON.stringify({ name: 'mail', schema: closed }), 'schema').response_format).toMatchObject(
      kept,
    );
    const open = [
      { ...closed, required: [] },
      { ...closed, additionalProperties: true },
      { type: 'array', items: { type: 'object', properties: {} } },
    ];
    for (const schema of open)
      expect(jsonBySchema(schema, 'schema').response_format).toMatchObject({ json_schema: { strict: false } });
  });

  // A field named as a word of JSON Schema is a field: `properties` of {properties, type, required} was read as a schema.
  test('is kept to strictly whatever its fields are called, and loosely where such a field is open', () => {
    const named = (field: object) => ({
      type: 'object',
      properties: { properties: field, type: { type: 'string' }, required: { type: 'boolean' } },
      required: ['properties', 'type', 'required'],
      additionalProperties: false,
    });
    const strictOf = (schema: object) => jsonBySchema(schema, 'schema').response_format;
    const inDefs = { ...named({ $ref: '#/$defs/properties' }), $defs: { properties: closed } };
    for (const schema of [named({ type: 'string' }), named(closed), named(named(closed)), inDefs])
      expect(strictOf(schema)).toMatchObject({ json_schema: { strict: true } });
    const open = { ...closed, required: [] };
    for (const schema of [named(open), named(named(open)), { ...inDefs, $defs: { properties: open } }])
      expect(strictOf(schema)).toMatchObject({ json_schema: { strict: false } });
  });

  test.each([
    ['{"type": "object",}', /not valid JSON/],
    ['[]', /must be an object/],
    ['{"properties": {}}', /must say its "type"/],
  ])('%s is refused before anything is paid', (given, message) => {
    expect(() => jsonBySchema(given, 'schema')).toThrow(message);
  });
});

describe('an answer is the few fields an automation goes on with', () => {
  const completion = {
    id: 'chatcmpl-1',
    object: 'chat.completion' as const,
    model: 'gpt-4o-mini-2024-07-18',
    choices: [{ message: { role: 'assistant' as const, content: '```json\n{"a": 1}\n```' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
  };
  const headers = {
    'x-gateway-provider': 'openai',
    'x-gateway-cost-usd': '0.00000225',
    'x-gateway-budget-remaining-usd': '4.5',
    'x-request-id': 'req_1',
    'x-gateway-cache': 'hit; age=31',
    'x-gateway-saved-usd': '-0.0001',
  };

  test('text, model, usage, cost and what is left', () => {
    expect({ ...stepAnswer(completion, true), ...receiptOf(headers) }).toEqual({
      text: completion.choices[0]?.message.content,
      json: { a: 1 },
      refusal: null,
      model: 'gpt-4o-mini-2024-07-18',
      finish_reason: 'stop',
      usage: { input_tokens: 7, output_tokens: 2, total_tokens: 9 },
      provider: 'openai',
      cost_usd: 0.00000225,
      budget_remaining_usd: 4.5,
      route: null,
      request_id: 'req_1',
      cache: 'hit; age=31',
      saved_usd: -0.0001,
    });
  });

  test('no budget is not the same as nothing left; JSON that was cut short is null', () => {
    const cut = {
      ...completion,
      choices: [{ message: { role: 'assistant' as const, content: '{"a"' }, finish_reason: 'length' }],
    };
    expect(stepAnswer(cut, true)).toMatchObject({ json: null, finish_reason: 'length' });
    expect(stepAnswer(completion, false).json).toBeNull();
    expect(receiptOf({}).budget_remaining_usd).toBeNull();
  });

  const answering = (message: { content: string | null; refusal?: string | null }, finish_reason = 'stop') => ({
    ...completion,
    choices: [{ message: { role: 'assistant' as const, ...message }, finish_reason }],
  });

  test.each([
    ['{"a": 1}', { a: 1 }],
    ['  [1, 2]\n', [1, 2]],
    ['```json\n{"a": 1}\n```', { a: 1 }],
    ['```\n{"a": 1}\n```', { a: 1 }],
    ['```JSON\r\n{"a": 1}\r\n```\r\n', { a: 1 }],
    ['Here is the JSON you asked for:\n```json\n{"a": 1}\n```', { a: 1 }],
    ['```json\n{"a": 1}\n```\nLet me know if you need more {details}.', { a: 1 }],
    ['Sure! {"a": {"b": [1]}} Anything else?', { a: { b: [1] } }],
    ['As for [1]: {"a": 1}', { a: 1 }],
    ['{"a": "```json"}', { a: '```json' }],
  ])('JSON is found alone, in a fence or among words: %j', (content, json) => {
    expect(stepAnswer(answering({ content }), true)).toMatchObject({ text: content, json });
  });

  test.each(['', '   ', 'No.', 'I cannot {do} that.', '{"a": 1', '```json\n{"a": \n```', 'undefined'])(
    'what is no JSON stays text, which is paid for: %j',
    (content) => {
      expect(stepAnswer(answering({ content }), true)).toMatchObject({ text: content, json: null });
    },
  );

  test.each([
    { content: null, refusal: 'I cannot help with that.' },
    { content: '', refusal: 'I cannot help with that.' },
  ])('a refusal’s own words stand in place of the text: %j', (message) => {
    const said = { text: 'I cannot help with that.', refusal: 'I cannot help with that.', json: null };
    expect(stepAnswer(answering(message), true)).toMatchObject(said);
    expect(stepAnswer(answering(message), false)).toMatchObject(said);
  });

  test('no content, and nobody who says why, is an empty text', () => {
    expect(stepAnswer(answering({ content: null }), true)).toMatchObject({ text: '', json: null, refusal: null });
    expect(stepAnswer({ ...completion, choices: [] }, true)).toMatchObject({ text: '', json: null, refusal: null });
  });
});
