/** A decimal as a whole number and how many of its digits stand after the point: 0.92 is 92 and 2. */
interface Decimal {
  digits: bigint;
  places: number;
}

/** What a person typed, exactly: the shortest text of a double is the decimal they meant. */
function decimal(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const places = fraction.length - Number(exponent);
  const digits = BigInt(`${whole}${fraction}`);
  return places < 0 ? { digits: digits * 10n ** BigInt(-places), places: 0 } : { digits, places };
}

/** Cost with markup in a currency, in its hundredths, rounded half away from zero. No float is involved. */
export function amountCents(costNanos: bigint, options: { markupPercent: number; exchangeRate: number }): bigint {
  const markup = decimal(options.markupPercent);
  const rate = decimal(options.exchangeRate);
  const factor = 100n * 10n ** BigInt(markup.places) + markup.digits;
  // nanos × (100 + markup)/100 × rate, in hundredths: nano-dollars are 10⁻⁹, so 10⁻⁹ × 10⁻² × 10².
  const numerator = costNanos * factor * rate.digits;
  const denominator = 10n ** BigInt(9 + markup.places + rate.places);
  const half = denominator / 2n;
  return numerator < 0n ? -((-numerator + half) / denominator) : (numerator + half) / denominator;
}

export function centsToAmount(cents: bigint): number {
  return Number(cents) / 100;
}
