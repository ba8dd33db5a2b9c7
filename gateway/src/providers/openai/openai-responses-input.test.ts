import { describe, expect, it } from 'vitest';
import { messages } from '../../dialects/messages.ts';
import type { JsonObject } from '../../dialects/neutral.ts';
import { openAiResponses } from './openai-responses.ts';

const text = (words: string) => ({ type: 'text', text: words });
const use = { type: 'tool_use', id: 'call_1', name: 'look_up', input: {} };
const result = { type: 'tool_result', tool_use_id: 'call_1', content: '42' };
const turns = [
  { role: 'user', content: 'What is it?' },
  { role: 'assistant', content: [text('I look it up.'), use] },
  { role: 'user', content: [result] },
  { role: 'assistant', content: [text('It is 42.')] },
  { role: 'user', content: 'Thanks.' },
];

/** The phases of the model's own words in the request that goes out. */
function phasesFor(model: string): unknown[] {
  const call = messages.read({ model, max_tokens: 100, messages: turns });
  const target = { kind: 'openai', provider: 'openai', baseUrl: 'https://a.test/v1', apiKey: 'k', model } as const;
  const { input } = JSON.parse(openAiResponses.request(call, target).body) as { input: JsonObject[] };
  return input.flatMap(({ type, role, phase }) => (type === 'message' && role === 'assistant' ? [phase] : []));
}

describe('the words of the model in a conversation that is handed back', () => {
  it.each(['gpt-5.3-codex', 'gpt-5.4', 'gpt-6-sol'])('are told apart for %s: on the way, and the answer', (model) => {
    expect(phasesFor(model)).toEqual(['commentary', 'final_answer']);
  });

  it.each(['gpt-5', 'gpt-5.2-pro', 'o3-pro'])('stay as they are for %s', (model) => {
    expect(phasesFor(model)).toEqual([undefined, undefined]);
  });
});
