import { isGatewayError } from '@ai-gateway/shared/errors';
import { describe, expect, it } from 'vitest';
import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import type { Part } from '../dialects/neutral.ts';
import { costNanos, type Price } from '../models/price.ts';
import type { RouteInput } from './candidate.ts';
import { isKnownModel } from './reachable.ts';
import { routeCall } from './route.ts';

function account(name: string, more: Partial<ProviderAccount> = {}): ProviderAccount {
  const kind = name === 'anthropic' || name === 'gemini' ? name : 'openai';
  return {
    id: `id-${name}`,
    name,
    kind,
    baseUrl: `https://${name}.example`,
    apiKey: 'k',
    operators: true,
    models: [],
    ...more,
  };
}

const openai = account('openai');
const anthropic = account('anthropic');
const gemini = account('gemini');
const local = account('local', {
  kind: 'openai-compatible',
  operators: false,
  models: [{ id: 'llama-x', input_usd_per_mtok: 1, output_usd_per_mtok: 2, context_window: 1_000 }],
});

function input(
  model: string,
  more: Partial<Omit<RouteInput, 'call'>> & { call?: Partial<RouteInput['call']> } = {},
): RouteInput {
  const { call, ...rest } = more;
  const messages = [{ role: 'user' as const, parts: [{ kind: 'text' as const, text: 'Hi' }] }];
  return {
    kind: 'chat',
    inputTokens: 100,
    fallbacks: undefined,
    workspaceFallbacks: {},
    pool: [],
    accounts: [openai, anthropic, gemini],
    livemode: true,
    stateOf: () => 'closed',
    nowMs: Date.parse('2026-11-24T12:00:00Z'),
    ...rest,
    call: { model, dialect: 'chat', onlyNative: [], tools: [], output: { kind: 'text' }, messages, ...call },
  };
}

/** Those that are tried one after another; spares wait for a vendor that does not know the one before them. */
function route(...[model, more]: Parameters<typeof input>): string[] {
  return routeCall(input(model, more))
    .filter(({ spare }) => !spare)
    .map((one) => `${one.provider}/${one.model}`);
}

/** All of them, spares in brackets. */
function routeWithSpares(...[model, more]: Parameters<typeof input>): string[] {
  return routeCall(input(model, more)).map((one) => (one.spare ? `(${one.model})` : one.model));
}

function reasons(...[model, more]: Parameters<typeof input>): string[] {
  return routeCall(input(model, more))
    .filter(({ spare }) => !spare)
    .map(({ reason }) => reason);
}

function refusal(...[model, more]: Parameters<typeof input>) {
  try {
    routeCall(input(model, more));
  } catch (error) {
    if (isGatewayError(error)) return error;
    throw error;
  }
  throw new Error(`${model} was given a route`);
}

function dollarsPerMillion(price: Price | undefined): number {
  const usage = { inputTokens: 100_000, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 };
  return price === undefined ? Number.NaN : Number(costNanos(price, usage)) / 1e8;
}

function withParts(...parts: Part[]) {
  return { call: { messages: [{ role: 'user' as const, parts }] } };
}

const image: Part = { kind: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } };
const tools = [{ name: 'f', parameters: {} }];

