import {
  type Arbitrary,
  array,
  assert,
  boolean,
  constantFrom,
  dictionary,
  jsonValue,
  property,
  record,
  string,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../dialects/neutral.ts';
import { argumentsSchema, geminiSchema } from './gemini-schema.ts';

describe('a JSON Schema for Gemini', () => {
  it('says nothing of its version, and keeps what it defines under the one name Gemini knows', () => {
    expect(
      geminiSchema({
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'object',
        properties: { home: { $ref: '#/definitions/Address' }, work: { $ref: '#/$defs/Address' } },
        definitions: { Address: { type: 'object', properties: { kind: { const: 'address' } } } },
        $defs: { Zip: { type: 'string' } },
      }),
    ).toEqual({
      type: 'object',
      properties: { home: { $ref: '#/$defs/Address' }, work: { $ref: '#/$defs/Address' } },
      $defs: { Address: { type: 'object', properties: { kind: { enum: ['address'] } } }, Zip: { type: 'string' } },
    });
  });

  it('says nothing beside a reference, where Gemini takes nothing else', () => {
    const home = { $ref: '#/definitions/Address', description: 'Where they live', nullable: true };
    const definitions = { Address: { type: 'object', properties: { zip: { type: 'string' } } } };
    expect(geminiSchema({ type: 'object', properties: { home }, definitions })).toEqual({
      type: 'object',
      properties: { home: { $ref: '#/$defs/Address' } },
      $defs: definitions,
    });
    expect(geminiSchema({ ...home, definitions })).toEqual({ $ref: '#/$defs/Address', $defs: definitions });
  });

  it('leaves names and data alone, whatever they are called', () => {
    const schema = {
      type: 'object',
      properties: {
        $schema: { type: 'string' },
        const: { type: 'number' },
        definitions: { default: { $schema: 'x' } },
      },
      required: ['$schema', 'const'],
      examples: [{ const: 1, $schema: 'y' }],
      enum: [{ const: 2 }],
      additionalProperties: false,
    };
    expect(geminiSchema(schema)).toEqual(schema);
  });

  it('reaches every place a schema stands in', () => {
    const inner = { $schema: 'x', type: 'string' };
    const places = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'];
    for (const place of places) expect(geminiSchema({ [place]: inner })).toEqual({ [place]: { type: 'string' } });
    for (const place of ['anyOf', 'oneOf', 'allOf', 'prefixItems'])
      expect(geminiSchema({ [place]: [inner, true] })).toEqual({ [place]: [{ type: 'string' }, true] });
    for (const place of ['properties', 'patternProperties', 'dependentSchemas'])
      expect(geminiSchema({ [place]: { a: inner } })).toEqual({ [place]: { a: { type: 'string' } } });
  });

  it('is the same when written twice, and changes nothing it was given', () => {
    assert(
      property(schemas(3), (given) => {
        const before = structuredClone(given);
        const once = geminiSchema(given);
        expect(geminiSchema(once)).toEqual(once);
        expect(given).toEqual(before);
        expect(once).not.toHaveProperty('definitions');
        expect(Object.keys(once)).not.toContain('$schema');
      }),
    );
  });
});

describe('the arguments of a tool', () => {
  it.each([
    {},
    { type: 'object' },
    { type: 'object', properties: {}, required: [], additionalProperties: false, $schema: 'x' },
  ])('%o are none', (parameters) => {
    expect(argumentsSchema(parameters)).toBeUndefined();
  });

  it('are an object, said or not', () => {
    const properties = { city: { type: 'string' } };
    expect(argumentsSchema({ properties })).toEqual({ type: 'object', properties });
  });

  it('may stand in a definition of their own', () => {
    const $defs = { Place: { type: 'object', properties: { city: { type: 'string' } } } };
    expect(argumentsSchema({ $ref: '#/$defs/Place', $defs })).toEqual({ $ref: '#/$defs/Place', $defs });
  });

  it('may be anything at all', () => {
    const anything = { type: 'object', additionalProperties: true };
    expect(argumentsSchema(anything)).toEqual(anything);
  });
});

function schemas(depth: number): Arbitrary<JsonObject> {
  const inner: Arbitrary<unknown> = depth <= 1 ? boolean() : schemas(depth - 1);
  const named = dictionary(string(), inner, { maxKeys: 2 });
  return record(
    {
      $schema: constantFrom('https://json-schema.org/draft/2020-12/schema'),
      type: constantFrom('object', 'string', 'array'),
      $ref: constantFrom('#/definitions/A', '#/$defs/A', '#'),
      definitions: named,
      $defs: named,
      properties: named,
      items: inner,
      anyOf: array(inner, { maxLength: 2 }),
      const: constantFrom('x', 1, null),
      default: jsonValue({ maxDepth: 1 }),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
}
