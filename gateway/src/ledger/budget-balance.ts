import type { Budget } from '../budgets/budget.ts';
import type { PeriodKind } from '../budgets/period.ts';

/** What one settled call does to one balance's row: `leased` is the part of `spent` that leaves the process's lease. */
export interface Posting {
  balanceId: bigint;
  spentNanos: bigint;
  leasedNanos: bigint;
}

/**
 * The balance of one budget in one period, for one value of its tags, as this process sees it: the money leased from the database, and
 * the part of it that calls under way hold. A row of the table `meters`. Pure arithmetic; `Ledger` brings the money.
 */
export class BudgetBalance {
  readonly id: bigint;
  readonly idText: string;
  budget: Budget;
  readonly instance: string;
  periodStartMs: number;
  periodEndMs: number | undefined;
  /** What the two are by. */
  #period: PeriodKind;
  #timezone: string;
  /** As of the last answer of the database. */
  limitNanos: bigint;
  /** Without what this process has settled since. */
  spentNanos: bigint;
  /** Spent from here on, the next percent is to be announced; undefined where all are. */
  nextThresholdNanos: bigint | undefined;
  /** When the database last said what is spent, by the clock that is never set. */
  readAtMs = Number.NEGATIVE_INFINITY;
  /** Leased and not yet spent, what is held included. */
  leasedNanos = 0n;
  heldNanos = 0n;
  /** Some of what is held was never leased: the budget only told when it was let through. */
  heldUnleased = false;
  /**
   * By how much what is spent and leased, by all processes, is over a limit that was lowered, as of the last answer of the
   * database. So much of what calls give back is nobody's to hold again.
   */
  overdraftNanos = 0n;
  /** An answer of the database was lost: what is leased is at least what it says here, and may be more. */
  inDoubt = false;
  /** Settled, but not yet posted. */
  unpostedNanos = 0n;
  /** All that was ever taken out of the lease, and what of it the database is known to have. */
  #settledLeasedNanos = 0n;
  postedLeasedNanos = 0n;
  /** `budget.exceeded` was told, as far as this process knows. */
  exceededNotified = false;
  /** By the process's clock: idle leases are handed back. */
  usedAtMs = 0;
  /** The ledger has let go of it: another one may stand for the same row by now. */
  swept = false;

  constructor(options: {
    id: bigint;
    budget: Budget;
    instance: string;
    periodStartMs: number;
    periodEndMs: number | undefined;
    limitNanos: bigint;
    spentNanos: bigint;
    nextThresholdNanos: bigint | undefined;
  }) {
    this.id = options.id;
    this.idText = String(options.id);
    this.budget = options.budget;
    this.instance = options.instance;
    this.periodStartMs = options.periodStartMs;
    this.periodEndMs = options.periodEndMs;
    this.#period = options.budget.period;
    this.#timezone = options.budget.timezone;
    this.limitNanos = options.limitNanos;
    this.spentNanos = options.spentNanos;
    this.nextThresholdNanos = options.nextThresholdNanos;
  }

  /** The same count goes on in another period: its budget's period or time zone was changed. */
  move(
    budget: Budget,
    { periodStartMs, periodEndMs }: { periodStartMs: number; periodEndMs: number | undefined },
  ): void {
    this.budget = budget;
    this.#period = budget.period;
    this.#timezone = budget.timezone;
    this.periodStartMs = periodStartMs;
    this.periodEndMs = periodEndMs;
  }

  /** Are its bounds those of this budget, as it is now? */
  goesBy({ period, timezone }: Budget): boolean {
    return period === this.#period && timezone === this.#timezone;
  }

  /** A budget that only tells lets everything through and needs no lease. */
  get blocks(): boolean {
    return this.budget.onLimit !== 'notify';
  }

  get availableNanos(): bigint {
    return this.slackNanos - this.overdraftNanos;
  }

  /** Leased and not held; below nought where calls hold what was never leased. */
  get slackNanos(): bigint {
    return this.leasedNanos - this.heldNanos;
  }

  /** Taken out of the lease by what was settled, and in the database still part of it. */
  get unpostedLeasedNanos(): bigint {
    return this.#settledLeasedNanos - this.postedLeasedNanos;
  }

  /** What a caller is told is left. */
  get remainingNanos(): bigint {
    const left = this.limitNanos - this.spentNanos - this.unpostedNanos - this.heldNanos;
    return left > 0n ? left : 0n;
  }

  includes(ms: number): boolean {
    // What never ends began with the budget, by the database's clock, and that may be ahead of ours.
    return this.periodEndMs === undefined || (ms >= this.periodStartMs && ms < this.periodEndMs);
  }

  canHold(nanos: bigint): boolean {
    return !this.blocks || this.availableNanos >= nanos;
  }

  hold(nanos: bigint): void {
    this.heldNanos += nanos;
    if (!this.blocks) this.heldUnleased = true;
  }

  /** Gives a hold up and debits the true cost, whatever it is: a cost beyond what was leased is spent all the same. */
  settle(holdNanos: bigint, costNanos: bigint): Posting {
    this.heldNanos -= holdNanos;
    if (this.heldNanos === 0n) this.heldUnleased = false;
    this.unpostedNanos += costNanos;
    const fromLease = this.leasedNanos <= 0n ? 0n : costNanos < this.leasedNanos ? costNanos : this.leasedNanos;
    this.leasedNanos -= fromLease;
    this.#settledLeasedNanos += fromLease;
    return { balanceId: this.id, spentNanos: costNanos, leasedNanos: fromLease };
  }

  /** What the database says once the posting is there. */
  posted(
    { spentNanos: costNanos, leasedNanos }: Pick<Posting, 'spentNanos' | 'leasedNanos'>,
    spentNanos: bigint,
  ): void {
    this.unpostedNanos -= costNanos;
    this.postedLeasedNanos += leasedNanos;
    this.spentNanos = spentNanos;
  }

  /**
   * What the database said is leased to this process is its own, less what was settled and is not known to have been posted
   * before it was asked (`postedBefore`): money that a lost answer left in doubt is found again, and never too much.
   */
  recover(leaseNanos: bigint, postedBefore: bigint): void {
    const sure = leaseNanos - (this.#settledLeasedNanos - postedBefore);
    if (sure > this.leasedNanos) this.leasedNanos = sure;
  }

  /** Slack to hand back, taken out of the lease at once; `keepNanos` of it stays. */
  release(keepNanos: bigint): bigint {
    const slack = this.slackNanos - keepNanos;
    if (slack <= 0n) return 0n;
    this.leasedNanos -= slack;
    return slack;
  }
}

/** All or none: holds the amount on every balance, or on no one. */
export function holdAll(balances: readonly BudgetBalance[], nanos: bigint): boolean {
  for (const balance of balances) if (!balance.canHold(nanos)) return false;
  for (const balance of balances) balance.hold(nanos);
  return true;
}
