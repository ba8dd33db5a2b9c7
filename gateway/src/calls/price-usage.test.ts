import { expect, it } from 'vitest';
import type { ProviderKind, Usage } from '../dialects/neutral.ts';
import { findModel } from '../models/catalog.ts';
import { costNanos, flatPrice } from '../models/price.ts';
import type { Candidate } from '../routing/candidate.ts';
import { keptUsageOf } from './cached-call.ts';
import { billedUsage, isAdvicePriced, priceUsage, withAdvice } from './price-usage.ts';

const tokens = (inputTokens: number, outputTokens: number): Usage => {
  return { inputTokens, outputTokens, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
};
const price = flatPrice({ input: 1, output: 5 });
const candidateOf = (kind: ProviderKind): Candidate => ({
  ...{ kind, provider: kind, account: kind, baseUrl: 'https://a.test/v1', apiKey: 'k', trusted: true },
  ...{ model: 'm', price, reason: '', named: true, spare: false },
});
const advised = (model: string): Usage => ({ ...tokens(1_000, 100), advice: [{ model, usage: tokens(2_000, 300) }] });

it('advice costs what the model that gave it costs, and its tokens are those of the call', () => {
  const advisor = findModel('anthropic/claude-opus-5')?.entry?.price;
  if (advisor === undefined) throw new Error('no price');
  expect(priceUsage(price, advised('claude-opus-5'))).toBe(
    costNanos(price, tokens(1_000, 100)) + costNanos(advisor, tokens(2_000, 300)),
  );
  expect(isAdvicePriced(advised('claude-opus-5'))).toBe(true);
  expect(withAdvice(advised('claude-opus-5'))).toMatchObject({ inputTokens: 3_000, outputTokens: 400 });
});

it('advice of a model without a price is told apart', () => {
  expect(priceUsage(price, advised('claude-unheard-of'))).toBe(costNanos(price, tokens(1_000, 100)));
  expect(isAdvicePriced(advised('claude-unheard-of'))).toBe(false);
  expect(isAdvicePriced(tokens(1, 1))).toBe(true);
});

it("a tier changes the price where it is OpenAI's, and not where another server has the word", () => {
  const flex: Usage = { ...tokens(1_000, 100), rateHundredths: 50 };
  expect(priceUsage(price, billedUsage('openai', flex))).toBe(750_000n);
  expect(priceUsage(price, billedUsage('openai-compatible', flex))).toBe(1_500_000n);
});

it('a kept answer saves what it cost: at the rate it was billed at, and with its advice', () => {
  const fast: Usage = { ...advised('claude-opus-5'), rateHundredths: 200 };
  for (const kind of ['anthropic', 'openai-compatible'] as const) {
    const kept = keptUsageOf({ candidate: candidateOf(kind), isMarked: false }, fast);
    expect(kept.costNanos).toBe(priceUsage(price, billedUsage(kind, fast)));
  }
});
