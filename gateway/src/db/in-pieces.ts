/**
 * Rows that are deleted at a time. A statement has 30 seconds, and one that is ended has deleted nothing: a job that finds some two
 * million rows (a million took 17 s, measured) would fail for ever. Others wait for a piece for milliseconds.
 */
export const pieceRows = 5_000;

/** A piece is deleted; were there as many rows as it may have? Then there may be more. */
export function isWhole({ rowCount }: { rowCount: number | null }): boolean {
  return rowCount === pieceRows;
}
