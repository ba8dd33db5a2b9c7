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
  };

  test('text, model, usage, cost and what is left', () => {
    expect({ ...stepAnswer(completion, true), ...receiptOf(headers) }).toEqual({
      text: completion.choices[0]?.message.content,
      json: { a: 1 },
      model: 'gpt-4o-mini-2024-07-18',
      finish_reason: 'stop',
      usage: { input_tokens: 7, output_tokens: 2, total_tokens: 9 },
      provider: 'openai',
      cost_usd: 0.00000225,
      budget_remaining_usd: 4.5,
      route: null,
      request_id: 'req_1',
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
});
