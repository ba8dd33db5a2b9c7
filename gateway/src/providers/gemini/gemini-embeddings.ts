import { readGeminiUsage } from '../../dialects/read-usage.ts';
import { type EmbeddingAdapter, encode } from '../embedding-adapter.ts';
import { asArray, asObject, parseObject } from '../read-json.ts';
import { geminiFailure } from './gemini-error.ts';
import { geminiHead } from './gemini-head.ts';

/** The gateway counts the tokens sent where Gemini reports no usage (`usageMetadata` of `EmbedContentResponse`, @google/genai 3.3.0). */
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
    const answer = parseObject(body.toString('utf8'));
    const embeddings = asArray(answer?.embeddings);
    if (embeddings === undefined) return undefined;
    const usage = readGeminiUsage(answer?.usageMetadata);
    const tokens = usage?.inputTokens ?? inputTokens;
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
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      }),
      usage,
    };
  },
  error: geminiFailure,
};
