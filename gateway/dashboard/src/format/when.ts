import { dateFormat, relativeFormat } from './formatters.ts';

/** Moments on the clock of the workspace. */

const dayMs = 86_400_000;

/** `3 minutes ago`, `in 4 hours`; from a day on `1 Dec 2026, 00:00`. */
export function whenForPeople(at: string, zone: string, now: number): string {
  const away = Date.parse(at) - now;
  return Math.abs(away) < dayMs ? relative(away) : momentForPeople(at, zone);
}

/** `1 Dec 2026, 00:00` */
export function momentForPeople(at: string, zone: string): string {
  return dateFormat('en-GB', {
    timeZone: zone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).format(new Date(at));
}

/** `1 Dec` for a day as the API writes it, `2026-12-01`. */
export function dayForPeople(day: string): string {
  return dateFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' }).format(
    new Date(`${day.slice(0, 10)}T00:00:00Z`),
  );
}

/** `1 Dec 2026` for a day as the API writes it. */
export function longDayForPeople(day: string): string {
  return `${dayForPeople(day)} ${day.slice(0, 4)}`;
}

/** `1 Nov – 30 Nov 2026`, or one day: `30 Nov 2026`. */
export function daysForPeople({ from, to }: { from: string; to: string }): string {
  const last = longDayForPeople(to);
  if (from === to) return last;
  return `${from.slice(0, 4) === to.slice(0, 4) ? dayForPeople(from) : longDayForPeople(from)} – ${last}`;
}

/** `November 2026` for `2026-11` or a day of it. */
export function monthForPeople(day: string): string {
  return dateFormat('en-GB', { timeZone: 'UTC', month: 'long', year: 'numeric' }).format(
    new Date(`${day.slice(0, 7)}-01T00:00:00Z`),
  );
}

/** A calendar month by its name, `November 2026`, also one that is not over; any other stretch by its days. `to` is exclusive. */
export function periodForPeople({ from, to, timezone }: { from: string; to: string; timezone: string }): string {
  const [first, last] = [dayIn(timezone, Date.parse(from)), dayIn(timezone, Date.parse(to) - 1)];
  const isMonth = first.endsWith('-01') && first.slice(0, 7) === last.slice(0, 7);
  return isMonth ? monthForPeople(first) : daysForPeople({ from: first, to: last });
}

/** The day that it is on the clock of `zone`, as the API writes days: `2026-11-29`. */
export function dayIn(zone: string, now: number): string {
  const parts = dateFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(new Date(now));
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}

/** The time on the clock of `zone` at a moment, as a field for moments has it: `2026-12-01T00:00`. */
export function clockAt(at: number, zone: string): string {
  const parts = dateFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return `${dayIn(zone, at)}T${parts.format(at)}`;
}

/**
 * The moment at which the clock of `zone` shows this, as the API writes it; of an hour that summer time skips, the one after it. A clock whose
 * year is not typed to the end stays as it is.
 */
export function momentWhen(clock: string, zone: string): string {
  const asUtc = Date.parse(`${clock}Z`);
  if (!/^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d/.test(clock) || Number.isNaN(asUtc)) return clock;
  const awayAt = (at: number): number => Date.parse(`${clockAt(at, zone)}Z`) - at;
  const near = asUtc - awayAt(asUtc);
  const at = asUtc - awayAt(near);
  const isSkipped = !clock.startsWith(clockAt(at, zone));
  // Of the two sides of such an hour, the clock is less ahead on the one before it.
  return new Date(isSkipped ? asUtc - Math.min(awayAt(near), awayAt(at)) : at).toISOString();
}

/** A day so many days later, or earlier. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

/** Every day from one to another, both included. */
export function daysBetween(from: string, to: string): string[] {
  const count = Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / dayMs);
  return Array.from({ length: Math.max(0, count + 1) }, (_, index) => addDays(from, index));
}

/** The first day of a month so many months later, or earlier. */
export function addMonths(day: string, months: number): string {
  const [year = 1970, month = 1] = day.split('-').map(Number);
  return new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10);
}

/** `Berlin` for `Europe/Berlin`. */
export function placeOf(zone: string): string {
  return (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');
}

/** `3 d 4 h` until a moment, `12 min` when it is near. */
export function untilForPeople(at: string, now: number): string {
  const minutes = Math.max(0, Math.round((Date.parse(at) - now) / 60_000));
  const days = Math.floor(minutes / 1_440);
  const hours = Math.floor((minutes % 1_440) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

function relative(awayMs: number): string {
  const format = relativeFormat();
  const seconds = Math.round(awayMs / 1000);
  if (Math.abs(seconds) < 60) return format.format(seconds, 'second');
  const minutes = Math.round(seconds / 60);
  return Math.abs(minutes) < 60 ? format.format(minutes, 'minute') : format.format(Math.round(minutes / 60), 'hour');
}
