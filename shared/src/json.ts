/*
 * JSON of unknown shape.
 *
 * ```ts
 * import { isRecord, readJson } from '@ai-gateway/shared/json';
 *
 * const given = readJson('{"error": {"message": "Busy"}}');
 * const message = isRecord(given) && isRecord(given.error) ? given.error.message : undefined;
 * console.log(message, readJson('{"error":')); // 'Busy' undefined
 * ```
 */

/** Undefined for what is no JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
