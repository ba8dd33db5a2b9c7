import { afterEach, describe, expect, it } from 'vitest';
import { HttpPools } from './http-pools.ts';

let httpPools: HttpPools;
afterEach(() => httpPools.close());

describe('connections to hosts that nobody asks for any more', () => {
  it('are let go, but the operator’s, and made again when they are needed', () => {
    httpPools = new HttpPools({ timeoutMs: 1_000, answerTimeoutMs: 1_000, allowPrivateNetwork: false });
    const later = performance.now() + 61_000;
    for (let i = 0; i < 100; i++) httpPools.destination(`https://host-${i}.example/v1`, false);
    const vendor = httpPools.destination('https://vendor.example/v1', true);
    const hook = httpPools.pool('https://hook.example', false);
    expect(httpPools.size).toBe(102);
    httpPools.closeIdle(performance.now());
    expect(httpPools.size).toBe(102);
    httpPools.closeIdle(later);
    expect(httpPools.size).toBe(1);
    expect(httpPools.destination('https://vendor.example/v1', true).pool).toBe(vendor.pool);
    expect(httpPools.pool('https://hook.example', false)).not.toBe(hook);
    expect(httpPools.size).toBe(2);
  });
});
