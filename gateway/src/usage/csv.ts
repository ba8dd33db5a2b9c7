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
  return rows
    .map((row) => `${row.map((value) => quoted(cell(value, form.decimal), form)).join(form.separator)}\r\n`)
    .join('');
}

function quoted(text: string, { separator }: CsvForm): string {
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A number as people's spreadsheets read it: never `1e-7`. */
function plainNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(9).replace(/\.?0+$/, '') : text;
}

/** A cell, in quotes or without, and what ends it. */
const nextCell = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

/** The cells of a file by RFC 4180, without empty lines and a byte order mark. Throws where a quote stands in a cell without quotes, or has no end. */
export function readCsv(file: string): string[][] {
  const text = file.replace(/^\ufeff/, '');
  const rows: string[][] = [[]];
  nextCell.lastIndex = 0;
  for (;;) {
    const found = nextCell.exec(text);
    if (found === null)
      throw new Error(`The file is not valid CSV: row ${rows.length} has a quote that is not expected.`);
    const [, quoted, plain = '', end] = found;
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '') return rows.filter((row) => row.length > 1 || row[0] !== '');
    if (end !== ',') rows.push([]);
  }
}
