import type { JsonObject } from '../../dialects/neutral.ts';
import { asArray, asObject } from '../read-json.ts';

/**
 * A JSON Schema as Gemini's `parametersJsonSchema` and `responseJsonSchema` read it: `$schema` is none of their keywords,
 * definitions are found under `$defs` only, `const` is passed over where an `enum` of one is heeded, and "if `$ref` is set on
 * a sub-schema, no other properties, except for than those starting as a `$`, may be set".
 * https://ai.google.dev/gemini-api/docs/structured-output#json_schema_support
 */
export function geminiSchema(schema: JsonObject): JsonObject {
  const written = Object.entries(schema).flatMap(([keyword, value]) => writeKeyword(keyword, value, schema));
  return Object.fromEntries(
    schema.$ref === undefined ? written : written.filter(([keyword]) => keyword.startsWith('$')),
  );
}

/** The arguments of a tool; undefined where it takes none, since an object without a property has been refused. */
export function argumentsSchema(parameters: JsonObject): JsonObject | undefined {
  const written = geminiSchema(parameters);
  const schema = written.$ref === undefined ? { ...written, type: 'object' } : written;
  return Object.entries(schema).some(([keyword, value]) => keyword !== 'type' && saysSomething(value))
    ? schema
    : undefined;
}

function saysSomething(value: unknown): boolean {
  return value !== false && (typeof value !== 'object' || value === null || Object.keys(value).length > 0);
}

const listsOfSchemas = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const namedSchemas = new Set(['properties', 'patternProperties', 'dependentSchemas']);
const innerSchemas = new Set([
  'items',
  'additionalProperties',
  'propertyNames',
  'contains',
  'not',
  'if',
  'then',
  'else',
]);

/** Members that hold no schema (`enum`, `default`, `examples`) are data and stay as they are. */
function writeKeyword(keyword: string, value: unknown, schema: JsonObject): [string, unknown][] {
  switch (keyword) {
    case '$schema':
      return [];
    case '$ref':
      return [['$ref', typeof value === 'string' ? value.replace(/^#\/definitions\//, '#/$defs/') : value]];
    case 'definitions':
      return [['$defs', { ...byName(value), ...byName(schema.$defs) }]];
    case '$defs':
      return schema.definitions === undefined ? [['$defs', byName(value)]] : [];
    case 'const':
      return schema.enum === undefined &&
        (typeof value === 'string' || typeof value === 'number' || JSON.isRawJSON(value))
        ? [['enum', [value]]]
        : [['const', value]];
    default:
      if (listsOfSchemas.has(keyword)) return [[keyword, asArray(value)?.map(anySchema) ?? value]];
      if (namedSchemas.has(keyword)) return [[keyword, byName(value)]];
      return [[keyword, innerSchemas.has(keyword) ? anySchema(value) : value]];
  }
}

/** Names are no keywords: a property may well be called `$schema` or `const`. */
function byName(value: unknown): JsonObject {
  return Object.fromEntries(Object.entries(asObject(value) ?? {}).map(([name, schema]) => [name, anySchema(schema)]));
}

/** `true` and `false` are schemas too. */
function anySchema(value: unknown): unknown {
  const schema = asObject(value);
  return schema === undefined ? value : geminiSchema(schema);
}
