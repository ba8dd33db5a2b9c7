import { describe, expect, test } from 'vitest';
import { answerFields, jsonByFields } from './answer-fields.ts';

describe('an answer in fields that a person names', () => {
  test('is JSON by a schema that the model keeps to strictly', () => {
    const lines = [
      { field_name: ' kind ', field_type: 'string', field_description: 'What it is', field_values: 'invoice, order,' },
      { field_name: 'total', field_type: 'number', field_description: '' },
      { field_name: 'items', field_type: 'array', field_values: ['a', 'b'] },
      { field_name: 'level', field_type: 'integer', field_values: '1, 2' },
      { field_name: 'paid', field_type: 'boolean', field_values: 'yes' },
      { field_name: '', field_type: 'string' },
      { field_name: 'note' },
    ];
    expect(jsonByFields(answerFields(lines, 'answer_fields'))).toEqual({
      response_format: {
        type: 'json_schema',
        json_schema: {
          name: 'answer',
          strict: true,
          schema: {
            type: 'object',
            properties: {
              kind: { type: 'string', enum: ['invoice', 'order'], description: 'What it is' },
              total: { type: 'number' },
              items: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } },
              level: { type: 'integer', enum: [1, 2] },
              paid: { type: 'boolean' },
              note: { type: 'string' },
            },
            required: ['kind', 'total', 'items', 'level', 'paid', 'note'],
            additionalProperties: false,
          },
        },
      },
    });
  });

  test('is refused without a field, and with two of one name', () => {
    for (const lines of [undefined, [], [{ field_name: ' ' }]])
      expect(() => answerFields(lines, 'answer_fields')).toThrow('Name the fields of the answer, at least one.');
    expect(() => answerFields([{ field_name: 'a' }, { field_name: 'a ' }], 'answer_fields')).toThrow(
      'Two fields of the answer are named "a". Rename one.',
    );
  });

  test('takes a type by its name or by the word of the form, in any case, and refuses another', () => {
    const types = ['Number', 'NUMBER', 'Yes or No', 'whole number', 'List of texts', 'Text', ''];
    const lines = types.map((field_type, at) => ({ field_name: `f${at}`, field_type }));
    expect(answerFields(lines, 'answer_fields').map(({ type }) => type)).toEqual([
      'number',
      'number',
      'boolean',
      'integer',
      'array',
      'string',
      'string',
    ]);
    expect(() => answerFields([{ field_name: 'due', field_type: 'Date' }], 'answer_fields')).toThrow(
      '"Date" is not a type of field. Choose one of these: Text, Number, Whole number, Yes or no, List of texts.',
    );
  });

  test('refuses a name of two words, with one that can be used', () => {
    expect(() => answerFields([{ field_name: 'Total  price' }], 'answer_fields')).toThrow(
      'A field has a name in one word. Name "Total  price" Total_price.',
    );
  });
});
