import { stringify } from 'csv-stringify/sync';

/** Text a spreadsheet would take for a formula, in full-width forms too, is made harmless by an apostrophe before it. */
const formula = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

export type Cell = string | number | boolean | null;

function cell(value: Cell): string {
  if (value === null) return '';
  // Numbers are ours: a negative one is no formula.
  if (typeof value === 'number') return plainNumber(value);
  if (typeof value === 'boolean') return String(value);
  return formula.test(value) ? `'${value}` : value;
}

/** Rows by RFC 4180: CRLF, quotes doubled. */
export function csvRows(rows: readonly (readonly Cell[])[]): string {
  return stringify(
    rows.map((row) => row.map(cell)),
    // A lone line feed needs quotes as much as the CRLF between rows.
    { record_delimiter: 'windows', quoted_match: /[\r\n]/ },
  );
}

/** A number as people's spreadsheets read it: never `1e-7`. */
function plainNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(9).replace(/\.?0+$/, '') : text;
}
