import { dayMs } from './calendar.ts';

/** The beginnings of the first day (UTC) that ended between two times, and of the one after the last; undefined where none did. */
export function endedDays(from: Date, to: Date): readonly [first: Date, end: Date] | undefined {
  const first = new Date(Math.floor(from.getTime() / dayMs) * dayMs);
  const end = new Date(Math.floor(to.getTime() / dayMs) * dayMs);
  return first < end ? [first, end] : undefined;
}
