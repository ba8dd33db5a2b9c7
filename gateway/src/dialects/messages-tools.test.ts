import { describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/support/fault-of.ts';
import { messages } from './messages.ts';
import type { JsonObject } from './neutral.ts';

const schema = { type: 'object', properties: {} };
const search = { name: 'ToolSearch', input_schema: schema };
const fetchTool = { name: 'WebFetch', input_schema: schema, defer_loading: true };
const asked = { role: 'user', content: 'What is on that page?' };
const found = [
  { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'ToolSearch', input: { query: 'fetch' } }] },
  {
    role: 'user',
    content: [
      { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'tool_reference', tool_name: 'WebFetch' }] },
    ],
  },
];

const read = (turns: JsonObject[], tools: JsonObject[] = [search, fetchTool]) =>
  messages.read({ model: 'm', max_tokens: 100, tools, messages: [asked, ...turns] });
const offered = (...given: Parameters<typeof read>): string[] => read(...given).tools.map(({ name }) => name);

describe('tools that a conversation loads as it needs them, for models that know no such thing', () => {
  it('one that waits is not offered', () => {
    expect(offered([])).toEqual(['ToolSearch']);
  });

  it('one that a search has found is offered, and the result of the search says so', () => {
    const call = read(found);
    expect(call.tools.map(({ name }) => name)).toEqual(['ToolSearch', 'WebFetch']);
    expect(call.onlyNative).toEqual([]);
    expect(call.messages.at(-1)?.parts).toEqual([
      { kind: 'tool-result', toolCallId: 'call_1', content: [{ kind: 'text', text: 'The tool WebFetch is loaded.' }] },
    ]);
  });

  it('all are offered where Anthropic itself searches them', () => {
    const hosted = { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' };
    const call = read([], [hosted, fetchTool]);
    expect(call.tools.map(({ name }) => name)).toEqual(['WebFetch']);
    expect(call.onlyNative).toEqual(['tool_search_tool_bm25_20251119']);
  });

  it('a turn of the system adds one, takes one away, and defines a new one', () => {
    const change = (type: string, tool: JsonObject) => ({ role: 'system', content: [{ type, tool }] });
    const named = (name: string) => ({ type: 'tool_reference', name });
    const added = change('tool_addition', named('WebFetch'));
    const removed = change('tool_removal', named('WebFetch'));
    const defined = change('tool_addition', {
      type: 'tool_definition',
      definition: { name: 'Weather', input_schema: schema },
    });
    expect(offered([added])).toEqual(['ToolSearch', 'WebFetch']);
    expect(offered([...found, removed])).toEqual(['ToolSearch']);
    expect(offered([defined])).toEqual(['ToolSearch', 'Weather']);
    expect(read([added]).messages).toHaveLength(1);
  });
});

it('a tool that a turn of the system defines again is offered once, as it was defined last', () => {
  const definition = { name: 'ToolSearch', description: 'Finds tools.', input_schema: schema };
  const tool = { type: 'tool_definition', definition };
  const { tools } = read([{ role: 'system', content: [{ type: 'tool_addition', tool }] }]);
  expect(tools).toEqual([{ name: 'ToolSearch', description: 'Finds tools.', parameters: schema }]);
});

describe('a fault in a turn of the system is named where it is', () => {
  const adds = (...definitions: JsonObject[]) => ({
    role: 'system',
    content: definitions.map((definition) => ({
      type: 'tool_addition',
      tool: { type: 'tool_definition', definition },
    })),
  });

  it('in the definition of a tool', () => {
    const fault = faultOf(() => read([adds({ name: 'Weather', input_schema: schema }, { name: 'Time' })]));
    expect(fault).toBe('messages[1].content[1].tool.definition.input_schema');
  });

  it('in an effort', () => {
    const turns = [{ role: 'system', content: [], output_config: { effort: 'some' } }];
    expect(faultOf(() => read(turns))).toBe('messages[1].output_config.effort');
  });

  it('in how many tools there are', () => {
    const many = Array.from({ length: 999 }, (_, i) => ({ name: `Tool${i}`, input_schema: schema }));
    const one = { name: 'Weather', input_schema: schema };
    expect(offered([adds(one)], many)).toHaveLength(1000);
    expect(faultOf(() => read([adds(one, { ...one, name: 'Time' })], many))).toBe(
      'messages[1].content[1].tool.definition',
    );
  });
});

describe('a turn of the system', () => {
  const system = (fields: JsonObject) => ({ role: 'system', ...fields });

  it('may have an effort and no text, which holds from there on', () => {
    const call = read([system({ output_config: { effort: 'low' } })]);
    expect(call.reasoning).toEqual({ effort: 'low' });
    expect(call.messages).toHaveLength(1);
  });

  it('alone sets an effort: turns of others have none', () => {
    const set = { output_config: { effort: 'max' } };
    expect(
      read([
        { role: 'assistant', content: 'Yes.', ...set },
        { ...asked, ...set },
      ]).reasoning,
    ).toBeUndefined();
    expect(read([system({ output_config: { effort: 'low' } }), { ...asked, ...set }]).reasoning).toEqual({
      effort: 'low',
    });
  });

  it('that holds until the next user message is left out after it', () => {
    const brief = system({ content: 'Be brief.', clear_at: 'next_user_message' });
    expect(read([brief]).messages).toHaveLength(2);
    expect(read([brief, { role: 'assistant', content: 'Yes.' }, asked]).messages).toHaveLength(3);
  });
});

it('thoughts that the caller leaves out are not asked for', () => {
  const thinking = (display: string) =>
    messages.read({ model: 'm', max_tokens: 9, thinking: { type: 'adaptive', display }, messages: [asked] }).reasoning;
  expect(thinking('omitted')).toEqual({ effort: 'medium' });
  expect(thinking('summarized')).toEqual({ effort: 'medium', visible: true });
});

describe('examples of the input of a tool, for which Anthropic alone has a field', () => {
  const descriptionOf = (tool: JsonObject) => read([], [{ ...search, ...tool }]).tools[0]?.description;
  const input_examples = [{ query: 'fetch' }, { query: 'write', limit: 2 }];
  const examples = 'Examples of its input:\n{"query":"fetch"}\n{"query":"write","limit":2}';

  it('stand in its description', () => {
    expect(descriptionOf({ input_examples })).toBe(examples);
    expect(descriptionOf({ description: 'Finds tools.', input_examples })).toBe(`Finds tools.\n\n${examples}`);
  });

  it('change nothing where there are none', () => {
    expect(descriptionOf({ description: 'Finds tools.', input_examples: [] })).toBe('Finds tools.');
  });
});
