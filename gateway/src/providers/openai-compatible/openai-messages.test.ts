import { describe, expect, it } from 'vitest';
import { chat } from '../../dialects/chat.ts';
import { messages } from '../../dialects/messages.ts';
import type { JsonObject } from '../../dialects/neutral.ts';
import { responses } from '../../dialects/responses.ts';
import { openAiCompatible } from './openai-compatible.ts';

/** A conversation in which the model has thought and called a tool, as Claude Code hands it back. */
const thinking = { type: 'thinking', thinking: 'I look it up.', signature: '' };
const use = { type: 'tool_use', id: 'call_1', name: 'look_up', input: {} };
const result = { type: 'tool_result', tool_use_id: 'call_1', content: '42' };
const claude = (...blocks: JsonObject[]) =>
  messages.read({
    model: 'm',
    max_tokens: 100,
    messages: [
      { role: 'user', content: 'What is it?' },
      { role: 'assistant', content: [...blocks, use] },
      { role: 'user', content: [result] },
    ],
  });

const baseUrl: string = 'https://a.test/v1';
const target = { kind: 'openai-compatible', provider: 'own', baseUrl, apiKey: 'k' } as const;
const assistantOf = (call: ReturnType<typeof claude>, model: string, baseUrl = target.baseUrl): JsonObject => {
  const { body } = openAiCompatible.adapter.request(call, { ...target, baseUrl, model });
  const { messages: sent } = JSON.parse(body) as { messages: JsonObject[] };
  return sent.find(({ role }) => role === 'assistant') ?? {};
};

describe('the thoughts of a model that calls tools', () => {
  it.each(['deepseek-v4-pro', 'Pro/moonshotai/Kimi-K2.5', 'xiaomi/mimo-v2-flash', 'glm-5'])('return to %s', (model) => {
    expect(assistantOf(claude(thinking), model).reasoning_content).toBe('I look it up.');
  });

  it.each(['deepseek-v4-pro', 'kimi-k2-thinking'])('are not missing at %s where they were lost', (model) => {
    expect(assistantOf(claude(), model).reasoning_content).toBe(' ');
  });

  it("of another vendor's, which are signed, do not", () => {
    const signed = { ...thinking, signature: 'c2lnbmVk' };
    expect(assistantOf(claude(signed), 'deepseek-v4-pro').reasoning_content).toBe(' ');
    expect(assistantOf(claude(signed), 'glm-5')).not.toHaveProperty('reasoning_content');
  });

  it.each(['openai/gpt-oss-120b', 'moonshotai/kimi-k2-instruct-0905', 'llama-4'])('stay away from %s', (model) => {
    expect(assistantOf(claude(thinking), model)).not.toHaveProperty('reasoning_content');
  });

  it.each([
    ['https://api.cerebras.ai/v1', 'zai-glm-4.7'],
    ['https://api.groq.com/openai/v1', 'moonshotai/kimi-k2.5'],
    ['https://a.test/v1', 'deepseek-r1-distill-llama-70b'],
  ])('stay away from %s, which refuses them of %s', (baseUrl, model) => {
    expect(assistantOf(claude(thinking), model, baseUrl)).not.toHaveProperty('reasoning_content');
  });

  it.each([
    ['https://openrouter.ai/api/v1', 'z-ai/glm-4.7'],
    ['https://groq.com.a.test/v1', 'deepseek-v4-pro'],
  ])('return to %s', (baseUrl, model) => {
    expect(assistantOf(claude(thinking), model, baseUrl).reasoning_content).toBe('I look it up.');
  });

  it('are not made up where no tool was called', () => {
    const call = chat.read({
      model: 'm',
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: 'What is it?' },
      ],
    });
    expect(assistantOf(call, 'deepseek-v4-pro')).toEqual({ role: 'assistant', content: 'Hello' });
  });

  it('return from a client of the responses dialect too', () => {
    const call = responses.read({
      model: 'm',
      input: [
        { role: 'user', content: 'What is it?' },
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: 'I look it up.' }],
          encrypted_content: 'gw.unsigned.',
        },
        { type: 'function_call', call_id: 'call_1', name: 'look_up', arguments: '{}' },
        { type: 'function_call_output', call_id: 'call_1', output: '42' },
      ],
    });
    expect(assistantOf(call, 'deepseek-v4-pro').reasoning_content).toBe('I look it up.');
  });
});
