import type { JsonObject } from '../../dialects/neutral.ts';
import { asArray, asObject } from '../read-json.ts';

/** OpenAI refuses an object that names no properties; a tool without arguments, as MCP writes it, is just that. */
export function withProperties(schema: JsonObject): JsonObject {
  return schema.type === 'object' && schema.properties === undefined ? { ...schema, properties: {} } : schema;
}

/** Is it what OpenAI's `strict` takes: every object closed, every property required? */
export function fitsStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(fitsStrict);
  const node = asObject(schema);
  if (node === undefined) return true;
  const properties = asObject(node.properties) ?? {};
  if (node.type === 'object' || node.properties !== undefined) {
    const required = asArray(node.required) ?? [];
    if (node.additionalProperties !== false || Object.keys(properties).some((name) => !required.includes(name)))
      return false;
  }
  const inner = [node.items, node.anyOf, ...Object.values(properties)];
  const defined = [node.$defs, node.definitions].flatMap((defs) => Object.values(asObject(defs) ?? {}));
  return [...inner, ...defined].every(fitsStrict);
}
