import { describe, expect, it } from 'vitest';
import { chat } from '../../dialects/chat.ts';
import type { JsonObject } from '../../dialects/neutral.ts';
import { responses } from '../../dialects/responses.ts';
import { messagesRequest, schemaTool } from './anthropic-request.ts';

const tools = [{ type: 'function', function: { name: 'pay', parameters: { type: 'object', properties: {} } } }];
const response_format = {
  type: 'json_schema',
  json_schema: { name: 'verdict', schema: { type: 'object', properties: { ok: { type: 'boolean' } } } },
};

/** The request to a Claude without structured output, of a chat call that wants an answer by a schema. */
function translated(more: JsonObject, model = 'claude-3-5-sonnet-20241022'): { body: JsonObject; dropped: string[] } {
  const call = chat.read({ model, messages: [{ role: 'user', content: 'Hi' }], response_format, ...more });
  const target = { kind: 'anthropic', provider: 'anthropic', baseUrl: 'https://vendor.example', apiKey: 'k' } as const;
  return messagesRequest(call, { ...target, model });
}

describe('a schema goes to a Claude without structured output by a tool', () => {
  it('which is called once, where there is no other', () => {
    expect(translated({}).body.tool_choice).toEqual({
      type: 'tool',
      name: schemaTool,
      disable_parallel_tool_use: true,
    });
  });

  it('or which is the only one that may be called, where the caller wants none of his called', () => {
    const { body } = translated({ tools, tool_choice: 'none' });
    expect(body.tool_choice).toMatchObject({ type: 'tool', name: schemaTool });
    expect(body.tools).toMatchObject([{ name: 'pay' }, { name: schemaTool }]);
  });

  it('beside the caller’s own, one at a time where he says so', () => {
    expect(translated({ tools }).body.tool_choice).toEqual({ type: 'any' });
    expect(translated({ tools, parallel_tool_calls: false }).body.tool_choice).toEqual({
      type: 'any',
      disable_parallel_tool_use: true,
    });
  });

  it('but not where one of his must be called: then it is left out, and named', () => {
    const { body, dropped } = translated({ tools, tool_choice: 'required' });
    expect(body.tools).toMatchObject([{ name: 'pay' }]);
    expect(body.tools).toHaveLength(1);
    expect(body.tool_choice).toEqual({ type: 'any' });
    expect(dropped).toEqual(['response_format']);
  });

  it('and in words where nobody may force a call: then nothing is lost', () => {
    const map = { type: 'object', additionalProperties: { type: 'string' } };
    const asked = {
      tools,
      tool_choice: 'required',
      response_format: { type: 'json_schema', json_schema: { name: 'm', schema: map } },
    };
    const { body, dropped } = translated(asked, 'claude-opus-5-5');
    expect(body.system).toContain('It must be valid by this JSON Schema');
    expect(dropped).not.toContain('response_format');
  });
});

describe('a tool whose schema is to be kept to', () => {
  const properties = { cents: { type: 'integer', minimum: 1 } };
  const strict = (name: string, parameters: JsonObject = { type: 'object', properties, required: ['cents'] }) => ({
    type: 'function',
    function: { name, parameters, strict: true },
  });
  const asked = (more: JsonObject, model = 'claude-sonnet-4-5'): ReturnType<typeof translated> =>
    translated({ response_format: undefined, ...more }, model);
  const named = ['tools.function.strict'];

  it('is, by a Claude that can, in the words Anthropic takes', () => {
    const { body, dropped } = asked({ tools: [strict('pay'), ...tools] });
    const [pay, loose] = body.tools as JsonObject[];
    expect(pay).toMatchObject({ strict: true, input_schema: { additionalProperties: false, required: ['cents'] } });
    expect(JSON.stringify(pay)).not.toContain('"minimum":');
    expect(loose).toEqual({ name: 'pay', input_schema: { type: 'object', properties: {} } });
    expect(dropped).toEqual([]);
  });

  it('is kept to as well as can be by one that cannot, and the caller hears of it', () => {
    const { body, dropped } = asked({ tools: [strict('pay')] }, 'claude-3-5-sonnet-20241022');
    expect(body.tools).toEqual([{ name: 'pay', input_schema: strict('pay').function.parameters }]);
    expect(dropped).toEqual(named);
  });

  it.each([
    ['is a map', [strict('pay', { type: 'object', additionalProperties: { type: 'string' } })]],
    ['is no object', [strict('pay', { anyOf: [{ type: 'object', properties }] })]],
    ['is one of more than Anthropic makes a grammar of', ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => strict(name))],
    [
      'leaves out more, with the others, than Anthropic makes a grammar of',
      ['a', 'b'].map((name) =>
        strict(name, {
          type: 'object',
          properties: Object.fromEntries(['1', '2', '3', '4', '5', '6', '7'].map((n) => [n, { type: 'string' }])),
        }),
      ),
    ],
  ])('nor by any where it %s', (_, list) => {
    const { body, dropped } = asked({ tools: list });
    expect(JSON.stringify(body.tools)).not.toContain('strict');
    expect(dropped).toEqual(named);
  });

  it('is named in the words of its dialect', () => {
    const { name, parameters } = strict('pay').function;
    const call = responses.read({
      model: 'm',
      input: 'Hi',
      tools: [{ type: 'function', name, parameters, strict: true }],
    });
    const target = {
      kind: 'anthropic',
      provider: 'anthropic',
      baseUrl: 'https://vendor.example',
      apiKey: 'k',
    } as const;
    expect(messagesRequest(call, { ...target, model: 'claude-3-haiku-20240307' }).dropped).toEqual(['tools.strict']);
  });
});

describe('an answer whose length nobody limits', () => {
  const ceilingOf = (model: string, more: JsonObject = {}) => translated(more, model).body.max_tokens;

  it('may be long, with room for thoughts where the model thinks', () => {
    expect(ceilingOf('claude-haiku-4-5')).toBe(16_384);
    expect(ceilingOf('claude-sonnet-5')).toBe(32_768);
    expect(ceilingOf('claude-haiku-4-5', { max_tokens: 500 })).toBe(500);
  });

  it('is no longer than its Claude can make it', () => {
    expect(ceilingOf('claude-3-5-sonnet-20241022')).toBe(8_192);
    expect(ceilingOf('claude-3-haiku-20240307')).toBe(4_096);
  });
});
