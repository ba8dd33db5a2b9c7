import type { CallTags } from '../accounts/call-tags.ts';
import type { BudgetBalance } from './budget-balance.ts';
import type { Charge } from './charge.ts';
import type { JournalRow } from './journal-row.ts';
import type { BalancePosting } from './posting-store.ts';

/** The sum that calls spent of one balance, and the part of it that leaves the lease. */
export interface Spent {
  spentNanos: bigint;
  leasedNanos: bigint;
  /** The tags of the last call. */
  tags: CallTags;
}

export function sumsOf(rows: readonly JournalRow[]): Map<BudgetBalance, Spent> {
  const sums = new Map<BudgetBalance, Spent>();
  for (const { debits, open } of rows)
    for (const { balance, spentNanos, leasedNanos } of debits)
      add(sums, balance, { spentNanos, leasedNanos, tags: open.tags });
  return sums;
}

export function addTo(sums: Map<BudgetBalance, Spent>, more: ReadonlyMap<BudgetBalance, Spent>): void {
  for (const [balance, spent] of more) add(sums, balance, spent);
}

function add(sums: Map<BudgetBalance, Spent>, balance: BudgetBalance, { spentNanos, leasedNanos, tags }: Spent): void {
  const sum = sums.get(balance);
  if (sum === undefined) sums.set(balance, { spentNanos, leasedNanos, tags });
  else {
    sum.spentNanos += spentNanos;
    sum.leasedNanos += leasedNanos;
    sum.tags = tags;
  }
}

/** The postings to each balance, in id order. */
export function postingsOf(spent: ReadonlyMap<BudgetBalance, Spent>): BalancePosting[] {
  const sums = new Map<number, BalancePosting>();
  for (const [balance, { spentNanos, leasedNanos }] of spent) {
    // Two objects may belong to one row: one that was swept, and the one that took its place.
    const id = Number(balance.id);
    const sum = sums.get(id);
    if (sum === undefined)
      sums.set(id, { balanceId: balance.id, spentNanos, leasedNanos, heldNanos: balance.heldNanos });
    else {
      sum.spentNanos += spentNanos;
      sum.leasedNanos += leasedNanos;
    }
  }
  return [...sums.values()].sort((a, b) => (a.balanceId < b.balanceId ? -1 : 1));
}

/** The sum of each balance as one call. */
export function chargesOfSums(sums: ReadonlyMap<BudgetBalance, Spent>): Charge[] {
  return [...sums].map(([{ id }, { spentNanos, tags }]) => ({ balanceId: id, spentNanos, tags }));
}
