import { stringify } from 'csv-stringify/sync';

/** Text a spreadsheet would take for a formula, in full-width forms too, is made harmless by an apostrophe before it. */
const formula = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

export type Cell = string | number | boolean | null;

/** How a file is written: for programs by RFC 4180, or as a spreadsheet program expects it. */
export interface CsvForm {
  /** Excel takes a file without a byte order mark for one in the machine's own code page. */
  byteOrderMark: boolean;
  separator: ',' | ';';
  decimal: '.' | ',';
}

export const plainCsv: CsvForm = { byteOrderMark: false, separator: ',', decimal: '.' };

/** Where a language writes 0,5, Excel separates the cells of a row by semicolons. */
export function excelCsv(locale: string): CsvForm {
  const hasComma = new Intl.NumberFormat(locale).format(0.5).includes(',');
  return { byteOrderMark: true, separator: hasComma ? ';' : ',', decimal: hasComma ? ',' : '.' };
}

/** The beginning of a file. */
export function csvHead({ byteOrderMark }: CsvForm): string {
  return byteOrderMark ? '\ufeff' : '';
}

function cell(value: Cell, decimal: CsvForm['decimal']): string {
  if (value === null) return '';
  // Numbers are ours: a negative one is no formula.
  if (typeof value === 'number') return plainNumber(value).replace('.', decimal);
  if (typeof value === 'boolean') return String(value);
  return formula.test(value) ? `'${value}` : value;
}

/** Rows by RFC 4180: CRLF, quotes doubled. */
export function csvRows(rows: readonly (readonly Cell[])[], form: CsvForm = plainCsv): string {
  return stringify(
    rows.map((row) => row.map((value) => cell(value, form.decimal))),
    // A lone line feed needs quotes as much as the CRLF between rows.
    { record_delimiter: 'windows', delimiter: form.separator, quoted_match: /[\r\n]/ },
  );
}

/** A number as people's spreadsheets read it: never `1e-7`. */
function plainNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(9).replace(/\.?0+$/, '') : text;
}
