import { expect, it } from 'vitest';
import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import { baselineModelOf, lengthShareOf } from './baseline.ts';
import type { RouteInput } from './candidate.ts';
import type { FindEvidence } from './evidence.ts';
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
    const found = baselineModelOf(routeOf(model), { pool: [], chosenBy, baselineModel });
    expect(found).toEqual(expected && { model: expected, price: named(expected) });
    expect(found !== undefined).toBe(expected !== undefined);
  },
);

it('the baseline is taken to write as much less as its answers to the task are shorter, and never more', () => {
  const find =
    (lengths: Record<string, [answers: number, mean: number]>): FindEvidence =>
    (_scope, model) => {
      const [answers, outTokensMean] = lengths[model] ?? [0, 0];
      return answers === 0 ? undefined : { ...{ pairs: 0, agreeing: 0, n: 0, okSum: 0 }, answers, outTokensMean };
    };
  const share = (luna: [number, number], sol: [number, number], task: string | undefined = 'ab') =>
    lengthShareOf(find({ luna, sol }), { task, baseline: 'sol', model: 'luna' });
  expect(share([100, 2_000], [40, 500])).toBe(0.25);
  expect(share([100, 500], [40, 2_000])).toBe(1);
  // Too few answers, and none.
  expect(share([100, 2_000], [19, 500])).toBe(1);
  expect(share([19, 2_000], [40, 500])).toBe(1);
  expect(share([100, 2_000], [0, 0])).toBe(1);
  expect(
    lengthShareOf(find({ luna: [100, 2_000], sol: [40, 500] }), { task: undefined, baseline: 'sol', model: 'luna' }),
  ).toBe(1);
});
