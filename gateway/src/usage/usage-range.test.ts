import { describe, expect, it } from 'vitest';
import { daysOf, monthRange, rangeBefore, rangeDays, rangeName, usageRange } from './usage-range.ts';

const nowMs = Date.parse('2026-11-29T12:00:00Z');
const range = (timezone: string, from?: string, to?: string) => usageRange({ from, to, timezone, nowMs });
const iso = ({ from, to }: { from: Date; to: Date }): string[] => [from.toISOString(), to.toISOString()];

describe('the range of a usage report', () => {
  it.each([
    ['UTC', '2026-11-01T00:00:00.000Z'],
    ['Asia/Tokyo', '2026-10-31T15:00:00.000Z'],
    ['Asia/Kathmandu', '2026-10-31T18:15:00.000Z'],
    ['America/St_Johns', '2026-11-01T02:30:00.000Z'],
  ])('is the current month of %s where nothing is said', (timezone, from) => {
    expect(iso(range(timezone))[0]).toBe(from);
  });

  it('includes the whole last day where `to` is a day', () => {
    expect(iso(range('Europe/Berlin', '2026-11-01', '2026-11-30'))).toEqual([
      '2026-10-31T23:00:00.000Z',
      '2026-11-30T23:00:00.000Z',
    ]);
    expect(iso(range('UTC', '2026-11-05', '2026-11-05'))).toEqual([
      '2026-11-05T00:00:00.000Z',
      '2026-11-06T00:00:00.000Z',
    ]);
  });

  it.each([
    ['UTC', '2026-11-30T23:59:30Z', '2026-12-01T00:00:00.000Z'],
    ['Europe/Berlin', '2026-11-30T22:59:30Z', '2026-11-30T23:00:00.000Z'],
    ['Asia/Kathmandu', '2026-11-30T18:14:30Z', '2026-11-30T18:15:00.000Z'],
    ['Europe/Berlin', '2026-11-30T23:00:00Z', '2026-11-30T23:01:00.000Z'],
  ])('has nothing of the next month in the last minute of a month of %s, at %s', (timezone, now, end) => {
    const month = usageRange({ timezone, nowMs: Date.parse(now) });
    expect(iso(month)[1]).toBe(end);
    expect(rangeName(month)).not.toContain('_2026-12');
    const before = iso(rangeBefore(month));
    expect(before[0]).toBe(iso(usageRange({ timezone, nowMs: month.from.getTime() - 1 }))[0]);
  });

  it.each([
    ['last_month', 'UTC', '2026-12-01T00:00:00Z', '2026-11'],
    ['last_month', 'Europe/Berlin', '2026-11-30T22:59:59Z', '2026-10'],
    ['last_month', 'Europe/Berlin', '2026-11-30T23:00:00Z', '2026-11'],
    ['last_month', 'Pacific/Auckland', '2026-11-30T11:00:00Z', '2026-11'],
    ['last_month', 'America/New_York', '2026-12-01T04:59:59Z', '2026-10'],
    ['last_month', 'UTC', '2026-12-31T12:00:00Z', '2026-11'],
    ['last_month', 'UTC', '2027-01-01T00:00:00Z', '2026-12'],
    ['last_month', 'UTC', '2027-03-31T12:00:00Z', '2027-02'],
    ['2026-10', 'Europe/Berlin', '2026-12-01T00:00:00Z', '2026-10'],
    ['2026-02', 'Asia/Kathmandu', '2026-12-01T00:00:00Z', '2026-02'],
  ])('%s is a whole month of %s: at %s it is %s', (period, timezone, now, month) => {
    const found = monthRange(period, timezone, Date.parse(now));
    expect(rangeName(found)).toBe(month);
    expect(rangeDays(found).first).toBe(`${month}-01`);
  });

  it.each([
    ['2027-11', 'UTC', '2026-11-30T12:00:00Z'],
    ['2026-12', 'UTC', '2026-11-30T23:59:59Z'],
    ['2026-12', 'Europe/Berlin', '2026-11-30T22:59:59Z'],
  ])('is refused for a month in the future: %s of %s at %s', (period, timezone, now) => {
    expect(() => monthRange(period, timezone, Date.parse(now))).toThrow(
      expect.objectContaining({ code: 'invalid_request', param: 'period' }),
    );
  });

  it('is the current month by its name from its first moment', () => {
    const first = Date.parse('2026-11-30T23:00:00Z');
    expect(monthRange('2026-12', 'Europe/Berlin', first).from.getTime()).toBe(first);
  });

  it('ends exactly at a moment', () => {
    expect(iso(range('Asia/Tokyo', '2026-11-05T08:00:00Z', '2026-11-05T09:30:00+01:00'))).toEqual([
      '2026-11-05T08:00:00.000Z',
      '2026-11-05T08:30:00.000Z',
    ]);
  });
});

