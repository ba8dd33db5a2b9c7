import { describe, expect, test } from 'vitest';
import { type FormField, formValues } from './form-values.ts';

const form: FormField[] = [
  { name: 'text', type: 'text', validate: { pattern: '^a' } },
  { name: 'count', type: 'uinteger', default: 10, validate: { min: 1, max: 20 } },
  { name: 'rate', type: 'number' },
  { name: 'whole', type: 'integer' },
  { name: 'yes', type: 'boolean' },
  { name: 'on', type: 'date' },
  { name: 'link', type: 'url' },
  { name: 'data', type: 'json' },
  { name: 'numbers', type: 'array', spec: { type: 'integer' }, validate: { minItems: 1 } },
  { name: 'people', type: 'array', spec: [{ name: 'name', type: 'text', required: true }] },
  { name: 'inner', type: 'collection', spec: [{ name: 'deep', type: 'text', default: 'd' }] },
  {
    name: 'kind',
    type: 'select',
    default: 'one',
    options: [
      { label: 'One', value: 'one', nested: [{ name: 'only_one', type: 'text' }] },
      { label: 'Two', value: 'two', nested: [{ name: 'only_two', type: 'text', required: true }] },
    ],
  },
];

describe('a form', () => {
  test('reads what was filled in by the type of each field, and sets defaults', () => {
    expect(
      formValues(form, {
        text: 'abc',
        rate: '0.5',
        whole: '-3',
        yes: 'true',
        on: '2026-11-01',
        link: 'https://x.y',
        data: '{"a":1}',
        numbers: ['1', 2],
        people: [{ name: 'Ada' }],
        inner: {},
        only_one: 'x',
      }),
    ).toEqual({
      text: 'abc',
      count: 10,
      rate: 0.5,
      whole: -3,
      yes: true,
      on: new Date('2026-11-01T00:00:00Z'),
      link: 'https://x.y',
      data: { a: 1 },
      numbers: [1, 2],
      people: [{ name: 'Ada' }],
      inner: { deep: 'd' },
      kind: 'one',
      only_one: 'x',
    });
  });

  test('what an option brings along is there only when it is chosen', () => {
    expect(formValues(form, { kind: 'two', only_two: 'x' })).toMatchObject({ only_two: 'x' });
    expect(() => formValues(form, { kind: 'two', only_two: 'x', only_one: 'y' })).toThrow(/no field only_one/);
    expect(() => formValues(form, { kind: 'two' })).toThrow(/required parameter 'only_two'/);
  });

  test('a single value mapped to a list is a list of one', () => {
    expect(formValues(form, { numbers: 4 })).toMatchObject({ numbers: [4] });
  });

  test.each([
    [{ text: 'b' }, /'text'.*pattern/],
    [{ count: 0 }, /'count'.*from 1 to 20/],
    [{ count: 21 }, /'count'.*from 1 to 20/],
    [{ count: 'many' }, /'count'.*no number/],
    [{ whole: 1.5 }, /'whole'.*no whole number/],
    [{ on: 'someday' }, /'on'.*no date/],
    [{ link: 'x.y' }, /'link'.*no URL/],
    [{ data: '{' }, /'data'.*no valid JSON/],
    [{ numbers: [] }, /'numbers'.*fewer than 1/],
    [{ people: [{}] }, /required parameter 'name'/],
    [{ unknown: 1 }, /no field unknown/],
  ])('refuses %o', (given, message) => {
    expect(() => formValues(form, given)).toThrow(message);
  });
});
