import { describe, expect, it } from 'vitest';
import type { JsonObject } from './neutral.ts';
import { responses } from './responses.ts';

const close = { type: 'function', name: 'close_agent', parameters: { type: 'object', properties: {} } };
const patch = { type: 'custom', name: 'apply_patch' };
const tools = [{ type: 'namespace', name: 'agents', tools: [close] }, patch];

const read = (choice: JsonObject, given: JsonObject[] = tools) =>
  responses.read({ model: 'm', input: 'Hi', tools: given, tool_choice: choice });
const allowed = (...names: JsonObject[]) => ({ type: 'allowed_tools', mode: 'required', tools: names });
const echo = (choice: JsonObject): unknown => {
  const context = { requestId: `req_${'0'.repeat(26)}`, createdAtMs: 0, call: read(choice) };
  return responses.answer({ id: 'a', model: 'm', parts: [], finish: 'stop' }, context).tool_choice;
};

describe('the choice of a tool that has another name for other vendors', () => {
  it('forces it under that name', () => {
    expect(read({ type: 'function', name: 'close_agent' }).toolChoice).toEqual({
      kind: 'tool',
      name: 'agents__close_agent',
    });
    expect(read({ type: 'custom', name: 'apply_patch' }).toolChoice).toEqual({ kind: 'tool', name: 'apply_patch' });
  });

  it('allows it under that name, and a tool of free text too', () => {
    const call = read(allowed({ type: 'function', name: 'close_agent' }, { type: 'custom', name: 'apply_patch' }));
    expect(call.allowedTools).toEqual(['agents__close_agent', 'apply_patch']);
    expect(call.toolChoice).toEqual({ kind: 'required' });
    expect(call.onlyNative).toEqual([]);
  });

  it('allows each tool of a name that several namespaces have', () => {
    const other = { type: 'namespace', name: 'tabs', tools: [close] };
    const call = read(allowed({ type: 'function', name: 'close_agent' }), [...tools, other]);
    expect(call.allowedTools).toEqual(['agents__close_agent', 'tabs__close_agent']);
  });

  it('prefers a tool that has the name itself', () => {
    const call = read(allowed({ type: 'function', name: 'close_agent' }), [...tools, close]);
    expect(call.allowedTools).toEqual(['close_agent']);
  });

  it.each([
    { type: 'function', name: 'close_agent' },
    { type: 'custom', name: 'apply_patch' },
    allowed({ type: 'function', name: 'close_agent' }, { type: 'custom', name: 'apply_patch' }),
  ])('comes back in the answer as it was given: %j', (choice) => {
    expect(echo(choice)).toEqual(choice);
  });
});

it('a list of allowed tools that has one of OpenAI alone is for OpenAI alone', () => {
  expect(read(allowed({ type: 'function', name: 'close_agent' }, { type: 'web_search' })).onlyNative).toEqual([
    'tool_choice',
  ]);
});
