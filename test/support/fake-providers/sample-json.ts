import { isJson, type Json, objectOf, objectsIn, textOf } from './json.ts';

/** The smallest value a JSON Schema allows, near enough for the schemas people write: required fields and nothing else. */
export function sampleJson(schema: Json, root: Json = schema, depth = 0): unknown {
  // A schema that needs itself has no finite value; a model would be cut off as well.
  if (depth > 32) return null;
  const inner = (next: unknown): unknown => sampleJson(objectOf(next), root, depth + 1);
  if (typeof schema.$ref === 'string') return inner(referenced(schema.$ref, root));
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const union = objectsIn(schema.anyOf ?? schema.oneOf);
  if (union.length > 0) return inner(union[0]);
  const all = objectsIn(schema.allOf);
  if (all.length > 0) return inner(Object.assign({}, ...all, { ...schema, allOf: undefined }));
  switch (typeWord(schema)) {
    case 'object':
      return Object.fromEntries(
        (Array.isArray(schema.required) ? schema.required.map(String) : []).map((name) => [
          name,
          inner(objectOf(schema.properties)[name]),
        ]),
      );
    case 'array':
      return Array.from({ length: Number(schema.minItems ?? 0) }, () => inner(schema.items));
    case 'string':
      return sampleText(schema);
    case 'integer':
    case 'number':
      return sampleNumber(schema);
    case 'boolean':
      return false;
    default:
      return null;
  }
}

/** Google writes types in capitals. */
function typeWord(schema: Json): string {
  const type = Array.isArray(schema.type) ? schema.type.find((word) => word !== 'null') : schema.type;
  if (typeof type === 'string') return type.toLowerCase();
  if (isJson(schema.properties) || schema.type === undefined) return 'object';
  return 'null';
}

function referenced(reference: string, root: Json): unknown {
  return reference
    .replace(/^#\/?/, '')
    .split('/')
    .filter((step) => step !== '')
    .reduce<unknown>((at, step) => objectOf(at)[step.replaceAll('~1', '/').replaceAll('~0', '~')], root);
}

const samples: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  email: 'a@example.com',
  uri: 'https://example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
};

function sampleText(schema: Json): string {
  return (samples[textOf(schema.format)] ?? 'text').padEnd(Number(schema.minLength ?? 0), 'x');
}

function sampleNumber(schema: Json): number {
  const least = Number(schema.minimum ?? Number(schema.exclusiveMinimum ?? -1) + 1);
  const most = Number(schema.maximum ?? Number.POSITIVE_INFINITY);
  const wanted = Math.min(Math.max(0, least), most);
  const step = Number(schema.multipleOf ?? 0);
  return step > 0 ? Math.ceil(wanted / step) * step : wanted;
}
