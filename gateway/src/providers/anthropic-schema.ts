import type { JsonObject } from '../dialects/neutral.ts';
import { asObject } from './openai-answer.ts';

/** What Anthropic's structured output knows of JSON Schema; the rest it refuses with a 400. */
const kept = new Set([
  'type',
  'title',
  'description',
  'enum',
  'const',
  'default',
  'format',
  'properties',
  'required',
  'items',
  'anyOf',
  'allOf',
  '$ref',
  '$defs',
  'definitions',
]);

/** The schema without what Anthropic refuses, every object closed as it demands. Bounds are left to the words of the prompt. */
export function anthropicSchema(schema: JsonObject): JsonObject {
  const node = Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => kept.has(key))
      .map(([key, value]) => [key, child(key, value)]),
  );
  return node.type === 'object' || node.properties !== undefined ? { ...node, additionalProperties: false } : node;
}

function child(key: string, value: unknown): unknown {
  if (key === 'properties' || key === '$defs' || key === 'definitions') {
    return Object.fromEntries(
      Object.entries(asObject(value) ?? {}).map(([name, schema]) => [name, anthropicSchema(asObject(schema) ?? {})]),
    );
  }
  if (key === 'items') return anthropicSchema(asObject(value) ?? {});
  if (key === 'anyOf' || key === 'allOf')
    return Array.isArray(value) ? value.map((schema) => anthropicSchema(asObject(schema) ?? {})) : value;
  return value;
}
