import { describe, expect, it } from 'vitest';
import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import { classFor } from './able-models.ts';
import type { RouteCandidate, RouteRequest } from './candidate.ts';
import { seeded } from './logistic-head.ts';
import type { Availability } from './outage.ts';

const accounts = (['openai', 'anthropic', 'gemini', 'mistral'] as const).map(
  (kind): ProviderAccount => ({
    ...{ id: kind, name: kind, kind, baseUrl: `https://${kind}.example`, apiKey: 'k' },
    operators: true,
    models: [],
  }),
);
/** What a class can do is remembered by the lists of accounts and of models: all requests share these two. */
const pool: RouteRequest['pool'] = [];

const text = { kind: 'text', text: 'Hi' } as const;
const picture = { kind: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } } as const;

/** A request with needs, a health and an allow list of its own; about a third have nothing that any model lacks. */
function requestOf(seed: number): RouteRequest {
  const random = seeded(seed);
  const isOdd = (share: number): boolean => random() < share;
  const isPlain = isOdd(1 / 3);
  const some = (share: number): boolean => !isPlain && isOdd(share);
  const states = new Map<string, Availability>();
  const allowed = new Map<string, boolean>();
  const restless = some(0.5);
  const picky = some(0.5);
  return {
    kind: 'chat',
    inputTokens: some(0.3) ? 900_000 : 100,
    fallbacks: undefined,
    workspaceFallbacks: {},
    pool,
    accounts,
    livemode: !some(0.2),
    at: new Date('2026-11-24T12:00:00Z'),
    stateOf: ({ account, model }) => {
      const key = `${account} ${model}`;
      const state = states.get(key) ?? (restless && isOdd(0.4) ? (isOdd(0.5) ? 'open' : 'refused') : 'closed');
      states.set(key, state);
      return state;
    },
    auto: picky
      ? {
          isAllowed: ({ account, model }) => {
            const key = `${account} ${model}`;
            const may = allowed.get(key) ?? isOdd(0.6);
            allowed.set(key, may);
            return may;
          },
          choose: () => undefined,
        }
      : undefined,
    call: {
      model: 'auto',
      dialect: 'responses',
      onlyNative: some(0.2) ? ['previous_response_id'] : [],
      tools: some(0.3) ? [{ name: 'find', parameters: {} }] : [],
      output: { kind: 'text' },
      messages: [{ role: 'user', parts: some(0.3) ? [text, picture] : [text] }],
    },
  };
}

describe('the models of a class for a call', () => {
  it.each(['strong', 'small'] as const)('are those that no other call had a part in: %s', (strength) => {
    const seen = new Set<readonly RouteCandidate[]>();
    const found = new Set<string>();
    let again = 0;
    for (let seed = 1; seed <= 2_000; seed++) {
      const request = requestOf(seed);
      const models = classFor(request, strength);
      // Other lists of the same accounts and models have nothing remembered.
      expect(models, `request ${seed}`).toEqual(classFor({ ...request, accounts: [...accounts], pool: [] }, strength));
      again += seen.has(models.leading) ? 1 : 0;
      seen.add(models.leading);
      found.add(models.leading.map(({ account, model }) => `${account} ${model}`).join());
    }
    expect(again).toBeGreaterThan(300);
    expect(found.size).toBeGreaterThan(8);
  });
});
