import type { ReactNode } from 'react';
import { Empty } from './card.tsx';
import { join } from './join.ts';
import styles from './table.module.css';

export interface Column<Row> {
  /** Names the column in the URL, where it can be sorted by. */
  key: string;
  title: ReactNode;
  cell: (row: Row) => ReactNode;
  /** Numbers align at the end. */
  end?: boolean;
  sortable?: boolean;
  /** Sentences, or several buttons: it keeps some width on a phone. */
  wide?: boolean;
}

export interface Sorting {
  by: string;
  descending: boolean;
  onSort: (by: string) => void;
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
}

export function Table<Row>({ caption, columns, rows, rowKey, empty, sorting }: TableProps<Row>): ReactNode {
  if (rows.length === 0) return <Empty>{empty}</Empty>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard.
    <section className={styles.scroll} aria-label={caption} tabIndex={0}>
      <table className={styles.table}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={join(column.end && styles.end)}
                aria-sort={sortOf(column, sorting)}
              >
                {column.sortable && sorting !== undefined ? (
                  <button type="button" className={styles.sort} onClick={() => sorting.onSort(column.key)}>
                    {column.title} {sorting.by === column.key ? (sorting.descending ? '↓' : '↑') : ''}
                  </button>
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
                <td key={column.key} className={join(column.end && styles.end, column.wide && styles.wide)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function sortOf<Row>(
  { key, sortable }: Column<Row>,
  sorting: Sorting | undefined,
): 'ascending' | 'descending' | undefined {
  if (!sortable || sorting?.by !== key) return undefined;
  return sorting.descending ? 'descending' : 'ascending';
}
