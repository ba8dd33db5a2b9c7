import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contract } from './contract.ts';
import { type Field, fieldsOf } from './fields.ts';
import { usdInput } from './operations/common.ts';

function only(schema: z.ZodType): Field {
  const [field] = fieldsOf({ input: z.object({ it: schema }) });
  if (field === undefined) throw new Error('an object with a field has a field');
  return field;
}

describe('a form field says what a platform needs to show it', () => {
  test('its name, its words, whether it must be filled in and what it begins with', () => {
    const field = only(z.string().default('UTC').meta({ title: 'Time zone', description: 'Where days begin.' }));
    expect(field).toEqual({
      key: 'it',
      kind: 'text',
      label: 'Time zone',
      help: 'Where days begin.',
      required: false,
      multiline: false,
      inSight: false,
      moment: false,
      initial: 'UTC',
      choices: [],
      options: undefined,
      children: [],
    });
    expect(only(z.string()).required).toBe(true);
    expect(only(z.string().optional()).required).toBe(false);
  });

  test.each([
    ['text', z.string()],
    ['number', z.number()],
    ['integer', z.number().int()],
    ['integer', z.coerce.number<number>().int()],
    ['boolean', z.boolean()],
    ['choice', z.enum(['a', 'b'])],
    ['list', z.array(z.string())],
    ['group', z.object({ a: z.string() })],
    ['json', z.record(z.string(), z.string())],
    ['json', z.unknown()],
  ] as const)('%s', (kind, schema) => {
    expect(only(schema).kind).toBe(kind);
  });

  test('a field that may be null is the field it is otherwise', () => {
    // A plain nullable is printed as `type: ['boolean', 'null']`, and once came out as JSON.
    expect(only(z.boolean().nullable()).kind).toBe('boolean');
    expect(only(z.number().min(0).nullable()).kind).toBe('number');
    expect(only(z.enum(['a', 'b']).nullable()).choices).toEqual(['a', 'b']);
    expect(only(z.array(z.string()).nullable()).children).toHaveLength(1);
  });

  test('of several shapes the first is shown, under the words of the whole', () => {
    const parts = z.union([z.string().meta({ title: 'Inner' }), z.array(z.string())]).nullable();
    expect(only(parts.meta({ title: 'Content', 'x-field': { multiline: true } }))).toMatchObject({
      kind: 'text',
      label: 'Content',
      multiline: true,
    });
    expect(only(usdInput({ max: 10 })).kind).toBe('number');
  });

  test('groups and lists hold their fields', () => {
    const field = only(
      z
        .array(z.object({ role: z.enum(['user', 'system']).meta({ title: 'Role' }), text: z.string().optional() }))
        .meta({ title: 'Messages' }),
    );
    const [item] = field.children;
    expect(item).toMatchObject({ key: 'item', kind: 'group', label: 'Messages' });
    expect(item?.children).toMatchObject([
      { key: 'role', kind: 'choice', label: 'Role', required: true, choices: ['user', 'system'] },
      { key: 'text', kind: 'text', label: 'text', required: false },
    ]);
  });

  test('a drop-down names the operation that fills it', () => {
    expect(only(z.string().meta({ 'x-field': { options: 'models.list' } })).options).toBe('models.list');
  });

  test('a group whose fields another field decides names the operation that lists them, and that field', () => {
    const variables = z.record(z.string(), z.unknown()).optional();
    expect(only(variables.meta({ 'x-field': { fields: 'prompts.fields', by: 'id' } }))).toMatchObject({
      kind: 'json',
      fields: { operation: 'prompts.fields', by: 'id' },
    });
    expect(only(variables)).not.toHaveProperty('fields');
  });
});

test('the chat form asks for the model first and for words in a large box', () => {
  const fields = fieldsOf(contract[0]);
  expect(fields.filter(({ required }) => required).map(({ key }) => key)).toEqual(['model', 'messages']);
  expect(fields[0]?.options).toBe('models.list');
  const content = fields[1]?.children[0]?.children.find(({ key }) => key === 'content');
  expect(content).toMatchObject({ kind: 'text', multiline: true });
  expect(fields.find(({ key }) => key === 'stream')?.kind).toBe('boolean');
});
