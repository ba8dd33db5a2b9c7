import { setTimeout as sleep } from 'node:timers/promises';
import type { Subject } from '../budgets/budget.ts';
import type { BudgetCache } from '../budgets/budget-cache.ts';
import type { ProcessLock } from '../db/process-lock.ts';
import type { Db } from '../db/transaction.ts';
import { databaseAway } from '../db/unavailable.ts';
import { Balances } from './balances.ts';
import { type BudgetBalance, holdAll, type Posting } from './budget-balance.ts';
import { Leases } from './leases.ts';

/** Money held for one call on every balance it falls under. */
export interface Hold {
  balances: readonly BudgetBalance[];
  nanos: bigint;
}

/** The balance that could not pay; it may have more left a moment later. */
export interface Shortage {
  balance: BudgetBalance;
  /** The processes whose calls may release some of it: others, or this one. */
  heldBy: 'others' | 'us' | 'nobody';
}

/** How often the other processes are asked to return what they do not need, before a call gets a shortage. */
const requestsMax = 12;

/**
 * Budgets in memory: calls hold and settle without asking the database.
 *
 *     call ──> balancesFor ──> Balances    which balances the call falls under   (reads `meters` once, then remembers)
 *      │
 *      ├────> hold ─────────> BudgetBalance.hold, on all or none
 *      │        └ too little ─> Leases      acquire more in one statement; if others have it, ask them to return it (NOTIFY)
 *      ├────> waitForRoom      until a call of this process settles
 *      └────> settle ───────> BudgetBalance.settle ──> debits ──> CallJournal writes them with the call's row
 *
 * A lease is durable before it is used, and the database keeps `spent + leased` within the limit. A process keeps `held` within what
 * it has leased, so `spent + held` never passes the limit.
 */
export class Ledger {
  readonly #process: Pick<ProcessLock, 'isHeld'>;
  readonly #balances: Balances;
  readonly #leases: Leases;
  /** By balance: a call that waits at one limit has nothing to do with the calls of others. */
  readonly #waiting = new Map<bigint, Set<() => void>>();

  constructor(options: {
    db: Db;
    process: Pick<ProcessLock, 'id' | 'fencingToken' | 'isHeld'>;
    views: BudgetCache;
    now: () => number;
  }) {
    const { db, process, views, now } = options;
    this.#process = process;
    this.#balances = new Balances({ db, processId: process.id, views, now });
    this.#leases = new Leases({ db, process, balances: this.#balances, now });
  }

  /** The balances a call falls under; a promise only where the database must be read first. */
  balancesFor(options: {
    workspaceId: string;
    livemode: boolean;
    subject: Subject;
    atMs: number;
  }): readonly BudgetBalance[] | Promise<readonly BudgetBalance[]> {
    return this.#balances.of(options);
  }

  /**
   * Holds the amount on every balance or on none. In memory; asks the database only where a lease is too small. Throws
   * `service_unavailable` while others may take this process for dead and lease its money.
   */
  hold(found: readonly BudgetBalance[], nanos: bigint): Hold | Promise<Hold | Shortage> {
    if (!this.#process.isHeld()) throw databaseAway();
    this.#leases.noticeFence();
    const balances = this.#balances.present(found);
    return holdAll(balances, nanos) ? this.#held(balances, nanos) : this.#leaseAndHold(balances, nanos);
  }

  #held(balances: readonly BudgetBalance[], nanos: bigint): Hold {
    this.#balances.use(balances);
    return { balances, nanos };
  }

