import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limit, moment, tag, usdInput } from './common.ts';

describe('a tag', () => {
  const schema = tag('Client', 'Whose call it is.');

  test('is up to 128 characters, as people count them', () => {
    expect(schema.safeParse('a'.repeat(128)).success).toBe(true);
    expect(schema.safeParse('a'.repeat(129)).success).toBe(false);
    // An emoji is two UTF-16 units, and 65 of them were once too long.
    expect(schema.safeParse('👋'.repeat(128)).success).toBe(true);
    expect(schema.safeParse('👋'.repeat(129)).success).toBe(false);
  });

  test('keeps any words, without the space around them', () => {
    expect(schema.parse('  Müller & Söhne, 東京  ')).toBe('Müller & Söhne, 東京');
  });

  test.each(['', '   ', 'a\u0000b', 'a\nb', 'a\u007fb', 'a\ud800', 'a\u2028b', 'a\u202eb', 7, null])(
    'is not %j',
    (value) => {
      expect(schema.safeParse(value).success).toBe(false);
    },
  );
});

describe('money in a request', () => {
  const schema = usdInput({ max: 1000 });

  test('is a number, or the same as text', () => {
    fc.assert(
      fc.property(fc.nat(100_000_000), (cents) => {
        const usd = (cents % 100_000) / 100;
        expect(schema.parse(usd)).toBe(usd);
        expect(schema.parse(usd.toFixed(2))).toBe(usd);
      }),
    );
  });

  test.each([-1, '-1', '', '1e3', '1,5', '$5', 1001, '1001', Number.NaN, Number.POSITIVE_INFINITY, true, null])(
    'is not %j',
    (value) => {
      expect(schema.safeParse(value).success).toBe(false);
    },
  );

  const limit = usdInput({ above: 0, max: 1_000_000_000 });
  test.each([
    [schema, '$5', 'must be an amount in dollars, such as 5 or "0.10"'],
    [schema, '', 'must be an amount in dollars, such as 5 or "0.10"'],
    [schema, -1, 'must be at least 0'],
    [schema, '1001', 'must be at most 1,000'],
    [limit, 0, 'must be greater than 0'],
    [limit, '-5', 'must be greater than 0'],
    [limit, 1e-12, 'must be at least 0.000000001'],
    [limit, 1e30, 'must be at most 1,000,000,000'],
  ])('is refused in plain words when it is wrong', (amount, given, message) => {
    expect(amount.safeParse(given).error?.issues).toMatchObject([{ message }]);
  });
});

test('a page has 50 rows unless asked otherwise, and asks in a query come as text', () => {
  expect(limit.parse(undefined)).toBe(50);
  expect(limit.parse('100')).toBe(100);
  for (const refused of ['0', '101', '1.5', 'ten', '']) expect(limit.safeParse(refused).success, refused).toBe(false);
});

test('a time is a day or a moment, and anything else is refused with an example', () => {
  for (const given of ['2026-11-01', '2026-11-01T08:00:00Z', '2026-11-01T08:00:00.123+02:00'])
    expect(moment.safeParse(given).success, given).toBe(true);
  for (const refused of ['yesterday', '2026-02-30', '2026-11-01T08:00:00', '1793520000'])
    expect(moment.safeParse(refused).error?.issues[0]?.message, refused).toContain('2026-11-01T08:00:00Z');
});
