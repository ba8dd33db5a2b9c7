import { describe, expect, it } from 'vitest';
import { greeting } from './greeting.ts';
import { findModel, hasGone } from './models/catalog.ts';

const started = {
  url: 'http://127.0.0.1:8787',
  database: 'embedded' as const,
  signInUrl: 'http://localhost:8787/auth/link#token',
  firstKeys: { liveKey: 'gw_live_1', testKey: 'gw_test_2' },
  providers: [] as string[],
  testKeyGiven: false,
  at: new Date(),
};

describe('what a start prints', () => {
  it.each([
    [['openai'], 'openai'],
    [['anthropic'], 'anthropic'],
    [['gemini'], 'gemini'],
    [['gemini', 'anthropic'], 'anthropic'],
    [[], 'openai'],
  ])('is a call of a model that a configured provider serves today: %j', (providers, vendor) => {
    const model = /"model":"([^"]+)"/.exec(greeting({ ...started, providers }))?.[1] ?? '';
    const found = findModel(model, started.at);
    expect(found).toMatchObject({ vendor, entry: { kind: 'chat', strength: 'small' } });
    expect(found && hasGone(found, started.at)).toBe(false);
  });

  it('has both keys and the test key in the call, on the first start only, in under 15 lines', () => {
    const first = greeting(started);
    expect(first).toMatch(/live {2}gw_live_1\n {2}test {2}gw_test_2\n/);
    expect(first).toContain('Bearer gw_test_2"');
    expect(first.split('\n').length).toBeLessThan(15);
    expect(first).toContain('  http://localhost:8787/auth/link#token\n');
    const second = greeting({ ...started, signInUrl: undefined, firstKeys: undefined });
    expect(second).not.toContain('/auth/link');
    expect(second).not.toMatch(/gw_(live|test)_/);
    expect(second).toContain('Bearer $GATEWAY_KEY"');
    expect(greeting({ ...started, firstKeys: undefined, testKeyGiven: true })).toContain('$GATEWAY_BOOTSTRAP_TEST_KEY');
  });
});
