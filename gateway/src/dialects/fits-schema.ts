/**
 * Does a value fit a JSON Schema, as far as that is cheap to say? Types, members, items, `enum` and `const` are checked, to a depth and a
 * number of values; `$ref`, patterns and combinations other than `anyOf` are taken to fit. What is said not to fit does not.
 */
export function fitsSchema(value: unknown, schema: unknown): boolean {
  return fits(value, schema, { values: 0, depth: 0 });
}

const valuesMax = 5_000;
const depthMax = 12;

interface Looking {
  values: number;
  depth: number;
}

function fits(value: unknown, schema: unknown, looking: Looking): boolean {
  looking.values += 1;
  if (!isObject(schema) || looking.depth > depthMax || looking.values > valuesMax) return true;
  if (Array.isArray(schema.enum) && !schema.enum.some((one) => isSame(one, value))) return false;
  if (schema.const !== undefined && !isSame(schema.const, value)) return false;
  if (schema.type !== undefined && !hasType(value, schema.type)) return false;
  looking.depth += 1;
  const isFit =
    (!Array.isArray(schema.anyOf) || schema.anyOf.some((one) => fits(value, one, looking))) &&
    (!Array.isArray(value) || value.every((item) => fits(item, schema.items, looking))) &&
    (!isObject(value) || membersFit(value, schema, looking));
  looking.depth -= 1;
  return isFit;
}

function membersFit(value: Members, schema: Members, looking: Looking): boolean {
  const required = Array.isArray(schema.required) ? schema.required : [];
  if (required.some((name) => typeof name === 'string' && !Object.hasOwn(value, name))) return false;
  const properties = isObject(schema.properties) ? schema.properties : {};
  return Object.keys(value).every((name) =>
    Object.hasOwn(properties, name)
      ? fits(value[name], properties[name], looking)
      : schema.additionalProperties !== false,
  );
}

type Members = { [name: string]: unknown };

function hasType(value: unknown, type: unknown): boolean {
  if (Array.isArray(type)) return type.some((one) => hasType(value, one));
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  if (type === 'integer') return typeof value === 'number' && Number.isInteger(value);
  return type === 'string' || type === 'number' || type === 'boolean' ? typeof value === type : true;
}

/** Of values that are lists or objects nothing is said: they are taken to be the same. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || (typeof one === 'object' && one !== null);
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
