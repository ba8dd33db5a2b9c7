import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../dialects/neutral.ts';
import { fitsAnthropic } from './anthropic-schema.ts';

const many = (count: number, one: JsonObject, more: JsonObject = {}): JsonObject => {
  const names = Array.from({ length: count }, (_, i) => `p${i}`);
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, one])),
    required: names,
    ...more,
  };
};

describe('a schema for Claude’s structured output', () => {
  it.each([
    ['a type or null', { type: ['string', 'null'] }],
    ['one of two', { anyOf: [{ type: 'string' }, { type: 'number' }] }],
    ['exactly one of two', { oneOf: [{ type: 'string' }, { type: 'number' }] }],
  ])('may leave the type open at sixteen places and no more: %s', (_, union) => {
    expect(fitsAnthropic(many(16, union))).toBe(true);
    expect(fitsAnthropic(many(17, union))).toBe(false);
  });

  it('has them counted wherever they stand, through references too', () => {
    const union = { type: ['string', 'null'] };
    const deep = many(9, { type: 'array', items: { $ref: '#/$defs/Pair' } }, { $defs: { Pair: many(2, union) } });
    expect(fitsAnthropic(deep)).toBe(false);
    expect(fitsAnthropic({ ...deep, ...many(8, { $ref: '#/$defs/Pair' }) })).toBe(true);
  });

  it('is no union where there is nothing to choose from', () => {
    expect(fitsAnthropic(many(30, { type: ['string'] }))).toBe(true);
    expect(fitsAnthropic(many(30, { anyOf: [{ type: 'string' }] }))).toBe(true);
  });

  it('may leave out twelve properties at the most, unions or not', () => {
    expect(fitsAnthropic({ ...many(12, { type: 'string' }), required: [] })).toBe(true);
    expect(fitsAnthropic({ ...many(13, { type: 'string' }), required: [] })).toBe(false);
  });

  it('that grows without end from reference to reference is told so at once', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 64 }, (_, i) => [`D${i}`, many(i === 63 ? 0 : 2, { $ref: `#/$defs/D${i + 1}` })]),
    );
    expect(fitsAnthropic({ $defs, $ref: '#/$defs/D0' })).toBe(false);
  });
});
