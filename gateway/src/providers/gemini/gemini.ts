import type { Adapter, ProviderRequest, Target } from '../adapter.ts';
import { geminiNames } from '../tool-names.ts';
import { readGenerated } from './gemini-answer.ts';
import { geminiFailure } from './gemini-error.ts';
import { geminiRequest } from './gemini-request.ts';
import { geminiStreamReader } from './gemini-stream.ts';

/** Google's own generateContent API. */
export const gemini: Adapter = {
  kind: 'gemini',
  native: [],
  toolNames: geminiNames,
  keepsToJson: false,
  relay: () => {
    throw new Error('no dialect of ours is Gemini’s own');
  },
  request: (call, target) => {
    const { body, dropped } = geminiRequest(call, target);
    const method = call.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
    return { ...geminiHead(target, method), body: JSON.stringify(body), dropped };
  },
  response: readGenerated,
  stream: geminiStreamReader,
  error: geminiFailure,
};

export function geminiHead(target: Target, method: string): Omit<ProviderRequest, 'body'> {
  return {
    url: `${target.baseUrl}/v1beta/models/${encodeURIComponent(target.model)}:${method}`,
    headers: { 'content-type': 'application/json', 'x-goog-api-key': target.apiKey },
  };
}
