import { readOpenAiUsage } from '../../dialects/read-usage.ts';
import type { EmbeddingAdapter } from '../embedding-adapter.ts';
import { asArray, parseObject } from '../read-json.ts';
import { openAiFailure } from './openai-error.ts';
import { openAiHeaders } from './openai-request.ts';

export const openAiEmbeddings: EmbeddingAdapter = {
  relays: true,
  request: (_request, target) => ({ url: `${target.baseUrl}/embeddings`, headers: openAiHeaders(target), body: '' }),
  response: (body) => {
    const answer = parseObject(body.toString('utf8'));
    return asArray(answer?.data) === undefined ? undefined : { body, usage: readOpenAiUsage(answer?.usage) };
  },
  error: openAiFailure,
};
