import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csvRows, excelCsv, readCsv } from './csv.ts';

it('a cell is in quotes where it has a separator, a quote or the end of a line, and only there', () => {
  const rows = [
    ['plain', 'a,b', 'a;b', 'say "hi"'],
    ['two\nlines', 'two\r\nlines', ' spaces ', null],
    [1.5, -1, true, ''],
  ];
  expect(csvRows(rows)).toBe(
    'plain,"a,b",a;b,"say ""hi"""\r\n"two\nlines","two\r\nlines", spaces ,\r\n1.5,-1,true,\r\n',
  );
  expect(csvRows(rows.slice(0, 1), excelCsv('de-DE'))).toBe('plain;a,b;"a;b";"say ""hi"""\r\n');
  expect(csvRows([])).toBe('');
});

it('a text that a spreadsheet takes for a formula has an apostrophe before it, and a number has none', () => {
  expect(csvRows([['=1+1', '@a', '\tb', -1]])).toBe("'=1+1,'@a,'\tb,-1\r\n");
});

it('what is written is read again as it was', () => {
  const text = fc.string({ unit: fc.constantFrom('a', ' ', ',', ';', '"', '\r', '\n', '\r\n', '\u00e9') });
  // A line feed at the beginning gets an apostrophe.
  const cell = text.filter((some) => !/^[\r\n]/.test(some));
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell)), (rows) => {
      expect(readCsv(csvRows(rows))).toEqual(rows);
    }),
  );
});

it('a file is read with the ends of lines of any system, and without empty lines and a byte order mark', () => {
  expect(readCsv('\ufeffa,b\r\n\n1,\r"x ""y""\n",2\n\n,')).toEqual([
    ['a', 'b'],
    ['1', ''],
    ['x "y"\n', '2'],
    ['', ''],
  ]);
  expect(readCsv('')).toEqual([]);
});

it.each(['a,b\n1,"2', 'a\nb"c', 'a\n"b"c'])('a file is refused whose quotes are wrong, with the row: %j', (file) => {
  expect(() => readCsv(file)).toThrow('The file is not valid CSV: row 2 has a quote that is not expected.');
});
