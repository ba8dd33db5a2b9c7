/** A decimal as a whole number and how many of its digits are behind the point: 0.92 is 92 and 2. */
interface Decimal {
  digits: bigint;
  places: number;
}

/** The amount that a person typed, exactly: the shortest text of a double is the decimal they meant. */
function decimal(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const places = fraction.length - Number(exponent);
  const digits = BigInt(`${whole}${fraction}`);
  return places < 0 ? { digits: digits * 10n ** BigInt(-places), places: 0 } : { digits, places };
}

interface Terms {
  markupPercent: number;
  exchangeRate: number;
  /** Decimals of the currency: 2 of the euro, 0 of the yen, 3 of the dinar. */
  digits: number;
}

/** The amount with markup in the currency's smallest unit, as a fraction. No float is involved. */
function exactUnits(costNanos: bigint, { markupPercent, exchangeRate, digits }: Terms): [bigint, bigint] {
  const markup = decimal(markupPercent);
  const rate = decimal(exchangeRate);
  const factor = 100n * 10n ** BigInt(markup.places) + markup.digits;
  // nanos × (100 + markup) ÷ 100 × rate × 10^digits, of 10⁻⁹ dollars each.
  return [costNanos * factor * rate.digits * 10n ** BigInt(digits), 10n ** BigInt(11 + markup.places + rate.places)];
}

/** Rounded half away from zero. */
function rounded(numerator: bigint, denominator: bigint): bigint {
  const half = denominator / 2n;
  return numerator < 0n ? -((-numerator + half) / denominator) : (numerator + half) / denominator;
}

/** Cost with markup in a currency, in its smallest unit. */
export function amountUnits(costNanos: bigint, terms: Terms): bigint {
  return rounded(...exactUnits(costNanos, terms));
}

/**
 * Amounts of several costs, in smallest units, that add up to the amount of their sum: each is rounded down or up, and up are
 * rounded those with the largest remainders.
 */
export function amountsThatAddUp(costs: readonly bigint[], terms: Terms): bigint[] {
  const exact = costs.map((cost) => exactUnits(cost, terms));
  const denominator = exact[0]?.[1] ?? 1n;
  const floors = exact.map(([numerator]) => {
    const whole = numerator / denominator;
    return whole * denominator > numerator ? whole - 1n : whole;
  });
  const total = rounded(
    exact.reduce((sum, [numerator]) => sum + numerator, 0n),
    denominator,
  );
  const missing = Number(total - floors.reduce((sum, floor) => sum + floor, 0n));
  const remainder = (i: number): bigint => (exact[i]?.[0] ?? 0n) - (floors[i] ?? 0n) * denominator;
  const byRemainder = floors
    .map((_, i) => i)
    .sort((a, b) => (remainder(a) === remainder(b) ? a - b : remainder(a) < remainder(b) ? 1 : -1));
  const up = new Set(byRemainder.slice(0, missing));
  return floors.map((floor, i) => (up.has(i) ? floor + 1n : floor));
}

/** Tax on an amount, both in smallest units. */
export function taxUnits(units: bigint, percent: number): bigint {
  const { digits, places } = decimal(percent);
  return rounded(units * digits, 100n * 10n ** BigInt(places));
}

/** Smallest units as the number people know: 1234 cents are 12.34. */
export function unitsToAmount(units: bigint, digits: number): number {
  return Number(units) / 10 ** digits;
}
