import type { ProviderKind, Usage } from '../dialects/neutral.ts';
import { readOpenAiUsage } from '../dialects/read-usage.ts';
import type { ProviderFailure, ProviderRequest, Target } from './adapter.ts';
import { gemini, geminiHead } from './gemini/gemini.ts';
import { asArray, asObject, parseObject } from './openai-compatible/openai-answer.ts';
import { openAiFailure, openAiHeaders } from './openai-compatible/openai-compatible.ts';

export interface EmbeddingRequest {
  model: string;
  /** Undefined for lists of token ids, which only OpenAI's own dialect knows. */
  texts: readonly string[] | undefined;
  encoding: 'float' | 'base64';
  dimensions?: number;
  user?: string;
}

/** Embeddings at one kind of provider. `relays`: the caller's body goes there as it is, and the answer comes back so. */
export interface EmbeddingAdapter {
  readonly relays: boolean;
  request(asked: EmbeddingRequest, target: Target): ProviderRequest;
  /** Undefined for something that is no answer. */
  response(
    body: Buffer,
    asked: EmbeddingRequest,
    /** What the gateway counts, for a vendor that counts nothing. */
    inputTokens: number,
  ): { body: Buffer | string; usage: Usage | undefined } | undefined;
  error(status: number, body: string): ProviderFailure;
}

const openAiEmbeddings: EmbeddingAdapter = {
  relays: true,
  request: (_asked, target) => ({ url: `${target.baseUrl}/embeddings`, headers: openAiHeaders(target), body: '' }),
  response: (body) => {
    const answer = parseObject(body.toString('utf8'));
    return asArray(answer?.data) === undefined ? undefined : { body, usage: readOpenAiUsage(answer?.usage) };
  },
  error: openAiFailure,
};

/** Gemini reports no usage for embeddings: what was sent is counted. */
const geminiEmbeddings: EmbeddingAdapter = {
  relays: false,
  request: (asked, target) => ({
    ...geminiHead(target, 'batchEmbedContents'),
    body: JSON.stringify({
      requests: (asked.texts ?? []).map((text) => ({
        model: `models/${target.model}`,
        content: { parts: [{ text }] },
        ...(asked.dimensions === undefined ? {} : { outputDimensionality: asked.dimensions }),
      })),
    }),
  }),
  response: (body, asked, inputTokens) => {
    const embeddings = asArray(parseObject(body.toString('utf8'))?.embeddings);
    if (embeddings === undefined) return undefined;
    const data = embeddings.map((embedding, index) => ({
      object: 'embedding',
      index,
      embedding: encode(asArray(asObject(embedding)?.values) ?? [], asked.encoding),
    }));
    return {
      body: JSON.stringify({
        object: 'list',
        data,
        model: asked.model,
        usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
      }),
      usage: undefined,
    };
  },
  error: gemini.error,
};

/** OpenAI's base64 form: 32-bit floats, little-endian. */
export function encode(values: readonly unknown[], encoding: 'float' | 'base64'): readonly unknown[] | string {
  return encoding === 'float' ? values : Buffer.from(Float32Array.from(values as number[]).buffer).toString('base64');
}

/** Anthropic has none; its catalogue holds no embedding model, so no route leads there. */
export function embeddingAdapterOf(kind: Exclude<ProviderKind, 'sandbox'>): EmbeddingAdapter {
  return kind === 'gemini' ? geminiEmbeddings : openAiEmbeddings;
}
