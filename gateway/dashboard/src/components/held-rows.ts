import { useState } from 'react';

interface HeldRows<Row> {
  /** In the order in which the reader first saw them, with what is known of each now. */
  rows: readonly Row[];
  newer: number;
}

/** Newer rows push the older ones off their page; those in sight keep their place. Pure. */
export function holdRows<Row extends { id: string }>(shown: readonly Row[], fresh: readonly Row[]): HeldRows<Row> {
  const now = new Map(fresh.map((row) => [row.id, row]));
  const known = new Set(shown.map(({ id }) => id));
  return {
    rows: shown.map((row) => now.get(row.id) ?? row),
    newer: fresh.filter(({ id }) => !known.has(id)).length,
  };
}

/**
 * Keeps a list that grows at its top from moving under the reader, who is shown how many newer rows there are and asks for them with `show`. `list` names
 * the rows: another list begins with all that it has. Without a name nothing is kept.
 */
export function useHeldRows<Row extends { id: string }>(
  list: string | undefined,
  fresh: readonly Row[],
): HeldRows<Row> & { show: () => void } {
  const [held, setHeld] = useState({ list, rows: fresh });
  const show = (): void => setHeld({ list, rows: fresh });
  if (list === undefined) return { rows: fresh, newer: 0, show };
  if (held.list === list && held.rows.length > 0) return { ...holdRows(held.rows, fresh), show };
  // State of a render before: https://react.dev/reference/react/useState#storing-information-from-previous-renders
  if (held.list !== list || held.rows !== fresh) show();
  return { rows: fresh, newer: 0, show };
}
