import type { CallTags } from '../accounts/call-tags.ts';
import type { JournalRow } from './journal-row.ts';

/** The effect of a call on a balance. In the order of calls, charges say which call reached a threshold. */
export interface Charge {
  balanceId: bigint;
  spentNanos: bigint;
  tags: CallTags;
}

/** The effects of rows on balances, call by call. */
export function chargesOf(rows: readonly JournalRow[]): Charge[] {
  return rows.flatMap(({ open, debits }) =>
    debits.map(({ balanceId, spentNanos }) => ({ balanceId, spentNanos, tags: open.tags })),
  );
}

/** The tags of the first call whose cost brings the balance to `percent` of its limit. */
export function tagsThatReached(options: {
  own: readonly Charge[];
  beforeNanos: bigint;
  limitNanos: bigint;
  percent: number;
}): CallTags {
  let spent = options.beforeNanos;
  for (const { spentNanos, tags } of options.own) {
    spent += spentNanos;
    if (spent * 100n >= options.limitNanos * BigInt(options.percent)) return tags;
  }
  return options.own.at(-1)?.tags ?? {};
}