describe('the route of a call', () => {
  it('leads to the model that was named, then to its class at the other vendors', () => {
    expect(route('gpt-4o')).toEqual(['openai/gpt-4o', 'anthropic/claude-sonnet-5', 'gemini/gemini-3.8-flash']);
    expect(route('claude-haiku-4-5')).toEqual([
      'anthropic/claude-haiku-4-5',
      'openai/gpt-6-luna',
      'gemini/gemini-3.5-flash-lite',
    ]);
    expect(reasons('gpt-4o')).toEqual(['asked for', 'fallback of gpt-4o', 'fallback of gpt-4o']);
  });

  it('carries what the call goes out with, and its price', () => {
    const [first] = routeCall(input('gpt-4o'));
    expect(first).toMatchObject({
      account: 'id-openai',
      kind: 'openai',
      baseUrl: 'https://openai.example',
      apiKey: 'k',
      trusted: true,
    });
    expect(dollarsPerMillion(first?.price)).toBe(2.5);
  });

  it('goes by the prices of its day', () => {
    const price = (day: string) =>
      dollarsPerMillion(routeCall(input('gemini-3.6-flash', { nowMs: Date.parse(day) }))[0]?.price);
    expect([price('2026-12-31'), price('2027-01-01')]).toEqual([0.75, 1.5]);
  });

  it('leaves out vendors without an account', () => {
    expect(route('gpt-4o', { accounts: [openai, gemini] })).toEqual(['openai/gpt-4o', 'gemini/gemini-3.8-flash']);
  });

  it('takes a vendor in front of the name, also before a model nobody knows yet', () => {
    expect(route('anthropic/claude-haiku-4-5')[0]).toBe('anthropic/claude-haiku-4-5');
    const unknown = routeCall(input('openai/gpt-99'));
    expect(unknown.map(({ model, price }) => [model, price])).toEqual([['gpt-99', undefined]]);
  });

  it('finds a vendor’s account under a name of one’s own', () => {
    const mine = account('my-claude', { kind: 'anthropic' });
    expect(route('claude-haiku-4-5', { accounts: [mine], fallbacks: 'none' })).toEqual(['my-claude/claude-haiku-4-5']);
    expect(route('my-claude/claude-haiku-4-5', { accounts: [mine] })).toEqual(['my-claude/claude-haiku-4-5']);
    expect(route('claude-haiku-4-5', { accounts: [mine, anthropic], fallbacks: 'none' })).toEqual([
      'anthropic/claude-haiku-4-5',
    ]);
  });
});

describe('a provider of one’s own', () => {
  const accounts = [local, openai];

  it('is named in front of the model, or known by the models it lists, at their price', () => {
    for (const model of ['local/llama-x', 'llama-x']) {
      const [only, ...rest] = routeCall(input(model, { accounts }));
      expect([only?.provider, only?.model, only?.kind, only?.trusted, rest.length]).toEqual([
        'local',
        'llama-x',
        'openai-compatible',
        false,
        0,
      ]);
      expect(dollarsPerMillion(only?.price)).toBe(1);
    }
  });

  it('may serve what it does not list, at a price nobody knows', () => {
    expect(routeCall(input('local/meta/llama-y', { accounts }))).toMatchObject([
      { provider: 'local', model: 'meta/llama-y', price: undefined },
    ]);
  });

  it('comes before a vendor whose model it lists', () => {
    const own = account('local', {
      kind: 'openai-compatible',
      models: [{ id: 'gpt-4o', input_usd_per_mtok: 0, output_usd_per_mtok: 0 }],
    });
    expect(route('gpt-4o', { accounts: [openai, own] })[0]).toBe('local/gpt-4o');
    expect(route('openai/gpt-4o', { accounts: [openai, own] })[0]).toBe('openai/gpt-4o');
  });

  it('is no fallback for more than its own window holds', () => {
    const long = { accounts, fallbacks: ['llama-x'], inputTokens: 40_000 };
    expect(route('gpt-4o', long)).toEqual(['openai/gpt-4o']);
    expect(route('gpt-4o', { ...long, inputTokens: 2_000 })).toEqual(['openai/gpt-4o', 'local/llama-x']);
  });
});

