import { describe, expect, it } from 'vitest';
import { chat } from '../dialects/chat.ts';
import { outlineJson } from '../dialects/json-outline.ts';
import { messages } from '../dialects/messages.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import { relayBody } from './relay-body.ts';

/** The bytes Anthropic gets of a call in its own dialect. */
function relayed(
  fields: JsonObject,
  ceiling?: number,
): { came: string; sent: string; json: JsonObject; dropped: readonly string[] } {
  // Spaces that no writer of JSON would put there tell bytes that were kept.
  const came = JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 9_000, ...fields }, null, 1);
  const body = Buffer.from(came);
  const json = JSON.parse(came) as JsonObject;
  const call = messages.read(json);
  const { model } = call;
  const relay = relayBody({ body, outline: outlineJson(body), json, call, model, kind: 'anthropic', ceiling });
  const sent = relay.body.toString();
  return { came, sent, json: JSON.parse(sent) as JsonObject, dropped: relay.dropped };
}

const question = { role: 'user', content: 'Weather?' };
const thinking = { type: 'enabled', budget_tokens: 2_000 };
const thought = (signature: string): JsonObject => ({ type: 'thinking', thinking: 'Hm.', signature });
const use = (id: string): JsonObject => ({ type: 'tool_use', id, name: 'get_weather', input: { city: 'Paris' } });
const called = (...content: JsonObject[]): JsonObject => ({ role: 'assistant', content });
const result = (id: string): JsonObject => ({
  role: 'user',
  content: [{ type: 'tool_result', tool_use_id: id, content: 'clear' }],
});

describe('a turn that another vendor began', () => {
  it.each([
    ['whose thoughts only that one can read', [thought('gw.gemini.proof'), use('a')]],
    ['that came without thoughts', [use('a')]],
  ])('%s is finished by Claude without thinking, and the caller hears of it', (_, content) => {
    const { json, dropped } = relayed({ thinking, messages: [question, called(...content), result('a')] });
    expect(json.thinking).toEqual({ type: 'disabled' });
    expect(dropped).toEqual(['thinking']);
    expect(json.messages).toEqual([question, called(use('a')), result('a')]);
  });

  it('is finished without thinking, not with less of it, under a budget that is running out too', () => {
    const ask = {
      thinking: { ...thinking, budget_tokens: 8_000 },
      messages: [question, called(use('a')), result('a')],
    };
    expect(relayed(ask, 4_000).json).toMatchObject({ thinking: { type: 'disabled' }, max_tokens: 4_000 });
  });

  it.each([
    ['claude-sonnet-4-5', undefined],
    ['claude-sonnet-4-5', { type: 'disabled' }],
    ['claude-opus-4-6', { type: 'adaptive' }],
    ['claude-sonnet-5-5', { type: 'between_tools' }],
  ])('leaves any other wish for thoughts that %s knows as it is: %j', (model, wish) => {
    const { came, sent } = relayed({ model, thinking: wish, messages: [question, called(use('a')), result('a')] });
    expect(sent).toBe(came);
  });

  it('has no say once it is over', () => {
    const over = [question, called(use('a')), result('a'), called({ type: 'text', text: 'Sunny.' }), question];
    const { came, sent } = relayed({ thinking, messages: over });
    expect(sent).toBe(came);
  });
});

it('thoughts that a budget leaves no room for are dropped and named; fewer of them are not', () => {
  const ask = { thinking: { ...thinking, budget_tokens: 8_000 }, messages: [question] };
  expect(relayed(ask, 4_000)).toMatchObject({ json: { thinking: { budget_tokens: 2_000 } }, dropped: [] });
  expect(relayed(ask, 2_000)).toMatchObject({ json: { thinking: { type: 'disabled' } }, dropped: ['thinking'] });
});

describe('a turn of Claude’s own', () => {
  it.each([
    ['a call', [called(thought('proof'), use('a')), result('a')]],
    ['a second call', [called(thought('proof'), use('a')), result('a'), called(use('b')), result('b')]],
    ['thoughts nobody may read', [called({ type: 'redacted_thinking', data: 'x' }, use('a')), result('a')]],
  ])('goes on byte for byte after %s', (_, turn) => {
    const { came, sent, dropped } = relayed({ thinking, messages: [question, ...turn] });
    expect(sent).toBe(came);
    expect(dropped).toEqual([]);
  });
});

describe('thoughts nobody signed', () => {
  it.each([
    ['an empty signature', thought('')],
    ['the gateway’s own mark', thought('gw.unsigned.')],
    ['no signature', { type: 'thinking', thinking: 'Hm.' }],
  ])('are not handed to Claude, which would refuse them: %s', (_, unsigned) => {
    const words = { type: 'text', text: 'Sunny.' };
    const { json } = relayed({ thinking, messages: [question, called(unsigned, words), question] });
    expect(json.messages).toEqual([question, called(words), question]);
    expect(json.thinking).toEqual(thinking);
  });

  it.each(['', 'gw.unsigned.'])('do not count for thoughts of a turn: "%s"', (signature) => {
    const { json } = relayed({ thinking, messages: [question, called(thought(signature), use('a')), result('a')] });
    expect(json).toMatchObject({ thinking: { type: 'disabled' }, messages: [question, called(use('a')), result('a')] });
  });
});

describe('ids of calls', () => {
  it('that Anthropic takes stay as they are', () => {
    const { came, sent } = relayed({ messages: [question, called(use('call_a-B_9')), result('call_a-B_9')] });
    expect(sent).toBe(came);
  });

  it('that another vendor gave and Anthropic refuses are renamed, the same for a call and its result', () => {
    const odd = 'functions.get_weather:0';
    const { json } = relayed({
      messages: [question, called({ type: 'text', text: 'Hm.' }, use(odd), use('b')), result(odd), result('b')],
    });
    const [, turn, first, second] = json.messages as { content: JsonObject[] }[];
    const [words, call, untouched] = turn?.content ?? [];
    expect(call).toEqual({ ...use(odd), id: expect.stringMatching(/^[a-zA-Z0-9_-]+$/) });
    expect(first?.content).toEqual([{ type: 'tool_result', tool_use_id: call?.id, content: 'clear' }]);
    expect([words, untouched, second]).toEqual([{ type: 'text', text: 'Hm.' }, use('b'), result('b')]);
  });
});

it('what another vendor’s model says of itself, behind an API like Anthropic’s, stays as it came', () => {
  const id = 'functions.get_weather:0';
  const said = [question, called(thought(''), use(id)), result(id)];
  const { came, sent } = relayed({ model: 'kimi-k2', thinking, messages: said });
  expect(sent).toBe(came);
});

it('a server that follows OpenAI gets what only it knows as it came', () => {
  const body = Buffer.from(`{
    "model": "qwen-vl", "reasoning_effort": "auto", "response_format": { "type": "grammar", "grammar": "x" },
    "messages": [{ "role": "user", "content": [{ "type": "video_url", "video_url": { "url": "https://x/y.mp4" } }] }] }`);
  const json = JSON.parse(body.toString()) as JsonObject;
  const call = chat.read(json);
  const sent = relayBody({
    body,
    outline: outlineJson(body),
    json,
    call,
    model: call.model,
    kind: 'openai-compatible',
  });
  expect(sent.body.toString()).toBe(body.toString());
});
