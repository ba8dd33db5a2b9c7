import { isGatewayError } from '@ai-gateway/shared/errors';
import { describe, expect, it } from 'vitest';
import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import { type AutoSettings, usualAuto } from './auto-settings.ts';
import type { CallFacts } from './call-facts.ts';
import type { RouteInput } from './candidate.ts';
import { decide } from './decide.ts';
import type { Evidence, EvidenceScope } from './evidence.ts';
import type { Session } from './sessions.ts';

const accounts = (['openai', 'anthropic', 'gemini'] as const).map(
  (kind): ProviderAccount => ({
    ...{ id: `id-${kind}`, name: kind, kind, baseUrl: `https://${kind}.example`, apiKey: 'k' },
    operators: true,
    models: [],
  }),
);
const nowMs = Date.parse('2026-11-29T12:00:00Z');
const classification = 'Classify this e-mail as billing or other. Answer with the category only.';
const coding = 'Write a Python function that returns the n-th prime number.';

interface CallSetup {
  text?: string;
  call?: Partial<NeutralCall>;
  route?: Partial<RouteInput>;
  settings?: Partial<AutoSettings>;
  wish?: string;
  session?: Partial<Session>;
  easyFor?: string;
  find?: (scope: EvidenceScope, model: string) => Partial<Evidence> | undefined;
}

function ask(model: string, { text = classification, find, ...asked }: CallSetup = {}) {
  const call: NeutralCall = {
    ...{ dialect: 'chat', model, stream: false, streamUsage: false, tools: [], output: { kind: 'text' } },
    messages: [{ role: 'user', parts: [{ kind: 'text', text }] }],
    ...{ stop: [], extra: {}, onlyNative: [] },
    ...asked.call,
  };
  const inputTokens = JSON.stringify(call.messages).length;
  const facts: CallFacts = {
    ...{ workspaceId: 'ws', livemode: true, keyId: 'k', tags: {}, call, json: {}, inputTokens, nowMs },
    wishes: asked.wish === undefined ? undefined : { auto: asked.wish },
    prompt: undefined,
    budgetPercentUsed: () => undefined,
  };
  const session = asked.session && { account: 'id-openai', model: '', inputTokens: 0, atMs: nowMs, ...asked.session };
  return decide({
    routing: null,
    route: {
      ...{ call, kind: 'chat', inputTokens, fallbacks: undefined, workspaceFallbacks: {}, pool: [], accounts, nowMs },
      ...{ livemode: true, stateOf: () => 'closed' },
      ...asked.route,
    },
    facts,
    auto: {
      settings: { ...usualAuto, ...asked.settings },
      find: (scope, one) => {
        const found = find?.(scope, one);
        return found && { pairs: 0, agreeing: 0, n: 0, okSum: 0, ...found };
      },
      easyFor: () => asked.easyFor,
      sessionOf: () => ({ key: 'key', session }),
    },
  });
}

function chosen(...args: Parameters<typeof ask>): [string | undefined, string | undefined] {
  const [first] = ask(...args).candidates;
  return [first?.model, first?.reason];
}

const ofTask = (scope: EvidenceScope): boolean => typeof scope === 'object' && 'task' in scope;
const system = (text: string): Partial<NeutralCall> => ({
  messages: [
    { role: 'system', parts: [{ kind: 'text', text }] },
    { role: 'user', parts: [{ kind: 'text', text: 'Where is my order?' }] },
  ],
});

