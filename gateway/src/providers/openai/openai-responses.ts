import type { Adapter } from '../adapter.ts';
import { openAiHeaders } from '../openai-compatible/openai-compatible.ts';
import { openai } from './openai.ts';
import { readResponse } from './openai-responses-answer.ts';
import { responsesRequest } from './openai-responses-request.ts';
import { responsesStreamReader } from './openai-responses-stream.ts';

/** OpenAI's `/v1/responses`, for the models and the calls its chat endpoint does not serve. */
export const openAiResponses: Adapter = {
  ...openai,
  native: ['responses'],
  request: (call, target) => {
    const { body, dropped } = responsesRequest(call, target);
    return {
      url: `${target.baseUrl}/responses`,
      headers: openAiHeaders(target),
      body: JSON.stringify(body),
      dropped,
    };
  },
  response: readResponse,
  stream: responsesStreamReader,
};
