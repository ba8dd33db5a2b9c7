import type { Adapter, ProviderFailure, Target } from './adapter.ts';
import { messageStreamReader, readMessage } from './anthropic-answer.ts';
import { messagesRequest } from './anthropic-request.ts';
import { callerCode, cleanMessage, kindOfStatus, parseErrorBody } from './failure.ts';
import { asObject } from './openai-answer.ts';
import { anthropicNames } from './tool-names.ts';

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
  // An empty account is answered with a 400.
  const kind = /credit balance is too low/i.test(message) ? 'account' : kindOfStatus(status);
  return kind === 'caller' ? { kind, message, code: callerCode(status, message) } : { kind, message };
}
