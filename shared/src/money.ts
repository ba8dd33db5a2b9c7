/**
 * Money is whole nano-dollars (10⁻⁹ USD) in a bigint: a token of a small model costs less than a micro-dollar, and floats do
 * not add up. JSON shows dollars as a number with at most nine decimals.
 *
 * ```ts
 * import { parseUsd, toUsd, usdForPeople } from '@ai-gateway/shared/money';
 *
 * const limit = parseUsd('12.50') ?? 0n; // 12_500_000_000n
 * console.log(toUsd(limit), usdForPeople(limit)); // 12.5 '$12.50'
 * ```
 */
const nanosPerUsd = 1_000_000_000n;

/** `0.000125` for 125_000n. Exact up to 2^23 dollars (eight million), and beyond as near as a JSON number comes. */
export function toUsd(nanos: bigint): number {
  return Number(nanos) / 1e9;
}

/** `$5.00`, `$0.11`, `$1,234.50`, and under a cent three digits that tell something: `$0.00123`. Never `$1e-8`. */
export function usdForPeople(nanos: bigint): string {
  const amount = nanos < 0n ? -nanos : nanos;
  const sign = nanos < 0n ? '-' : '';
  const cents = (amount + 5_000_000n) / 10_000_000n;
  if (amount === 0n || amount >= 10_000_000n) {
    const whole = String(cents / 100n).replace(/\B(?=(\d{3})+$)/g, ',');
    return `${sign}$${whole}.${String(cents % 100n).padStart(2, '0')}`;
  }
  const step = 10n ** BigInt(Math.max(0, String(amount).length - 3));
  const rounded = ((amount + step / 2n) / step) * step;
  return `${sign}$0.${String(rounded).padStart(9, '0').replace(/0+$/, '')}`;
}

/**
 * Dollars, as a number or a decimal string (`25`, `"0.10"`, `1e-7`), to nano-dollars; what is finer than a nano-dollar is
 * rounded half up (away from zero). Undefined for anything that is no finite decimal.
 */
export function parseUsd(usd: number | string): bigint | undefined {
  const text = typeof usd === 'number' ? decimalText(usd) : usd.trim();
  const match = text === undefined ? null : /^(-?)(\d{1,15})(?:\.(\d{1,30}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '0', fraction = ''] = match;
  const digits = fraction.padEnd(10, '0');
  const nanos = BigInt(whole) * nanosPerUsd + BigInt(digits.slice(0, 9)) + (Number(digits[9]) >= 5 ? 1n : 0n);
  return sign === '-' ? -nanos : nanos;
}

/** A number without its exponent: 1e-7 → 0.0000001. */
function decimalText(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/0+$/, '').replace(/\.$/, '') : text;
}
