import { describe, expect, it } from 'vitest';
import { chat } from '../dialects/chat.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import { messagesRequest, schemaTool } from './anthropic-request.ts';

const tools = [{ type: 'function', function: { name: 'pay', parameters: { type: 'object', properties: {} } } }];
const response_format = {
  type: 'json_schema',
  json_schema: { name: 'verdict', schema: { type: 'object', properties: { ok: { type: 'boolean' } } } },
};

/** What a Claude without structured output gets of a chat call that wants an answer by a schema. */
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
