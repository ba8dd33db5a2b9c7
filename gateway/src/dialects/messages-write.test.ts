import { describe, expect, it } from 'vitest';
import { readMessages } from './messages-read.ts';
import { messageStream } from './messages-write.ts';
import type { Usage } from './neutral.ts';

const call = readMessages({
  model: 'gpt-4o',
  max_tokens: 50,
  messages: [{ role: 'user', content: 'Hi' }],
  stream: true,
});

function figuresOf(usage: Usage | undefined): unknown[] {
  const writer = messageStream({ requestId: 'req_1', createdAtMs: 0, call, inputTokens: 9 });
  let frames = writer.push({ kind: 'text', text: 'Hello' });
  if (usage !== undefined) frames += writer.push({ kind: 'usage', usage });
  frames += writer.end().frames;
  return frames
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as { message?: { usage: unknown }; usage?: unknown })
    .flatMap((event) => [event.message?.usage, event.usage].filter((one) => one !== undefined));
}

describe('the usage of a stream of messages', () => {
  it('is an estimate of the input first, then the provider’s figures', () => {
    const usage = { inputTokens: 12, cachedTokens: 2, cacheWriteTokens: 0, outputTokens: 3, reasoningTokens: 0 };
    expect(figuresOf(usage)).toMatchObject([
      { input_tokens: 9 },
      { input_tokens: 10, cache_read_input_tokens: 2, output_tokens: 3 },
    ]);
  });

  // The last event once replaced the estimate by 0.
  it('keeps the estimate of the input where the provider reports none', () => {
    expect(figuresOf(undefined)).toMatchObject([{ input_tokens: 9 }, { input_tokens: 9 }]);
  });
});
