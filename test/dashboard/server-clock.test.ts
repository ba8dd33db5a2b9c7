import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { noteServerTime, serverDayNow, serverNow } from '../../gateway/dashboard/src/api/server-clock.ts';

describe('the day in a browser', () => {
  const midnight = Date.parse('2026-11-30T23:00:00Z');
  const zone = 'Europe/Berlin';

  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('turns no sooner than at the gateway, where the browser is ahead by too little to be corrected', () => {
    vi.setSystemTime(midnight + 3_500);
    noteServerTime(new Date(midnight - 1_000).toUTCString());
    expect(serverNow()).toBe(midnight + 3_500);
    expect(serverDayNow(zone)).toBe('2026-11-30');
    vi.setSystemTime(midnight + 6_000);
    expect(serverDayNow(zone)).toBe('2026-12-01');
  });
});
