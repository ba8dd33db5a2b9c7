import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sampleOf } from './sample-json.ts';

const person = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name'],
};

const schemas: [string, object][] = [
  ['a text', { type: 'string' }],
  ['a text of some length', { type: 'string', minLength: 20, maxLength: 30 }],
  ['a short text', { type: 'string', maxLength: 3 }],
  ['a date', { type: 'string', format: 'date' }],
  ['a time', { type: 'string', format: 'date-time' }],
  ['an e-mail address', { type: 'string', format: 'email' }],
  ['an id', { type: 'string', format: 'uuid' }],
  ['an address', { type: 'string', format: 'uri' }],
  ['a whole number', { type: 'integer', minimum: 3, maximum: 3 }],
  ['a whole number over a bound', { type: 'integer', exclusiveMinimum: 3 }],
  ['a whole number under a bound', { type: 'integer', exclusiveMaximum: -3 }],
  ['a number between close bounds', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.5 }],
  ['a number under nought', { type: 'number', maximum: -1.5 }],
  ['a multiple', { type: 'integer', minimum: 10, multipleOf: 7 }],
  ['a multiple under a bound', { type: 'integer', maximum: 3, multipleOf: 5 }],
  ['a truth', { type: 'boolean' }],
  ['nothing', { type: 'null' }],
  ['one of several', { enum: ['b', 'a'] }],
  ['one thing only', { const: 42 }],
  ['a thing or nothing', { type: ['string', 'null'] }],
  ['only nothing, in a list', { type: ['null'] }],
  ['an object', person],
  ['an object nobody called one', { properties: person.properties, required: ['age'] }],
  ['a list', { type: 'array', items: person, minItems: 2 }],
  ['an empty list', { type: 'array', items: person }],
  ['a tuple', { type: 'array', prefixItems: [{ type: 'integer' }, { type: 'string' }], minItems: 2 }],
  ['one of two shapes', { anyOf: [{ type: 'integer', minimum: 5 }, { type: 'string' }] }],
  ['a shape with one of two needs', { ...person, anyOf: [{ required: ['age'] }, { required: ['name'] }] }],
  [
    'one of two shapes that exclude each other',
    {
      oneOf: [
        { type: 'object', properties: { kind: { const: 'a' } }, required: ['kind'] },
        { type: 'object', properties: { kind: { const: 'b' } }, required: ['kind'] },
      ],
    },
  ],
  [
    'all of several shapes',
    { allOf: [person, { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] }] },
  ],
  [
    'a named shape',
    { $defs: { person }, type: 'object', properties: { who: { $ref: '#/$defs/person' } }, required: ['who'] },
  ],
  [
    'a named shape used twice',
    {
      $defs: { person },
      type: 'object',
      properties: { a: { $ref: '#/$defs/person' }, b: { $ref: '#/$defs/person' } },
      required: ['a', 'b'],
    },
  ],
  [
    'a list that goes on or ends',
    {
      $defs: {
        node: {
          type: 'object',
          properties: { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
          required: ['value', 'next'],
          additionalProperties: false,
        },
      },
      $ref: '#/$defs/node',
    },
  ],
  [
    'a tree',
    {
      type: 'object',
      properties: { label: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } },
      required: ['label', 'children'],
    },
  ],
];

describe('the sample of a schema', () => {
  it.each(schemas)('for %s is valid', (_, schema) => {
    const outcome = z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema).safeParse(sampleOf(schema));
    expect(outcome.error?.issues ?? []).toEqual([]);
  });

  it('has every required member and no other', () => {
    expect(sampleOf({ ...person, required: ['age'] })).toEqual({ age: 1 });
    expect(sampleOf({ ...person, minProperties: 2 })).toEqual({ name: 'sandbox', age: 1 });
  });

  it('is what the schema itself gives as an example or a default', () => {
    expect(sampleOf({ type: 'string', default: 'EUR' })).toBe('EUR');
    expect(sampleOf({ type: 'string', examples: ['USD'] })).toBe('USD');
  });

  it('goes once through a list that contains itself, and ends', () => {
    const list = {
      type: 'object',
      properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
      required: ['next'],
    };
    expect(sampleOf(list)).toEqual({ next: null });
  });

  it('follows a reference with escapes, and one named like part of every object', () => {
    expect(sampleOf({ $defs: { 'a/b~c': { const: 7 } }, $ref: '#/$defs/a~1b~0c' })).toBe(7);
    expect(sampleOf({ $ref: '#/constructor' })).toBe('sandbox');
  });

  it('keeps what stands beside a reference', () => {
    expect(sampleOf({ $defs: { n: { type: 'integer' } }, $ref: '#/$defs/n', minimum: 9 })).toBe(9);
  });

  it('lets two parts of one shape share a third', () => {
    const base = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
    const schema = {
      $defs: { base, a: { allOf: [{ $ref: '#/$defs/base' }] } },
      allOf: [{ $ref: '#/$defs/base' }, { $ref: '#/$defs/base', required: ['id'] }],
    };
    expect(sampleOf(schema)).toEqual({ id: 'sandbox' });
  });

  it.each([
    ['itself', { $ref: '#' }],
    ['itself or itself', { anyOf: [{ $ref: '#' }, { $ref: '#' }] }],
    ['a ring', { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' }],
    ['an object that needs itself', { type: 'object', properties: { me: { $ref: '#' } }, required: ['me'] }],
  ])('is missing where there can be none: %s', (_, schema) => {
    expect(sampleOf(schema)).toBeUndefined();
  });

  it('is given up for a schema made to have millions of branches', () => {
    const $defs: Record<string, object> = { n0: { $ref: '#/$defs/n0' } };
    for (let i = 1; i <= 40; i++) $defs[`n${i}`] = { anyOf: Array(8).fill({ $ref: `#/$defs/n${i - 1}` }) };
    expect(sampleOf({ $defs, $ref: '#/$defs/n40' })).toBeUndefined();
  });

  it.each([[undefined], [null], [true], ['x'], [[]]])('of no schema at all (%j) is a text', (schema) => {
    expect(sampleOf(schema)).toBe('sandbox');
  });
});