describe('a name that leads nowhere', () => {
  it('is told with the names one may have meant', () => {
    const error = refusal('gpt-4oo');
    expect([error.code, error.status, error.param]).toEqual(['model_not_found', 404, 'model']);
    expect(error.message).toContain('"gpt-4oo"');
    expect(error.message).toContain('"gpt-4o"');
    expect(error.message).toContain('GET /v1/models');
    expect(refusal('google/gemini-3.8-flash').message).toContain('Did you mean "gemini-3.8-flash"');
    expect(refusal('lama-x', { accounts: [local] }).message).toContain('"llama-x"');
  });

  it.each(['definitely-not-a-model', '__proto__', 'auto:', 'auto:fast', '/', 'nowhere/gpt-4o', 'openai/'])(
    'is refused: %s',
    (model) => {
      expect(refusal(model).code).toBe('model_not_found');
    },
  );

  it('does not propose what the key cannot use', () => {
    expect(refusal('gpt-4oo', { accounts: [gemini] }).message).not.toContain('Did you mean');
  });

  it('is told apart from a vendor without an account', () => {
    const error = refusal('gpt-4o', { accounts: [anthropic] });
    expect(error.code).toBe('model_not_found');
    expect(error.message).toContain('OPENAI_API_KEY');
  });

  it('is told apart from a model for something else', () => {
    expect(refusal('text-embedding-3-small').message).toContain('not a model for chat');
    expect(refusal('gpt-4o', { kind: 'embedding' }).message).toContain('not a model for embeddings');
    expect(route('text-embedding-3-small', { kind: 'embedding' })).toEqual(['openai/text-embedding-3-small']);
  });
});

describe('fallbacks', () => {
  it('are the call’s own where it names some, in its order, each once', () => {
    const fallbacks = ['gemini-3.5-flash-lite', 'anthropic/claude-haiku-4-5', 'gpt-4o', 'gemini-3.5-flash-lite'];
    expect(route('gpt-4o', { fallbacks })).toEqual([
      'openai/gpt-4o',
      'gemini/gemini-3.5-flash-lite',
      'anthropic/claude-haiku-4-5',
    ]);
  });

  it('are none where it says so', () => {
    expect(route('gpt-4o', { fallbacks: 'none' })).toEqual(['openai/gpt-4o']);
    expect(route('gpt-4o', { fallbacks: [] })).toEqual(['openai/gpt-4o']);
  });

  it('are the workspace’s where the call says nothing', () => {
    const workspaceFallbacks = { 'gpt-4o': ['gemini-3.5-flash-lite'], 'claude-opus-4-8': [] };
    expect(route('gpt-4o', { workspaceFallbacks })).toEqual(['openai/gpt-4o', 'gemini/gemini-3.5-flash-lite']);
    expect(route('openai/gpt-4o', { workspaceFallbacks })).toEqual(['openai/gpt-4o', 'gemini/gemini-3.5-flash-lite']);
    expect(route('claude-opus-4-8', { workspaceFallbacks })).toEqual(['anthropic/claude-opus-4-8']);
    expect(route('gpt-4o', { workspaceFallbacks, fallbacks: 'none' })).toEqual(['openai/gpt-4o']);
  });

  it('of the workspace that have gone since are passed over', () => {
    const workspaceFallbacks = { 'gpt-4o': ['gone/model', 'text-embedding-3-small', 'gemini-3.5-flash-lite'] };
    expect(route('gpt-4o', { workspaceFallbacks })).toEqual(['openai/gpt-4o', 'gemini/gemini-3.5-flash-lite']);
  });

  it('named wrongly by the call are told, for test keys too', () => {
    for (const livemode of [true, false]) {
      const error = refusal('gpt-4o', { fallbacks: ['gemini-3.5-flash-lte'], livemode });
      expect([error.code, error.param]).toEqual(['model_not_found', 'fallback_models']);
      expect(error.message).toContain('"gemini-3.5-flash-lite"');
    }
    expect(refusal('gpt-4o', { fallbacks: ['text-embedding-3-small'] }).param).toBe('fallback_models');
  });

  it('whose provider has no account are passed over', () => {
    expect(route('gpt-4o', { accounts: [openai], fallbacks: ['gemini-3.8-flash'] })).toEqual(['openai/gpt-4o']);
  });

  it('that cannot see, use tools or keep to a schema are not asked to', () => {
    // At a time when models without these abilities were served.
    const fallbacks = {
      fallbacks: ['o1-mini', 'gpt-3.5-turbo', 'gemini-1.5-pro'],
      nowMs: Date.parse('2025-01-01T00:00:00Z'),
    };
    expect(route('claude-3-opus-latest', fallbacks)).toHaveLength(4);
    expect(route('claude-3-opus-latest', { ...fallbacks, ...withParts(image) })).toEqual([
      'anthropic/claude-3-opus-latest',
      'gemini/gemini-1.5-pro',
    ]);
    const shown: Part = { kind: 'tool-result', toolCallId: 'a', content: [image] };
    expect(route('claude-3-opus-latest', { ...fallbacks, ...withParts(shown) })).toEqual([
      'anthropic/claude-3-opus-latest',
      'gemini/gemini-1.5-pro',
    ]);
    expect(route('claude-3-opus-latest', { ...fallbacks, call: { tools } })).not.toContain('openai/o1-mini');
    const output = { kind: 'json-schema' as const, name: 'x', schema: {} };
    expect(route('claude-3-opus-latest', { ...fallbacks, call: { output } })).toEqual([
      'anthropic/claude-3-opus-latest',
      'gemini/gemini-1.5-pro',
    ]);
  });

  it('too short for the call are not asked to, however the model that was named may fare', () => {
    expect(route('gpt-4o-mini', { inputTokens: 700_000 })).toEqual([
      'openai/gpt-4o-mini',
      'anthropic/claude-haiku-4-5',
      'gemini/gemini-3.5-flash-lite',
    ]);
    expect(route('gpt-4o-mini', { inputTokens: 900_000 })).toEqual([
      'openai/gpt-4o-mini',
      'gemini/gemini-3.5-flash-lite',
    ]);
  });

  it('are not ruled out by pictures alone, which are held at far more than they come to', () => {
    const twenty = Array.from({ length: 20 }, () => image);
    expect(route('gemini-3.5-flash-lite', { inputTokens: 970_000, ...withParts(...twenty) })).toHaveLength(3);
  });

  it('do not stand in for embeddings, whose vectors would mean something else', () => {
    expect(
      route('text-embedding-3-small', {
        kind: 'embedding',
        workspaceFallbacks: { 'text-embedding-3-small': ['gemini-embedding-001'] },
      }),
    ).toHaveLength(1);
  });
});

