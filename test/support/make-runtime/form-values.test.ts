import { describe, expect, test } from 'vitest';
import { type FormField, formValues } from './form-values.ts';

const form: FormField[] = [
  { name: 'text', type: 'text', required: true },
  { name: 'count', type: 'uinteger', default: 10, validate: { min: 1 } },
  { name: 'at', type: 'date' },
  { name: 'flag', type: 'boolean' },
  { name: 'url', type: 'url' },
  { name: 'json', type: 'json' },
  { name: 'rows', type: 'array', spec: [{ name: 'key', type: 'text', required: true }] },
  { name: 'numbers', type: 'array', spec: { type: 'integer' }, validate: { minItems: 1 } },
  { name: 'group', type: 'collection', spec: [{ name: 'inner', type: 'text', default: 'x' }] },
  {
    name: 'kind',
    type: 'select',
    default: 'plain',
    options: [
      { label: 'Plain', value: 'plain' },
      { label: 'Fancy', value: 'fancy', nested: [{ name: 'colour', type: 'text', required: true }] },
    ],
  },
];
const filled = (given: Record<string, unknown>) => formValues(form, { text: 'a', ...given });

describe('a form that was filled in', () => {
  test('has its defaults, and nothing for what was left out', () => {
    expect(filled({})).toEqual({ text: 'a', count: 10, kind: 'plain' });
  });

  test('has values of the types of its fields, whatever was mapped to them', () => {
    const given = { count: '3', at: '2026-11-01T08:00:00Z', flag: 'true', numbers: '7', rows: [{ key: 1 }], group: {} };
    expect(filled(given)).toEqual({
      text: 'a',
      kind: 'plain',
      count: 3,
      at: new Date('2026-11-01T08:00:00Z'),
      flag: true,
      numbers: [7],
      rows: [{ key: '1' }],
      group: { inner: 'x' },
    });
  });

  test('shows what a choice brings along', () => {
    expect(filled({ kind: 'fancy', colour: 'red' })).toMatchObject({ colour: 'red' });
    expect(() => filled({ kind: 'fancy' })).toThrow(/required parameter 'colour'/);
    expect(() => filled({ colour: 'red' })).toThrow(/no field colour/);
  });

  test.each([
    [{ text: '' }, /required parameter 'text'/],
    [{ count: 0 }, /count.*from 1/],
    [{ count: 1.5 }, /no whole number/],
    [{ count: 'many' }, /no number/],
    [{ at: 'soon' }, /no date/],
    [{ url: 'example' }, /no URL/],
    [{ json: '{' }, /no valid JSON/],
    [{ numbers: [] }, /fewer than 1/],
    [{ rows: [{}] }, /required parameter 'key'/],
    [{ other: 1 }, /no field other/],
  ])('%j is refused', (given, message) => {
    expect(() => filled(given)).toThrow(message);
  });
});
