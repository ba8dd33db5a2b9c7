import { isGatewayError } from '@ai-gateway/shared/errors';
import { describe, expect, it } from 'vitest';
import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import type { RouteInput } from './candidate.ts';
import { seeded } from './logistic-head.ts';
import { routeCall } from './route.ts';

function account(kind: 'openai' | 'anthropic' | 'gemini'): ProviderAccount {
  return { id: kind, name: kind, kind, baseUrl: `https://${kind}.example`, apiKey: 'k', operators: true, models: [] };
}

const accounts = [account('openai'), account('anthropic'), account('gemini')];
const picture = { kind: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } } as const;

/** Calls to `auto` that differ in all that decides which models of a class can take one. */
function callOf(seed: number): RouteInput {
  const random = seeded(seed);
  const pick = <One>(...of: One[]): One => of[Math.floor(random() * of.length)] as One;
  const open = pick('none', 'none', 'openai', 'gemini');
  const unknown = pick('none', 'none', 'anthropic');
  const text = { kind: 'text', text: 'Hi' } as const;
  return {
    kind: 'chat',
    inputTokens: pick(100, 100, 300_000, 900_000),
    fallbacks: pick<RouteInput['fallbacks']>(undefined, undefined, 'none', ['gpt-4o']),
    workspaceFallbacks: pick<RouteInput['workspaceFallbacks']>({}, {}, { auto: ['claude-haiku-4-5'] }),
    pool: [],
    accounts,
    livemode: pick(true, true, false),
    stateOf: ({ account: name }) => (name === open ? 'open' : 'closed'),
    isUnknown: (name) => name === unknown,
    cheapest: pick(false, false, true),
    reason: pick(undefined, undefined, 'rule "Mails" v1'),
    nowMs: Date.parse('2026-11-24T12:00:00Z'),
    call: {
      model: pick('auto', 'auto:cost', 'auto:quality'),
      dialect: 'chat',
      onlyNative: [],
      tools: [],
      output: { kind: 'text' },
      messages: [{ role: 'user', parts: pick<(typeof text | typeof picture)[]>([text], [text], [text, picture]) }],
    },
  };
}

function routed(input: RouteInput): unknown {
  try {
    return routeCall(input);
  } catch (error) {
    if (isGatewayError(error)) return error.code;
    throw error;
  }
}

describe('A plan that is remembered', () => {
  it('leads 2,000 calls to the models that a new one leads them to', () => {
    for (let seed = 1; seed <= 2_000; seed++) {
      const input = callOf(seed);
      // Plans are remembered by the list of accounts, so that another list of the same ones has none.
      expect(routed(input), `call ${seed}`).toEqual(routed({ ...input, accounts: [...accounts] }));
    }
  });

  it('is the same list for calls that can go to the same models', () => {
    const plain = { ...callOf(1), accounts: [...accounts], livemode: true, inputTokens: 100, cheapest: false };
    const open = { fallbacks: undefined, workspaceFallbacks: {}, isUnknown: () => false, reason: undefined };
    const call = { ...plain, ...open, stateOf: () => 'closed' as const };
    const [first, again] = [routeCall(call), routeCall(call)];
    expect(again[0]).toBe(first[0]);
  });
});
