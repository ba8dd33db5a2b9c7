/** A column as far as its order goes. */
export interface SortableColumn<Row> {
  key: string;
  /** Numbers, whose largest is of most interest. */
  end?: boolean;
  order?: (row: Row) => number | string;
}

export interface Sorting {
  by: string;
  descending: boolean;
  onSort: (by: string) => void;
}

/** The order of a table as the URL has it: `cost` from small to large, `-cost` the other way round. */
type SortOrder = string;

/** Rows by a column that has an order. Another column, or none, leaves them as they come. Pure. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly SortableColumn<Row>[],
  sort: SortOrder | undefined,
): readonly Row[] {
  const { by, descending } = readOrder(sort);
  const orderOf = columns.find(({ key }) => key === by)?.order;
  if (orderOf === undefined) return rows;
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => sign * compare(orderOf(a), orderOf(b)));
}

/** The state of the heads of a table, and the order that a click on one asks for: numbers begin with the largest. */
export function sortingBy<Row>(
  columns: readonly SortableColumn<Row>[],
  sort: SortOrder | undefined,
  onSort: (sort: SortOrder) => void,
): Sorting {
  const { by, descending } = readOrder(sort);
  return {
    by,
    descending,
    onSort: (key) => {
      const isLargestFirst = key === by ? !descending : columns.find((one) => one.key === key)?.end === true;
      onSort(isLargestFirst ? `-${key}` : key);
    },
  };
}

function readOrder(sort = ''): { by: string; descending: boolean } {
  return sort.startsWith('-') ? { by: sort.slice(1), descending: true } : { by: sort, descending: false };
}

function compare(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en');
}