describe('what only one dialect knows', () => {
  it('goes to the providers that speak it, and to no stand-in', () => {
    const call = { dialect: 'responses' as const, onlyNative: ['previous_response_id'] };
    expect(route('gpt-4o', { call })).toEqual(['openai/gpt-4o']);
  });

  it.each([true, false])('is refused by name for a model that does not (live: %s)', (livemode) => {
    const error = refusal('gemini-3.8-flash', { livemode, call: { dialect: 'messages', onlyNative: ['mcp_servers'] } });
    expect([error.code, error.param]).toEqual(['unsupported_parameter', 'mcp_servers']);
    expect(error.message).toContain('Anthropic');
  });

  it('leads auto to whom it may', () => {
    expect(route('auto', { call: { dialect: 'messages', onlyNative: ['mcp_servers'] } })).toEqual([
      'anthropic/claude-sonnet-5',
    ]);
    expect(
      refusal('auto', { accounts: [gemini], call: { dialect: 'messages', onlyNative: ['mcp_servers'] } }).code,
    ).toBe('unsupported_parameter');
  });
});

describe('resting providers', () => {
  const open =
    (...names: string[]): RouteInput['stateOf'] =>
    ({ account }) =>
      names.includes(account) ? 'open' : 'closed';

  it('are passed over', () => {
    expect(route('gpt-4o', { stateOf: open('id-openai') })[0]).toBe('anthropic/claude-sonnet-5');
    expect(route('auto', { stateOf: open('id-openai'), fallbacks: 'none' })).toEqual(['anthropic/claude-sonnet-5']);
  });

  it('are asked last where their provider refuses the account: only an answer tells that it is paid again', () => {
    const refused = (candidate: { account: string }) => (candidate.account === 'id-openai' ? 'refused' : 'closed');
    expect(route('gpt-4o', { stateOf: refused }).at(-1)).toBe('openai/gpt-4o');
    expect(route('claude-sonnet-5', { stateOf: refused, fallbacks: ['gpt-4o'] })).toEqual([
      'anthropic/claude-sonnet-5',
      'openai/gpt-4o',
    ]);
  });

  it('may be probed', () => {
    expect(route('gpt-4o', { stateOf: () => 'half-open' })).toHaveLength(3);
  });

  it('are named when there is no other', () => {
    const openMs: Record<string, number> = { 'id-openai': 45_000, 'id-anthropic': 12_300, 'id-gemini': 600_000 };
    const error = refusal('gpt-4o', { stateOf: () => 'open', openMs: ({ account }) => openMs[account] ?? 0 });
    expect([error.code, error.status, error.retryAfterSeconds]).toEqual(['no_provider_available', 503, 13]);
    expect(error.message).toContain('Try again in 13 seconds.');
    expect(error.details?.attempts).toMatchObject([
      { provider: 'openai' },
      { provider: 'anthropic' },
      { provider: 'gemini' },
    ]);
    expect(refusal('gpt-4o', { stateOf: open('id-openai'), fallbacks: 'none' }).code).toBe('no_provider_available');
  });
});

