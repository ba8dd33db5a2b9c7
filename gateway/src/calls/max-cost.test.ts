import { expect, it } from 'vitest';
import type { CallExtras } from '../dialects/neutral.ts';
import { flatPrice } from '../models/price.ts';
import type { Candidate } from '../routing/candidate.ts';
import { maxCostOf } from './max-cost.ts';

const nothing: CallExtras = {
  webSearches: 0,
  fileSearches: 0,
  sound: false,
  predictedTokens: 0,
  compacts: false,
  unpriced: [],
};
const candidate: Candidate = {
  provider: 'anthropic',
  account: 'anthropic',
  kind: 'anthropic',
  baseUrl: 'https://api.anthropic.com',
  apiKey: 'key',
  trusted: true,
  model: 'claude-opus-5',
  price: flatPrice({ input: 1, output: 5 }),
  reason: 'asked for',
  named: true,
  spare: false,
};

it('a call whose conversation is summed up first is held twice: once for the summary, once for the answer', () => {
  const held = (extras: CallExtras) =>
    maxCostOf([candidate], { maxTokens: 100, extras }, { inputOf: () => 1_000, most: undefined });
  expect(held(nothing)).toBe(1_500_000n);
  expect(held({ ...nothing, compacts: true })).toBe(3_000_000n);
});
