import type { Budget } from '../budgets/budget.ts';
import type { PeriodKind } from '../budgets/period.ts';

/** The effect of a settled call on a balance: `leased` is the part of `spent` that leaves the process's lease. */
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
  /** The period and time zone of these bounds. */
  #period: PeriodKind;
  #timezone: string;
  /** As of the last answer of the database. */
  limitNanos: bigint;
  /** Without what this process has settled since. */
  spentNanos: bigint;
  /** When this much is spent the next threshold is crossed; undefined where all are notified. */
  nextThresholdNanos: bigint | undefined;
  /** The time of the last answer of the database, by the clock that is never set. */
  readAtMs = Number.NEGATIVE_INFINITY;
  /** Leased and not yet spent, held money included. */
  leasedNanos = 0n;
  heldNanos = 0n;
  /** Some of the held money was never leased: the budget only notified when its calls were let through. */
  heldUnleased = false;
  /**
   * By how much the money spent and leased by all processes passes the limit (it was lowered, or a call cost more than it held), as of
   * the last answer of the database. That much of what calls release cannot be held again.
   */
  overdraftNanos = 0n;
  /** An answer of the database was lost: the lease is at least `leasedNanos`, and may be more. */
  inDoubt = false;
  /** Settled, but not yet posted. */
  unpostedNanos = 0n;
  /** The sum ever taken out of the lease by settlements, and the part of it that the database has. */
  #settledLeasedNanos = 0n;
  postedLeasedNanos = 0n;
  /** `budget.exceeded` is sent, as far as this process knows. */
  exceededNotified = false;
  /** By the process's clock: idle leases are returned. */
  usedAtMs = 0;
  /** The ledger no longer keeps this object: another one may belong to the same row by now. */
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

  /** The balance goes on in another period: its budget's period or time zone was changed. */
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

  /** Are the bounds those of this budget, as it is now? */
  goesBy({ period, timezone }: Budget): boolean {
    return period === this.#period && timezone === this.#timezone;
  }

  /** A budget that only notifies lets everything through and needs no lease. */
  get blocks(): boolean {
    return this.budget.onLimit !== 'notify';
  }

  get availableNanos(): bigint {
    return this.slackNanos - this.overdraftNanos;
  }

  /** Leased and not held; below zero where calls hold money that was never leased. */
  get slackNanos(): bigint {
    return this.leasedNanos - this.heldNanos;
  }

  /** Taken out of the lease by settlements, and in the database still part of it. */
  get unpostedLeasedNanos(): bigint {
    return this.#settledLeasedNanos - this.postedLeasedNanos;
  }

  /** The rest of the limit, as callers see it. */
  get remainingNanos(): bigint {
    const left = this.limitNanos - this.spentNanos - this.unpostedNanos - this.heldNanos;
    return left > 0n ? left : 0n;
  }

  includes(ms: number): boolean {
    // A total begins with its budget, by the database's clock, and that may be ahead of ours.
    return this.periodEndMs === undefined || (ms >= this.periodStartMs && ms < this.periodEndMs);
  }

  canHold(nanos: bigint): boolean {
    return !this.blocks || this.availableNanos >= nanos;
  }

  hold(nanos: bigint): void {
    this.heldNanos += nanos;
    if (!this.blocks) this.heldUnleased = true;
  }

  /** Releases a hold and debits the true cost, whatever it is: a cost beyond the lease is spent all the same. */
  settle(holdNanos: bigint, costNanos: bigint): Posting {
    this.heldNanos -= holdNanos;
    if (this.heldNanos === 0n) this.heldUnleased = false;
    this.unpostedNanos += costNanos;
    const fromLease = this.leasedNanos <= 0n ? 0n : costNanos < this.leasedNanos ? costNanos : this.leasedNanos;
    this.leasedNanos -= fromLease;
    this.#settledLeasedNanos += fromLease;
    return { balanceId: this.id, spentNanos: costNanos, leasedNanos: fromLease };
  }

  /** The posting is in the database, which has `spentNanos` now. */
  posted(
    { spentNanos: costNanos, leasedNanos }: Pick<Posting, 'spentNanos' | 'leasedNanos'>,
    spentNanos: bigint,
  ): void {
    this.unpostedNanos -= costNanos;
    this.postedLeasedNanos += leasedNanos;
    this.spentNanos = spentNanos;
  }

  /**
   * The lease in the database is this process's own, less the settlements that may not have been posted before it was asked
   * (`postedBefore`): money that a lost answer left in doubt is found again, and never too much.
   */
  recover(leaseNanos: bigint, postedBefore: bigint): void {
    const sure = leaseNanos - (this.#settledLeasedNanos - postedBefore);
    if (sure > this.leasedNanos) this.leasedNanos = sure;
  }

  /** Takes slack out of the lease, to be returned; `keepNanos` of it stays. */
  release(keepNanos: bigint): bigint {
    const slack = this.slackNanos - keepNanos;
    if (slack <= 0n) return 0n;
    this.leasedNanos -= slack;
    return slack;
  }
}

/** Holds the amount on every balance, or on none. */
export function holdAll(balances: readonly BudgetBalance[], nanos: bigint): boolean {
  for (const balance of balances) if (!balance.canHold(nanos)) return false;
  for (const balance of balances) balance.hold(nanos);
  return true;
}
