/**
 * Rows that are deleted at a time. A statement has 30 seconds: a job that failed for a week would find more rows than it can delete in one, and fail for
 * ever. Others wait for a piece for milliseconds.
 */
export const pieceRows = 5_000;

/** A piece is deleted; were there as many rows as it may have? Then there may be more. */
export function isWhole({ rowCount }: { rowCount: number | null }): boolean {
  return rowCount === pieceRows;
}