describe('the days of a range', () => {
  it.each([
    // Clocks go back: 25 hours. Clocks go forward: 23.
    ['Europe/Berlin', '2026-10-25', 25],
    ['Europe/Berlin', '2026-03-29', 23],
    ['Australia/Lord_Howe', '2026-04-05', 24.5],
    ['Asia/Kathmandu', '2026-11-05', 24],
    ['America/Sao_Paulo', '2026-11-05', 24],
  ])('are as long as they are in %s on %s', (timezone, day, hours) => {
    const [only, ...more] = daysOf(range(timezone, day, day), nowMs);
    expect(more).toEqual([]);
    expect(only?.day).toBe(day);
    expect(((only?.to.getTime() ?? 0) - (only?.from.getTime() ?? 0)) / 3_600_000).toBe(hours);
  });

  it.each(['UTC', 'Asia/Kathmandu', 'America/St_Johns', 'Pacific/Apia'])(
    'follow each other without a gap in %s, and cover the range',
    (timezone) => {
      const whole = range(timezone, '2026-01-01', '2026-11-20');
      const days = daysOf(whole, nowMs);
      expect(days).toHaveLength(324);
      expect(days[0]?.from).toEqual(whole.from);
      expect(days.at(-1)?.to).toEqual(whole.to);
      for (const [i, day] of days.entries()) if (i > 0) expect(day.from).toEqual(days[i - 1]?.to);
    },
  );

  it('are no more than there can be calls, whatever is asked for', () => {
    expect(daysOf(range('UTC', '0001-01-01', '9999-12-31'), nowMs).length).toBeLessThan(1_000);
    expect(daysOf(range('UTC', '2026-11-05', '2026-11-01'), nowMs)).toEqual([]);
  });
});

describe('the name of a range', () => {
  it.each([
    ['2026-10-01', '2026-10-31', '2026-10'],
    ['2026-10-01', '2026-10-30', '2026-10-01_2026-10-30'],
    ['2026-10-01', '2026-11-30', '2026-10-01_2026-11-30'],
    ['2026-10-05', '2026-10-05', '2026-10-05'],
  ])('from %s to %s is %s, in any zone', (from, to, name) => {
    for (const timezone of ['UTC', 'Asia/Kathmandu', 'America/Los_Angeles'])
      expect(rangeName(range(timezone, from, to))).toBe(name);
  });

  it('knows its first and last day', () => {
    expect(rangeDays(range('Asia/Tokyo', '2026-10-01', '2026-10-31'))).toEqual({
      first: '2026-10-01',
      last: '2026-10-31',
    });
  });
});

describe('the stretch before a range', () => {
  it.each([
    ['a month until now', 'UTC', '2026-11-01', undefined, '2026-10-01T00:00:00.000Z', '2026-10-29T12:01:00.000Z'],
    ['a whole month', 'UTC', '2026-10-01', '2026-10-31', '2026-09-01T00:00:00.000Z', '2026-10-01T00:00:00.000Z'],
    [
      'a whole month in a zone',
      'Europe/Berlin',
      '2026-11-01',
      '2026-11-30',
      '2026-09-30T22:00:00.000Z',
      '2026-10-31T23:00:00.000Z',
    ],
    [
      'a part of a month with an end',
      'UTC',
      '2026-03-01',
      '2026-03-30',
      '2026-01-30T00:00:00.000Z',
      '2026-03-01T00:00:00.000Z',
    ],
    [
      'the first day of a month',
      'UTC',
      '2026-11-01',
      '2026-11-01',
      '2026-10-31T00:00:00.000Z',
      '2026-11-01T00:00:00.000Z',
    ],
    ['a day', 'UTC', '2026-11-05', '2026-11-05', '2026-11-04T00:00:00.000Z', '2026-11-05T00:00:00.000Z'],
    ['two months', 'UTC', '2026-09-01', '2026-10-31', '2026-07-02T00:00:00.000Z', '2026-09-01T00:00:00.000Z'],
  ])('of %s', (_name, timezone, from, to, start, end) => {
    expect(iso(rangeBefore(range(timezone, from, to)))).toEqual([start, end]);
  });

  it('of a month until now ends with the month before where that is shorter', () => {
    const march = usageRange({ timezone: 'UTC', nowMs: Date.parse('2026-03-30T12:00:00Z') });
    expect(iso(rangeBefore(march))).toEqual(['2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z']);
  });
});
