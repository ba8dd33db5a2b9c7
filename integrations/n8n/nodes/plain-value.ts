import { formText } from '@ai-gateway/shared/form-text';

/** A resource locator is `{__rl, mode, value}`, whichever way its value was picked. */
export function plainValue(value: unknown): unknown {
  return typeof value === 'object' && value !== null && '__rl' in value && 'value' in value ? value.value : value;
}

/** A short text such as an id or a name, whatever type an expression gives it in. */
export function textOf(value: unknown): string {
  return formText(plainValue(value)).trim();
}

/** A choice of a drop-down; an expression that gives nothing leaves the form's own. */
export function choiceOf<Choice extends string>(value: unknown, initial: Choice): Choice {
  const text = textOf(value);
  return text === '' ? initial : (text as Choice);
}

/** A switch; expressions give it as text as well. */
export function switchOf(value: unknown, initial: boolean): boolean {
  const text = textOf(value).toLowerCase();
  return text === '' ? initial : !['false', 'no', 'off', '0'].includes(text);
}

/** A repeated line; an expression may give it as one text: `80, 90`. */
export function listOf(value: unknown): unknown[] {
  const items = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value];
  return items
    .map((item: unknown) => (typeof item === 'string' ? item.trim() : item))
    .filter((item) => item !== '' && item !== null && item !== undefined);
}