  async #leaseAndHold(balances: readonly BudgetBalance[], nanos: bigint): Promise<Hold | Shortage> {
    for (let requests = 0; ; ) {
      const short = balances.filter((balance) => !balance.canHold(nanos));
      const extensions = await Promise.all(short.map((balance) => this.#leases.extend(balance, nanos)));
      if (!this.#process.isHeld()) throw databaseAway();
      if (holdAll(balances, nanos)) return this.#held(balances, nanos);
      // Earlier calls of this process may have taken what came; while other processes have some, they are asked and waited for.
      if (extensions.includes('others-have-some')) requests += 1;
      if (requests > requestsMax) return shortageOf(balances, nanos, 'others');
      if (extensions.every((extension) => extension === 'exhausted'))
        return shortageOf(balances, nanos, areHeld(balances, nanos) ? 'us' : 'nobody');
    }
  }

  /** Posts the true cost, unconditionally; the difference to the hold returns to the lease. */
  settle(hold: Hold, costNanos: bigint): (Posting & { balance: BudgetBalance })[] {
    const debits = hold.balances.map((balance) => {
      const { balanceId, spentNanos, leasedNanos } = balance.settle(hold.nanos, costNanos);
      return { balance, balanceId, spentNanos, leasedNanos };
    });
    if (this.#waiting.size > 0) for (const { id } of hold.balances) this.#wake(id);
    return debits;
  }

  #wake(balanceId: bigint): void {
    for (const wake of [...(this.#waiting.get(balanceId) ?? [])]) wake();
  }

  /**
   * Waits for running calls to release what they held and did not need, as long as that may make room: a call that comes while the
   * last money is held is not refused at once. False where no call can make room.
   */
  async waitForRoom(balances: readonly BudgetBalance[], nanos: bigint, untilMs: number): Promise<boolean> {
    for (;;) {
      const leftMs = untilMs - performance.now();
      if (balances.every((balance) => balance.canHold(nanos))) return true;
      if (leftMs <= 0 || !areHeld(balances, nanos)) return false;
      const short = balances.filter((balance) => !balance.canHold(nanos));
      await this.#settled(short, leftMs);
    }
  }

  /** Resolves when a call that holds on one of these balances is settled, or the time is over. */
  #settled(balances: readonly BudgetBalance[], atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        for (const { id } of balances) {
          const waiting = this.#waiting.get(id);
          waiting?.delete(wake);
          if (waiting?.size === 0) this.#waiting.delete(id);
        }
        resolve();
      };
      const timer = setTimeout(wake, atMostMs);
      for (const { id } of balances) this.#waiting.set(id, (this.#waiting.get(id) ?? new Set()).add(wake));
    });
  }

  /** Another process needs money of a balance: returns what this process does not need. */
  onReturnRequest(payload: string): Promise<void> {
    return this.#leases.onReturnRequest(payload);
  }

  /** A balance is overdrawn: asks the other processes for all they have leased of it. */
  requestReturnOfAll(balance: BudgetBalance): Promise<void> {
    return this.#leases.requestReturnOfAll(balance);
  }

  /** Budgets of a workspace, or of any, have changed: returns what was leased under the old limits, so that it is leased under the new. */
  async changed(workspaceId?: string): Promise<void> {
    const balances = this.#balances.budgetsChanged(workspaceId);
    await Promise.all(balances.map((balance) => this.#leases.return(balance, 0n, { ask: true })));
    await this.#balances.readSpent(balances);
    const unleased = balances.filter(({ heldUnleased }) => heldUnleased);
    await Promise.all(unleased.map((balance) => this.#leases.cover(balance)));
  }

  /** This process may have been taken for dead: its leases are gone then. */
  fenced(): void {
    this.#leases.noticeFence();
  }

  /** Balances that are idle, or whose period has ended, return their leases. */
  sweep(): Promise<void> {
    return this.#leases.sweep();
  }

  /** The sum that calls of this process hold of a balance now. */
  heldOf(balanceId: bigint): bigint | undefined {
    return this.#balances.get(balanceId)?.heldNanos;
  }

  /** All that this process has leased, and what its calls hold of it. */
  leases(): { count: number; leasedNanos: bigint; heldNanos: bigint } {
    const sum = { count: 0, leasedNanos: 0n, heldNanos: 0n };
    for (const { leasedNanos, heldNanos } of this.#balances.all()) {
      if (leasedNanos > 0n) sum.count += 1;
      sum.leasedNanos += leasedNanos;
      sum.heldNanos += heldNanos;
    }
    return sum;
  }

  /** The amount spent of a balance as this process knows it, settlements on their way to the database included. */
  spentOf(balanceId: bigint): bigint {
    const balance = this.#balances.get(balanceId);
    return balance === undefined ? 0n : balance.spentNanos + balance.unpostedNanos;
  }

  /** Resolves when no call holds anything, or the time is over. */
  async idle(timeoutMs: number): Promise<void> {
    const until = performance.now() + timeoutMs;
    while (this.#isHolding() && performance.now() < until) await sleep(20);
  }

  #isHolding(): boolean {
    for (const { heldNanos } of this.#balances.all()) if (heldNanos > 0n) return true;
    return false;
  }

  stop(): Promise<void> {
    return this.#leases.stop();
  }
}

/** Do calls of this process hold something of every balance that is short? */
function areHeld(balances: readonly BudgetBalance[], nanos: bigint): boolean {
  return balances.every((balance) => balance.canHold(nanos) || balance.heldNanos > 0n);
}

function shortageOf(balances: readonly BudgetBalance[], nanos: bigint, heldBy: Shortage['heldBy']): Shortage {
  let tightest: BudgetBalance | undefined;
  for (const balance of balances) {
    if (!balance.canHold(nanos) && (tightest === undefined || balance.availableNanos < tightest.availableNanos))
      tightest = balance;
  }
  if (tightest === undefined) throw new Error('a shortage names a balance that is short');
  return { balance: tightest, heldBy };
}
