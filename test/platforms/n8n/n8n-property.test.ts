import type { Field } from '@ai-gateway/shared/fields';
import { withoutArticles } from '@ai-gateway/shared/steps/wording';
import { n8nProperty } from 'n8n-nodes-ai-gateway/src/n8n-property.ts';
import { describe as sentence, titleCase } from 'n8n-nodes-ai-gateway/src/wording.ts';
import { describe, expect, test } from 'vitest';

const plain: Field = {
  key: 'max_tokens',
  kind: 'text',
  label: 'Name of it',
  help: 'What people call it.',
  required: false,
  multiline: false,
  inSight: false,
  moment: false,
  initial: undefined,
  choices: [],
  options: undefined,
  children: [],
};

describe('a field of the contract is a field of n8n’s form', () => {
  test('has its texts as n8n writes them, and the sample as its placeholder', () => {
    expect(n8nProperty({ ...plain, required: true }, { example: 'Acme' })).toEqual({
      displayName: 'Name of It',
      name: 'maxTokens',
      type: 'string',
      required: true,
      default: '',
      placeholder: 'e.g. Acme',
      description: 'What people call it',
    });
  });

  test.each([
    [
      { kind: 'text', multiline: true },
      { type: 'string', typeOptions: { rows: 4 } },
    ],
    [
      { kind: 'number', initial: 5 },
      { type: 'number', default: 5 },
    ],
    [{ kind: 'integer' }, { type: 'number', typeOptions: { numberPrecision: 0 }, default: 0 }],
    [{ kind: 'boolean' }, { type: 'boolean', default: false, description: expect.stringMatching(/^Whether /) }],
    [{ kind: 'json' }, { type: 'json' }],
  ] as const)('%o', (field, expected) => {
    expect(n8nProperty({ ...plain, ...field })).toMatchObject(expected);
  });

  test('a choice has names for people and the contract’s values', () => {
    const choice = n8nProperty({ ...plain, kind: 'choice', choices: ['period_end', 'forever'], initial: 'period_end' });
    expect(choice).toMatchObject({
      type: 'options',
      default: 'period_end',
      options: [
        { name: 'Period End', value: 'period_end' },
        { name: 'Forever', value: 'forever' },
      ],
    });
  });

  test('five choices and more are in alphabetical order', () => {
    const choices = ['e', 'a', 'd', 'b', 'c'];
    const names = n8nProperty({ ...plain, kind: 'choice', choices, required: true }).options;
    expect(names?.map(({ name }) => name)).toEqual(['A', 'B', 'C', 'D', 'E']);
  });

  test('an optional choice begins without a value, and can be emptied again', () => {
    expect(n8nProperty({ ...plain, kind: 'choice', choices: ['ok', 'exceeded'] })).toMatchObject({
      default: '',
      options: [{ value: '' }, { value: 'ok' }, { value: 'exceeded' }],
    });
  });

  test('a field with a list of its own is a drop-down with a search, or an id', () => {
    expect(n8nProperty({ ...plain, options: 'clients.list' }, { example: 'acme' })).toMatchObject({
      type: 'resourceLocator',
      modes: [
        { name: 'list', typeOptions: { searchListMethod: 'searchClients', searchable: true } },
        { name: 'id', placeholder: 'e.g. acme' },
      ],
    });
  });

  test('a list of texts is a repeated line, of numbers one line, of choices ticks, of groups a repeated form', () => {
    const of = (item: Partial<Field>, initial?: unknown) =>
      n8nProperty({ ...plain, kind: 'list', initial, children: [{ ...plain, ...item }] });
    expect(of({})).toMatchObject({ type: 'string', typeOptions: { multipleValues: true }, default: [] });
    expect(of({ kind: 'integer' }, [80, 90])).toMatchObject({ type: 'string', default: '80, 90' });
    expect(of({ kind: 'choice', choices: ['a', 'b'] })).toMatchObject({ type: 'multiOptions', default: [] });
    expect(of({ kind: 'group', children: [plain] })).toMatchObject({
      type: 'fixedCollection',
      typeOptions: { multipleValues: true },
      options: [{ name: 'values', values: [{ name: 'maxTokens' }] }],
    });
  });
});

test('titles keep small words small, sentences their full stops, and ID its capitals', () => {
  expect(titleCase('raise by (USD) for the month')).toBe('Raise by (USD) for the Month');
  expect(titleCase('Group by')).toBe('Group By');
  expect(withoutArticles('Create a budget')).toBe('Create budget');
  expect(sentence('part of its id.')).toBe('Part of its ID');
  expect(sentence('One. Two.')).toBe('One. Two.');
  // n8n shows HTML, and a backtick as a backtick.
  expect(sentence('Lists models, `auto` first.')).toBe('Lists models, <code>auto</code> first');
});
