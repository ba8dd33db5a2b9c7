import type { DialectId, NeutralCall } from '../../dialects/neutral.ts';
import type { Adapter, ProviderFailure, ProviderRequest, Target } from '../adapter.ts';
import { callerCode, cleanMessage, judge, parseErrorBody, statusIn, wordsOf } from '../failure.ts';
import { openAiNames } from '../tool-names.ts';
import { asObject, asText, chatStreamReader, readCompletion } from './openai-answer.ts';
import { chatRequest } from './openai-request.ts';

/** Any server that speaks OpenAI's chat completions: Ollama, vLLM, Groq, and most others. */
export const openAiCompatible: Adapter = {
  kind: 'openai-compatible',
  native: ['chat'],
  toolNames: openAiNames,
  keepsToJson: false,
  relay: openAiRelay,
  request: openAiRequest,
  response: readCompletion,
  stream: chatStreamReader,
  error: openAiFailure,
};

const paths: Record<DialectId, string> = {
  chat: '/chat/completions',
  responses: '/responses',
  messages: '/chat/completions',
};

function openAiRelay(dialect: DialectId, target: Target): Omit<ProviderRequest, 'body'> {
  return { url: `${target.baseUrl}${paths[dialect]}`, headers: openAiHeaders(target) };
}

function openAiRequest(call: NeutralCall, target: Target): ProviderRequest & { dropped: readonly string[] } {
  const { body, dropped } = chatRequest(call, target);
  return {
    url: `${target.baseUrl}/chat/completions`,
    headers: openAiHeaders(target),
    body: JSON.stringify(body),
    dropped,
  };
}

export function openAiHeaders(target: Target): Record<string, string> {
  return { 'content-type': 'application/json', authorization: `Bearer ${target.apiKey}` };
}

export function openAiFailure(status: number, body: string): ProviderFailure {
  const parsed = parseErrorBody(body);
  const error = asObject(parsed?.error) ?? parsed;
  const told =
    error?.message ?? (typeof parsed?.error === 'string' ? parsed.error : (parsed?.detail ?? parsed?.message));
  const code = asText(error?.code);
  const message = cleanMessage(told, status);
  const param = asText(error?.param);
  // An error inside a 200 or a stream says its status itself, where it says one (OpenRouter's `code: 402`).
  const named = status < 500 ? status : statusIn(error, status);
  const verdict = judge({ status: named, words: wordsOf(error, parsed), message, param });
  const { kind } = verdict;
  if (kind !== 'caller') return { ...verdict, message };
  const known =
    code === 'context_length_exceeded'
      ? 'context_length_exceeded'
      : code === 'content_policy_violation' || code === 'content_filter'
        ? 'content_policy_violation'
        : isUnknownModel(code) || isUnknownModel(asText(error?.type))
          ? 'model_not_found'
          : undefined;
  return { kind, message, code: known ?? callerCode(status, message), ...(param === undefined ? {} : { param }) };
}

/** OpenAI's own word, also with a 400; Mistral's type. */
function isUnknownModel(word: string | undefined): boolean {
  return word === 'model_not_found' || word === 'invalid_model';
}
