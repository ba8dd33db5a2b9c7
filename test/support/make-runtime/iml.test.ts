import { describe, expect, test } from 'vitest';
import { render, transform } from './iml.ts';

const scope = {
  a: { b: 1, 'odd name': 'x' },
  list: ['one', 'two', 'three'],
  none: undefined,
  nothing: null,
  empty: '',
  rows: [
    { key: 'k', value: 'v' },
    { key: 'n', value: 2 },
  ],
  at: new Date('2026-11-01T08:30:05.123Z'),
};
const value = (text: string) => render(`{{${text}}}`, scope);

describe('an expression', () => {
  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['7 % 4 - 1', 2],
    ["'a' + 1", 'a1'],
    ['-2 + 3', 1],
    ['!empty', true],
    ['1 < 2 && 2 <= 2', true],
    ['1 > 2 || 3 >= 3', true],
    ['a.b == 1', true],
    ["list[1] != 'one'", false],
    ['none == nothing', true],
  ])('%s is %s', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  test('reaches into collections, by odd names too, and counts lists from 1 and from the end', () => {
    expect(value('a.b')).toBe(1);
    expect(value('a.`odd name`')).toBe('x');
    expect(value('list[1]')).toBe('one');
    expect(value('list[]')).toBe('one');
    expect(value('list[-1]')).toBe('three');
    expect(value('list[9]')).toBeUndefined();
    expect(value('none.b.c')).toBeUndefined();
    // What every object of JavaScript has is no field of anybody's.
    expect(value('a.constructor')).toBeUndefined();
  });

  test('keeps its type alone, and is text among text', () => {
    expect(render('{{list}}', scope)).toEqual(scope.list);
    expect(render('{{a.b}} and {{none}}{{a}}', scope)).toBe('1 and {"b":1,"odd name":"x"}');
    expect(render('no braces } { here', scope)).toBe('no braces } { here');
  });

  test('may hold braces in a string, and is not evaluated twice', () => {
    expect(value("'}} {{a.b}}'")).toBe('}} {{a.b}}');
    expect(render('{{given}}', { given: '{{a.b}}' })).toBe('{{a.b}}');
  });

  test.each([
    ['list[0]', /counted from 1/],
    ['unknown', /no variable "unknown"/],
    ['f(1)', /no function "f"/],
    ['if(1; 2; 3)', /Unexpected ";"/],
    ['[1, 2]', /Unexpected "\["/],
    ['1 +', /Unexpected end/],
    ["a.b == '1'", /number is compared with a string/],
    ["'a\\d'", /backslash/],
  ])('%s is an error here, where Make says nothing', (text, message) => {
    expect(() => value(text)).toThrow(message);
  });

  test('that is not closed is an error', () => {
    expect(() => render('{{a.b', scope)).toThrow(/without/);
  });
});

describe('functions', () => {
  test('if, ifempty and switch evaluate only what they return', () => {
    expect(value("if(a.b == 1, 'yes', unknown)")).toBe('yes');
    expect(value('ifempty(a.b, unknown)')).toBe(1);
    expect(value("switch(a.b, 2, unknown, 1, 'one', unknown)")).toBe('one');
    expect(value("switch(a.b, 2, 'two', 'other')")).toBe('other');
  });

  test('empty is what is missing, null and no text, but neither 0 nor an empty list', () => {
    expect([value("ifempty(none, 'x')"), value("ifempty(nothing, 'x')"), value("ifempty(empty, 'x')")]).toEqual([
      'x',
      'x',
      'x',
    ]);
    expect(value("ifempty(0, 'x')")).toBe(0);
    expect(value("ifempty(emptyarray, 'x')")).toEqual([]);
  });

  test.each<[string, unknown]>([
    ["replace('a.b.c', '.', '-')", 'a-b-c'],
    ["replace('/v1//', '/[/]*([/]v1)?[/]*$/', '')", ''],
    ["split('a,b', ',')", ['a', 'b']],
    ["join(list, ', ')", 'one, two, three'],
    ["contains(list, 'two')", true],
    ["toCollection(rows, 'key', 'value')", { k: 'v', n: 2 }],
    ["toCollection(none, 'key', 'value')", {}],
    ['merge(list, emptyarray)', ['one', 'two', 'three']],
    ["map(rows, 'key')", ['k', 'n']],
    ["parseJSON('[1, 2]')", [1, 2]],
    ['min(3, 1, 2)', 1],
    ["parseNumber('1.5', '.')", 1.5],
    ["encodeURL('a/b c')", 'a%2Fb%20c'],
    ["get(a, 'b')", 1],
    ['length(list)', 3],
    ["sha256('x', 'key')", expect.stringMatching(/^[0-9a-f]{64}$/)],
  ])('%s', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  test('dates are read and written in UTC', () => {
    expect(value("formatDate(at, 'YYYY-MM-DDTHH:mm:ssZ')")).toBe('2026-11-01T08:30:05+00:00');
    expect(value("parseDate('2026-11-01T08:30:05.123Z', 'YYYY-MM-DDTHH:mm:ss.SSSZ')")).toEqual(scope.at);
    expect(value("parseDate('2026-11-01T09:30:05.123+01:00', 'YYYY-MM-DDTHH:mm:ss.SSSZ')")).toEqual(scope.at);
    expect(() => value("formatDate(at, 'dddd')")).toThrow(/date token/);
    expect(() => value("parseDate('soon', 'YYYY')")).toThrow(/no date/);
  });
});

describe('JSON with expressions', () => {
  test('leaves out what is undefined, keeps what is null or empty', () => {
    expect(transform({ x: '{{none}}', y: '{{nothing}}', z: '{{empty}}', e: '{{emptystring}}' }, scope)).toEqual({
      y: null,
      z: '',
      e: '',
    });
  });

  test('spreads a collection, in the order in which it stands', () => {
    expect(transform({ b: 0, '{{...}}': '{{a}}', 'odd name': 'mine' }, scope)).toEqual({ b: 1, 'odd name': 'mine' });
    expect(transform({ '{{...}}': '{{none}}', x: 1 }, scope)).toEqual({ x: 1 });
  });

  test('reaches into lists and collections', () => {
    expect(transform({ deep: [{ x: '{{a.b}}' }, '{{list[2]}}', 7, true] }, scope)).toEqual({
      deep: [{ x: 1 }, 'two', 7, true],
    });
  });
});
