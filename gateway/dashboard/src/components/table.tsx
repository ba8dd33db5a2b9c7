import type { ReactNode } from 'react';
import { decimalsForPeople } from '../format/money.ts';
import { Empty } from './empty.tsx';
import { join } from './join.ts';
import type { Sorting } from './sorted-rows.ts';
import styles from './table.module.css';

export interface Column<Row> {
  /** Names the column in the URL, where it can be sorted by. */
  key: string;
  title: ReactNode;
  cell: (row: Row) => ReactNode;
  /** Numbers align at the end. */
  end?: boolean;
  /** The amount in dollars that the cell shows: its point is below the point of the others. */
  amount?: (row: Row) => number | undefined;
  /** Rows can be put in the order of this, where the whole list is on the page. */
  order?: (row: Row) => number | string;
  /** Sentences, or several buttons: it keeps some width on a phone. */
  wide?: boolean;
  /** A few words that stay on one line: the table scrolls instead. */
  line?: boolean;
  /** It only adds to others: left out of stacked rows, and beside the menu on a small screen. */
  spare?: boolean;
  /** What a reader looks for first: beside the first column where rows are stacked. */
  main?: boolean;
}

export interface TableProps<Row> {
  /** Read out before the rows; nobody sees it. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Shown in the place of the rows while there are none. */
  empty: ReactNode;
  sorting?: Sorting;
  /** A row is a few lines on a phone, where its columns would run off the side. Not for figures that are compared down a column. */
  stacked?: boolean;
}

export function Table<Row>({ caption, columns, rows, rowKey, empty, sorting, stacked }: TableProps<Row>): ReactNode {
  if (rows.length === 0) return <Empty>{empty}</Empty>;
  const padding = paddingOf(columns, rows);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard.
    <section className={styles.scroll} aria-label={caption} tabIndex={0}>
      <table className={join(styles.table, stacked && styles.stacked)}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={join(column.end && styles.end, column.spare && styles.spare)}
                aria-sort={sortOf(column, sorting)}
              >
                {column.order !== undefined && sorting !== undefined ? (
                  <>
                    <button type="button" className={styles.sort} onClick={() => sorting.onSort(column.key)}>
                      {column.title}
                      {sorting.by === column.key ? (
                        <span className={styles.arrow} aria-hidden="true">
                          {sorting.descending ? ' ↓' : ' ↑'}
                        </span>
                      ) : null}
                    </button>
                    {/* Paper has no buttons. */}
                    <span className={styles.printed}>{column.title}</span>
                  </>
                ) : (
                  column.title
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td
                  key={column.key}
                  className={join(
                    ...(['end', 'wide', 'line', 'spare', 'main'] as const).map((one) => column[one] && styles[one]),
                  )}
                  data-title={shortTitle(column)}
                >
                  {column.amount === undefined ? (
                    column.cell(row)
                  ) : (
                    <span className={styles.amount} style={{ paddingInlineEnd: padding(column, row) }}>
                      {column.cell(row)}
                    </span>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The digits that an amount lacks behind its point, as room. */
function paddingOf<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): (column: Column<Row>, row: Row) => string {
  const decimals = ({ amount }: Column<Row>, row: Row): number => {
    const value = amount?.(row);
    return value === undefined ? 0 : decimalsForPeople(value);
  };
  const most = new Map(columns.map((column) => [column.key, Math.max(...rows.map((row) => decimals(column, row)))]));
  return (column, row) => {
    const own = decimals(column, row);
    return own === 0 ? '0' : `${(most.get(column.key) ?? own) - own}ch`;
  };
}

function sortOf<Row>(
  { key, order }: Column<Row>,
  sorting: Sorting | undefined,
): 'ascending' | 'descending' | undefined {
  if (order === undefined || sorting?.by !== key) return undefined;
  return sorting.descending ? 'descending' : 'ascending';
}

/** Columns whose values say themselves what they are. */
const untitled: ReadonlySet<string> = new Set(['status', 'state', 'text']);

/** Before a value in a stacked row. */
function shortTitle<Row>({ key, title }: Column<Row>): string | undefined {
  return typeof title !== 'string' || title === '' || untitled.has(key) ? undefined : title;
}
