import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseUsd, toUsd, usdForPeople } from './money.ts';

/** Up to here every nano-dollar has a JSON number of its own. */
const exactNanos = 2n ** 23n * 1_000_000_000n;
const nanos = fc.bigInt({ min: -exactNanos, max: exactNanos });

describe('dollars come in', () => {
  test.each([
    [25, 25_000_000_000n],
    ['25', 25_000_000_000n],
    ['0.10', 100_000_000n],
    [0.1, 100_000_000n],
    [' 1.5 ', 1_500_000_000n],
    [1e-7, 100n],
    [0, 0n],
    ['-0.5', -500_000_000n],
    ['999999999999999', 999_999_999_999_999_000_000_000n],
  ])('%j is %d nano-dollars', (usd, expected) => {
    expect(parseUsd(usd)).toBe(expected);
  });

  test.each([
    ['0.0000000004', 0n],
    ['0.0000000005', 1n],
    ['0.00000000149999', 1n],
    ['0.9999999995', 1_000_000_000n],
    ['-0.0000000005', -1n],
    [5e-10, 1n],
    [4e-10, 0n],
  ])('%j, finer than a nano-dollar, is rounded to %d', (usd, expected) => {
    expect(parseUsd(usd)).toBe(expected);
  });

  test.each(['', ' ', '.5', '5.', '1,5', '1e3', '0x10', '$5', '١', '1_000', 'Infinity', '--1', '1 000'])(
    '%j is no amount',
    (text) => {
      expect(parseUsd(text)).toBeUndefined();
    },
  );

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e21])('%d is no amount', (value) => {
    expect(parseUsd(value)).toBeUndefined();
  });

  test('a decimal string is read to the digit, where a float would not be', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }),
        fc.bigInt({ min: 0n, max: 999_999_999n }),
        (whole, rest) => {
          expect(parseUsd(`${whole}.${String(rest).padStart(9, '0')}`)).toBe(whole * 1_000_000_000n + rest);
        },
      ),
    );
  });
});

describe('dollars go out', () => {
  test('what is shown reads back as what was meant', () => {
    fc.assert(
      fc.property(nanos, (amount) => {
        expect(parseUsd(toUsd(amount))).toBe(amount);
      }),
    );
  });

  test('through JSON too', () => {
    fc.assert(
      fc.property(nanos, (amount) => {
        expect(parseUsd(JSON.parse(JSON.stringify(toUsd(amount))) as number)).toBe(amount);
      }),
    );
  });

  test('never with more than nine decimals', () => {
    fc.assert(
      fc.property(nanos, (amount) => {
        const usd = toUsd(amount);
        expect(Number(usd.toFixed(9))).toBe(usd);
      }),
    );
  });

  test('more money is never shown as less', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
        expect(a < b ? toUsd(a) <= toUsd(b) : toUsd(a) >= toUsd(b)).toBe(true);
      }),
    );
  });
});

describe('money for people', () => {
  test.each([
    [5_000_000_000n, '$5.00'],
    [110_000_000n, '$0.11'],
    [1_234_500_000_000n, '$1,234.50'],
    [0n, '$0.00'],
    [10n, '$0.00000001'],
    [1_234_567n, '$0.00123'],
    [9_999_999n, '$0.01'],
    [-2_500_000_000n, '-$2.50'],
  ])('%d nano-dollars read %s', (nanos, text) => {
    expect(usdForPeople(nanos)).toBe(text);
  });
});
