import { type EmbeddingAdapter, encode } from '../embedding-adapter.ts';
import { asArray, asObject, parseObject } from '../read-json.ts';
import { geminiFailure } from './gemini-error.ts';
import { geminiHead } from './gemini-head.ts';

/** Gemini reports no usage for embeddings: what was sent is counted. */
export const geminiEmbeddings: EmbeddingAdapter = {
  relays: false,
  request: (request, target) => ({
    ...geminiHead(target, 'batchEmbedContents'),
    body: JSON.stringify({
      requests: (request.texts ?? []).map((text) => ({
        model: `models/${target.model}`,
        content: { parts: [{ text }] },
        ...(request.dimensions === undefined ? {} : { outputDimensionality: request.dimensions }),
      })),
    }),
  }),
  response: (body, request, inputTokens) => {
    const embeddings = asArray(parseObject(body.toString('utf8'))?.embeddings);
    if (embeddings === undefined) return undefined;
    const data = embeddings.map((embedding, index) => ({
      object: 'embedding',
      index,
      embedding: encode(asArray(asObject(embedding)?.values) ?? [], request.encoding),
    }));
    return {
      body: JSON.stringify({
        object: 'list',
        data,
        model: request.model,
        usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
      }),
      usage: undefined,
    };
  },
  error: geminiFailure,
};
