import { Pool } from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { LiveHints, type Watcher } from './live-hints.ts';

// Never connects: no round is run.
const pool = new Pool();
afterAll(() => pool.end());

describe('open connections that wait for changes', () => {
  it('are forgotten once they are ended, before they close', async () => {
    const hints = new LiveHints({ db: pool, processId: 'prc_1', now: () => 0 });
    const countsAtEnd: number[] = [];
    const watcher = (allowed: boolean): Watcher => ({
      workspaceId: 'ws_1',
      livemode: true,
      keyId: 'key_1',
      send: () => {},
      end: () => void countsAtEnd.push(hints.count),
      isAllowed: async () => allowed,
    });
    hints.watch(watcher(false));
    const end = hints.watch(watcher(true));
    await hints.recheck();
    expect(countsAtEnd).toEqual([1]);
    hints.stop();
    expect(countsAtEnd).toEqual([1, 0]);
    end?.();
    expect(hints.count).toBe(0);
  });

  it('are checked one after the other, and once more where a key was revoked meanwhile', async () => {
    const hints = new LiveHints({ db: pool, processId: 'prc_1', now: () => 0 });
    let [checking, most, checks] = [0, 0, 0];
    for (let n = 0; n < 5; n++)
      hints.watch({
        workspaceId: 'ws_1',
        livemode: true,
        keyId: `key_${n}`,
        send: () => {},
        end: () => {},
        isAllowed: async () => {
          checking += 1;
          checks += 1;
          most = Math.max(most, checking);
          await new Promise((resolve) => setImmediate(resolve));
          checking -= 1;
          return true;
        },
      });
    await Promise.all([hints.recheck(), hints.recheck(), hints.recheck()]);
    expect([most, checks]).toEqual([1, 10]);
  });
});
