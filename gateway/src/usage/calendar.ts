export const dayMs = 86_400_000;

/** A date without a place, as days since 1970. */
export type CalendarDay = number;

/** The first day of its month. */
export function monthOf(day: CalendarDay): CalendarDay {
  const date = new Date(day * dayMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / dayMs;
}

/** `2026-11-01` */
export function dayText(day: CalendarDay): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** The first moment at which it is that day (or a later one) there: found by halving, whatever the zone's clocks do. */
export function startOfDay(day: CalendarDay, timezone: string): number {
  if (timezone === 'UTC') return day * dayMs;
  let before = day * dayMs - 2 * dayMs;
  let at = day * dayMs + 2 * dayMs;
  while (at - before > 1) {
    const middle = Math.floor((before + at) / 2);
    if (localDay(timezone, middle) >= day) at = middle;
    else before = middle;
  }
  return at;
}

/** Names of zones come from callers, in letters large and small; there are some 600 of them. */
const formatsMax = 1_000;
const formats = new Map<string, Intl.DateTimeFormat>();

export function localDay(timezone: string, ms: number): CalendarDay {
  if (timezone === 'UTC') return Math.floor(ms / dayMs);
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
    });
    if (formats.size >= formatsMax) formats.clear();
    formats.set(timezone, format);
  }
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day ?? 1) / dayMs;
}
