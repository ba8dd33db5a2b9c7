import fc from 'fast-check';
import { expect, test } from 'vitest';
import { amountCents } from './amount.ts';

test('a line is cost with markup in the client’s currency, rounded to the cent', () => {
  expect(amountCents(2_130_000_000n, { markupPercent: 20, exchangeRate: 0.92 })).toBe(235n);
  expect(amountCents(1_000_000_000n, { markupPercent: 0, exchangeRate: 1 })).toBe(100n);
  expect(amountCents(5_000_000n, { markupPercent: 0, exchangeRate: 1 })).toBe(1n);
  expect(amountCents(4_999_999n, { markupPercent: 0, exchangeRate: 1 })).toBe(0n);
});

test('fractions that floats cannot hold are billed as they were typed', () => {
  // 1.005 × 100 is 100.49999… as a float.
  expect(amountCents(1_005_000_000n, { markupPercent: 0, exchangeRate: 1 })).toBe(101n);
  expect(amountCents(1_000_000_000n, { markupPercent: 0.5, exchangeRate: 1 })).toBe(101n);
  expect(amountCents(1_000_000_000n, { markupPercent: 12.5, exchangeRate: 1e-7 })).toBe(0n);
  expect(amountCents(10_000_000_000_000_000n, { markupPercent: 0, exchangeRate: 1e-7 })).toBe(100n);
});

test('a credit note is the very same amount with a minus', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 18n }),
      fc.double({ min: 0, max: 1000, noNaN: true }),
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      (cost, markupPercent, exchangeRate) => {
        const options = { markupPercent, exchangeRate };
        expect(amountCents(-cost, options)).toBe(-amountCents(cost, options));
      },
    ),
  );
});
