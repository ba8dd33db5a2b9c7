/*
 * Values that a mapping or an expression puts into a field of a form.
 *
 * ```ts
 * import { formNumber, formText } from '@ai-gateway/shared/form-text';
 *
 * console.log(formText({ b: 1 }), formText(undefined)); // '{"b":1}' ''
 * console.log(formNumber('0.5'), formNumber('half')); // 0.5 'half'
 * ```
 */

/**
 * The text of a form's field that a mapping or an expression fills with a value of any type.
 * A missing value is empty, never the word `undefined`; an object or a list is its JSON, never `[object Object]`.
 */
export function formText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isNaN(value)) return '';
  if (typeof value !== 'object') return printable.has(typeof value) ? String(value) : '';
  return Array.isArray(value) && value.length === 0 ? '' : unquoted(JSON.stringify(value));
}

const printable: ReadonlySet<string> = new Set(['number', 'bigint', 'boolean']);

/** A number in words is a number; anything else goes as it is, and the gateway says what is wrong with it. */
export function formNumber(value: unknown): unknown {
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}

/** A date, or a boxed text, writes itself as a quoted text. */
function unquoted(json: string | undefined): string {
  if (json === undefined) return '';
  return json.startsWith('"') ? String(JSON.parse(json)) : json;
}
