import { isGatewayError } from '@ai-gateway/shared/errors';
import { describe, expect, it } from 'vitest';
import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import type { AutoChooser, RouteInput } from './candidate.ts';
import { seeded } from './logistic-head.ts';
import { routeCall } from './route.ts';

function account(kind: 'openai' | 'anthropic' | 'gemini'): ProviderAccount {
  return { id: kind, name: kind, kind, baseUrl: `https://${kind}.example`, apiKey: 'k', operators: true, models: [] };
}

const accounts = [account('openai'), account('anthropic'), account('gemini')];
/** Plans are remembered by the lists of accounts and of models: all calls share these two. */
const pool: RouteInput['pool'] = [];
const picture = { kind: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } } as const;

type Pick = <One>(...of: One[]) => One;

/** A step of `auto` that takes any of the models, for any reason, and the same one each time it is asked. */
function chooserOf(pick: Pick): AutoChooser {
  const [strength, at] = [pick('small' as const, 'strong' as const), pick(0, 1, 2)];
  const [reason, banned] = [pick('the cheapest', 'the best'), pick('none', 'none', 'anthropic')];
  return {
    isAllowed: ({ provider }) => provider !== banned,
    choose: (able) => {
      const first = able[strength][at];
      return first && { first, class: strength, reason };
    },
  };
}

/** Calls to `auto` that differ in all that decides which models of a class can take one. */
function callOf(seed: number): RouteInput {
  const random = seeded(seed);
  const pick: Pick = <One>(...of: One[]): One => of[Math.floor(random() * of.length)] as One;
  const open = pick('none', 'none', 'openai', 'gemini');
  const unknown = pick('none', 'none', 'anthropic');
  const text = { kind: 'text', text: 'Hi' } as const;
  return {
    kind: 'chat',
    inputTokens: pick(100, 100, 300_000, 900_000),
    fallbacks: pick<RouteInput['fallbacks']>(undefined, undefined, 'none', ['gpt-4o']),
    workspaceFallbacks: pick<RouteInput['workspaceFallbacks']>({}, {}, { auto: ['claude-haiku-4-5'] }),
    pool,
    auto: pick(undefined, undefined, chooserOf(pick)),
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

function routed(input: RouteInput): ReturnType<typeof routeCall> | string {
  try {
    return routeCall(input);
  } catch (error) {
    if (isGatewayError(error)) return error.code;
    throw error;
  }
}

describe('A plan that is remembered', () => {
  it('leads 2,000 calls to the models that a new one leads them to', () => {
    const firsts = new Set<unknown>();
    let remembered = 0;
    for (let seed = 1; seed <= 2_000; seed++) {
      const input = callOf(seed);
      const route = routed(input);
      // Another list of the same models has no plans.
      expect(route, `call ${seed}`).toEqual(routed({ ...input, pool: [] }));
      if (typeof route === 'string') continue;
      remembered += firsts.has(route[0]) ? 1 : 0;
      firsts.add(route[0]);
    }
    expect(remembered).toBeGreaterThan(50);
  });

  it('is the same list for calls that can go to the same models', () => {
    const plain = { ...callOf(1), accounts: [...accounts], livemode: true, inputTokens: 100, cheapest: false };
    const open = { fallbacks: undefined, workspaceFallbacks: {}, isUnknown: () => false, reason: undefined };
    const call = { ...plain, ...open, stateOf: () => 'closed' as const };
    const [first, again] = [routeCall(call), routeCall(call)];
    expect(again[0]).toBe(first[0]);
  });
});
