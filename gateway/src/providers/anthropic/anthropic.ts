import { readAnthropicUsage } from '../../dialects/read-usage.ts';
import type { Adapter, ProviderFailure, Target } from '../adapter.ts';
import { completeAdapter, defineProvider } from '../define-provider.ts';
import { callerCode, cleanMessage, judge, parseErrorBody, wordsOf } from '../failure.ts';
import { asObject, asText } from '../read-json.ts';
import { anthropicNames } from '../tool-names.ts';
import { messageStreamReader, readMessage } from './anthropic-answer.ts';
import { claudeAnswerCeiling, claudeModel, isClaude } from './anthropic-model.ts';
import { messagesRequest } from './anthropic-request.ts';
import { anthropicRetirements } from './anthropic-retirements.ts';
import { fitClaude } from './fit-claude.ts';

const adapter = completeAdapter({
  kind: 'anthropic',
  native: ['messages'],
  toolNames: anthropicNames,
  relay: (_dialect, target) => ({ url: `${target.baseUrl}/v1/messages`, headers: headersOf(target) }),
  request: (call, target) => {
    const { body, dropped } = messagesRequest(call, target);
    return { url: `${target.baseUrl}/v1/messages`, headers: headersOf(target), body: JSON.stringify(body), dropped };
  },
  response: readMessage,
  stream: messageStreamReader,
  error: failure,
  usageIn: ({ usage }) => readAnthropicUsage(usage),
});

const translating: Adapter = { ...adapter, native: [] };

/** Anthropic's messages API. */
export const anthropic = defineProvider({
  kind: 'anthropic',
  name: 'Anthropic',
  envKey: 'ANTHROPIC_API_KEY',
  baseUrl: 'https://api.anthropic.com',
  catalogue: 'anthropic',
  classes: { strong: ['claude-sonnet-5', 'claude-sonnet-4-6'], small: ['claude-haiku-4-5'] },
  retirements: anthropicRetirements,
  native: ['messages'],
  takes: ['file-url'],
  // Claudes that take no schema are held to one by a tool, which is translation's work.
  adapterFor: ({ dialect, output, onlyNative }, model) =>
    onlyNative.length === 0 &&
    dialect === 'messages' &&
    output.kind === 'json-schema' &&
    isClaude(model) &&
    !claudeModel(model).schemas
      ? translating
      : undefined,
  fit: fitClaude,
  answerCeiling: claudeAnswerCeiling,
  thinksUnasked: () => false,
  tokensPerSecond: 150,
  // Under 5,000.
  pictureTokens: () => 5_000,
  cacheHint: 'marks',
  modelsRequest: ({ baseUrl, apiKey }) => ({
    url: `${baseUrl}/v1/models?limit=1`,
    headers: { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' },
  }),
  tokenCount: (target) => ({ url: `${target.baseUrl}/v1/messages/count_tokens`, headers: headersOf(target) }),
  adapter,
});

function headersOf(target: Target): Record<string, string> {
  return { 'content-type': 'application/json', 'x-api-key': target.apiKey, 'anthropic-version': '2023-06-01' };
}

function failure(status: number, body: string): ProviderFailure {
  const error = asObject(parseErrorBody(body)?.error);
  const message = cleanMessage(error?.message, status);
  // Inside a stream an error has no status of its own; its type says the same.
  const named = status < 500 ? status : (statuses[asText(error?.type) ?? ''] ?? status);
  const verdict = judge({ status: named, words: wordsOf(error), message });
  return verdict.kind === 'caller'
    ? { kind: verdict.kind, message, code: callerCode(named, message) }
    : { ...verdict, message };
}

/** The types of docs.claude.com/en/api/errors after which another candidate may serve. */
const statuses: Readonly<Record<string, number>> = {
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  rate_limit_error: 429,
  overloaded_error: 529,
};
