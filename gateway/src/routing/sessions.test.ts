import { describe, expect, it } from 'vitest';
import type { CallFacts } from './call-facts.ts';
import { CallSessions, sessionKeyOf } from './sessions.ts';

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
