/** Differences of shares, as people read them. Pure. */

/** `+4.0` for 0.04; `0` where nothing is left after rounding. */
export function signedPoints(share: number): string {
  const text = Math.abs(share * 100).toFixed(1);
  if (text === '0.0') return '0';
  return `${share < 0 ? '−' : '+'}${text}`;
}

/** `+1.0 to +7.0`. */
export function pointRange(lower: number, upper: number): string {
  return `${signedPoints(lower)} to ${signedPoints(upper)}`;
}