describe('auto', () => {
  it.each([
    ['auto', 'gpt-6-sol', 'auto:balanced, default of the strong class'],
    ['auto:balanced', 'gpt-6-sol', 'auto:balanced, default of the strong class'],
    ['auto:quality', 'gpt-6-sol', 'auto:quality, default of the strong class'],
    ['auto:cost', 'gpt-6-luna', 'auto:cost, default of the small class'],
  ])('%s chooses %s and says why', (model, chosen, reason) => {
    expect(route(model)[0]).toBe(`openai/${chosen}`);
    expect(route(model)).toHaveLength(3);
    expect(reasons(model)[0]).toBe(reason);
  });

  it('chooses the first vendor there is an account with', () => {
    expect(route('auto', { accounts: [gemini] })).toEqual(['gemini/gemini-3.8-flash']);
  });

  it('chooses a model the call fits into', () => {
    expect(route('auto:cost', { inputTokens: 2_000_000 })).toEqual([
      'openai/gpt-6-luna',
      'gemini/gemini-3.5-flash-lite',
    ]);
    expect(refusal('auto', { inputTokens: 90_000_000 }).message).toContain('too long');
    expect(refusal('auto', { accounts: [] }).code).toBe('model_not_found');
  });

  it('takes the fallbacks it is given', () => {
    expect(route('auto', { fallbacks: 'none' })).toEqual(['openai/gpt-6-sol']);
    expect(route('auto', { fallbacks: ['gemini-3.5-flash-lite'] })).toEqual([
      'openai/gpt-6-sol',
      'gemini/gemini-3.5-flash-lite',
    ]);
    expect(route('auto', { workspaceFallbacks: { auto: ['gpt-4.1'] } })).toEqual([
      'openai/gpt-6-sol',
      'openai/gpt-4.1',
    ]);
    expect(refusal('auto', { fallbacks: ['gpt-4oo'] }).param).toBe('fallback_models');
  });
});

describe('auto without a model to choose from', () => {
  it.each([
    ['no account', []],
    ['only a server of one’s own', [local]],
  ])('says what to set up, with %s', (_name, accounts) => {
    const { code, message } = refusal('auto', { accounts });
    expect(code).toBe('model_not_found');
    expect(message).toContain('no account at their providers. Set OPENAI_API_KEY, ');
  });

  it('blames the call only where there are models', () => {
    expect(refusal('auto', { accounts: [openai], inputTokens: 90_000_000 }).message).toContain('it may be too long');
  });
});

