import type { JsonObject } from '../dialects/neutral.ts';
import { asArray, asObject } from './openai-answer.ts';

/**
 * A JSON Schema as Gemini's `parametersJsonSchema` and `responseJsonSchema` read it: `$schema` is none of their keywords,
 * definitions are found under `$defs` only, and `const` is passed over where an `enum` of one is heeded.
 * https://ai.google.dev/gemini-api/docs/structured-output#json_schema_support
 */
export function geminiSchema(schema: JsonObject): JsonObject {
  const written: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === '$schema') continue;
    if (keyword === '$ref') written.$ref = typeof value === 'string' ? value.replace(/^#\/definitions\//, '#/$defs/') : value;
    else if (keyword === 'definitions' || keyword === '$defs')
      written.$defs = { ...asObject(written.$defs), ...asObject(schemasByName(value)) };
    else if (keyword === 'const' && schema.enum === undefined && (typeof value === 'string' || typeof value === 'number'))
      written.enum = [value];
    // Everything else that holds schemas holds them in one of three ways; what holds none is data and stays as it is.
    else if (namedSchemas.has(keyword)) define(written, keyword, schemasByName(value));
    else if (listedSchemas.has(keyword)) define(written, keyword, asArray(value)?.map(anySchema) ?? anySchema(value));
    else define(written, keyword, innerSchemas.has(keyword) ? anySchema(value) : value);
  }
  return written;
}

/** The arguments of a tool; undefined where it takes none, since an object without properties has been refused. */
export function argumentsSchema(parameters: JsonObject): JsonObject | undefined {
  const schema = geminiSchema(parameters);
  const says = Object.entries(schema).some(
    ([keyword, value]) =>
      keyword !== 'type' && keyword !== 'additionalProperties' && Object.keys(asObject(value) ?? { value }).length > 0 && !isEmptyList(value),
  );
  return says ? { ...schema, type: 'object' } : undefined;
}

const namedSchemas = new Set(['properties', 'patternProperties', 'dependentSchemas']);
const listedSchemas = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems', 'items']);
const innerSchemas = new Set([
  'additionalProperties',
  'propertyNames',
  'contains',
  'not',
  'if',
  'then',
  'else',
  'unevaluatedProperties',
  'unevaluatedItems',
]);

/** A property may be called `$schema`, `const` or `__proto__`: names are not keywords. */
function schemasByName(value: unknown): unknown {
  const schemas = asObject(value);
  if (schemas === undefined) return value;
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, anySchema(schema)]));
}

/** `true` and `false` are schemas too. */
function anySchema(value: unknown): unknown {
  const schema = asObject(value);
  return schema === undefined ? value : geminiSchema(schema);
}

function define(target: JsonObject, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
