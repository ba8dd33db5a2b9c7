/**
 * The one of `types` that an `Accept` header prefers to JSON: the range with the highest `q` decides, of several the first. Undefined for
 * JSON, which is also the answer to a header that names none of them.
 *
 * @example
 * ```ts
 * acceptedType('text/csv, application/json;q=0.5', ['text/csv']); // 'text/csv'
 * ```
 */
export function acceptedType<Type extends string>(
  accept: string | undefined,
  types: readonly Type[],
): Type | undefined {
  const ranges = (accept ?? '').split(',').map(readRange);
  // A sort of equal ranges keeps their order.
  for (const { type, q } of ranges.sort((a, b) => b.q - a.q)) {
    if (q <= 0 || type === 'application/json' || type === '*/*') return undefined;
    const found = types.find((one) => one === type);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readRange(range: string): { type: string; q: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const given = parameters.find((parameter) => /^q\s*=/.test(parameter))?.split('=')[1];
  const q = given === undefined ? 1 : Number(given);
  return { type, q: Number.isNaN(q) ? 1 : q };
}
