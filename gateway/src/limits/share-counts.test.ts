import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { LoopDetector } from './loop-detector.ts';
import { RateLimiter } from './rate-limiter.ts';
import { type Counting, onPeerHistory } from './share-counts.ts';

const nowMs = Date.UTC(2026, 0, 1);
const limitOf = (n: number) => ({ key: `client ${n}`, kind: 'client' as const, limit: { callsPerMinute: 2 } });

/** A process, and the messages of each of its statements; `onSent` is called while one runs. */
function processOf(
  processId: string,
  { now = () => nowMs, onSent }: { now?: () => number; onSent?: () => void } = {},
): Counting & { sent: string[][] } {
  const sent: string[][] = [];
  const db = {
    query: async (_text: string, [, payloads]: [string, string[]]) => {
      sent.push(payloads);
      onSent?.();
      await nextTurn();
      return { rows: [] };
    },
  } as unknown as Counting['db'];
  return {
    ...{ sent, db, processId, now },
    ...{ rateLimiter: new RateLimiter(), loopDetector: new LoopDetector() },
  };
}

it('a process that begins hears in pieces of what another one counts, and of each key and scenario once', async () => {
  const [old, fresh] = [processOf('prc_old'), processOf('prc_new')];
  const [clients, scenarios, prompts] = [4_000, 500, 40];
  for (let n = 0; n < clients; n++) old.rateLimiter.admit([limitOf(n)], 10, nowMs);
  for (let n = 0; n < scenarios; n++)
    for (let text = 0; text < prompts; text++)
      old.loopDetector.repeat(`scenario ${n}`, { maxRepeats: undefined }, `text ${text}`, nowMs);
  await onPeerHistory(JSON.stringify({ from: 'prc_new', to: 'prc_old', kind: 'ask' }), old);
  // Between two statements others have their turns.
  expect(old.sent.length).toBeGreaterThan(5);
  for (const payloads of old.sent) {
    expect(payloads.length).toBeLessThanOrEqual(20);
    for (const payload of payloads) {
      expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
      await onPeerHistory(payload, fresh);
    }
  }
  for (const n of [0, 1_999, clients - 1]) {
    expect(fresh.rateLimiter.admit([limitOf(n)], 10, nowMs)).toBeUndefined();
    expect(fresh.rateLimiter.admit([limitOf(n)], 10, nowMs)).toMatchObject({ what: 'calls_per_minute' });
  }
  for (const n of [0, scenarios - 1])
    expect(fresh.loopDetector.repeat(`scenario ${n}`, { maxRepeats: 1 }, 'text 7', nowMs)).toMatchObject({
      limit: 'max_repeats',
    });
  expect(fresh.loopDetector.repeat('scenario 0', { maxRepeats: 1 }, 'another text', nowMs)).toBeUndefined();
});

it('a process that sends its past for seconds loses none of the calls it admits meanwhile', async () => {
  const clock = { ms: nowMs };
  const [last, scenario] = [limitOf(4_000), 'scenario 1'];
  const noLimits = { maxCallsPerMinute: undefined, maxNanosPerHour: undefined, maxRepeats: undefined };
  const admit = (): unknown => old.rateLimiter.admit([last], 10, clock.ms);
  const old = processOf('prc_old', {
    now: () => clock.ms,
    onSent: () => {
      if (clock.ms > nowMs) return;
      clock.ms += 3_000;
      admit();
      old.loopDetector.admit(scenario, noLimits, clock.ms);
    },
  });
  for (let n = 0; n < 4_000; n++) old.rateLimiter.admit([limitOf(n)], 10, nowMs);
  admit();
  old.loopDetector.admit(scenario, noLimits, clock.ms);
  await onPeerHistory(JSON.stringify({ from: 'prc_new', to: 'prc_old', kind: 'ask' }), old);
  expect(old.sent.length).toBeGreaterThan(1);
  // The first call of each is a minute ago, the second is not.
  clock.ms = nowMs + 62_000;
  expect(old.loopDetector.callsLastMinute(scenario, clock.ms)).toBe(1);
  expect(admit()).toBeUndefined();
  expect(admit()).toMatchObject({ what: 'calls_per_minute' });
});

it('other processes are notified of running calls for as long as they last, and of none that are over', () => {
  const { rateLimiter } = processOf('prc_1');
  rateLimiter.hasOthers = true;
  const [short, long] = [limitOf(1), limitOf(2)];
  for (const one of [short, long]) rateLimiter.admit([one], 0, nowMs);
  expect(rateLimiter.takeDeltas(nowMs).map(({ key, concurrent }) => [key, concurrent])).toEqual([
    ['client 1', 1],
    ['client 2', 1],
  ]);
  rateLimiter.release([short], 0, nowMs);
  rateLimiter.takeDeltas(nowMs);
  expect(rateLimiter.takeDeltas(nowMs)).toEqual([{ key: 'client 2', calls: 0, tokens: 0, concurrent: 1 }]);
  rateLimiter.release([long], 0, nowMs);
  rateLimiter.takeDeltas(nowMs);
  expect(rateLimiter.takeDeltas(nowMs)).toEqual([]);
});
