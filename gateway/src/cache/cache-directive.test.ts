import { isGatewayError } from '@ai-gateway/shared/errors';
import { describe, expect, it } from 'vitest';
import { readDirective } from './cache-directive.ts';
import { scopeOf } from './cache-scope.ts';

const nobody = { header: undefined, body: undefined, rule: undefined, prompt: undefined, key: undefined };

function refusal(work: () => unknown): { code: string; param: string | undefined } {
  try {
    work();
  } catch (error) {
    if (isGatewayError(error)) return { code: error.code, param: error.param };
    throw error;
  }
  throw new Error('it was not refused');
}

describe('what a call asks of the cache', () => {
  it('is nothing where nobody turns it on', () => {
    expect(readDirective(nobody)).toBeUndefined();
  });

  it('is read off the header', () => {
    expect(readDirective({ ...nobody, header: 'ttl=3600, scope=workspace, key=faq-7, refresh' })).toEqual({
      ttlSeconds: 3600,
      scope: 'workspace',
      isOwnScope: true,
      key: 'faq-7',
      refresh: true,
      noStore: false,
      only: false,
    });
  });

  it('is taken from the header first, then from the body, a rule, the prompt and the key', () => {
    const all = {
      body: { ttl_seconds: 2, scope: 'key' },
      rule: { ttl_seconds: 3 },
      prompt: { ttl_seconds: 4 },
      key: { ttl_seconds: 5 },
    };
    const ttl = (more: object): unknown => (readDirective({ ...nobody, ...more }) as { ttlSeconds: number }).ttlSeconds;
    expect(ttl({ ...all, header: 'ttl=1' })).toBe(1);
    expect(ttl({ ...all, header: 'refresh' })).toBe(2);
    expect(ttl({ ...all, body: undefined })).toBe(3);
    expect(ttl({ prompt: all.prompt, key: all.key })).toBe(4);
    expect(ttl({ key: all.key })).toBe(5);
  });

  it('is none where the header says so, and forbidden where a rule says so', () => {
    const key = { ttl_seconds: 5 };
    expect(readDirective({ ...nobody, key, header: 'none' })).toBeUndefined();
    expect(readDirective({ ...nobody, header: 'ttl=60', rule: 'none' })).toEqual({ forbidden: true, only: false });
    expect(readDirective({ ...nobody, header: 'only', rule: 'none' })).toEqual({ forbidden: true, only: true });
    expect(readDirective({ ...nobody, key, rule: 'none' })).toBeUndefined();
  });

  it.each([
    'ttl=0',
    'ttl=2592001',
    'ttl=1.5',
    'ttl=',
    'ttl',
    'ttl=60, ttl=60',
    'scope=everybody, ttl=60',
    'refresh=1, ttl=60',
    'only, refresh, ttl=60',
    'refresh',
    'scope=client',
    'public, ttl=60',
    'key=, ttl=60',
    `key=${'k'.repeat(201)}, ttl=60`,
    '',
  ])('is refused as "%s" in the header', (header) => {
    expect(refusal(() => readDirective({ ...nobody, header }))).toEqual({
      code: 'invalid_request',
      param: 'x-gateway-cache',
    });
  });

  it.each([
    [true, 'response_cache'],
    [{}, 'response_cache.ttl_seconds'],
    [{ ttl_seconds: '60' }, 'response_cache.ttl_seconds'],
    [{ ttl_seconds: 60, scope: 'all' }, 'response_cache.scope'],
    [{ ttl_seconds: 60, key: 7 }, 'response_cache.key'],
    [{ ttl_seconds: 60, refresh: true }, 'response_cache.refresh'],
  ])('is refused as %j in the body', (body, param) => {
    expect(refusal(() => readDirective({ ...nobody, body }))).toEqual({ code: 'invalid_request', param });
  });
});

describe('whose answers a call may get', () => {
  const free = { keyId: 'key_1', lockedTags: [], tags: {} };
  const locked = { keyId: 'key_2', lockedTags: ['client_id' as const], tags: { client_id: 'acme' } };
  const unsaid = { scope: undefined, isOwnScope: false };

  it('are those of its client by default, and those of the workspace without a client', () => {
    expect(scopeOf(unsaid, free, { client: 'acme' })).toBe(scopeOf(unsaid, locked, { client: 'acme' }));
    expect(scopeOf(unsaid, free, { client: 'acme' })).not.toBe(scopeOf(unsaid, free, { client: 'globex' }));
    expect(scopeOf(unsaid, free, {})).toBe(scopeOf({ scope: 'workspace', isOwnScope: true }, free, { client: 'acme' }));
  });

  it.each(['workspace', 'key'] as const)('are never those of the %s for a key that is locked to a client', (scope) => {
    expect(refusal(() => scopeOf({ scope, isOwnScope: true }, locked, { client: 'acme' })).code).toBe('tag_forbidden');
    expect(scopeOf({ scope, isOwnScope: false }, locked, { client: 'acme' })).toBe(
      scopeOf(unsaid, locked, { client: 'acme' }),
    );
  });

  it('carry every other lock of the key', () => {
    const lockedTo = (project: string) => ({ keyId: 'key_3', lockedTags: ['project' as const], tags: { project } });
    const scopes = [
      scopeOf(unsaid, lockedTo('a'), { client: 'acme' }),
      scopeOf(unsaid, lockedTo('b'), { client: 'acme' }),
      scopeOf(unsaid, free, { client: 'acme' }),
    ];
    expect(new Set(scopes).size).toBe(3);
  });
});
