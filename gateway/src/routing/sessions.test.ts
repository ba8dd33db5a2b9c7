import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallFacts } from './call-facts.ts';
import { CallSessions, localSessionKeyOf, sessionKeyOf } from './sessions.ts';

const session = { account: 'a', model: 'm', inputTokens: 10 };

describe('the sessions of calls', () => {
  it('end after ten minutes of silence', () => {
    const sessions = new CallSessions();
    sessions.note('one', { ...session, atMs: 0 });
    expect(sessions.get('one', 600_000)?.model).toBe('m');
    expect(sessions.get('one', 600_001)).toBeUndefined();
    expect(sessions.size).toBe(0);
  });

  it('are bounded: of 100,000 and more the one that waited longest goes', () => {
    const sessions = new CallSessions();
    for (let i = 0; i < 100_100; i++) sessions.note(`s${i}`, { ...session, atMs: i });
    expect(sessions.size).toBe(100_000);
    expect([sessions.get('s99', 100_100), sessions.get('s100', 100_100)?.model]).toEqual([undefined, 'm']);
  });

  it('survive a clock that is set back', () => {
    const sessions = new CallSessions();
    sessions.note('one', { ...session, atMs: 1_000_000 });
    expect(sessions.get('one', 0)?.model).toBe('m');
  });
});

describe('the session of a call', () => {
  const text = (role: 'user' | 'assistant' | 'system', words: string) => ({
    role,
    parts: [{ kind: 'text' as const, text: words }],
  });
  const facts = (more: Partial<CallFacts> = {}): Parameters<typeof sessionKeyOf>[0] => ({
    ...{ workspaceId: 'ws', livemode: true, tags: {}, wishes: undefined, json: {} },
    call: { messages: [text('system', 'Help.'), text('user', 'Hi')], tools: [] },
    ...more,
  });

  it('is named by its header, else by its cache key, else by its beginning', () => {
    const named = facts({ wishes: { session: 'a' }, json: { prompt_cache_key: 'b' } });
    expect(sessionKeyOf(named)).toBe(sessionKeyOf({ ...named, json: {} }));
    expect(sessionKeyOf(facts({ json: { prompt_cache_key: 'b' } }))).not.toBe(sessionKeyOf(facts()));
    const later = {
      messages: [text('system', 'Help.'), text('user', 'Hi'), text('assistant', 'Yes?'), text('user', 'Go')],
    };
    expect(sessionKeyOf({ ...facts(), call: { ...later, tools: [] } })).toBe(sessionKeyOf(facts()));
    const other = { messages: [text('system', 'Help.'), text('user', 'Hello')], tools: [] };
    expect(sessionKeyOf({ ...facts(), call: other })).not.toBe(sessionKeyOf(facts()));
  });

  it('holds no text of the call, however short that is', () => {
    const key = sessionKeyOf({ ...facts(), call: { messages: [text('user', 'my secret')], tools: [] } });
    expect(key).toMatch(/^ws true {2}[0-9a-f]{32}$/);
  });

  it('has a key within a process that tells apart the same conversations', () => {
    const words = fc.constantFrom('', 'a', 'aa', 'Hi', 'Hi ', '请求', '😀', 'x'.repeat(1_999), 'y'.repeat(5_000));
    const turns = fc.array(fc.tuple(fc.constantFrom('system' as const, 'user' as const), words), { maxLength: 3 });
    const tools = fc.array(fc.constantFrom('a', 'aa', 'find'), { maxLength: 2 });
    const call = fc.tuple(turns, tools).map(([said, names]) => ({
      messages: said.map(([role, one]) => text(role, one)),
      tools: names.map((name) => ({ name, parameters: {} })),
    }));
    let alike = 0;
    fc.assert(
      fc.property(call, call, (one, other) => {
        const [a, b] = [facts({ call: one as never }), facts({ call: other as never })];
        const isSame = sessionKeyOf(a) === sessionKeyOf(b);
        expect(localSessionKeyOf(a) === localSessionKeyOf(b)).toBe(isSame);
        if (isSame) alike += 1;
      }),
      { numRuns: 2_000, seed: 18 },
    );
    expect(alike).toBeGreaterThan(20);
    expect(localSessionKeyOf({ ...facts(), call: { messages: [text('user', 'my secret')], tools: [] } })).toMatch(
      /^ws true {2}-?\d+ -?\d+$/,
    );
  });

  it('is shared by no two workspaces, clients or modes', () => {
    const wishes = { session: 'a' };
    const keys = [
      facts({ wishes }),
      facts({ wishes, workspaceId: 'other' }),
      facts({ wishes, tags: { client: 'acme' } }),
      facts({ wishes, livemode: false }),
    ].map(sessionKeyOf);
    expect(new Set(keys).size).toBe(4);
  });
});
