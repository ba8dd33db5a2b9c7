import { expect, it } from 'vitest';
import { lastClosedTurn, leastCachedTokens, withMarks } from './prompt-marks.ts';

const mark = { type: 'ephemeral' };
const both = { system: true, turn: true };
const user = (content: unknown): object => ({ role: 'user', content });
const claude = (content: unknown): object => ({ role: 'assistant', content });

it('a mark stands behind the system text, which is behind the tools', () => {
  const body = { system: 'Be kind.', tools: [{ name: 'find' }], messages: [user('Hi')] };
  expect(withMarks(body, { system: true, turn: false })).toEqual({
    ...body,
    system: [{ type: 'text', text: 'Be kind.', cache_control: mark }],
  });
});

it('without system text the mark stands at the last tool', () => {
  const body = { tools: [{ name: 'find' }, { name: 'read' }], messages: [user('Hi')] };
  expect(withMarks(body, both).tools).toEqual([{ name: 'find' }, { name: 'read', cache_control: mark }]);
});

it('of several system blocks the last one is marked, and the others stay as they came', () => {
  const body = {
    system: [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ],
    messages: [user('Hi')],
  };
  expect(withMarks(body, both).system).toEqual([
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b', cache_control: mark },
  ]);
});

it('the last turn that is closed is marked, and the question that is open is not', () => {
  const messages = [user('One?'), claude('1'), user('Two?'), claude([{ type: 'text', text: '2' }]), user('Three?')];
  expect(withMarks({ messages }, { system: false, turn: true }).messages).toEqual([
    ...messages.slice(0, 3),
    claude([{ type: 'text', text: '2', cache_control: mark }]),
    user('Three?'),
  ]);
});

it('a turn that waits for tools is open, so a tool loop keeps its mark where it was', () => {
  const asked = claude([{ type: 'tool_use', id: 't1', name: 'find', input: {} }]);
  const found = user([{ type: 'tool_result', tool_use_id: 't1', content: 'here' }]);
  const before = [user('One?'), claude('1'), user('Find it')];
  expect([
    lastClosedTurn(before),
    lastClosedTurn([...before, asked, found]),
    lastClosedTurn([...before, asked, found, asked, found]),
    lastClosedTurn([...before, asked, found, claude('There'), user('Thanks')]),
  ]).toEqual([1, 1, 1, 5]);
});

it('a thought is never marked', () => {
  const messages = [user('One?'), claude([{ type: 'thinking', thinking: 'Hm', signature: 's' }]), user('Two?')];
  expect(withMarks({ messages }, { system: false, turn: true }).messages).toEqual(messages);
});

it.each([
  ['claude-opus-5-5', 512],
  ['claude-sonnet-5-5', 512],
  ['claude-haiku-5-5', 512],
  ['claude-fable-5-1', 512],
  ['claude-opus-5-20260724', 512],
  ['claude-sonnet-5', 1_024],
  ['claude-opus-4-8', 1_024],
  ['claude-sonnet-4-5-20250929', 1_024],
  ['claude-opus-4-1-20250805', 1_024],
  ['claude-opus-4-20250514', 1_024],
  ['anthropic/claude-sonnet-4-0', 1_024],
  ['claude-sonnet-4-6', 2_048],
  ['claude-3-5-haiku-latest', 2_048],
  ['claude-opus-4-7', 4_096],
  ['claude-haiku-4-5', 4_096],
  ['claude-opus-4-6', 4_096],
  ['claude-new-9', 4_096],
  ['claude-haiku-5', 4_096],
])('the least that is kept of %s is %i tokens', (model, tokens) => {
  expect(leastCachedTokens(model)).toBe(tokens);
});
