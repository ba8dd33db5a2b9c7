/** A resource locator is `{__rl, mode, value}`, whichever way its value was picked. */
export function plainValue(value: unknown): unknown {
  return typeof value === 'object' && value !== null && '__rl' in value && 'value' in value ? value.value : value;
}

/** An expression may give a number where an id is wanted. */
export function textOf(value: unknown): string {
  const plain = plainValue(value);
  return plain === undefined || plain === null ? '' : String(plain).trim();
}

/** A repeated line; an expression may give it as one text: `80, 90`. */
export function listOf(value: unknown): unknown[] {
  const items = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value];
  return items
    .map((item: unknown) => (typeof item === 'string' ? item.trim() : item))
    .filter((item) => item !== '' && item !== null && item !== undefined);
}
