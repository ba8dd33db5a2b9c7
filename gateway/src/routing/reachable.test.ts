import { describe, expect, it } from 'vitest';
import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import { findModel } from '../models/catalog.ts';
import { atRate, costNanos, flatPrice } from '../models/price.ts';
import { candidateOf } from './reachable.ts';

const at = (baseUrl: string, models: ProviderAccount['models'] = []): ProviderAccount => {
  return { id: 'openai', name: 'openai', kind: 'openai', baseUrl, apiKey: 'key', operators: true, models };
};

function priceAt(model: string, account: ProviderAccount) {
  const ref = findModel(`openai/${model}`);
  if (ref === undefined) throw new Error(`unknown model ${model}`);
  const found = { provider: 'openai', kind: 'openai', model, entry: ref.entry, account } as const;
  return { usual: ref.entry?.price, price: candidateOf(found, 'asked for').price };
}

const used = { inputTokens: 1_000, outputTokens: 100, cachedTokens: 200, cacheWriteTokens: 0, reasoningTokens: 0 };

// "Data residency endpoints are charged a 10% uplift for models released on or after March 5, 2026"
// (https://developers.openai.com/api/docs/guides/data-residency).
describe('the price of a model at an address of OpenAI in a region', () => {
  it.each(['gpt-5.4', 'gpt-5.6-terra', 'gpt-6-sol'])('is a tenth higher for %s', (model) => {
    const { usual, price } = priceAt(model, at('https://eu.api.openai.com/v1'));
    if (usual === undefined || price === undefined) throw new Error('no price');
    expect(price).toBe(atRate(usual, 110));
    expect(Number(costNanos(price, used))).toBeCloseTo(Number(costNanos(usual, used)) * 1.1, -1);
  });

  it.each([
    ['gpt-5.2', 'https://eu.api.openai.com/v1'],
    ['gpt-5.2', 'https://us.api.openai.com/v1'],
    ['gpt-6-sol', 'https://api.openai.com/v1'],
    ['gpt-6-sol', 'https://eu.api.openai.com.example/v1'],
  ])('is the usual one for %s at %s', (model, baseUrl) => {
    const { usual, price } = priceAt(model, at(baseUrl));
    expect(price).toBe(usual);
  });

  it('is the one that the workspace has given it, where it has', () => {
    const own = { id: 'gpt-6-sol', input_usd_per_mtok: 1, output_usd_per_mtok: 2 };
    const { price } = priceAt('gpt-6-sol', at('https://eu.api.openai.com/v1', [own]));
    expect(price).toEqual(flatPrice({ input: 1, output: 2 }));
  });
});
