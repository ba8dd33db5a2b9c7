import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
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

describe('connections to ever other hosts', () => {
  it('are let go early where there are thousands within a minute', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      httpPools = new HttpPools({ timeoutMs: 1_000, answerTimeoutMs: 1_000, allowPrivateNetwork: false });
      for (let i = 0; i < 6_000; i++) {
        httpPools.destination(`https://host-${i}.example/v1`, false);
        if (i % 300 === 0) vi.advanceTimersByTime(1_000);
      }
      expect(httpPools.size).toBeLessThan(4_000);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a connection that is always in use', () => {
  it('is replaced after ten minutes, so that a host that has moved is found at its new address', async () => {
    httpPools = new HttpPools({ timeoutMs: 1_000, answerTimeoutMs: 1_000, allowPrivateNetwork: true });
    const server = createServer(({ socket }, response) => response.end(`${socket.remotePort}`)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { pool, path } = httpPools.destination(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, true);
    const ask = async (): Promise<string> => (await pool.request({ method: 'GET', path })).body.text();
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const first = new Set<string>();
      for (let minute = 0; minute < 9; minute++) {
        first.add(await ask());
        vi.setSystemTime(Date.now() + 60_000);
      }
      expect(first.size).toBeLessThan(3);
      vi.setSystemTime(Date.now() + 180_000);
      expect(first).not.toContain(await ask());
    } finally {
      vi.useRealTimers();
      server.close();
    }
  });
});
