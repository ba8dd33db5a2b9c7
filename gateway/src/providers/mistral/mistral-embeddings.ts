import { readOpenAiUsage } from '../../dialects/read-usage.ts';
import { type EmbeddingAdapter, encode } from '../embedding-adapter.ts';
import { openAiHeaders } from '../openai-compatible/openai-request.ts';
import { asArray, asObject, parseObject } from '../read-json.ts';
import { mistralFailure } from './mistral-error.ts';

/** Mistral calls `dimensions` `output_dimension` and takes no `user`. Numbers are asked for, and written as the caller wants them. */
export const mistralEmbeddings: EmbeddingAdapter = {
  relays: false,
  request: ({ texts, dimensions }, target) => ({
    url: `${target.baseUrl}/embeddings`,
    headers: openAiHeaders(target),
    body: JSON.stringify({
      model: target.model,
      input: texts ?? [],
      ...(dimensions === undefined ? {} : { output_dimension: dimensions }),
    }),
  }),
  response: (body, { model, encoding }) => {
    const answer = parseObject(body.toString('utf8'));
    const list = asArray(answer?.data);
    if (list === undefined) return undefined;
    const data = list.map((item, index) => ({
      object: 'embedding',
      index,
      embedding: encode(asArray(asObject(item)?.embedding) ?? [], encoding),
    }));
    const usage = readOpenAiUsage(answer?.usage);
    const tokens = usage?.inputTokens ?? 0;
    return {
      body: JSON.stringify({ object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } }),
      usage,
    };
  },
  error: mistralFailure,
};
