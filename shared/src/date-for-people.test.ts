import { expect, test } from 'vitest';
import { dateForPeople, dayForPeople } from './date-for-people.ts';

test.each([
  ['2026-11-30T23:00:00.000Z', 'Europe/Berlin', '1 December 2026, 00:00 (Berlin)'],
  ['2026-12-01T00:00:00.000Z', 'UTC', '1 December 2026, 00:00 (UTC)'],
  ['2026-12-01T03:00:00.000Z', 'America/Argentina/Buenos_Aires', '1 December 2026, 00:00 (Buenos Aires)'],
  ['2026-06-30T15:30:00.000Z', 'Asia/Tokyo', '1 July 2026, 00:30 (Tokyo)'],
])('%s on the clock of %s reads "%s"', (at, timezone, text) => {
  expect(dateForPeople(at, timezone)).toBe(text);
});

test('a day alone is read on the same clock', () => {
  expect(dayForPeople(Date.parse('2026-11-30T23:00:00.000Z'), 'Europe/Berlin')).toBe('1 December');
});