describe('test keys', () => {
  const test = { livemode: false, accounts: [openai, local] };

  it('are answered by the sandbox alone, under every model’s name and at its price', () => {
    for (const [model, dollars] of [
      ['gpt-4o', 2.5],
      ['claude-sonnet-5', 2],
      ['llama-x', 1],
      ['auto:cost', 0.1],
    ] as const) {
      const candidates = routeCall(input(model, test));
      expect(candidates.map(({ kind, provider, account }) => [kind, provider, account])).toEqual([
        ['sandbox', 'sandbox', 'sandbox'],
      ]);
      expect(dollarsPerMillion(candidates[0]?.price)).toBe(dollars);
    }
    expect(reasons('gpt-4o', test)).toEqual(['asked for, in the sandbox']);
  });

  it('need no account, wait for no resting provider and carry no key', () => {
    const [only] = routeCall(input('gpt-4o', { livemode: false, accounts: [openai], stateOf: () => 'open' }));
    expect([only?.kind, only?.apiKey, only?.baseUrl]).toEqual(['sandbox', '', '']);
    expect(route('auto', { livemode: false, accounts: [] })).toEqual(['sandbox/gpt-6-sol']);
  });

  it('do not make a model of a name nobody knows', () => {
    for (const model of ['definitely-not-a-model', 'nobody/gpt-99'])
      expect(refusal(model, test).code).toBe('model_not_found');
    expect(refusal('claude-sonet-5', test).message).toContain('"claude-sonnet-5"');
  });

  it('reach a model that the catalogue does not know by its provider, without a price, as live keys do', () => {
    for (const model of ['openai/gpt-99', 'local/other']) {
      const [only, ...others] = routeCall(input(model, test));
      expect([only?.kind, only?.model, only?.price, others]).toEqual(['sandbox', model.split('/')[1], undefined, []]);
    }
  });
});

describe('a name for the workspace’s map of fallbacks', () => {
  const known = { accounts: [local], pool: [], at: new Date('2026-11-24T12:00:00Z') };

  it('is known where it leads anywhere', () => {
    expect(['gpt-4o', 'local/x', 'llama-x', 'openai/gpt-99'].map((name) => isKnownModel(name, known))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['auto:x', 'nothing', '__proto__'].map((name) => isKnownModel(name, known))).toEqual([false, false, false]);
  });
});

