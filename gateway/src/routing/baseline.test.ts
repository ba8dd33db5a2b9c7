import { expect, it } from 'vitest';
import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import { baselinePrice } from './baseline.ts';
import type { RouteInput } from './candidate.ts';
import { readModelName } from './model-name.ts';
import { priceOf } from './reachable.ts';

const nowMs = Date.parse('2026-11-29T12:00:00Z');
const openai: ProviderAccount = {
  ...{ id: 'id-openai', name: 'openai', kind: 'openai', baseUrl: 'https://openai.example', apiKey: 'k' },
  ...{ operators: true, models: [] },
};

function routeOf(model: string): RouteInput {
  const call: NeutralCall = {
    ...{ dialect: 'chat', model, stream: false, streamUsage: false, tools: [], output: { kind: 'text' } },
    ...{ messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Hi' }] }], stop: [], extra: {}, onlyNative: [] },
  };
  return {
    ...{ call, kind: 'chat', inputTokens: 10, fallbacks: undefined, workspaceFallbacks: {}, pool: [] },
    ...{ accounts: [openai], nowMs, livemode: true, stateOf: () => 'closed' },
  };
}

function named(model: string) {
  const found = readModelName(model, { accounts: [openai], pool: [], at: new Date(nowMs) });
  return found && priceOf(found);
}

it.each([
  ['auto', 'auto', 'gpt-6-sol', 'gpt-6-sol'],
  ['gpt-4o', 'rule', 'gpt-6-sol', 'gpt-4o'],
  // A rule on the model has left the choice to auto.
  ['gpt-4o', 'auto', 'gpt-6-sol', 'gpt-4o'],
  ['gpt-4o', undefined, 'gpt-6-sol', undefined],
  ['gpt-4o', 'arm', 'gpt-6-sol', undefined],
  ['auto', 'budget', 'gpt-6-sol', undefined],
] as const)(
  'a call to %s that was chosen by %s, with the baseline %s, is measured against %s',
  (model, chosenBy, baselineModel, expected) => {
    const price = baselinePrice(routeOf(model), { pool: [], chosenBy, baselineModel });
    expect(price).toEqual(expected && named(expected));
    expect(price !== undefined).toBe(expected !== undefined);
  },
);
