import { Pool } from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { LiveHints, type Watcher } from './live-hints.ts';

// Never connects: no round is run.
const pool = new Pool();
afterAll(() => pool.end());

describe('open connections that wait for changes', () => {
  it('are forgotten once they are ended, before they close', async () => {
    const hints = new LiveHints({ db: pool, processId: 'prc_1', now: () => 0, nouns: [] });
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
    const hints = new LiveHints({ db: pool, processId: 'prc_1', now: () => 0, nouns: [] });
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

  it('miss no change that another process makes before it knows of the first of them, and are told so once', async () => {
    const [here, there] = [processOf('prc_here'), processOf('prc_there')];
    const sent: string[] = [];
    here.hints.watch({
      workspaceId: 'ws_1',
      livemode: true,
      keyId: 'key_1',
      send: (text) => void sent.push(...(/^data: (.*)$/m.exec(text)?.slice(1) ?? [])),
      end: () => {},
      isAllowed: async () => true,
    });
    there.hints.note({ workspaceId: 'ws_1', livemode: true }, 'budgets');
    for (let rounds = 0; rounds < 10; rounds++) {
      await here.hints.round();
      for (const payload of here.payloads.splice(0)) there.hints.received(payload);
      await there.hints.round();
      for (const payload of there.payloads.splice(0)) here.hints.received(payload);
    }
    expect(sent).toEqual([JSON.stringify({ changed: ['budgets', 'calls'] })]);
    there.hints.note({ workspaceId: 'ws_1', livemode: true }, 'calls');
    for (let rounds = 0; rounds < 3; rounds++) {
      await there.hints.round();
      for (const payload of there.payloads.splice(0)) here.hints.received(payload);
      await here.hints.round();
    }
    expect(sent.slice(1)).toEqual([JSON.stringify({ changed: ['calls'] })]);
  });

  it('are many: a change is handed on to those of its workspace without a look at the others, and all in many turns', async () => {
    const { hints } = processOf('prc_1');
    const others = 1_200;
    const sent = new Map<string, number>();
    let [looks, inTurn, most] = [0, 0, 0];
    const watch = (workspaceId: string, n: number): void =>
      void hints.watch({
        get workspaceId() {
          looks += 1;
          return workspaceId;
        },
        livemode: undefined,
        keyId: `key_${n}`,
        send: (text) => {
          inTurn += 1;
          if (text.startsWith('id:')) sent.set(workspaceId, (sent.get(workspaceId) ?? 0) + 1);
        },
        end: () => {},
        isAllowed: async () => {
          inTurn += 1;
          return true;
        },
      });
    for (let n = 0; n < others; n++) watch(`ws_${n}`, n);
    watch('ws_changed', others);
    looks = 0;
    hints.note({ workspaceId: 'ws_changed', livemode: true }, 'budgets');
    let isOver = false;
    // The second round hands it on, and the heartbeat of one of them goes to everybody.
    const rounds = (async () => {
      for (let n = 0; n < 10; n++) await hints.round();
      await hints.recheck();
      isOver = true;
    })();
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, inTurn);
      inTurn = 0;
    }
    await rounds;
    expect([...sent]).toEqual([['ws_changed', 1]]);
    expect(looks).toBeLessThan(10);
    expect(most).toBeLessThanOrEqual(300);
    hints.stop();
    expect(hints.count).toBe(0);
  });
});

// An open dashboard got no hint, and no sign of life, until the clock had caught up.
it('an open connection hears of changes after the clock was set back', async () => {
  let now = 2_000_000_000;
  const hints = new LiveHints({
    db: { query: async () => {} } as never,
    processId: 'prc_1',
    now: () => now,
    nouns: [],
  });
  const sent: string[] = [];
  const watcher = { workspaceId: 'ws_1', livemode: true, keyId: 'key_1', end: () => {}, isAllowed: async () => true };
  hints.watch({ ...watcher, send: (text) => void sent.push(text) });
  const hear = async (): Promise<string[]> => {
    hints.note(watcher, 'calls');
    for (let round = 0; round < 3; round++) {
      now += 600;
      await hints.round();
    }
    return sent.splice(0).filter((text) => text.startsWith('id: ') || text.startsWith(': '));
  };
  expect(await hear()).toHaveLength(2);
  now -= 3_600_000;
  expect(await hear()).toHaveLength(2);
  hints.stop();
});

/** A process whose messages to the others are handed on by the test. */
function processOf(processId: string): { hints: LiveHints; payloads: string[] } {
  const payloads: string[] = [];
  const db = { query: async (_text: string, [, given]: [string, string[]]) => void payloads.push(...given) };
  let now = 0;
  const hints = new LiveHints({ db: db as never, processId, now: () => (now += 2_000), nouns: ['budgets', 'calls'] });
  return { hints, payloads };
}