describe('a retired model', () => {
  const at = (day: string) => ({ nowMs: Date.parse(`${day}T00:00:00Z`) });

  it.each([
    ['claude-3-5-sonnet-20241022', 'anthropic/claude-sonnet-5', 2],
    ['claude-3-haiku-20240307', 'anthropic/claude-haiku-4-5', 1],
    ['claude-3-opus-20240229', 'anthropic/claude-opus-5-5', 4],
    ['claude-v1', 'anthropic/claude-sonnet-5', 2],
    ['gemini-1.5-pro', 'gemini/gemini-3.8-flash', 0.75],
    ['models/gemini-1.5-flash', 'gemini/gemini-3.5-flash-lite', 0.3],
    ['gpt-3.5-0301', 'openai/gpt-6-luna', 0.1],
    ['gpt-4-turbo', 'openai/gpt-6-sol', 2],
    ['o1-pro', 'openai/gpt-5.5-pro', 30],
    ['gpt-5.1-codex-mini', 'openai/gpt-5.3-codex', 1.75],
  ])('%s is answered by %s, at its price, and the route says so', (model, successor, dollars) => {
    const bare = model.replace(/^models\//, '');
    const vendor = successor.slice(0, successor.indexOf('/'));
    for (const name of [model, `${vendor}/${bare}`]) {
      for (const livemode of [true, false]) {
        const [first] = routeCall(input(name, { livemode }));
        expect([livemode ? `${first?.provider}/${first?.model}` : `${vendor}/${first?.model}`, first?.reason]).toEqual([
          successor,
          `${bare} is retired; answered by ${successor.slice(vendor.length + 1)}${livemode ? '' : ', in the sandbox'}`,
        ]);
        expect(dollarsPerMillion(first?.price)).toBe(dollars);
      }
    }
  });

  it('is itself until the day its vendor names, and on that day where its vendor has put it off', () => {
    const names = (day: string, more: Partial<RouteInput> = {}) =>
      routeWithSpares('gpt-4o', { ...at(day), accounts: [openai], ...more });
    expect(names('2027-01-13')).toEqual(['gpt-4o']);
    expect(names('2027-01-14')).toEqual(['gpt-4o', '(gpt-6-sol)', '(gpt-5.6-terra)', '(gpt-5.4)']);
    const isUnknown: RouteInput['isUnknown'] = (_account, model) => model === 'gpt-4o';
    expect(names('2027-01-14', { isUnknown })[0]).toBe('gpt-6-sol');
    expect(routeCall(input('gpt-4o', at('2027-01-14')))[1]?.reason).toBe('gpt-4o is retired; answered by gpt-6-sol');
  });

  it('that cools down is answered by no other where the call wants no fallbacks, whether its day has come or not', () => {
    for (const model of ['gpt-4o', 'gpt-4', 'gpt-6-sol'])
      for (const day of ['2027-01-13', '2027-01-14']) {
        const named = routeCall(input(model, { ...at(day), fallbacks: 'none' }))[0]?.model;
        const stateOf: RouteInput['stateOf'] = (candidate) => (candidate.model === named ? 'open' : 'closed');
        expect(refusal(model, { ...at(day), fallbacks: 'none', stateOf }).code).toBe('no_provider_available');
        expect(route(model, { ...at(day), stateOf })).not.toContain(`openai/${named}`);
      }
  });

  it('falls back as its successor does, and as the workspace lists under either name', () => {
    expect(route('claude-3-5-sonnet-20241022')).toEqual(route('claude-sonnet-5'));
    for (const name of ['claude-3-5-sonnet-20241022', 'claude-sonnet-5'])
      expect(route('anthropic/claude-3-5-sonnet-20241022', { workspaceFallbacks: { [name]: ['gpt-4o'] } })).toEqual([
        'anthropic/claude-sonnet-5',
        'openai/gpt-4o',
      ]);
  });

  it('may stand in lists of fallbacks', () => {
    const fallbacks = ['claude-3-5-sonnet-20241022', 'gemini/gemini-1.5-flash'];
    for (const more of [{ fallbacks }, { workspaceFallbacks: { 'gpt-4o': fallbacks } }])
      expect([route('gpt-4o', more), reasons('gpt-4o', more)[1]]).toEqual([
        ['openai/gpt-4o', 'anthropic/claude-sonnet-5', 'gemini/gemini-3.5-flash-lite'],
        'fallback of gpt-4o: claude-3-5-sonnet-20241022 is retired; answered by claude-sonnet-5',
      ]);
  });

  it('is left alone where a server of one’s own serves it', () => {
    const lists = account('local', {
      kind: 'openai-compatible',
      models: [{ id: 'claude-v1', input_usd_per_mtok: 1, output_usd_per_mtok: 1 }],
    });
    expect(route('claude-v1', { accounts: [lists, anthropic] })).toEqual(['local/claude-v1']);
    expect(route('local/gpt-3.5-turbo', { accounts: [lists] })).toEqual(['local/gpt-3.5-turbo']);
    const azure = account('azure', { models: [{ id: 'gpt-4', input_usd_per_mtok: 1, output_usd_per_mtok: 1 }] });
    expect(route('azure/gpt-4', { accounts: [azure], fallbacks: 'none' })).toEqual(['azure/gpt-4']);
  });

  it('for embeddings has no successor: vectors of another model mean something else', () => {
    expect(route('text-embedding-ada-002', { kind: 'embedding' })).toEqual(['openai/text-embedding-ada-002']);
  });
});

describe('the classes a workspace chooses', () => {
  const pool = [
    { model: 'claude-opus-5-5', class: 'strong' as const },
    { model: 'gpt-5.4', class: 'strong' as const },
    { model: 'claude-opus-4-8', class: 'strong' as const },
    { model: 'local/llama-x', class: 'small' as const },
  ];
  const accounts = [openai, anthropic, gemini, local];

  it('are what auto chooses among, in their order', () => {
    expect(routeWithSpares('auto', { pool, accounts })).toEqual(['claude-opus-5-5', '(claude-opus-4-8)', 'gpt-5.4']);
    expect(routeWithSpares('auto:cost', { pool, accounts })).toEqual(['llama-x']);
    expect(route('auto:cost', { pool: pool.slice(0, 3) })[0]).toBe('openai/gpt-6-luna');
  });

  it('are what models fall back on', () => {
    expect(route('gpt-4o', { pool, accounts })).toEqual(['openai/gpt-4o', 'anthropic/claude-opus-5-5']);
    expect(route('gpt-4o-mini', { pool, accounts })).toEqual(['openai/gpt-4o-mini', 'local/llama-x']);
  });

  it('decide the class of their models, whatever they cost', () => {
    const swapped = [{ model: 'gpt-4o', class: 'small' as const }];
    expect(route('gpt-4o', { pool: swapped })).toEqual(['openai/gpt-4o']);
  });

  it('answer for retired models of their vendor', () => {
    expect(route('claude-3-5-sonnet-20241022', { pool })[0]).toBe('anthropic/claude-opus-5-5');
    expect(route('gemini-1.5-pro', { pool })[0]).toBe('gemini/gemini-3.8-flash');
  });

  it('may name retired models, which are their successors then', () => {
    expect(route('auto', { pool: [{ model: 'claude-3-5-sonnet-20241022', class: 'strong' }] })).toEqual([
      'anthropic/claude-sonnet-5',
    ]);
  });
});

describe('behind a model the gateway chose', () => {
  it('stand the others of its class at the same vendor, for a vendor that does not know it', () => {
    expect(routeWithSpares('auto', { accounts: [openai, anthropic] })).toEqual([
      'gpt-6-sol',
      '(gpt-5.6-terra)',
      '(gpt-5.4)',
      'claude-sonnet-5',
      '(claude-sonnet-4-6)',
    ]);
    expect(routeWithSpares('claude-3-5-sonnet-20241022', { fallbacks: 'none' })).toEqual([
      'claude-sonnet-5',
      '(claude-sonnet-4-6)',
    ]);
    expect(routeWithSpares('gpt-4o', { fallbacks: ['gpt-6-sol', 'gpt-5.4'] })).toEqual([
      'gpt-4o',
      'gpt-6-sol',
      '(gpt-5.6-terra)',
      'gpt-5.4',
    ]);
  });

  it('but not behind the one the caller named', () => {
    expect(routeWithSpares('gpt-6-sol', { accounts: [openai] })).toEqual(['gpt-6-sol']);
    expect(routeCall(input('gpt-6-sol'))[0]?.named).toBe(true);
    expect(routeCall(input('auto'))[0]?.named).toBe(false);
  });

  it('and answer at once while the vendor is known not to know it', () => {
    const isUnknown: RouteInput['isUnknown'] = (_account, model) => model === 'gpt-6-sol';
    expect(route('auto', { isUnknown, accounts: [openai] })).toEqual(['openai/gpt-5.6-terra']);
    expect(route('claude-sonnet-5', { isUnknown })[1]).toBe('openai/gpt-5.6-terra');
    expect(route('gpt-4o', { isUnknown, fallbacks: ['gpt-6-sol'] })[1]).toBe('openai/gpt-5.6-terra');
    expect(route('gpt-6-sol', { isUnknown, fallbacks: 'none' })).toEqual(['openai/gpt-6-sol']);
    expect(route('auto', { isUnknown: () => true, accounts: [openai] })).toEqual(['openai/gpt-6-sol']);
  });
});
