import { describe, expect, test } from 'vitest';
import { render, transform } from './iml.ts';

const scope = {
  body: {
    name: 'Ada',
    n: 3,
    none: null,
    list: ['a', 'b', 'c'],
    rows: [{ id: 1 }, { id: 2 }],
    'odd name': 7,
    pairs: [
      { key: 'k', value: 'v' },
      { key: 'n', value: 2 },
    ],
    flag: false,
  },
  headers: { 'x-gateway-token': 't' },
  missing: undefined,
};
const value = (expression: string): unknown => render(`{{${expression}}}`, scope);

describe('an expression', () => {
  test.each<[string, unknown]>([
    ['body.name', 'Ada'],
    ['body.n + 1', 4],
    ["body.n + ' of ' + 4", '3 of 4'],
    ['body.n - 1 - 1', 1],
    ['2 + 3 * 4', 14],
    ['(2 + 3) * 4', 20],
    ['7 % 4 / 3', 1],
    ['-body.n', -3],
    ['!body.flag', true],
    ['body.n > 2 && body.n <= 3', true],
    ["body.flag || 'else'", 'else'],
    ["body.name == 'Ada'", true],
    ["body.name != 'Ada'", false],
    ['body.none == undefined', true],
    ['body.nothing == null', true],
    ['body.`odd name`', 7],
    ['headers.`x-gateway-token`', 't'],
    // Lists are counted from 1, and from the end with a minus; nothing in the brackets is the first.
    ['body.list[1]', 'a'],
    ['body.list[]', 'a'],
    ['body.list[-1]', 'c'],
    ['body.list[9]', undefined],
    ['body.rows[2].id', 2],
    ['body.nothing.at.all', undefined],
    ['missing.id', undefined],
    // A property of every object is no property of this one.
    ['body.constructor', undefined],
    ['body.name.length', undefined],
    ['emptystring', ''],
    ['emptyarray', []],
    ['ignore', undefined],
  ])('%s', (expression, expected) => {
    expect(value(expression)).toEqual(expected);
  });

  test.each<[string, unknown]>([
    ["if(body.flag, nonsense.x, 'no')", 'no'],
    ["ifempty(body.none, 'x')", 'x'],
    ["ifempty('', 'x')", 'x'],
    ["ifempty(0, 'x')", 0],
    ["ifempty(emptyarray, 'x')", []],
    ['ifempty(body.name, nonsense)', 'Ada'],
    ["switch(body.n, 1, 'one', 3, 'three', 'many')", 'three'],
    ["switch(body.n, 1, 'one', 'many')", 'many'],
    ['get(body, body.name)', undefined],
    ["get(body, 'name')", 'Ada'],
    ['length(body.list)', 3],
    ["upper('ab') + lower('CD')", 'ABcd'],
    ["replace('a-b-c', '-', '')", 'abc'],
    ["replace('a-b-c', '/-[bc]/g', '')", 'a'],
    ["trim('  x ')", 'x'],
    ["substring('abc', 0, 2)", 'ab'],
    ["join(body.list, ', ')", 'a, b, c'],
    ["split('a,b', ',')", ['a', 'b']],
    ['merge(body.list, body.list)', ['a', 'b', 'c', 'a', 'b', 'c']],
    ["map(body.rows, 'id')", [1, 2]],
    ["contains('abc', 'b')", true],
    ['min(100, body.n)', 3],
    ["parseNumber('0.25', '.')", 0.25],
    ["parseNumber('0,25', ',')", 0.25],
    ["encodeURL('a/b c')", 'a%2Fb%20c'],
    ["parseJSON('[1]')", [1]],
    ['createJSON(body.rows)', '[{"id":1},{"id":2}]'],
    ["toCollection(toArray(body.rows[1]), 'key', 'value')", { id: 1 }],
    ['toCollection(missing, "key", "value")', {}],
    ["sha256('a')", 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
    ["sha256('x', 'key')", expect.stringMatching(/^[0-9a-f]{64}$/)],
    ["base64('a')", 'YQ=='],
    ["contains(body.list, 'b')", true],
    ["replace('/v1//', '/[/]*([/]v1)?[/]*$/', '')", ''],
    ["toCollection(body.pairs, 'key', 'value')", { k: 'v', n: 2 }],
  ])('%s', (expression, expected) => {
    expect(value(expression)).toEqual(expected);
  });

  test.each([
    ['body.list[0]', /counted from 1/],
    ['nothing', /no variable "nothing"/],
    ['nothing(1)', /no function "nothing"/],
    ['constructor(1)', /no function "constructor"/],
    ["body.n == '3'", /number is compared with a string/],
    ['body.n +', /Unexpected end/],
    ['body..n', /Unexpected "\."/],
    ['if(1; 2)', /Unexpected ";"/],
    ['{a: 1}', /Unexpected "\{"/],
    ["'a\\n'", /backslash/],
    ["parseJSON('{')", /parseJSON/],
    ["formatDate('2026', 'YYYY')", /takes a date/],
    ["parseDate('x', 'YYYY')", /no date of the form/],
    ["parseDate('1', 'Q')", /token "Q"/],
    ['merge(body.n)', /lists only/],
    ['[1, 2]', /Unexpected "\["/],
  ])('what Make would let pass in silence is refused: %s', (expression, message) => {
    expect(() => value(expression)).toThrow(message);
  });

  test('that is never ended', () => {
    expect(() => render('a {{body.name', scope)).toThrow(/without "}}"/);
  });
});

describe('dates', () => {
  const at = new Date('2026-11-01T08:09:10.123Z');

  test('are written in the scenario’s zone, unless another is named', () => {
    const dates = { at };
    expect(render("{{formatDate(at, 'YYYY-MM-DDTHH:mm:ssZ', 'UTC')}}", dates)).toBe('2026-11-01T08:09:10+00:00');
    expect(render("{{formatDate(at, 'YYYY-MM-DDTHH:mm:ssZ')}}", dates)).toBe('2026-11-01T09:09:10+01:00');
    expect(render("{{formatDate(at, 'DD.MM.YYYY [at] HH:mm')}}", dates)).toBe('01.11.2026 at 09:09');
    const read = "{{parseDate('2026-11-01T08:09:10.123Z', 'YYYY-MM-DDTHH:mm:ss.SSSZ')}}";
    expect(render(read, {})).toEqual(at);
    expect(render("{{parseDate('2026-11-01 10:00 +02:00', 'YYYY-MM-DD HH:mm Z')}}", {})).toEqual(
      new Date('2026-11-01T08:00:00Z'),
    );
    expect(render('{{parseDate(at, "YYYY")}}', dates)).toBe(at);
    expect(render('on {{at}}', dates)).toBe('on 2026-11-01T08:09:10.123Z');
  });
});

describe('a text', () => {
  test('that is one expression keeps its type; among others it becomes text', () => {
    expect(render('{{body.n}}', scope)).toBe(3);
    expect(render('{{body.n}}{{body.n}}', scope)).toBe('33');
    expect(render('n: {{body.n}}, none: {{body.none}}{{missing}}.', scope)).toBe('n: 3, none: .');
    expect(render('{{body.rows}} ', scope)).toBe('[{"id":1},{"id":2}] ');
    expect(render('plain } text', scope)).toBe('plain } text');
  });

  test('with an end of an expression inside a string', () => {
    expect(render("{{'}}'}}", {})).toBe('}}');
  });

  test('that came in as a value is never evaluated', () => {
    expect(render('{{a}}', { a: '{{secret}}' })).toBe('{{secret}}');
    expect(transform({ x: { y: '{{a}}' } }, { a: '{{secret}}' })).toEqual({ x: { y: '{{secret}}' } });
  });
});

describe('a collection', () => {
  test('leaves out what is undefined, keeps what is null or empty, spreads what it is told to', () => {
    const template = {
      '{{...}}': '{{body.rows[1]}}',
      name: '{{body.name}}',
      none: '{{body.none}}',
      empty: '{{emptystring}}',
      gone: '{{body.gone}}',
      '{{body.name}}': 1,
      list: ['{{body.n}}', { deep: '{{body.flag}}' }],
      number: 5,
    };
    expect(transform(template, scope)).toEqual({
      id: 1,
      name: 'Ada',
      none: null,
      empty: '',
      Ada: 1,
      list: [3, { deep: false }],
      number: 5,
    });
    expect(transform(template, scope)).not.toHaveProperty('gone');
  });

  test('whose keys are spread and set is refused, since Make does not say which win', () => {
    expect(() => transform({ '{{...}}': '{{a}}', x: 2 }, { a: { x: 1, y: 1 } })).toThrow(/"x" is spread and set/);
    expect(transform({ '{{...}}': "{{omit(a, 'x')}}", x: 2 }, { a: { x: 1, y: 1 } })).toEqual({ x: 2, y: 1 });
    expect(transform({ x: 0, '{{...}}': '{{a}}' }, { a: { x: 1 } })).toEqual({ x: 1 });
    expect(transform({ '{{...}}': '{{a}}' }, { a: undefined })).toEqual({});
  });
});
