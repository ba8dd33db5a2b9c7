import { describe, expect, it } from 'vitest';
import { readAnthropicUsage, readGeminiUsage, readOpenAiUsage, withOpenAiExtras } from './read-usage.ts';

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

/** As Anthropic answered, recorded by @ai-sdk/anthropic (`anthropic-compaction.1.json`, `anthropic-advisor-20260301.1.chunks.txt`). */
describe("the steps of one of Claude's answers", () => {
  const step = (type: string, input: number, output: number, more: object = {}) => ({
    type,
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    ...more,
  });

  it('are billed with the summary of the conversation, which is not in the totals', () => {
    const usage = {
      input_tokens: 682,
      output_tokens: 1_320,
      iterations: [step('compaction', 60_385, 592), step('message', 682, 1_320)],
    };
    expect(readAnthropicUsage(usage)).toMatchObject({ inputTokens: 61_067, outputTokens: 1_912 });
  });

  it('keep the reads and writes of the cache apart', () => {
    const written = { cache_creation_input_tokens: 50, cache_creation: { ephemeral_1h_input_tokens: 40 } };
    const usage = {
      input_tokens: 10,
      output_tokens: 5,
      cache_read_input_tokens: 7,
      iterations: [step('compaction', 100, 20, { cache_read_input_tokens: 30, ...written }), step('message', 10, 5)],
    };
    expect(readAnthropicUsage(usage)).toMatchObject({
      inputTokens: 197,
      cachedTokens: 37,
      cacheWriteTokens: 50,
      longCacheWriteTokens: 40,
      outputTokens: 25,
    });
  });

  it('name the advice of another model, which is not in the totals either', () => {
    const usage = {
      input_tokens: 4_727,
      output_tokens: 3_391,
      iterations: [
        step('message', 1_051, 35),
        step('advisor_message', 2_728, 3_880, { model: 'claude-opus-4-7' }),
        step('message', 3_676, 3_356),
      ],
    };
    expect(readAnthropicUsage(usage)).toMatchObject({
      inputTokens: 4_727,
      outputTokens: 3_391,
      advice: [{ model: 'claude-opus-4-7', usage: { inputTokens: 2_728, outputTokens: 3_880 } }],
    });
  });
});

describe('what OpenAI says beside the usage', () => {
  const usage = readOpenAiUsage({ input_tokens: 10, output_tokens: 5 });
  const search = { type: 'web_search_call', action: { type: 'search' } };

  it('are the searches it bills, where it counts them itself', () => {
    const output = [search, search, search];
    expect(withOpenAiExtras(usage, { output })?.webSearches).toBe(3);
    expect(withOpenAiExtras(usage, { output, tool_usage: { web_search: { num_requests: 1 } } })?.webSearches).toBe(1);
    expect(withOpenAiExtras(usage, { output, tool_usage: { web_search: { num_requests: 0 } } })).toEqual(usage);
    expect(withOpenAiExtras(usage, { output: [], tool_usage: { web_search: { num_requests: 2 } } })?.webSearches).toBe(
      2,
    );
  });

  it.each([
    ['flex', 50],
    ['scale', 100],
    ['priority', 200],
    ['ultrafast', 600],
  ])('is the tier "%s", whose price no list says for each model', (tier, rateHundredths) => {
    expect(withOpenAiExtras(usage, { service_tier: tier })).toEqual({ ...usage, rateHundredths, isUnpriced: true });
  });

  it.each(['default', 'auto', 'on_demand', null])('is the tier "%s", which costs the usual', (tier) => {
    expect(withOpenAiExtras(usage, { service_tier: tier })).toEqual(usage);
  });
});

it("Mistral's priority tier, which it names inside the usage, is flagged", () => {
  const mistral = { prompt_tokens: 10, completion_tokens: 5, service_tier: 'priority' };
  expect(readOpenAiUsage(mistral)?.isUnpriced).toBe(true);
  expect(readOpenAiUsage({ ...mistral, service_tier: 'standard' })).not.toHaveProperty('isUnpriced');
});

it('sound that Gemini took from its cache is told from the rest', () => {
  const usage = {
    promptTokenCount: 1_000,
    cachedContentTokenCount: 600,
    candidatesTokenCount: 5,
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: 200 },
      { modality: 'AUDIO', tokenCount: 800 },
    ],
    cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 500 }],
  };
  expect(readGeminiUsage(usage)).toMatchObject({ cachedTokens: 600, soundInputTokens: 800, soundCachedTokens: 500 });
  const { cacheTokensDetails: _, ...uncached } = usage;
  expect(readGeminiUsage(uncached)).not.toHaveProperty('soundCachedTokens');
});

it('what OpenAI keeps in its cache for half a day is flagged, since no list has its price', () => {
  const written = (kept: object) => ({
    input_tokens: 100,
    output_tokens: 5,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 90, cache_write_tokens_details: kept },
  });
  expect(readOpenAiUsage(written({ ttl_12h_tokens: 90, ttl_30m_tokens: 0 }))?.isUnpriced).toBe(true);
  expect(readOpenAiUsage(written({ ttl_12h_tokens: 0, ttl_30m_tokens: 90 }))).not.toHaveProperty('isUnpriced');
});
