import { expect, it } from 'vitest';
import { daysOfStretch, lastDays, uptimePercent } from './component.ts';

const day = (upMs: number, degradedMs: number, downMs: number) => ({ upMs, degradedMs, downMs });

it('the uptime counts degraded time half, and a day without a look not at all', () => {
  expect(uptimePercent([day(50, 50, 0)])).toBe(75);
  expect(uptimePercent([day(0, 0, 10)])).toBe(0);
  expect(uptimePercent([day(0, 0, 0), day(10, 0, 0)])).toBe(100);
  expect(uptimePercent([])).toBeNull();
});

it('the uptime of a year with a minute of failure is not 100 %', () => {
  expect(uptimePercent([day(365 * 86_400_000 - 60_000, 0, 60_000)])).toBe(99.999);
});

it('a stretch over midnight belongs to both days', () => {
  const midnight = Date.UTC(2026, 10, 30);
  expect(daysOfStretch(midnight - 5_000, midnight + 7_000)).toEqual([
    { day: '2026-11-29', ms: 5_000 },
    { day: '2026-11-30', ms: 7_000 },
  ]);
  expect(lastDays(midnight, 3)).toEqual(['2026-11-28', '2026-11-29', '2026-11-30']);
});
