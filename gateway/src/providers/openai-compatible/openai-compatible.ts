import { defineProvider } from '../define-provider.ts';
import type { Fit, FitOptions } from '../fitting.ts';
import { chatStreamReader, readCompletion } from './openai-answer.ts';
import { openAiEmbeddings } from './openai-embeddings.ts';
import { openAiFailure } from './openai-error.ts';
import { chatRequest, openAiRelay } from './openai-request.ts';

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
      const { body, dropped } = chatRequest(call, target.model);
      return { ...openAiRelay('chat', target), body: JSON.stringify(body), dropped };
    },
    response: readCompletion,
    stream: chatStreamReader,
    error: openAiFailure,
  },
});

/** Other servers know the older name of the ceiling. A caller who chose one of them knows what it takes; a fallback does not. */
function fitCompatible({ model, json, call }: FitOptions): Fit | undefined {
  if (call.dialect !== 'chat' || isAskedFor(call.model, model)) return undefined;
  const { max_completion_tokens: newer, max_tokens: older } = json;
  if (typeof newer !== 'number' || typeof older === 'number') return undefined;
  return { set: { max_tokens: String(newer) }, remove: ['max_completion_tokens'], dropped: [] };
}

function isAskedFor(asked: string, model: string): boolean {
  return asked === model || asked.endsWith(`/${model}`);
}
