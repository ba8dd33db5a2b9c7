import { describe, expect, it } from 'vitest';
import { contentOf } from '../dialects/answer-content.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import { checkAnswer, checkStreamed, isChecked } from './check-answer.ts';

type CheckedCall = Pick<NeutralCall, 'tools' | 'output'>;
const text: CheckedCall = { tools: [], output: { kind: 'text' } };
const schema = {
  type: 'object',
  required: ['kind', 'amount'],
  additionalProperties: false,
  properties: {
    kind: { enum: ['refund', 'question'] },
    amount: { type: ['number', 'null'] },
    lines: { items: { type: 'string' } },
  },
};
const json: CheckedCall = { tools: [], output: { kind: 'json-schema', name: 'mail', schema } };
const tools: CheckedCall = { tools: [{ name: 'save', parameters: schema }], output: { kind: 'text' } };
const said = (answer: string) => ({ text: answer, toolCalls: [] });

describe('the check of an answer', () => {
  it('is left out for calls that ask for free text', () => {
    expect(isChecked(text)).toBe(false);
    expect(checkAnswer(text, said('{"a":1}'))).toEqual({});
  });

  it('finds JSON that fits its schema', () => {
    expect(checkAnswer(json, said('{"kind":"refund","amount":12.5,"lines":["a"]}'))).toEqual({ jsonOk: true });
    expect(checkAnswer({ tools: [], output: { kind: 'json' } }, said('[1]'))).toEqual({ jsonOk: true });
  });

  it.each([
    'Sure! {"kind":"refund","amount":1}',
    '{"kind":"refund"}',
    '{"kind":"order","amount":1}',
    '{"kind":"refund","amount":"1"}',
    '{"kind":"refund","amount":1,"more":2}',
    '{"kind":"refund","amount":1,"lines":[2]}',
    '[]',
    '',
  ])('finds JSON that is broken or does not fit: %s', (answer) => {
    expect(checkAnswer(json, said(answer))).toEqual({ jsonOk: false });
  });

  it('takes a schema that refers to itself, or is nonsense, for one that fits', () => {
    const odd = { $ref: '#', properties: { a: { type: 7, items: 'x', enum: 'y' } }, required: 'a' };
    const output = { kind: 'json-schema' as const, name: 'odd', schema: odd };
    expect(checkAnswer({ tools: [], output }, said('{"a":[{"b":[]}]}'))).toEqual({ jsonOk: true });
  });

  it('finds calls of tools that are known and whose arguments fit', () => {
    const calling = (name: string, given: string) => ({ text: '', toolCalls: [{ name, arguments: given }] });
    expect(checkAnswer(tools, calling('save', '{"kind":"refund","amount":1}'))).toEqual({ toolOk: true });
    expect(checkAnswer(tools, calling('save', '{"kind":"refund"'))).toEqual({ toolOk: false });
    expect(checkAnswer(tools, calling('delete', '{"kind":"refund","amount":1}'))).toEqual({ toolOk: false });
    expect(checkAnswer(tools, said('I saved it.'))).toEqual({});
  });

  it('says nothing of a stream whose text may hold thoughts', () => {
    const usage = { inputTokens: 1, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 9, reasoningTokens: 0 };
    const fitting = '{"kind":"refund","amount":1}';
    expect(checkStreamed(json, { text: fitting, usage: undefined })).toEqual({ jsonOk: true });
    expect(checkStreamed(json, { text: 'No.', usage })).toEqual({ jsonOk: false });
    expect(checkStreamed(json, { text: `Hm. ${fitting}`, usage: { ...usage, reasoningTokens: 3 } })).toEqual({});
    expect(checkStreamed(text, { text: fitting, usage })).toEqual({});
  });
});

describe('the words and tools of an answer', () => {
  const expected = { text: 'Done.', toolCalls: [{ name: 'save', arguments: '{"a":1}' }] };

  it('are read in each dialect, without thoughts', () => {
    const call = { name: 'save', arguments: '{"a":1}' };
    expect(
      contentOf('chat', {
        choices: [
          {
            message: { reasoning_content: 'Hm.', content: 'Done.', tool_calls: [{ type: 'function', function: call }] },
          },
        ],
      }),
    ).toEqual(expected);
    expect(
      contentOf('messages', {
        content: [
          { type: 'thinking', thinking: 'Hm.' },
          { type: 'text', text: 'Done.' },
          { type: 'tool_use', name: 'save', input: { a: 1 } },
        ],
      }),
    ).toEqual(expected);
    expect(
      contentOf('responses', {
        output: [
          { type: 'reasoning', summary: [{ text: 'Hm.' }] },
          { type: 'message', content: [{ type: 'output_text', text: 'Done.' }] },
          { type: 'function_call', ...call },
        ],
      }),
    ).toEqual(expected);
  });

  it('are empty in a body that is no answer', () => {
    for (const dialect of ['chat', 'messages', 'responses'] as const)
      for (const body of [{}, { choices: [null], content: [null], output: [null, { type: 'message', content: 'x' }] }])
        expect(contentOf(dialect, body)).toEqual({ text: '', toolCalls: [] });
  });
});
