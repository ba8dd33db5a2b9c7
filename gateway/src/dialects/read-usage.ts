import { addUsage } from './add-usage.ts';
import type { Advice, JsonObject, Usage } from './neutral.ts';

const tokensMax = 1_000_000_000;

/** A count as a provider reported it. An explicit zero is zero; negative, fractional, absurd or no number at all is nonsense. */
function readCount(value: unknown): number | undefined {
  // Some servers that follow OpenAI write their counts as text.
  const count = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= tokensMax ? count : undefined;
}

/** OpenAI's two shapes: chat (`prompt_tokens`) and responses (`input_tokens`). Undefined when either total is missing or nonsense. */
export function readOpenAiUsage(value: unknown): Usage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const usage = value as Record<string, unknown>;
  const inputTokens = readCount(usage.prompt_tokens ?? usage.input_tokens);
  const outputTokens = readCount(
    usage.completion_tokens ?? usage.output_tokens ?? (usage.total_tokens === usage.prompt_tokens ? 0 : undefined),
  );
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const input = details(usage.prompt_tokens_details ?? usage.input_tokens_details ?? usage.prompt_token_details);
  const output = details(usage.completion_tokens_details ?? usage.output_tokens_details);
  // Some servers count them beside the details.
  const cachedTokens = Math.min(readCount(input.cached_tokens ?? usage.num_cached_tokens) ?? 0, inputTokens);
  return {
    inputTokens,
    outputTokens,
    cachedTokens,
    cacheWriteTokens: Math.min(readCount(input.cache_write_tokens) ?? 0, inputTokens - cachedTokens),
    reasoningTokens: Math.min(readCount(output.reasoning_tokens) ?? 0, outputTokens),
    ...sounds(input.audio_tokens, output.audio_tokens, { inputTokens, outputTokens }),
    // No list has a price for a cache that is kept for half a day.
    ...((readCount(details(input.cache_write_tokens_details).ttl_12h_tokens) ?? 0) > 0 ? { isUnpriced: true } : {}),
    // Mistral's own, inside the usage: "The service tier at which the request was processed: standard or priority."
    ...(usage.service_tier === 'priority' ? { isUnpriced: true } : {}),
  };
}

function sounds(
  input: unknown,
  output: unknown,
  most: { inputTokens: number; outputTokens: number },
): Pick<Usage, 'soundInputTokens' | 'soundOutputTokens'> {
  const soundIn = Math.min(readCount(input) ?? 0, most.inputTokens);
  const soundOut = Math.min(readCount(output) ?? 0, most.outputTokens);
  return {
    ...(soundIn > 0 ? { soundInputTokens: soundIn } : {}),
    ...(soundOut > 0 ? { soundOutputTokens: soundOut } : {}),
  };
}

/**
 * The tier OpenAI says it served a call in, as hundredths of the usual price. Flex is "priced at Batch API rates"
 * (https://platform.openai.com/docs/guides/flex-processing), which are half. Priority is 1.67 (GPT-4o mini) to 2 times (GPT-5.4)
 * by the prices of https://openai.com/api-priority-processing; it is taken at twice, and the call is flagged. Fast mode is reported as
 * `priority`, "regardless of if you specify `service_tier=fast` or `priority`" (`ServiceTier` of openai 7.59.0). Ultrafast is "about 6x
 * standard" (https://docs.opper.ai/build/gateway/service-tiers). Scale is paid in advance.
 */
const tiers: Readonly<Record<string, number>> = { flex: 50, scale: 100, priority: 200, ultrafast: 600 };

/** OpenAI says what multiplies the price, and what its tools did, beside the usage and not in it. */
export function withOpenAiExtras(usage: Usage | undefined, body: JsonObject): Usage | undefined {
  if (usage === undefined) return undefined;
  const { service_tier: served, output, tool_usage: toolUsage } = body;
  const tier = typeof served === 'string' ? tiers[served] : undefined;
  const items = Array.isArray(output) ? (output as unknown[]) : none;
  const isUnpriced = tier !== undefined || items.some((item) => unpricedCalls.has(typeOf(item)));
  const count = (type: string): number => items.filter((item) => typeOf(item) === type && isSearch(item)).length;
  // "`web_search.num_requests` counts billable searches. Discounted searches and actions such as opening a page are excluded."
  const billed = readCount(details(details(toolUsage).web_search).num_requests);
  const webSearches = billed ?? count('web_search_call');
  const fileSearches = count('file_search_call');
  if (!isUnpriced && webSearches + fileSearches === 0) return usage;
  return {
    ...usage,
    ...(tier === undefined ? {} : { rateHundredths: tier }),
    ...(webSearches > 0 ? { webSearches } : {}),
    ...(fileSearches > 0 ? { fileSearches } : {}),
    ...(isUnpriced ? { isUnpriced } : {}),
  };
}

const none: readonly unknown[] = [];
const unpricedCalls = new Set(['code_interpreter_call', 'image_generation_call', 'shell_call']);

/** Opening and reading a page that was found is no search. */
function isSearch(item: unknown): boolean {
  const { action } = details(item);
  return action === undefined || action === null || details(action).type === 'search';
}

