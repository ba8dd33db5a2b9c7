import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csvRows, excelCsv } from './csv.ts';

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
      expect(parse(csvRows(rows))).toEqual(rows);
    }),
  );
});
