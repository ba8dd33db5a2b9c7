/** A part of the rows of a list, read when somebody asks for it: rows by the thousands are read a slice in each turn of the event loop. */
export interface Slice<Row> {
  read(): Row[];
}

/** So many rows are read and worked on within a millisecond. */
export const rowsInSlice = 200;

/** Of one that the database has written as a JSON array of arrays: a text is passed on by the driver as it is. */
export function sliceOf<Values extends readonly unknown[], Row>(
  { slice }: { slice: string },
  rowOf: (values: Values) => Row,
): Slice<Row> {
  return { read: () => (JSON.parse(slice) as Values[]).map((values) => rowOf(values)) };
}
