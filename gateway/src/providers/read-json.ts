import { parseExact } from '../dialects/exact-json.ts';
import type { JsonObject } from '../dialects/neutral.ts';

export function parseObject(data: string): JsonObject | undefined {
  try {
    return asObject(parseExact(data));
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

export function asArray(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
