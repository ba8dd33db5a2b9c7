import type { Usage } from '../dialects/neutral.ts';
import type { ProviderFailure, ProviderRequest, Target } from './adapter.ts';

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
  request(request: EmbeddingRequest, target: Target): ProviderRequest;
  /** Undefined for something that is no answer. */
  response(
    body: Buffer,
    request: EmbeddingRequest,
    /** The gateway's count, for a vendor that counts nothing. */
    inputTokens: number,
  ): { body: Buffer | string; usage: Usage | undefined } | undefined;
  error(status: number, body: string): ProviderFailure;
}

/** OpenAI's base64 form: 32-bit floats, little-endian. */
export function encode(values: readonly unknown[], encoding: 'float' | 'base64'): readonly unknown[] | string {
  return encoding === 'float' ? values : Buffer.from(Float32Array.from(values as number[]).buffer).toString('base64');
}
