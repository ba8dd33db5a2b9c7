import { describe, expect, it } from 'vitest';
import { chat } from '../../dialects/chat.ts';
import type { JsonObject } from '../../dialects/neutral.ts';
import { anthropic } from './anthropic.ts';

const target = {
  kind: 'anthropic',
  provider: 'anthropic',
  baseUrl: 'https://api.anthropic.com',
  apiKey: 'k',
  model: 'claude-sonnet-4-5',
} as const;

/** The thinking settings sent to Claude, and the note to the caller that they were dropped. */
function thinkingOf(messages: readonly JsonObject[]): { type: unknown; dropped: readonly string[] } {
  const call = chat.read({ model: 'm', reasoning_effort: 'low', max_tokens: 9_000, messages });
  const { body, dropped } = anthropic.adapter.request(call, target);
  return { type: (JSON.parse(body) as { thinking?: JsonObject }).thinking?.type, dropped };
}

const thinks = { type: 'enabled', dropped: [] };
const doesNot = { type: undefined, dropped: ['reasoning_effort'] };

const question = { role: 'user', content: 'Weather in Paris and Rome?' };
const proof = { type: 'reasoning.text', format: 'anthropic-claude-v1', text: 'Hm.', signature: 'proof' };
const call = (id: string): JsonObject => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name: 'get_weather', arguments: '{}' } }],
});
const result = (id: string): JsonObject => ({ role: 'tool', tool_call_id: id, content: 'clear' });
const signed = (message: JsonObject): JsonObject => ({ ...message, reasoning_details: [proof] });

describe('Claude thinks on', () => {
  it('after a call of a tool that came with its thoughts', () => {
    expect(thinkingOf([question, signed(call('a')), result('a')])).toEqual(thinks);
  });

  it('not after one whose thoughts are another vendor’s or lost', () => {
    expect(thinkingOf([question, call('a'), result('a')])).toEqual(doesNot);
    const unsigned = { ...call('a'), reasoning_details: [{ ...proof, signature: '' }] };
    expect(thinkingOf([question, unsigned, result('a')])).toEqual(doesNot);
  });

  it('after its second call of one turn, before which it does not think again', () => {
    expect(thinkingOf([question, signed(call('a')), result('a'), call('b'), result('b')])).toEqual(thinks);
  });

  it('not because it thought in an earlier turn', () => {
    const earlier = [question, signed(call('a')), result('a'), { role: 'assistant', content: 'Sunny.' }];
    expect(thinkingOf([...earlier, question, call('b'), result('b')])).toEqual(doesNot);
  });

  it('not after a lost thought either when the user adds a word to the result', () => {
    expect(thinkingOf([question, call('a'), result('a'), { role: 'user', content: 'Hurry.' }])).toEqual(doesNot);
  });

  it('not in an answer whose beginning is given', () => {
    expect(thinkingOf([question, { role: 'assistant', content: 'In Paris' }])).toEqual(doesNot);
    expect(
      thinkingOf([question, { role: 'assistant', content: 'In Paris' }, { role: 'system', content: 'Be brief.' }]),
    ).toEqual(doesNot);
  });

  it('in the turn after an answer nobody thought about', () => {
    expect(thinkingOf([question, { role: 'assistant', content: 'Sunny.' }, question])).toEqual(thinks);
  });
});
