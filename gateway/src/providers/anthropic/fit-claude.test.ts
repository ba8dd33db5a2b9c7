import { describe, expect, it } from 'vitest';
import { messages } from '../../dialects/messages.ts';
import type { JsonObject } from '../../dialects/neutral.ts';
import { fitClaude } from './fit-claude.ts';

function fitFor(model: string, turns: JsonObject[], fields: JsonObject = {}) {
  const json = { model, max_tokens: 100, messages: turns, ...fields };
  const fit = fitClaude({ model, json, call: messages.read(json) });
  const sent = (member: string): unknown => {
    const text = fit?.set[member];
    return text === undefined ? undefined : JSON.parse(text);
  };
  return { sent, dropped: fit?.dropped ?? [] };
}

/** The turns that go out to a Claude, or nothing where they go as they came. */
const turnsFor = (model: string, turns: JsonObject[]): unknown => fitFor(model, turns).sent('messages');

describe('turns of the system in a conversation', () => {
  const text = (words: string) => ({ type: 'text', text: words });
  const asked = { role: 'user', content: 'Hi' };
  const brief = {
    role: 'system',
    content: [{ ...text('Be brief.'), cache_control: { type: 'ephemeral' } }],
    output_config: { effort: 'low' },
  };

  it.each(['claude-opus-4-8', 'claude-sonnet-5', 'claude-opus-5-5'])('go as they came to %s', (model) => {
    expect(turnsFor(model, [asked, brief])).toBeUndefined();
  });

  it.each(['claude-sonnet-4-6', 'claude-haiku-4-5', 'claude-opus-4-7'])(
    'are words of the user for %s, which takes none',
    (model) => {
      expect(turnsFor(model, [asked, brief])).toEqual([
        { role: 'user', content: [text('Hi'), { ...text('Be brief.'), cache_control: { type: 'ephemeral' } }] },
      ]);
    },
  );

  it('leave no turn behind where they have no text', () => {
    const effort = { role: 'system', content: [], output_config: { effort: 'low' } };
    const answered = { role: 'assistant', content: 'Hello!' };
    expect(turnsFor('claude-sonnet-4-5', [effort, asked, answered, effort, asked])).toEqual([
      { role: 'user', content: [text('Hi')] },
      { role: 'assistant', content: [text('Hello!')] },
      { role: 'user', content: [text('Hi')] },
    ]);
  });

  it('come after the results of tools, which Claude wants first', () => {
    const use = { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] };
    const result = { type: 'tool_result', tool_use_id: 'a', content: 'Done' };
    const words = { role: 'system', content: 'Be brief.' };
    const answered = { role: 'user', content: [result, text('Go on')] };
    expect(turnsFor('claude-sonnet-4-6', [asked, use, words, answered])).toEqual([
      { role: 'user', content: [text('Hi')] },
      use,
      { role: 'user', content: [result, text('Be brief.'), text('Go on')] },
    ]);
  });

  it('are left out once the user has spoken again where they hold until then', () => {
    const once = { role: 'system', content: 'Be brief.', clear_at: 'next_user_message' };
    const answered = { role: 'assistant', content: 'Hello!' };
    expect(turnsFor('claude-sonnet-4-6', [asked, once, answered, asked, once])).toEqual([
      { role: 'user', content: [text('Hi')] },
      { role: 'assistant', content: [text('Hello!')] },
      { role: 'user', content: [text('Hi'), text('Be brief.')] },
    ]);
  });
});

describe('what turns of the system change, for a Claude that takes none', () => {
  const asked = { role: 'user', content: 'Hi' };
  const effort = (word: string) => ({ role: 'system', content: [], output_config: { effort: word } });

  it('is the effort of the whole call', () => {
    const config = { output_config: { effort: 'high' } };
    const turns = [asked, effort('medium'), effort('low')];
    for (const fields of [{}, config]) {
      const { sent, dropped } = fitFor('claude-sonnet-4-6', turns, fields);
      expect([sent('output_config'), dropped]).toEqual([{ effort: 'low' }, []]);
    }
    expect(fitFor('claude-sonnet-5', turns, config).sent('output_config')).toBeUndefined();
  });

  it('is named where the model knows no such effort', () => {
    const { sent, dropped } = fitFor('claude-haiku-4-5', [asked, effort('low')]);
    expect([sent('output_config'), dropped]).toEqual([undefined, ['output_config.effort']]);
  });

  describe('is which tools there are', () => {
    const schema = { type: 'object', properties: {} };
    const search = { name: 'Search', input_schema: schema };
    const fetchTool = { name: 'Fetch', input_schema: schema };
    const weather = { name: 'Weather', input_schema: schema };
    const waiting = { ...fetchTool, defer_loading: true };
    const change = (type: string, tool: JsonObject) => ({ role: 'system', content: [{ type, tool }] });
    const added = change('tool_addition', { type: 'tool_reference', name: 'Fetch' });
    const removed = change('tool_removal', { type: 'tool_reference', name: 'Fetch' });
    const defined = change('tool_addition', { type: 'tool_definition', definition: weather });

    it.each([
      ['one that waits is loaded', [added], [search, fetchTool]],
      ['one that is removed is gone', [added, removed], [search]],
      ['one that comes back is there', [removed, added], [search, fetchTool]],
      ['one that a turn defines is new', [defined], [search, waiting, weather]],
    ])('%s', (_name, turns, tools) => {
      const fit = fitFor('claude-sonnet-4-6', [asked, ...turns], { tools: [search, waiting] });
      expect([fit.sent('tools'), fit.dropped]).toEqual([tools, []]);
      expect(fitFor('claude-sonnet-5', [asked, ...turns], { tools: [search, waiting] }).sent('tools')).toBeUndefined();
    });

    it('none may be called where none is left', () => {
      const { sent } = fitFor('claude-sonnet-4-6', [asked, removed], { tools: [fetchTool] });
      expect([sent('tools'), sent('tool_choice')]).toEqual([undefined, { type: 'none' }]);
      expect(fitFor('claude-sonnet-4-6', [asked, removed]).sent('tool_choice')).toBeUndefined();
    });
  });
});
