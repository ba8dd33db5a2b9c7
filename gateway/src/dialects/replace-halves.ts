const backslash = 92;
const letterU = 117;
const replacement = Buffer.from('fffd', 'latin1');

/**
 * Replaces, in place, each half of a character a JSON text escapes without its other half (`\ud83c` alone, where a text was cut
 * inside an emoji): vendors refuse the whole body for it. U+FFFD takes as many bytes, so nothing moves.
 */
export function replaceHalves(body: Buffer): void {
  const lower = body.indexOf('\\ud');
  const upper = body.indexOf('\\uD');
  if (lower < 0 && upper < 0) return;
  let at = lower < 0 || upper < 0 ? Math.max(lower, upper) : Math.min(lower, upper);
  // A backslash before this one may be what escapes it.
  while (at > 0 && body[at - 1] === backslash) at -= 1;
  while (at < body.length) {
    if (body[at] !== backslash) at += 1;
    else if (body[at + 1] !== letterU) at += 2;
    else {
      const unit = unitAt(body, at);
      if (isFirstHalf(unit) && isSecondHalf(unitAt(body, at + 6))) at += 12;
      else {
        if (isFirstHalf(unit) || isSecondHalf(unit)) replacement.copy(body, at + 2);
        at += 6;
      }
    }
  }
}

/** The number of a `\uXXXX`, or NaN where there is none. */
function unitAt(body: Buffer, at: number): number {
  if (body[at] !== backslash || body[at + 1] !== letterU) return Number.NaN;
  let unit = 0;
  for (let i = at + 2; i < at + 6; i++) unit = unit * 16 + digitOf(body[i] ?? 0);
  return unit;
}

function digitOf(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : Number.NaN;
}

function isFirstHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isSecondHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