function typeOf(item: unknown): string {
  return String(details(item).type);
}

/** Anthropic counts cached and written tokens beside the input, not in it. */
export function readAnthropicUsage(value: unknown): Usage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const usage = value as Record<string, unknown>;
  const counts = anthropicCounts(usage);
  return counts && { ...withIterations(counts, usage.iterations), ...anthropicExtras(usage) };
}

function anthropicCounts(usage: Record<string, unknown>): Usage | undefined {
  const fresh = readCount(usage.input_tokens);
  const outputTokens = readCount(usage.output_tokens);
  const cachedTokens = readCount(usage.cache_read_input_tokens ?? 0);
  const cacheWriteTokens = readCount(usage.cache_creation_input_tokens ?? 0);
  if (fresh === undefined || outputTokens === undefined || cachedTokens === undefined || cacheWriteTokens === undefined)
    return undefined;
  // Written for an hour rather than five minutes, which costs more.
  const long = readCount(details(usage.cache_creation).ephemeral_1h_input_tokens) ?? 0;
  return {
    ...(long > 0 ? { longCacheWriteTokens: Math.min(long, cacheWriteTokens) } : {}),
    inputTokens: fresh + cachedTokens + cacheWriteTokens,
    cachedTokens,
    cacheWriteTokens,
    outputTokens,
    reasoningTokens: Math.min(readCount(details(usage.output_tokens_details).thinking_tokens) ?? 0, outputTokens),
  };
}

/**
 * The steps of one call (`usage.iterations`). The totals hold those of type `message` alone: "A `compaction` entry's tokens are not
 * included in the top-level `usage` fields" (`BetaUsage` of @anthropic-ai/sdk 1.14.0), and nor are those of an advisor, which has a model
 * of its own (the exchanges that @ai-sdk/anthropic has recorded).
 */
function withIterations(usage: Usage, iterations: unknown): Usage {
  if (!Array.isArray(iterations)) return usage;
  let total = usage;
  const advice: Advice[] = [];
  for (const iteration of (iterations as unknown[]).map(details)) {
    const counts = anthropicCounts(iteration);
    if (counts === undefined) continue;
    if (iteration.type === 'compaction') total = addUsage(total, counts);
    else if (iteration.type === 'advisor_message') advice.push({ model: String(iteration.model), usage: counts });
  }
  return advice.length === 0 ? total : { ...total, advice };
}

/**
 * Fast mode is "priced at 6x standard Opus rates" for Claude Opus 4.6 (https://platform.claude.com/docs/en/build-with-claude/fast-mode)
 * and less for later models: it is taken at six times, and the call is flagged. Of inference in the US alone: "A
 * 1.1x pricing multiplier applies" (https://docs.aws.amazon.com/claude-platform/latest/userguide/data-residency.html). The fee for each
 * search is in the catalogue.
 */
function anthropicExtras(
  usage: Record<string, unknown>,
): Pick<Usage, 'webSearches' | 'rateHundredths' | 'isUnpriced'> | undefined {
  const searches = readCount(details(usage.server_tool_use).web_search_requests) ?? 0;
  const isFast = usage.speed === 'fast';
  const isUs = usage.inference_geo === 'us';
  if (searches === 0 && !isFast && !isUs) return undefined;
  return {
    ...(searches > 0 ? { webSearches: searches } : {}),
    ...(isFast || isUs ? { rateHundredths: isFast ? (isUs ? 660 : 600) : 110, isUnpriced: true } : {}),
  };
}

/** Gemini counts thoughts beside the answer, and what its own tools read beside the prompt. */
export function readGeminiUsage(value: unknown): Usage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const usage = value as Record<string, unknown>;
  const prompt = readCount(usage.promptTokenCount);
  const answer = readCount(usage.candidatesTokenCount ?? 0);
  const thoughts = readCount(usage.thoughtsTokenCount ?? 0);
  const tools = readCount(usage.toolUsePromptTokenCount ?? 0);
  if (prompt === undefined || answer === undefined || thoughts === undefined || tools === undefined) return undefined;
  const inputTokens = prompt + tools;
  const cachedTokens = Math.min(readCount(usage.cachedContentTokenCount) ?? 0, inputTokens);
  const sound = sounds(soundOf(usage.promptTokensDetails), soundOf(usage.candidatesTokensDetails), {
    inputTokens,
    outputTokens: answer,
  });
  // The prompt's details hold what came from the cache too.
  const soundCached = Math.min(
    readCount(soundOf(usage.cacheTokensDetails)) ?? 0,
    sound.soundInputTokens ?? 0,
    cachedTokens,
  );
  return {
    inputTokens,
    cachedTokens,
    cacheWriteTokens: 0,
    outputTokens: answer + thoughts,
    reasoningTokens: thoughts,
    ...sound,
    ...(soundCached > 0 ? { soundCachedTokens: soundCached } : {}),
  };
}

function soundOf(list: unknown): unknown {
  return Array.isArray(list)
    ? details((list as unknown[]).find((one) => details(one).modality === 'AUDIO')).tokenCount
    : undefined;
}

function details(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
