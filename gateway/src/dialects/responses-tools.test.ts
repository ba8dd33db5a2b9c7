import { describe, expect, it } from 'vitest';
import type { Answer, JsonObject } from './neutral.ts';
import { responses } from './responses.ts';

const schema = { type: 'object', properties: { id: { type: 'string' } } };
const close = { type: 'function', name: 'close_agent', description: 'Closes an agent.', parameters: schema };
const agents = { type: 'namespace', name: 'agents', description: 'Tools for agents.', tools: [close] };
const patch = {
  type: 'custom',
  name: 'apply_patch',
  description: 'Changes files.',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
};

const read = (body: JsonObject) => responses.read({ model: 'm', input: 'Hi', ...body });
const contextOf = (body: JsonObject) => ({ requestId: `req_${'0'.repeat(26)}`, createdAtMs: 0, call: read(body) });
const answerOf = (name: string, args: JsonObject): Answer => ({
  id: 'a',
  model: 'm',
  parts: [{ kind: 'tool-call', id: 'call_1', name, arguments: JSON.stringify(args) }],
  finish: 'tool-calls',
});

describe('tools in a namespace, for a model of another vendor', () => {
  it('are functions that have its name before their own', () => {
    const { tools, onlyNative } = read({ tools: [agents] });
    expect(tools.map(({ name, description, parameters }) => ({ name, description, parameters }))).toEqual([
      { name: 'agents__close_agent', description: 'Tools for agents.\n\nCloses an agent.', parameters: schema },
    ]);
    expect(onlyNative).toEqual([]);
  });

  it('have its description before their own, or alone', () => {
    const bare = { type: 'function', name: 'list_agents', parameters: schema };
    const { tools } = read({ tools: [{ ...agents, tools: [bare, patch] }] });
    expect(tools.map(({ description }) => description)).toEqual([
      'Tools for agents.',
      'Tools for agents.\n\nChanges files.',
    ]);
  });

  it('keep their own description where it has none', () => {
    const { description: _, ...silent } = agents;
    expect(read({ tools: [silent] }).tools[0]?.description).toBe('Closes an agent.');
  });

  it('are called by their own name in their namespace', () => {
    const context = contextOf({ tools: [agents] });
    const { output, tools } = responses.answer(answerOf('agents__close_agent', { id: '7' }), context);
    expect(output).toMatchObject([
      { type: 'function_call', namespace: 'agents', name: 'close_agent', arguments: '{"id":"7"}' },
    ]);
    expect(tools).toEqual([agents]);
  });

  it('come back under the name that the model knows', () => {
    const call = { type: 'function_call', call_id: 'c', namespace: 'agents', name: 'close_agent', arguments: '{}' };
    const done = { type: 'function_call_output', call_id: 'c', output: 'ok' };
    expect(read({ input: [call, done], tools: [agents] }).messages[0]?.parts).toEqual([
      { kind: 'tool-call', id: 'c', name: 'agents__close_agent', arguments: '{}' },
    ]);
  });
});

describe('tools of free text, for a model of another vendor', () => {
  it('are functions of one text, and their description has the grammar', () => {
    const [tool] = read({ tools: [patch] }).tools;
    expect(tool).toMatchObject({ name: 'apply_patch', parameters: { required: ['input'] } });
    expect(JSON.stringify(tool?.parameters)).toContain('start: \\"x\\"');
  });

  it('are called with the text alone', () => {
    const { output } = responses.answer(
      answerOf('apply_patch', { input: '+ a "line"\n' }),
      contextOf({ tools: [patch] }),
    );
    expect(output).toMatchObject([{ type: 'custom_tool_call', name: 'apply_patch', input: '+ a "line"\n' }]);
  });

  it('come back as the call that the model has made', () => {
    const call = { type: 'custom_tool_call', call_id: 'c', name: 'apply_patch', input: 'x' };
    const done = { type: 'custom_tool_call_output', call_id: 'c', output: 'ok' };
    const { messages } = read({ input: [call, done], tools: [patch] });
    expect(messages.map(({ parts }) => parts[0])).toEqual([
      { kind: 'tool-call', id: 'c', name: 'apply_patch', arguments: '{"input":"x"}' },
      { kind: 'tool-result', toolCallId: 'c', content: [{ kind: 'text', text: 'ok' }] },
    ]);
  });

  it('are streamed as one piece, once it is whole', () => {
    const writer = responses.stream(contextOf({ tools: [patch] }));
    const frames = [
      writer.push({ kind: 'tool-call', index: 0, id: 'call_1', name: 'apply_patch' }),
      writer.push({ kind: 'tool-arguments', index: 0, text: '{"input":"a' }),
      writer.push({ kind: 'tool-arguments', index: 0, text: 'b"}' }),
      writer.push({ kind: 'finish', reason: 'tool-calls' }),
      writer.end().frames,
    ].join('');
    const events = [...frames.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? '') as JsonObject);
    const about = events.filter(({ type }) => /custom_tool|output_item/.test(String(type)));
    expect(about.map(({ type }) => type)).toEqual([
      'response.output_item.added',
      'response.custom_tool_call_input.delta',
      'response.custom_tool_call_input.done',
      'response.output_item.done',
    ]);
    expect(about.at(-1)).toMatchObject({ item: { type: 'custom_tool_call', name: 'apply_patch', input: 'ab' } });
  });
});

it('tools that an item of the input adds are offered like all others', () => {
  const added = { type: 'additional_tools', role: 'developer', tools: [agents, patch] };
  const { tools, messages } = read({ input: [added, { role: 'user', content: 'Hi' }] });
  expect(tools.map(({ name }) => name)).toEqual(['agents__close_agent', 'apply_patch']);
  expect(messages).toHaveLength(1);
});

it('a tool that an item of the input gives again is offered once, as it was given last', () => {
  const again = { ...agents, tools: [{ ...close, description: 'Ends an agent.' }] };
  const added = { type: 'additional_tools', role: 'developer', tools: [again, patch] };
  const { tools } = read({ input: [added, { role: 'user', content: 'Hi' }], tools: [agents] });
  expect(tools.map(({ name }) => name)).toEqual(['agents__close_agent', 'apply_patch']);
  expect(tools[0]?.description).toContain('Ends an agent.');
});
