import type { JsonObject, ProviderKind, Usage } from '../dialects/neutral.ts';

const tokensMax = 1_000_000_000;

/** A count as a provider reported it. An explicit zero is zero; negative, fractional, absurd or no number at all is nonsense. */
export function readCount(value: unknown): number | undefined {
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
  const input = details(usage.prompt_tokens_details ?? usage.input_tokens_details);
  const output = details(usage.completion_tokens_details ?? usage.output_tokens_details);
  const cachedTokens = Math.min(readCount(input.cached_tokens) ?? 0, inputTokens);
  return {
    inputTokens,
    outputTokens,
    cachedTokens,
    cacheWriteTokens: Math.min(readCount(input.cache_write_tokens) ?? 0, inputTokens - cachedTokens),
    reasoningTokens: Math.min(readCount(output.reasoning_tokens) ?? 0, outputTokens),
  };
}

/** Anthropic counts cached and written tokens beside the input, not in it. */
export function readAnthropicUsage(value: unknown): Usage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const usage = value as Record<string, unknown>;
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

/** Usage off a whole body, wherever its provider writes it. */
export function readUsage(kind: ProviderKind, body: JsonObject): Usage | undefined {
  if (kind === 'gemini') return readGeminiUsage(body.usageMetadata);
  return kind === 'anthropic' ? readAnthropicUsage(body.usage) : readOpenAiUsage(body.usage);
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
  return {
    inputTokens,
    cachedTokens: Math.min(readCount(usage.cachedContentTokenCount) ?? 0, inputTokens),
    cacheWriteTokens: 0,
    outputTokens: answer + thoughts,
    reasoningTokens: thoughts,
  };
}

function details(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
