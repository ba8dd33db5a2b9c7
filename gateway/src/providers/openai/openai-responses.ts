import type { Adapter } from '../adapter.ts';
import { completeAdapter } from '../define-provider.ts';
import { openAiRelay } from '../openai-compatible/openai-request.ts';
import { openAiChat } from './openai-chat.ts';
import { readResponse } from './openai-responses-answer.ts';
import { responsesRequest } from './openai-responses-request.ts';
import { responsesStreamReader } from './openai-responses-stream.ts';

/** OpenAI's `/v1/responses`, for the models and the calls its chat endpoint does not serve. */
export const openAiResponses: Adapter = completeAdapter({
  ...openAiChat,
  kind: 'openai',
  native: ['responses'],
  request: (call, target) => {
    const { body, dropped } = responsesRequest(call, target);
    return { ...openAiRelay('responses', target), body: JSON.stringify(body), dropped };
  },
  response: readResponse,
  stream: responsesStreamReader,
});
