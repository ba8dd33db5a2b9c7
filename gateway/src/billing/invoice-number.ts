/**
 * A number as it is printed: the prefix, in which `{year}` is the year of issue, then the number, filled with zeros to as many
 * digits as the prefix has # at its end. `{year}-####` and 7 make 2026-0007.
 */
export function labelOf(prefix: string | null, number: number, year: string): string {
  const [, text = '', places = ''] = /^(.*?)(#*)$/s.exec(prefix ?? '') ?? [];
  return `${text.replaceAll('{year}', year)}${String(number).padStart(places.length, '0')}`;
}

/** The number at the end of a label: a prefix never ends in a digit. */
export function numberIn(label: string): number | undefined {
  const [digits] = /\d{1,15}$/.exec(label) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
