import { exactly, parseExactObject } from './exact-json.ts';
import type { JsonObject } from './neutral.ts';

/**
 * The arguments of a call as JSON text. A text is the provider's own affair; servers that give an object where text is due, or
 * the reverse, mean what they say. Nothing, `null` and PHP's empty list are a call without arguments. Undefined: no arguments
 * at all, and a tool must not be called with a guess.
 */
export function argumentsText(value: unknown): string | undefined {
  if (typeof value === 'string') return saysNothing(value) ? '{}' : value;
  if (value === undefined || value === null) return '{}';
  if (Array.isArray(value)) return value.length === 0 ? '{}' : undefined;
  return typeof value === 'object' ? JSON.stringify(exactly(value)) : undefined;
}

export function saysNothing(text: string): boolean {
  const said = text.trim();
  return said === '' || said === 'null' || said === '[]';
}

/** Whether a tool can be called with it. */
export function isArguments(text: string): boolean {
  return saysNothing(text) || parseExactObject(text) !== undefined;
}

/** A call's arguments where an object is due. Those that are none (a cut answer) are handed on as what they are: text. */
export function callInput(text: string): JsonObject {
  return saysNothing(text) ? {} : (parseExactObject(text) ?? { arguments: text });
}
