import type { BudgetBalance } from './budget-balance.ts';
import type { Charge } from './charge.ts';
import { addTo, chargesOfSums, type Spent } from './spent-sums.ts';

/**
 * Balances and leases are posted to at this pace, many batches together: the leases cover what waits. Rows that are updated with every
 * batch have thousands of versions for as long as anybody holds an old snapshot, and each batch walks them all.
 */
const paceMs = 100;
/** A pause after a posting lasts this many times the posting: a cause of slowness (an old snapshot, many balances) must not slow every batch. */
const paceTimes = 10;
const paceMaxMs = 2_000;
/** Rows of batches that were posted are deleted after this many batches. */
const dropEvery = 64n;

/** The sums that calls on record have spent and that are not posted yet (`unposted_batches` has them), and when they are due. */
export class UnpostedSums {
  readonly #sums = new Map<BudgetBalance, Spent>();
  #postedAtMs = Number.NEGATIVE_INFINITY;
  #paceMs = paceMs;
  #postings = 0;
  #droppedUpTo = 0n;

  get paceMs(): number {
    return this.#paceMs;
  }

  get isEmpty(): boolean {
    return this.#sums.size === 0;
  }

  /** Counts the postings: whether another one has come since. */
  get postings(): number {
    return this.#postings;
  }

  /** Has something waited as long as it may? */
  isDue(now: number): boolean {
    return this.#sums.size > 0 && now - this.#postedAtMs >= this.#paceMs;
  }

  /** How long until the next posting is due; undefined where nothing waits. */
  dueInMs(): number | undefined {
    return this.#sums.size === 0 ? undefined : Math.max(1, this.#postedAtMs + this.#paceMs - performance.now());
  }

  /** Makes the sums due now. */
  hurry(): void {
    this.#postedAtMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * May the posting of what a batch spent be deferred? Not where a threshold is crossed, as far as this process knows; nor where more was
   * spent than was leased, since other processes must not lease what is spent.
   */
  mayDefer(spent: ReadonlyMap<BudgetBalance, Spent>, now: number): boolean {
    if (now - this.#postedAtMs >= this.#paceMs) return false;
    for (const [balance, { spentNanos, leasedNanos }] of spent) {
      if (balance.overdraftNanos > 0n || (balance.blocks && spentNanos > leasedNanos)) return false;
      const earlierNanos = this.#sums.get(balance)?.spentNanos ?? 0n;
      if (
        balance.nextThresholdNanos !== undefined &&
        balance.spentNanos + earlierNanos + spentNanos >= balance.nextThresholdNanos
      )
        return false;
    }
    return true;
  }

  add(spent: ReadonlyMap<BudgetBalance, Spent>): void {
    addTo(this.#sums, spent);
  }

  /** All that waits, and this. */
  with(spent: ReadonlyMap<BudgetBalance, Spent>): ReadonlyMap<BudgetBalance, Spent> {
    if (this.#sums.size === 0) return spent;
    const all = new Map([...this.#sums].map(([balance, sum]) => [balance, { ...sum }]));
    addTo(all, spent);
    return all;
  }

  /** The sums, as one call for each balance: as far as this process knew, they cross no threshold. */
  charges(): Charge[] {
    return chargesOfSums(this.#sums);
  }

  /**
   * The batch `sequence`, and all that waited, is posted. Returns the batches whose rows in `unposted_batches` may be deleted, once there
   * are enough of them.
   */
  posted({ sequence, began }: { sequence: bigint; began: number }): { after: bigint; upTo: bigint } | undefined {
    this.#postings += 1;
    this.#postedAtMs = performance.now();
    this.#paceMs = Math.min(paceMaxMs, Math.max(paceMs, (this.#postedAtMs - began) * paceTimes));
    if (this.#sums.size === 0) return undefined;
    this.#sums.clear();
    if (sequence - this.#droppedUpTo < dropEvery) return undefined;
    const dropped = { after: this.#droppedUpTo, upTo: sequence };
    this.#droppedUpTo = sequence;
    return dropped;
  }

  /** The database refuses to post it: it is tried again at the slowest pace. */
  refused(): void {
    this.#postedAtMs = performance.now();
    this.#paceMs = paceMaxMs;
  }

  /** Hands over all that waits: the process that adopted the calls has posted it. */
  takeAll(): ReadonlyMap<BudgetBalance, Spent> {
    const all = new Map(this.#sums);
    this.#sums.clear();
    return all;
  }
}
