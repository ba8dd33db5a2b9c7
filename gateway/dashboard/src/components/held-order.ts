import { useState } from 'react';

/** The places of rows at the time of their last sorting, and the rows and the order that they are of. */
export interface HeldOrder {
  of: string;
  places: ReadonlyMap<string, number>;
}

/** The places that stay while the same rows are sorted by the same column, whatever their figures become. Pure. */
export function holdOrder<Row>(held: HeldOrder | undefined, { rows, by, idOf, sort }: OrderOf<Row>): HeldOrder {
  const of = JSON.stringify([by, rows.map(idOf).sort()]);
  return held?.of === of ? held : { of, places: new Map(sort(rows).map((row, place) => [idOf(row), place])) };
}

export interface OrderOf<Row> {
  rows: readonly Row[];
  /** The order that is asked for: another one sorts again. */
  by: string;
  idOf: (row: Row) => string;
  sort: (rows: readonly Row[]) => readonly Row[];
}

/** Rows in an order that stays for as long as the same rows are shown: none moves away under the pointer while calls are paid. */
export function useHeldOrder<Row>(order: OrderOf<Row>): readonly Row[] {
  const [before, setBefore] = useState<HeldOrder>();
  const held = holdOrder(before, order);
  // State of a render before: https://react.dev/reference/react/useState#storing-information-from-previous-renders
  if (held !== before) setBefore(held);
  const placeOf = (row: Row): number => held.places.get(order.idOf(row)) ?? held.places.size;
  return [...order.rows].sort((a, b) => placeOf(a) - placeOf(b));
}
