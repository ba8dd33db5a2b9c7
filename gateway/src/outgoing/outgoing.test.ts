import { afterEach, describe, expect, it } from 'vitest';
import { Outgoing } from './outgoing.ts';

let outgoing: Outgoing;
afterEach(() => outgoing.close());

describe('connections to hosts that nobody asks for any more', () => {
  it('are let go, but the operator’s, and made again when they are needed', () => {
    outgoing = new Outgoing({ timeoutMs: 1_000, answerTimeoutMs: 1_000, allowPrivateNetwork: false });
    const later = performance.now() + 61_000;
    for (let i = 0; i < 100; i++) outgoing.destination(`https://host-${i}.example/v1`, false);
    const vendor = outgoing.destination('https://vendor.example/v1', true);
    const hook = outgoing.pool('https://hook.example', false);
    expect(outgoing.size).toBe(102);
    outgoing.letGoIdle(performance.now());
    expect(outgoing.size).toBe(102);
    outgoing.letGoIdle(later);
    expect(outgoing.size).toBe(1);
    expect(outgoing.destination('https://vendor.example/v1', true).pool).toBe(vendor.pool);
    expect(outgoing.pool('https://hook.example', false)).not.toBe(hook);
    expect(outgoing.size).toBe(2);
  });
});
