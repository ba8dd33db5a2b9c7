import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountsThatAddUp, amountUnits, taxUnits, unitsToAmount } from './amount.ts';

const dollars = (amount: number): bigint => BigInt(Math.round(amount * 1e9));

describe('an amount on an invoice', () => {
  it('is cost with markup in the currency, rounded half away from zero', () => {
    const terms = { markupPercent: 0, exchangeRate: 1, digits: 2 };
    expect(amountUnits(dollars(0.005), terms)).toBe(1n);
    expect(amountUnits(-dollars(0.005), terms)).toBe(-1n);
    expect(amountUnits(dollars(0.004_999_999), terms)).toBe(0n);
    expect(amountUnits(dollars(10), { markupPercent: 20, exchangeRate: 0.92, digits: 2 })).toBe(1104n);
    expect(amountUnits(dollars(1), { markupPercent: 12.5, exchangeRate: 1.1, digits: 2 })).toBe(124n);
    expect(amountUnits(dollars(1), { markupPercent: -100, exchangeRate: 1, digits: 2 })).toBe(0n);
    expect(amountUnits(dollars(1), { markupPercent: 0, exchangeRate: 1e-7, digits: 2 })).toBe(0n);
  });

  it('has the decimals of its currency: none of a yen, three of a dinar', () => {
    expect(amountUnits(dollars(1.2345), { markupPercent: 20, exchangeRate: 151.37, digits: 0 })).toBe(224n);
    const dinar = amountUnits(dollars(1.2345), { markupPercent: 20, exchangeRate: 0.3071, digits: 3 });
    expect(unitsToAmount(dinar, 3)).toBe(0.455);
    expect(unitsToAmount(224n, 0)).toBe(224);
  });

  it('adds up line by line to the amount of the whole, and no line is a unit off', () => {
    const cost = fc.bigInt(0n, 10n ** 13n);
    fc.assert(
      fc.property(
        fc.array(cost, { maxLength: 30 }),
        fc.integer({ min: -100, max: 300 }),
        fc.double({ min: 0.0001, max: 50_000, noNaN: true }),
        fc.constantFrom(0, 2, 3),
        (costs, markupPercent, exchangeRate, digits) => {
          const terms = { markupPercent, exchangeRate, digits };
          const amounts = amountsThatAddUp(costs, terms);
          const whole = amountUnits(
            costs.reduce((sum, one) => sum + one, 0n),
            terms,
          );
          expect(amounts.reduce((sum, one) => sum + one, 0n)).toBe(whole);
          for (const [i, amount] of amounts.entries()) {
            const off = amount - amountUnits(costs[i] ?? 0n, terms);
            expect(off >= -1n && off <= 1n).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
    // Three times a third of a cent is a cent.
    expect(
      amountsThatAddUp([3_333_333n, 3_333_333n, 3_333_333n], { markupPercent: 0, exchangeRate: 1, digits: 2 }),
    ).toEqual([1n, 0n, 0n]);
  });

  it('is taxed in its smallest unit', () => {
    expect(taxUnits(1000n, 19)).toBe(190n);
    expect(taxUnits(1001n, 7.7)).toBe(77n);
    expect(taxUnits(50n, 1)).toBe(1n);
    expect(taxUnits(-50n, 1)).toBe(-1n);
    expect(taxUnits(50n, 0)).toBe(0n);
  });
});
