import type { Adapter, ProviderFailure, Target } from '../adapter.ts';
import { callerCode, cleanMessage, judge, parseErrorBody, wordsOf } from '../failure.ts';
import { asObject, asText } from '../openai-compatible/openai-answer.ts';
import { anthropicNames } from '../tool-names.ts';
import { messageStreamReader, readMessage } from './anthropic-answer.ts';
import { messagesRequest } from './anthropic-request.ts';

/** Anthropic's messages API. */
export const anthropic: Adapter = {
  kind: 'anthropic',
  native: ['messages'],
  toolNames: anthropicNames,
  keepsToJson: false,
  relay: (_dialect, target) => ({ url: `${target.baseUrl}/v1/messages`, headers: headersOf(target) }),
  request: (call, target) => {
    const { body, dropped } = messagesRequest(call, target);
    return { url: `${target.baseUrl}/v1/messages`, headers: headersOf(target), body: JSON.stringify(body), dropped };
  },
  response: readMessage,
  stream: messageStreamReader,
  error: failure,
};

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

/** Of docs.claude.com/en/api/errors, as far as another candidate may serve. */
const statuses: Readonly<Record<string, number>> = {
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  rate_limit_error: 429,
  overloaded_error: 529,
};
