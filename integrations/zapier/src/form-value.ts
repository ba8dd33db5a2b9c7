import { formText } from '@ai-gateway/shared/form-text';

/** An empty field comes in any of these shapes, since the app switches Zapier's own cleaning off (`cleanInputData`). */
export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** A value mapped from an earlier step may have any type where a short text is wanted. */
export function textOf(value: unknown): string {
  return formText(value).trim();
}

/** A list is a list, or one text with commas where an earlier step gave it. */
export function listOf(value: unknown): unknown[] {
  const items: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value];
  return items.map((item) => (typeof item === 'string' ? item.trim() : item)).filter((item) => !isEmpty(item));
}

/**
 * The lines of a repeated form. Where single values were filled in, and no line items mapped, Zapier may give them beside the
 * other fields and not as a list.
 */
export function linesOf(
  data: Readonly<Record<string, unknown>>,
  { key, inside }: { key: string; inside: readonly string[] },
): unknown {
  if (!isEmpty(data[key])) return data[key];
  const line = inside.filter((name) => !isEmpty(data[name])).map((name) => [name, data[name]]);
  return line.length === 0 ? undefined : [Object.fromEntries(line)];
}

/** Zapier's words for it, from a form or mapped. */
export function booleanOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const word = value.trim().toLowerCase();
  if (['true', 'yes', 'y', '1', 'on'].includes(word)) return true;
  return ['false', 'no', 'n', '0', 'off'].includes(word) ? false : value;
}

/**
 * Zapier's date fields send "an ISO-formatted time string" (https://docs.zapier.com/platform/build/field-definitions), with an
 * offset that it also writes as `-0800`; a date alone means that day and stays one. A code step may map a `Date`, or seconds since
 * 1970. Any other value goes as it is, and the gateway says which it wants.
 */
export function momentText(value: unknown): string {
  const text = textOf(value);
  if (/^\d{10}(\d{3})?$/.test(text)) return new Date(Number(text.padEnd(13, '0'))).toISOString();
  return text.replace(/^(\d{4}-\d{2}-\d{2}) +(?=\d)/, '$1T').replace(/^(.*T.*\d) ?([+-]\d{2}):?(\d{2})$/, '$1$2:$3');
}
