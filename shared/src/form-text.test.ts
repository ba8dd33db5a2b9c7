import { expect, it } from 'vitest';
import { formNumber, formText } from './form-text.ts';

it.each([
  ['Hi', 'Hi'],
  [' kept as it is ', ' kept as it is '],
  ['', ''],
  [undefined, ''],
  [null, ''],
  [0, '0'],
  [0.1, '0.1'],
  [Number.NaN, ''],
  [false, 'false'],
  [{ b: 1 }, '{"b":1}'],
  [{}, '{}'],
  [['a', 1], '["a",1]'],
  [[], ''],
  [new Date('2026-12-01T00:00:00Z'), '2026-12-01T00:00:00.000Z'],
  [Object('boxed'), 'boxed'],
  [() => 1, ''],
])('a text field filled with %j reads %j', (value, text) => {
  expect(formText(value)).toBe(text);
});

it('a number field takes numbers in words, and leaves the rest to the gateway', () => {
  expect([formNumber('300'), formNumber(' 0.5 '), formNumber(7), formNumber('0,7'), formNumber('')]).toEqual([
    300,
    0.5,
    7,
    '0,7',
    '',
  ]);
});
