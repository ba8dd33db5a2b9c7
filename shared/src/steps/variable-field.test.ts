import { describe, expect, test } from 'vitest';
import { type VariableType, variableField, variableValue } from './variable-field.ts';

describe('a variable of a prompt is a field of the form', () => {
  const row = { name: 'it', label: 'It', required: true };

  test.each<[VariableType, object]>([
    ['text', { kind: 'text', multiline: true }],
    ['number', { kind: 'number' }],
    ['boolean', { kind: 'boolean' }],
    ['json', { kind: 'json' }],
    ['image', { kind: 'text', multiline: false }],
  ])('%s', (type, field) => {
    expect(variableField({ ...row, type })).toMatchObject({ key: 'it', label: 'It', required: true, ...field });
  });

  test('a choice has the options of the prompt, in its author’s words', () => {
    const field = variableField({ ...row, type: 'choice', options: ['très formel', 'lettre_simple'] });
    expect(field).toMatchObject({ kind: 'choice', choices: ['très formel', 'lettre_simple'] });
    expect(field.choiceLabels).toEqual({ 'très formel': 'très formel', lettre_simple: 'lettre_simple' });
  });

  test('messages are lines with a role and a content', () => {
    const [line] = variableField({ ...row, type: 'messages' }).children;
    expect(line).toMatchObject({ kind: 'group', children: [{ key: 'role', kind: 'choice' }, { key: 'content' }] });
  });

  test('a field with a default may stay empty', () => {
    expect(variableField({ ...row, type: 'text', default: 'friendly' })).toMatchObject({
      required: false,
      initial: 'friendly',
    });
    expect(variableField({ ...row, type: 'boolean', default: false })).toMatchObject({
      required: false,
      initial: false,
    });
    expect(variableField({ ...row, type: 'text', default: null })).toMatchObject({
      required: true,
      initial: undefined,
    });
  });
});

describe('a mapped value has the type of its variable', () => {
  test.each<[VariableType, unknown, unknown]>([
    ['text', 5, '5'],
    ['text', { a: 1 }, '{"a":1}'],
    ['text', false, 'false'],
    ['text', '{{x}}', '{{x}}'],
    ['choice', 'formal', 'formal'],
    ['image', 'https://example.com/a.png', 'https://example.com/a.png'],
    ['number', '0', 0],
    ['number', ' 7.5 ', 7.5],
    ['number', 'many', 'many'],
    ['boolean', 'Yes', true],
    ['boolean', 'false', false],
    ['boolean', 'constructor', 'constructor'],
    ['boolean', true, true],
    ['json', '{"a": [1]}', { a: [1] }],
    ['json', '[1, 2]', [1, 2]],
    ['json', 'null', null],
    ['json', 'plain words', 'plain words'],
    ['json', [{ a: 1 }], [{ a: 1 }]],
    ['messages', [{ content: 'Hi' }], [{ role: 'user', content: 'Hi' }]],
    ['messages', '[{"role": "assistant", "content": "Yes?"}]', [{ role: 'assistant', content: 'Yes?' }]],
    ['messages', { role: 'user', content: 'Hi' }, [{ role: 'user', content: 'Hi' }]],
    ['messages', 'Hi', [{ role: 'user', content: 'Hi' }]],
    ['messages', [{ role: 'user', content: '' }, { content: 'Hi' }], [{ role: 'user', content: 'Hi' }]],
  ])('%s: %j', (type, given, value) => {
    expect(variableValue(type, given)).toEqual(value);
  });

  test.each<VariableType>(['text', 'number', 'boolean', 'choice', 'json', 'image', 'messages'])(
    'an empty %s is not given, so that the default of the prompt applies',
    (type) => {
      for (const empty of [undefined, null, '']) expect(variableValue(type, empty)).toBeUndefined();
    },
  );

  test('lines without content are no messages', () => {
    expect(variableValue('messages', [])).toBeUndefined();
    expect(variableValue('messages', [{ role: 'user', content: '' }])).toBeUndefined();
  });
});
