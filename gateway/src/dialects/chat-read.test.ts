import { describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/support/fault-of.ts';
import { chat } from './chat.ts';
import type { JsonObject } from './neutral.ts';

const read = (body: JsonObject) => chat.read({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...body });
const faultIn = (body: JsonObject): unknown => faultOf(() => read(body));

const saying = (...content: JsonObject[]): JsonObject => ({ messages: [{ role: 'user', content }] });

describe('what a server that follows OpenAI may know, and OpenAI does not', () => {
  it.each([
    [saying({ type: 'video_url', video_url: { url: 'https://example.com/cat.mp4' } }), 'video_url'],
    [{ reasoning_effort: 'auto' }, 'reasoning_effort'],
    [{ response_format: { type: 'grammar', grammar: 'root ::= "a"' } }, 'response_format'],
  ])('is left to it, and named so that no other is asked for it: %j', (body, feature) => {
    expect(read(body).onlyNative).toEqual([feature]);
  });

  it('leaves what everybody knows as it is', () => {
    const film = { type: 'video_url', video_url: { url: 'https://example.com/cat.mp4' } };
    const call = read({
      ...saying(film, { type: 'text', text: 'What is this?' }, film),
      reasoning_effort: 'low',
      response_format: { type: 'json_object' },
    });
    expect(call).toMatchObject({
      messages: [{ role: 'user', parts: [{ kind: 'text', text: 'What is this?' }] }],
      reasoning: { effort: 'low' },
      output: { kind: 'json' },
      onlyNative: ['video_url'],
    });
    expect(read({ reasoning_effort: 'auto', response_format: { type: 'grammar' } })).toMatchObject({
      output: { kind: 'text' },
      onlyNative: ['reasoning_effort', 'response_format'],
    });
  });

  it.each([
    [saying({}), 'messages[0].content[0].type'],
    [saying({ type: 7 }), 'messages[0].content[0].type'],
    [{ reasoning_effort: 7 }, 'reasoning_effort'],
    [{ response_format: { type: 7 } }, 'response_format.type'],
    [{ response_format: 'json' }, 'response_format'],
  ])('is still to be well formed: %j', (body, param) => {
    expect(faultIn(body)).toBe(param);
  });
});

describe('calls in the form before tools', () => {
  const called = (name: string): JsonObject => ({
    role: 'assistant',
    content: null,
    function_call: { name, arguments: '{}' },
  });
  const result = (name: string): JsonObject => ({ role: 'function', name, content: 'clear' });
  /** The ids of the calls and results, in order. */
  const idsOf = (...messages: JsonObject[]): string[] =>
    read({ messages }).messages.flatMap(({ parts }) =>
      parts.flatMap((part) =>
        part.kind === 'tool-call' ? [part.id] : part.kind === 'tool-result' ? [part.toolCallId] : [],
      ),
    );

  it('of one function are told apart, each with its own result', () => {
    const ids = idsOf(called('get'), result('get'), called('get'), result('get'), called('put'), result('put'));
    const [first, itsResult, second, secondResult, other, otherResult] = ids;
    expect([itsResult, secondResult, otherResult]).toEqual([first, second, other]);
    expect(new Set(ids).size).toBe(3);
  });

  it('keep their ids as the conversation grows', () => {
    const begun = [called('get'), result('get')];
    expect(idsOf(...begun, called('get')).slice(0, 2)).toEqual(idsOf(...begun));
  });

  it('are not taken for those of a function whose name ends like one of their ids', () => {
    expect(new Set(idsOf(called('get'), called('get'), called('get_2'), called('get_1'))).size).toBe(4);
  });

  it('may have lost their call', () => {
    expect(idsOf(result('get'))).toHaveLength(1);
  });
});

it.each([
  [{ max_tokens: 100_000, max_completion_tokens: 16 }, 100_000],
  [{ max_tokens: 16, max_completion_tokens: 100_000 }, 100_000],
  [{ max_tokens: 16 }, 16],
  [{ max_completion_tokens: 16 }, 16],
  [{}, undefined],
])('of two ceilings the higher one is held for: a server may know but one of them (%j)', (ceilings, held) => {
  const messages = [{ role: 'user', content: 'Hi' }];
  expect(chat.read({ model: 'local/llama', messages, ...ceilings }).maxTokens).toBe(held);
});