describe('auto without evidence', () => {
  it.each([
    ['auto', classification, 'gpt-6-luna', 'auto: classification goes to small models'],
    ['auto:balanced', classification, 'gpt-6-luna', 'auto: classification goes to small models'],
    ['auto', coding, 'gpt-6-sol', 'auto: code goes to strong models'],
    ['auto', 'Hi', 'gpt-6-sol', 'auto:balanced, default of the strong class'],
    ['auto:quality', classification, 'gpt-6-sol', 'auto:quality, default of the strong class'],
    ['auto:cost', coding, 'gpt-6-luna', 'auto:cost, default of the small class'],
  ])('%s sends "%s" to %s', (model, text, expected, reason) => {
    expect(chosen(model, { text })).toEqual([expected, reason]);
  });

  it('goes by the dial of the workspace, or of the client', () => {
    expect(chosen('auto', { settings: { dial: 'quality' } })[0]).toBe('gpt-6-sol');
    expect(chosen('auto:balanced', { settings: { dial: 'quality' } })[0]).toBe('gpt-6-luna');
  });

  it('gives the same decision for the same input', () => {
    expect(ask('auto')).toEqual(ask('auto'));
  });

  it('puts its choice on record, with the task', () => {
    const { decision } = ask('auto', { call: system(classification) });
    expect(decision).toMatchObject({ chosenBy: 'auto', task: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(ask('gpt-4o').decision).toBeUndefined();
  });

  it('falls back on the class that was chosen', () => {
    expect(
      ask('auto')
        .candidates.filter(({ spare }) => !spare)
        .map(({ model }) => model),
    ).toEqual(['gpt-6-luna', 'claude-haiku-4-5', 'gemini-3.5-flash-lite']);
    const { candidates } = ask('auto', { route: { workspaceFallbacks: { 'gpt-6-luna': ['gpt-4.1'] } } });
    expect(candidates.filter(({ spare }) => !spare).map(({ model }) => model)).toEqual(['gpt-6-luna', 'gpt-4.1']);
  });

  it('takes the strong class where every small model rests', () => {
    const stateOf: RouteInput['stateOf'] = ({ model }) => (/luna|mini|haiku|lite/.test(model) ? 'open' : 'closed');
    expect(chosen('auto', { route: { stateOf } })[0]).toBe('gpt-6-sol');
  });

  it('never puts a model first whose price nobody knows', () => {
    const pool = [
      { model: 'openai/gpt-99-mini', class: 'small' as const },
      { model: 'openai/gpt-99', class: 'strong' as const },
      { model: 'gpt-6-sol', class: 'strong' as const },
    ];
    expect(chosen('auto', { route: { pool } })[0]).toBe('gpt-6-sol');
    expect(chosen('auto:cost', { route: { pool } })[0]).toBe('gpt-6-sol');
  });

  it('chooses among the allowed models only', () => {
    expect(chosen('auto', { settings: { allowed_models: ['claude-haiku-4-5', 'claude-sonnet-5'] } })[0]).toBe(
      'claude-haiku-4-5',
    );
    expect(() => ask('auto', { settings: { allowed_models: ['nobody'] } })).toThrow('No model');
    const settings = { allowed_models: ['claude-haiku-4-5', 'claude-sonnet-5'] };
    const asked = (route: Partial<RouteInput>) =>
      ask('auto', { text: coding, settings, route }).candidates.map(({ model }) => model);
    expect(new Set(asked({ cheapest: true }))).toEqual(new Set(settings.allowed_models));
    const listed = asked({ fallbacks: ['gpt-4o', 'claude-haiku-4-5'] });
    expect(listed).toContain('claude-haiku-4-5');
    expect(listed).not.toContain('gpt-4o');
  });

  it('gives way to a budget that is running low', () => {
    const { candidates, decision } = ask('auto', { text: coding, route: { cheapest: true } });
    expect([candidates[0]?.model, decision?.chosenBy]).toEqual(['gpt-6-luna', 'budget']);
    const alone = ask('auto', { text: coding, route: { cheapest: true, fallbacks: 'none' } });
    expect(alone.candidates.map(({ model }) => model)).toEqual(['gpt-6-luna']);
  });
});

describe('auto with evidence', () => {
  const proven: CallSetup['find'] = (scope, model) =>
    ofTask(scope) && model === 'gpt-6-luna' ? { pairs: 143, agreeing: 142, lower: 0.96 } : undefined;

  it('sends a task to the small class once its pairs prove it, and says how many', () => {
    const call = system('You help our sales people with whatever they ask.');
    expect(chosen('auto', { call })[0]).toBe('gpt-6-sol');
    expect(chosen('auto', { call, find: proven })).toEqual(['gpt-6-luna', 'auto: 143 pairs agree 99%']);
    expect(chosen('auto:quality', { call, find: proven })[0]).toBe('gpt-6-sol');
    const higher: CallSetup['find'] = (scope, model) =>
      proven(scope, model) && { pairs: 900, agreeing: 900, lower: 0.985 };
    expect(chosen('auto:quality', { call, find: higher })[0]).toBe('gpt-6-luna');
  });

  it('relies on the words of a call for the small model that they were learned of, and for quality with pairs of the task only', () => {
    const call = system('You help our sales people with whatever they ask.');
    expect(chosen('auto', { call, easyFor: 'gpt-6-luna' })[0]).toBe('gpt-6-luna');
    expect(chosen('auto', { call, easyFor: 'gpt-6-nova' })[0]).toBe('gpt-6-sol');
    expect(chosen('auto:quality', { call, easyFor: 'gpt-6-luna' })[0]).toBe('gpt-6-sol');
    expect(chosen('auto:quality', { call, find: proven, easyFor: 'gpt-6-luna' })[0]).toBe('gpt-6-luna');
  });

  it('takes a task back that is not easy any more', () => {
    const call = system(classification);
    const find: CallSetup['find'] = (scope, model) =>
      proven(scope, model) && { pairs: 143, agreeing: 130, withdrawn: true };
    expect(chosen('auto', { call, find })).toEqual(['gpt-6-sol', 'auto: evidence speaks against gpt-6-luna']);
  });

  it('gives a task that was taken back to a dial whose share the pairs since then prove', () => {
    const call = system(classification);
    const find: CallSetup['find'] = (scope, model) => {
      const found = proven(scope, model);
      return found && { ...found, withdrawn: true };
    };
    expect(chosen('auto', { call, find })).toEqual(['gpt-6-luna', 'auto: 143 pairs agree 99%']);
    expect(chosen('auto:quality', { call, find })[0]).toBe('gpt-6-sol');
  });

  it('takes it back from `auto:cost` too where the small model fails', () => {
    const call = system(classification);
    const find: CallSetup['find'] = (scope, model) =>
      ofTask(scope) && /luna/.test(model) ? { n: 60, okSum: 30 } : undefined;
    expect(chosen('auto:cost', { call, find })[0]).toBe('gpt-6-sol');
  });

  it('judges models that think by what they emit', () => {
    const find: CallSetup['find'] = (scope, model) =>
      ofTask(scope) ? { outTokensMean: model === 'gpt-6-luna' ? 4_000 : 20, n: 1, okSum: 1 } : undefined;
    expect(chosen('auto', { call: system(classification), find })).toEqual([
      'gpt-6-sol',
      'auto: gpt-6-sol is expected to cost less',
    ]);
  });
});

describe('auto within a session', () => {
  const longer = `${classification}\n\n${'We talked about the order at length. '.repeat(400)}`;
  const claude = { settings: { allowed_models: ['claude-sonnet-5', 'claude-haiku-4-5'] }, text: longer };
  const warm = { account: 'id-anthropic', model: 'claude-sonnet-5', inputTokens: 3_500 };

  it('stays where a cheaper model would have to read everything again', () => {
    expect(chosen('auto', claude)[0]).toBe('claude-haiku-4-5');
    expect(chosen('auto', { ...claude, session: warm })).toEqual([
      'claude-sonnet-5',
      'auto: claude-sonnet-5 is expected to cost less',
    ]);
    expect(chosen('auto', { ...claude, session: { ...warm, inputTokens: 2_000 } })).toEqual([
      'claude-sonnet-5',
      'auto: the session stays with claude-sonnet-5',
    ]);
  });

  it('changes to a cheaper model where that saves more than 15 percent all the same', () => {
    expect(chosen('auto', { ...claude, session: { ...warm, inputTokens: 100 } })[0]).toBe('claude-haiku-4-5');
  });

  it('goes to the better model at once', () => {
    const session = { account: 'id-openai', model: 'gpt-6-luna', inputTokens: 100_000 };
    expect(chosen('auto', { text: coding, session })[0]).toBe('gpt-6-sol');
  });

  it('stays in an open turn, and leaves it where the model rests', () => {
    const tools = [{ name: 'save', parameters: {} }];
    const messages: NeutralCall['messages'] = [
      { role: 'user', parts: [{ kind: 'text', text: coding }] },
      { role: 'assistant', parts: [{ kind: 'tool-call', id: 'c', name: 'save', arguments: '{}' }] },
      { role: 'tool', parts: [{ kind: 'tool-result', toolCallId: 'c', content: [{ kind: 'text', text: 'done' }] }] },
    ];
    const open: CallSetup = { call: { tools, messages }, session: { model: 'gpt-6-luna' } };
    expect(chosen('auto', open)).toEqual(['gpt-6-luna', 'auto: gpt-6-luna stays while the turn is open']);
    const stateOf: RouteInput['stateOf'] = ({ model }) => (model === 'gpt-6-luna' ? 'open' : 'closed');
    expect(chosen('auto', { ...open, route: { stateOf } })[0]).toBe('gpt-6-sol');
  });

  it('hands signed reasoning back to its vendor where this process does not know the session', () => {
    const messages: NeutralCall['messages'] = [
      { role: 'user', parts: [{ kind: 'text', text: coding }] },
      {
        role: 'assistant',
        parts: [
          { kind: 'reasoning', text: 'Hm', signature: 's', signedBy: 'anthropic' },
          { kind: 'tool-call', id: 'c', name: 'save', arguments: '{}' },
        ],
      },
      { role: 'tool', parts: [{ kind: 'tool-result', toolCallId: 'c', content: [] }] },
    ];
    expect(chosen('auto', { call: { messages } })[0]).toBe('claude-sonnet-5');
  });
});

describe('a call’s own wish', () => {
  it('asks for a quality that nothing measured reaches, and gets the strong model', () => {
    expect(chosen('auto', { wish: 'min_quality=0.97' })[0]).toBe('gpt-6-sol');
    expect(chosen('auto', { wish: 'min_quality=0.95' })[0]).toBe('gpt-6-luna');
  });

  it('names the most that it may be expected to cost', () => {
    expect(chosen('auto', { text: coding, wish: 'max_usd=0.0005' })).toEqual([
      'gpt-6-luna',
      'auto: gpt-6-luna is what is left',
    ]);
    expect(chosen('auto', { text: coding, wish: 'min_quality=0.99, max_usd=5' })[0]).toBe('gpt-6-sol');
  });

  it.each(['min_quality=2', 'min_quality', 'max_usd=-1', 'fast', 'max_usd=1=2', 'min_quality=NaN'])(
    '"%s" is refused by name',
    (wish) => {
      try {
        ask('auto', { wish });
      } catch (error) {
        expect(isGatewayError(error) && [error.code, error.param]).toEqual(['invalid_request', 'X-Gateway-Auto']);
        return;
      }
      throw new Error('was not refused');
    },
  );
});
