import { expect, test } from 'vitest';
import { ClockWatch } from './clock-watch.ts';

const hourMs = 3_600_000;

test('a clock that jumps a year ahead decides nothing for a day, nor once it is set back', () => {
  const warnings: unknown[] = [];
  let [ms, steadyMs] = [Date.UTC(2026, 11, 1), 0];
  const clock = new ClockWatch({
    log: { warn: (fields: unknown) => void warnings.push(fields) },
    now: () => ms,
    steadyNow: () => steadyMs,
  });
  const pass = (byMs: number): boolean => {
    ms += byMs;
    steadyMs += byMs;
    return clock.isTrusted();
  };
  expect([pass(60_000), pass(hourMs), pass(90 * 24 * hourMs)]).toEqual([true, true, true]);
  ms += 365 * 24 * hourMs;
  expect([pass(hourMs), pass(22 * hourMs)]).toEqual([false, false]);
  ms -= 365 * 24 * hourMs;
  expect([pass(hourMs), pass(23 * hourMs), pass(hourMs)]).toEqual([false, false, true]);
  expect(warnings).toEqual([{ seconds: 365 * 86_400 }, { seconds: -365 * 86_400 }]);
});

test('a clock that is set by minutes is trusted', () => {
  let [ms, steadyMs] = [0, 0];
  const clock = new ClockWatch({ log: { warn: () => {} }, now: () => ms, steadyNow: () => steadyMs });
  for (let hour = 0; hour < 100; hour++) {
    ms += hourMs + 60_000;
    steadyMs += hourMs;
    expect(clock.isTrusted()).toBe(true);
  }
});
