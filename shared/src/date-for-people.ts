/*
 * Moments as people write them.
 *
 * ```ts
 * import { dateForPeople, dayForPeople } from '@ai-gateway/shared/date-for-people';
 *
 * console.log(dateForPeople('2026-11-30T23:00:00Z', 'Europe/Berlin')); // '1 December 2026, 00:00 (Berlin)'
 * console.log(dayForPeople('2026-11-30T23:00:00Z', 'Europe/Berlin')); // '1 December'
 * ```
 */

/** `1 December 2026, 00:00 (Berlin)`: a moment as people write it, on the clock of `timezone` (an IANA name). */
export function dateForPeople(at: Date | number | string, timezone: string): string {
  const date = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).format(new Date(at));
  return `${date.replace(' at ', ', ')} (${placeOf(timezone)})`;
}

/** `1 December`, by the calendar of `timezone`. */
export function dayForPeople(at: Date | number | string, timezone: string): string {
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', timeZone: timezone }).format(new Date(at));
}

/** `Berlin` for `Europe/Berlin`: the region before the city tells nobody more. */
function placeOf(timezone: string): string {
  return (timezone.split('/').at(-1) ?? timezone).replaceAll('_', ' ');
}
