import { useState } from 'react';

interface Budget {
  id: string;
  status: keyof typeof ranks;
  percent_used: number;
}

const ranks = { exceeded: 0, warning: 1, ok: 2 } as const;

/** Spent ones first, then by the share that is used. Pure. */
export function tightestFirst<One extends Budget>(budgets: readonly One[]): readonly One[] {
  return [...budgets].sort((a, b) => ranks[a.status] - ranks[b.status] || b.percent_used - a.percent_used);
}

/** The same order for as long as the same budgets are shown: none moves away under the pointer while calls are paid. */
export function useTightestFirst<One extends Budget>(budgets: readonly One[]): readonly One[] {
  const ids = budgets
    .map(({ id }) => id)
    .sort()
    .join(' ');
  const [order, setOrder] = useState<{ ids: string; places: ReadonlyMap<string, number> }>();
  if (order?.ids === ids) return [...budgets].sort((a, b) => placeOf(order.places, a) - placeOf(order.places, b));
  const sorted = tightestFirst(budgets);
  // State of a render before: https://react.dev/reference/react/useState#storing-information-from-previous-renders
  setOrder({ ids, places: new Map(sorted.map(({ id }, place) => [id, place])) });
  return sorted;
}

function placeOf(places: ReadonlyMap<string, number>, { id }: Budget): number {
  return places.get(id) ?? places.size;
}
