import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { Loaded } from './card.tsx';
import styles from './parts.module.css';
import { Table, type TableProps } from './table.tsx';

interface PagesProps {
  next: string | null;
  /** Of this page; undefined on the first. */
  cursor: string | undefined;
  /** Goes to another page; undefined: to the first. */
  onCursor: (cursor: string | undefined) => void;
  /** Says of a list of several pages how they are sorted. */
  note?: string;
}

export const sortedUpTo100 = 'A list of up to 100 rows can be sorted by its headings.';

/** Under a table that has more rows than one page. */
export function Pages({ next, cursor, onCursor, note }: PagesProps): ReactNode {
  if (next === null && cursor === undefined) return null;
  return (
    <div className={`${styles.row} screen-only`}>
      {cursor === undefined ? null : <Button onClick={() => onCursor(undefined)}>First page</Button>}
      {next === null ? null : <Button onClick={() => onCursor(next)}>Next page</Button>}
      {note === undefined ? null : <span className={styles.muted}>{note}</span>}
    </div>
  );
}

interface PagedTableProps<Row> extends Omit<TableProps<Row>, 'rows'>, Omit<PagesProps, 'next' | 'note'> {
  query: UseQueryResult<{ data: readonly Row[]; next_cursor: string | null }>;
}

/** The rows of a list operation, page by page. */
export function PagedTable<Row>({ query, cursor, onCursor, ...table }: PagedTableProps<Row>): ReactNode {
  return (
    <Loaded query={query}>
      {({ data, next_cursor: next }) => (
        <>
          <Table {...table} rows={data} />
          <Pages next={next} cursor={cursor} onCursor={onCursor} />
        </>
      )}
    </Loaded>
  );
}
