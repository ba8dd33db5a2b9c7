import type { ProviderRequest, Target } from '../adapter.ts';

/** Where a method of a model is called, with which headers. */
export function geminiHead(target: Target, method: string): Omit<ProviderRequest, 'body'> {
  return {
    url: `${target.baseUrl}/v1beta/models/${encodeURIComponent(target.model)}:${method}`,
    headers: { 'content-type': 'application/json', 'x-goog-api-key': target.apiKey },
  };
}
