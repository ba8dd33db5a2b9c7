import { isRecord } from '@ai-gateway/shared/json';
import { defineProvider } from '../define-provider.ts';
import { type Fit, type FitOptions, Fitting } from '../fitting.ts';
import { chatStreamReader, readCompletion } from './openai-answer.ts';
import { openAiEmbeddings } from './openai-embeddings.ts';
import { openAiFailure } from './openai-error.ts';
import type { ThoughtsBack } from './openai-messages.ts';
import { anyServer, chatRequest, openAiRelay } from './openai-request.ts';

/** Any server that speaks OpenAI's chat completions: Ollama, vLLM, Groq, and most others. */
export const openAiCompatible = defineProvider({
  kind: 'openai-compatible',
  name: 'a server that follows OpenAI',
  native: ['chat'],
  takes: ['audio'],
  fit: fitCompatible,
  embeddings: openAiEmbeddings,
  adapter: {
    relay: openAiRelay,
    request: (call, target) => {
      const { body, dropped } = chatRequest(call, target.model, { ...anyServer, thoughts: thoughtsBack(target) });
      return { ...openAiRelay('chat', target), body: JSON.stringify(body), dropped };
    },
    response: readCompletion,
    stream: chatStreamReader,
    error: openAiFailure,
  },
});

/** Other servers know the older name of the ceiling. A caller who chose one of them knows what it takes; a fallback does not. */
function fitCompatible({ model, baseUrl, json, call }: FitOptions): Fit | undefined {
  if (call.dialect !== 'chat') return undefined;
  const fitting = new Fitting();
  const { max_completion_tokens: newer, max_tokens: older } = json;
  if (!isAskedFor(call.model, model) && typeof newer === 'number' && typeof older !== 'number') {
    fitting.set('max_tokens', newer);
    fitting.remove('max_completion_tokens');
  }
  const messages = refusesThoughts(baseUrl)
    ? withoutThoughts(json.messages)
    : thoughtsBack({ model, baseUrl }) === 'always'
      ? withThoughts(json.messages)
      : undefined;
  if (messages !== undefined) fitting.set('messages', messages);
  return fitting.result;
}

/** Most packages (LangChain, and with it n8n) forget the thoughts. Undefined where none is missing, or no tool was called. */
function withThoughts(messages: unknown): unknown[] | undefined {
  if (!Array.isArray(messages)) return undefined;
  const list = (messages as unknown[]).map((one) => (isRecord(one) && one.role === 'assistant' ? one : undefined));
  if (!list.some((one) => Array.isArray(one?.tool_calls) && one.tool_calls.length > 0)) return undefined;
  if (list.every((one) => one === undefined || typeof one.reasoning_content === 'string')) return undefined;
  return (messages as unknown[]).map((one, i) => {
    const own = list[i];
    return own === undefined || typeof own.reasoning_content === 'string' ? one : { ...own, reasoning_content: ' ' };
  });
}

/** Clients send back what another model has thought, too. Undefined where there are no thoughts. */
function withoutThoughts(messages: unknown): unknown[] | undefined {
  if (!Array.isArray(messages)) return undefined;
  const list = messages as unknown[];
  if (!list.some((one) => isRecord(one) && 'reasoning_content' in one)) return undefined;
  return list.map((one) => {
    if (!isRecord(one)) return one;
    const { reasoning_content: _, ...rest } = one;
    return rest;
  });
}

function isAskedFor(asked: string, model: string): boolean {
  return asked === model || asked.endsWith(`/${model}`);
}

/**
 * "The `reasoning_content` in the thinking mode must be passed back to the API" (DeepSeek, https://api-docs.deepseek.com/guides/thinking_mode,
 * and Xiaomi's MiMo), "thinking is enabled but reasoning_content is missing in assistant tool call message" (Moonshot's Kimi), where a
 * conversation calls tools; GLM heeds it. Models that were only distilled from such a one, and Kimi's `instruct` models, need none.
 */
function thoughtsBack({ model, baseUrl }: { model: string; baseUrl: string | undefined }): ThoughtsBack {
  if (/instruct|distill/i.test(model) || refusesThoughts(baseUrl)) return 'none';
  if (/deepseek-(v3\.2|v[4-9]|reasoner|chat)|kimi|mimo-/i.test(model)) return 'always';
  return /deepseek|\bglm-/i.test(model) ? 'given' : 'none';
}

/** "property 'messages.2.assistant.reasoning_content' is unsupported" (Cerebras), "property 'reasoning_content' is unsupported" (Groq). */
function refusesThoughts(baseUrl: string | undefined): boolean {
  return baseUrl !== undefined && /^https?:\/\/(?:[^/]*\.)?(?:cerebras\.ai|groq\.com)(?:[:/]|$)/i.test(baseUrl);
}
