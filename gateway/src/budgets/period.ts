import { type CalendarDay, dayMs, localDay, startOfDay } from '../usage/calendar.ts';

export type PeriodKind = 'day' | 'week' | 'month' | 'total';

/** From inclusive, to exclusive; `endMs` undefined for a period that never ends. */
export interface Period {
  startMs: number;
  endMs: number | undefined;
}

/**
 * The period a moment falls into, its days beginning at midnight of the time zone. Where summer time skips midnight the day
 * begins with its first moment. `total` begins with the budget itself.
 */
export function periodAt(kind: PeriodKind, timezone: string, nowMs: number, createdAtMs: number): Period {
  if (kind === 'total') return { startMs: createdAtMs, endMs: undefined };
  const today = localDay(timezone, nowMs);
  const [start, end] = boundsOf(kind, today);
  return { startMs: startOfDay(start, timezone), endMs: startOfDay(end, timezone) };
}

function boundsOf(kind: Exclude<PeriodKind, 'total'>, today: CalendarDay): [CalendarDay, CalendarDay] {
  if (kind === 'day') return [today, today + 1];
  // 1 January 1970 was a Thursday, the fourth day of a week that begins on Monday.
  if (kind === 'week') {
    const monday = today - ((((today + 3) % 7) + 7) % 7);
    return [monday, monday + 7];
  }
  const date = new Date(today * dayMs);
  const first = (months: number): CalendarDay =>
    Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1) / dayMs;
  return [first(0), first(1)];
}
