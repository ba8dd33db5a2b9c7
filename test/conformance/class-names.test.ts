import { contract } from '@ai-gateway/shared/contract';
import { openApi } from '@ai-gateway/shared/openapi';
import { expect, it } from 'vitest';

/**
 * Generators of clients name a class for each object within an object, by its title, or by its field where it has none. Two of one
 * name in one object are refused: openapi-python-client leaves the answer out with "Invalid property in union".
 * https://github.com/openapi-generators/openapi-python-client/blob/main/openapi_python_client/parser/properties/model_property.py
 */
type Json = { [key: string]: unknown };

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The objects that a field holds: itself, in a list, or as one of several kinds. */
function objectsOf(schema: unknown): Json[] {
  if (!isJson(schema)) return [];
  if (isJson(schema.properties)) return [schema];
  const kinds = [schema.items, ...['anyOf', 'oneOf', 'allOf'].flatMap((name) => (schema[name] as unknown[]) ?? [])];
  return kinds.flatMap(objectsOf);
}

function* sameNames(value: unknown, at: string): Generator<string> {
  if (Array.isArray(value)) for (const [index, inner] of value.entries()) yield* sameNames(inner, `${at}.${index}`);
  if (!isJson(value)) return;
  if (isJson(value.properties)) {
    const fields = Object.entries(value.properties).flatMap(([field, schema]) =>
      objectsOf(schema).map(({ title }) => ({ field, name: String(title ?? field).toLowerCase() })),
    );
    for (const { field, name } of fields) {
      const others = fields.filter((other) => other.name === name && other.field !== field);
      if (others.length > 0) yield `${at}.${field} is also named "${name}"`;
    }
  }
  for (const [key, inner] of Object.entries(value)) yield* sameNames(inner, `${at}.${key}`);
}

it('no object of /openapi.json holds two fields whose objects have one title', () => {
  const document = openApi({ operations: contract, serverUrl: 'https://gateway.example.com', version: '1.0.0' });
  expect([...sameNames(document, '')]).toEqual([]);
});

it('finds two fields whose objects have one title, one of them null at times', () => {
  const scope = { title: 'Scope', type: 'object', properties: {} };
  const budget = { properties: { scope, instance: { title: 'Instance', anyOf: [scope, { type: 'null' }] } } };
  expect([...sameNames(budget, 'budget')]).toHaveLength(2);
});
