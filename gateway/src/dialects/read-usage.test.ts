import { expect, it } from 'vitest';
import { readAnthropicUsage, readOpenAiUsage } from './read-usage.ts';

it.each([
  {
    dialect: 'chat',
    usage: {
      prompt_tokens: 100,
      completion_tokens: 9,
      prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 50 },
    },
  },
  {
    dialect: 'responses',
    usage: {
      input_tokens: 100,
      output_tokens: 9,
      input_tokens_details: { cached_tokens: 30, cache_write_tokens: 50 },
    },
  },
])("what OpenAI wrote to its cache is counted, in $dialect's words", ({ usage }) => {
  expect(readOpenAiUsage(usage)).toMatchObject({ inputTokens: 100, cachedTokens: 30, cacheWriteTokens: 50 });
});

it('what is told to be cached and written is never more than the input', () => {
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 9,
    prompt_tokens_details: { cached_tokens: 80, cache_write_tokens: 90 },
  };
  expect(readOpenAiUsage(usage)).toMatchObject({ cachedTokens: 80, cacheWriteTokens: 20 });
});

it("Claude's thoughts are counted as reasoning, and never more than the answer", () => {
  const usage = (thinking: number) => ({
    input_tokens: 5,
    output_tokens: 90,
    output_tokens_details: { thinking_tokens: thinking },
  });
  expect(readAnthropicUsage(usage(40))).toMatchObject({ outputTokens: 90, reasoningTokens: 40 });
  expect(readAnthropicUsage(usage(400))).toMatchObject({ outputTokens: 90, reasoningTokens: 90 });
  expect(readAnthropicUsage({ input_tokens: 5, output_tokens: 90, output_tokens_details: null })).toMatchObject({
    reasoningTokens: 0,
  });
});

it('a server that writes its counts as text is understood, and nonsense is not', () => {
  expect(readOpenAiUsage({ prompt_tokens: '100', completion_tokens: '9' })).toMatchObject({
    inputTokens: 100,
    outputTokens: 9,
  });
  expect(readOpenAiUsage({ prompt_tokens: '-5', completion_tokens: 'many' })).toBeUndefined();
});

it.each([
  { prompt_token_details: { cached_tokens: 30 } },
  { num_cached_tokens: 30 },
  { prompt_tokens_details: null, num_cached_tokens: 30 },
])('cached tokens are counted where a server spells them %o', (reported) => {
  expect(readOpenAiUsage({ prompt_tokens: 100, completion_tokens: 9, ...reported })).toMatchObject({
    cachedTokens: 30,
  });
});
