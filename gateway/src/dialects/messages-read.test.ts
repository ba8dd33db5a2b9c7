import { describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/support/fault-of.ts';
import { messages } from './messages.ts';
import type { JsonObject } from './neutral.ts';

const read = (body: JsonObject) =>
  messages.read({ model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }], ...body });
const faultIn = (body: JsonObject): unknown => faultOf(() => read(body));

describe('how long Claude is asked to think', () => {
  it('thoughts between calls of tools only are, for a model that knows no such thing, no thoughts', () => {
    expect(read({ thinking: { type: 'between_tools' } }).reasoning).toEqual({ effort: 'none' });
    expect(read({ thinking: { type: 'disabled' } }).reasoning).toEqual({ effort: 'none' });
  });

  it('a word Anthropic has never heard of is refused', () => {
    expect(faultIn({ thinking: { type: 'sometimes' } })).toBe('thinking.type');
  });
});

describe('thoughts that come back', () => {
  const thoughtOf = (fields: JsonObject): unknown =>
    read({ messages: [{ role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm.', ...fields }] }] }).messages[0]
      ?.parts[0];

  it('are proven by their maker’s signature', () => {
    const thought = { kind: 'reasoning', text: 'Hm.', signature: 'proof' };
    expect(thoughtOf({ signature: 'proof' })).toEqual({ ...thought, signedBy: 'anthropic' });
    expect(thoughtOf({ signature: 'gw.gemini.proof' })).toEqual({ ...thought, signedBy: 'gemini' });
  });

  it.each([{}, { signature: '' }, { signature: 'gw.unsigned.' }, { signature: 'gw.unsigned.x' }])(
    'are nobody’s without one: %j',
    (fields) => {
      expect(thoughtOf(fields)).toEqual({ kind: 'reasoning', text: 'Hm.' });
    },
  );
});

describe('how long the answer may be', () => {
  it('no answer at all, only a prompt put into the cache, is one token for those who must answer', () => {
    expect(read({ max_tokens: 0 }).maxTokens).toBe(1);
  });

  it.each([undefined, null, -1, 0.5, '0'])('must be said: %j', (max_tokens) => {
    expect(faultIn({ max_tokens })).toBe('max_tokens');
  });
});

it('a tool whose type is no text is refused at that place', () => {
  expect(faultIn({ tools: [{ type: {} }] })).toBe('tools[0].type');
  expect(faultIn({ tools: [{ type: 7 }] })).toBe('tools[0].type');
});

describe('texts that Claude is given to cite', () => {
  const partsOf = (content: unknown) => {
    const call = read({ messages: [{ role: 'user', content }] });
    return { parts: call.messages[0]?.parts, dropped: Object.keys(call.extra), onlyNative: call.onlyNative };
  };
  const found = {
    type: 'search_result',
    title: 'Opening hours',
    source: 'https://example.org/hours',
    content: [{ type: 'text', text: 'Open from 9.' }],
  };
  const text = (words: string) => ({ kind: 'text', text: words });

  it('a search result is its title, its source and its text for every other model', () => {
    expect(partsOf([found])).toEqual({
      parts: [text('Title: Opening hours\nSource: https://example.org/hours'), text('Open from 9.')],
      dropped: [],
      onlyNative: [],
    });
  });

  it('a document keeps its title and its context', () => {
    const source = { type: 'text', media_type: 'text/plain', data: 'Open from 9.' };
    expect(partsOf([{ type: 'document', source, title: 'Hours', context: 'Of the shop' }]).parts).toEqual([
      text('Title: Hours\nContext: Of the shop'),
      text('Open from 9.'),
    ]);
    const pdf = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' };
    expect(partsOf([{ type: 'document', source: pdf, title: 'Hours' }]).parts).toEqual([
      { kind: 'file', mediaType: 'application/pdf', data: 'JVBERi0=', filename: 'Hours' },
    ]);
  });

  const document = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Open from 9.' } };
  const cited = (block: object) => ({ ...block, citations: { enabled: true } });

  it.each([
    [[cited(document)], ['document.citations']],
    [[cited(found)], ['search_result.citations']],
    [[{ type: 'tool_result', tool_use_id: 'a', content: [cited(found)] }], ['search_result.citations']],
    [
      [cited(document), cited(found), cited(document)],
      ['document.citations', 'search_result.citations'],
    ],
  ])('citations that were asked for are named where no model gives any: %j', (content, dropped) => {
    expect(partsOf(content)).toMatchObject({ dropped, onlyNative: [] });
  });

  it.each([
    [found, 2],
    [{ ...found, content: [...found.content, ...found.content] }, 3],
    [{ ...document, title: 'Hours' }, 2],
    [{ ...document, source: { type: 'content', content: [...found.content, ...found.content] } }, 2],
  ])('a mark for the cache is on the last of the parts only: %j', (block, parts) => {
    const marks = partsOf([{ ...block, cache_control: { type: 'ephemeral' } }]).parts?.map((part) =>
      'cacheControl' in part ? part.cacheControl : undefined,
    );
    expect(marks).toEqual([...Array<undefined>(parts - 1).fill(undefined), { type: 'ephemeral' }]);
  });

  it('citations that were not asked for are not named', () => {
    expect(partsOf([{ ...found, citations: { enabled: false } }]).dropped).toEqual([]);
  });
});

it('what Anthropic alone knows of an output is named where it is lost', () => {
  const output_config = { effort: 'low', format: null, task_budget: { type: 'tokens', total: 20_000 } };
  expect(Object.keys(read({ output_config }).extra)).toEqual(['output_config.task_budget']);
  expect(read({ output_config: { effort: 'low' } }).extra).toEqual({});
});
