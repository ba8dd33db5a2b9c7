import { GatewayError } from '@ai-gateway/shared/errors';
import { type CalendarDay, dayText, localDay, monthOf, startOfDay } from './calendar.ts';

/** A stretch of time as people ask for it, `to` exclusive. Days and months are those of `timezone`. */
export interface UsageRange {
  from: Date;
  to: Date;
  timezone: string;
  /** No end was asked for: it goes up to now. */
  isOpen?: boolean;
}

/**
 * `from` and `to` as given: a moment is itself; a day begins at its midnight in the zone, and `to` includes the whole of it. Without
 * them the range is the current month until now.
 */
export function usageRange(options: {
  from?: string | undefined;
  to?: string | undefined;
  timezone: string;
  nowMs: number;
}): UsageRange {
  const { timezone, nowMs } = options;
  const from =
    options.from === undefined
      ? startOfDay(monthOf(localDay(timezone, nowMs)), timezone)
      : momentOf(options.from, timezone, 0);
  const to = options.to === undefined ? soonAfter(Math.max(nowMs, from), timezone) : momentOf(options.to, timezone, 1);
  return { from: new Date(from), to: new Date(to), timezone, isOpen: options.to === undefined };
}

/** A whole calendar month: `2026-10`, or `last_month`, the one before that of now. Throws `invalid_request` for one in the future. */
export function monthRange(period: string, timezone: string, nowMs: number): UsageRange {
  const first =
    period === 'last_month' ? monthOf(monthOf(localDay(timezone, nowMs)) - 1) : Date.parse(`${period}-01`) / 86_400_000;
  const from = startOfDay(first, timezone);
  // Zeros would look like "nothing was used".
  if (from > nowMs)
    throw new GatewayError('invalid_request', '`period` is in the future. Use a month up to this one.', {
      param: 'period',
    });
  const next = monthOf(first + 31);
  return { from: new Date(from), to: new Date(startOfDay(next, timezone)), timezone };
}

/** Calls under way at this very moment belong to the list; those of the next day do not, which may be those of the next month. */
function soonAfter(ms: number, timezone: string): number {
  const soon = ms + 60_000;
  const day = localDay(timezone, soon);
  return day === localDay(timezone, ms) ? soon : startOfDay(day, timezone);
}

/** `plusDays` counts for days only: 1 is the end of the day. */
function momentOf(text: string, timezone: string, plusDays: number): number {
  const day = readDay(text);
  return day === undefined ? Date.parse(text) : startOfDay(day + plusDays, timezone);
}

function readDay(text: string): CalendarDay | undefined {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) / 86_400_000 : undefined;
}

/** One day of a range, as far as the range covers it. */
export interface UsageDay {
  /** `2026-11-01` */
  day: string;
  from: Date;
  to: Date;
}

/** No calls are older than the product; a range from the year 1 has no more days than that. */
const firstCallMs = Date.UTC(2025, 0, 1);

/** The days of a range in its zone, whatever its clocks do: a day may have 23 or 25 hours, and begin at a quarter past. */
export function daysOf({ from, to, timezone }: UsageRange, nowMs: number): UsageDay[] {
  const end = Math.min(to.getTime(), nowMs + 2 * 86_400_000);
  const days: UsageDay[] = [];
  let start = Math.max(from.getTime(), firstCallMs);
  while (start < end) {
    const day = localDay(timezone, start);
    const next = Math.min(end, startOfDay(day + 1, timezone));
    days.push({ day: dayText(day), from: new Date(start), to: new Date(next) });
    start = next;
  }
  return days;
}

/** For a file's name: `2026-11` for a whole month, else `2026-11-01` or `2026-11-01_2026-11-15`. The last day is included. */
export function rangeName(range: UsageRange): string {
  const { from, to, timezone } = range;
  const { first, last } = rangeDays(range);
  const [start, end] = [localDay(timezone, from.getTime()), localDay(timezone, to.getTime() - 1)];
  const isFromFirst = monthOf(start) === start && startOfDay(start, timezone) === from.getTime();
  const isToLast = monthOf(end + 1) === end + 1 && startOfDay(end + 1, timezone) === to.getTime();
  if (isFromFirst && isToLast && monthOf(end) === start) return first.slice(0, 7);
  return first === last ? first : `${first}_${last}`;
}

/** Its first and its last day, both included. */
export function rangeDays({ from, to, timezone }: UsageRange): { first: string; last: string } {
  const last = Math.max(from.getTime(), to.getTime() - 1);
  return { first: dayText(localDay(timezone, from.getTime())), last: dayText(localDay(timezone, last)) };
}

/**
 * The stretch of equal length before a range. A range that begins with a month is compared with the month before, from its first day
 * to the same day and hour; a whole month with the whole month before, however many days it has.
 */
export function rangeBefore({ from, to, timezone, isOpen = false }: UsageRange): UsageRange {
  const first = localDay(timezone, from.getTime());
  const monthFrom = startOfDay(monthOf(first), timezone);
  const nextMonth = monthOf(monthOf(first) + 31);
  const monthTo = startOfDay(nextMonth, timezone);
  const isMonth = from.getTime() === monthFrom && (to.getTime() === monthTo || (isOpen && to.getTime() < monthTo));
  if (!isMonth) {
    return { from: new Date(2 * from.getTime() - to.getTime()), to: from, timezone };
  }
  const before = monthOf(monthOf(first) - 1);
  const start = startOfDay(before, timezone);
  if (to.getTime() === monthTo) return { from: new Date(start), to: from, timezone };
  const lastDay = localDay(timezone, to.getTime());
  const intoTheDay = to.getTime() - startOfDay(lastDay, timezone);
  const end = startOfDay(before + (lastDay - first), timezone) + intoTheDay;
  return { from: new Date(start), to: new Date(Math.min(end, from.getTime())), timezone };
}
