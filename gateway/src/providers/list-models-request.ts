import type { Target } from './adapter.ts';

/** The cheapest request that tells whether a key is taken: a vendor's list of models. It costs nothing and needs no model. */
export function listModelsRequest(target: Pick<Target, 'kind' | 'baseUrl' | 'apiKey'>): {
  url: string;
  headers: Record<string, string>;
} {
  const { kind, baseUrl, apiKey } = target;
  switch (kind) {
    case 'anthropic':
      return {
        url: `${baseUrl}/v1/models?limit=1`,
        headers: { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' },
      };
    case 'gemini':
      return { url: `${baseUrl}/v1beta/models?pageSize=1`, headers: { 'x-goog-api-key': apiKey } };
    default:
      return { url: `${baseUrl}/models`, headers: { authorization: `Bearer ${apiKey}` } };
  }
}
