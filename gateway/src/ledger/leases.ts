import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessLock } from '../db/process-lock.ts';
import type { Db } from '../db/transaction.ts';
import { databaseAway } from '../db/unavailable.ts';
import { nextTurn } from '../turns/in-turn.ts';
import type { Balances } from './balances.ts';
import type { BudgetBalance } from './budget-balance.ts';
import {
  acquireLease,
  coverHeld,
  dropEmptyLeases,
  type Grant,
  requestReturn,
  returnLease,
  returnLeases,
} from './lease-store.ts';

/** The result of extending a lease: enough for the call, too little while other processes have some, or all there is. */
export type Extension = 'enough' | 'others-have-some' | 'exhausted';

/** How long other processes have to return what they do not need, each time they are asked. */
const requestPauseMs = 20;
/** Among several processes, a process leases what it spends in about this time. */
const leaseAheadMs = 2_000;
/**
 * Where the budget has plenty, a process leases what this many such calls could cost: with less in hand each call would have its input
 * counted (`plenty` in calls/fund-call.ts, 32 of them; measured: half as much CPU again a call).
 */
const comfortCalls = 128n;
const idleMs = 5_000;
/** Idle balances that are let go in one turn of the event loop: one without a lease needs no answer of the database. */
const sweptAtOnce = 100;
/** Rows of used up leases that are deleted in one statement. */
const droppedAtOnce = 1_000;
/** More than any budget has. */
const everythingNanos = 2n ** 62n;

/** Acquires the leases of this process and returns them: one statement at a time for each balance. */
export class Leases {
  readonly #db: Db;
  readonly #process: Pick<ProcessLock, 'id' | 'fencingToken'>;
  readonly #balances: Balances;
  readonly #now: () => number;
  /** The fencing token under which the leases here were acquired. */
  #knownToken: number;
  readonly #extending = new Map<bigint, Promise<Extension>>();
  /** The sum that all calls waiting for a lease need: of a burst each call would wait for its own statement otherwise. */
  readonly #needed = new Map<bigint, bigint>();
  /** Acquiring and returning take turns, balance by balance: each knows what the other has done. */
  readonly #turns = new Map<bigint, Promise<unknown>>();
  readonly #rates = new Map<bigint, { sinceMs: number; spentNanos: bigint }>();

  constructor(options: {
    db: Db;
    process: Pick<ProcessLock, 'id' | 'fencingToken'>;
    balances: Balances;
    now: () => number;
  }) {
    this.#db = options.db;
    this.#process = options.process;
    this.#knownToken = options.process.fencingToken();
    this.#balances = options.balances;
    this.#now = options.now;
  }

  /** Extends a lease to what calls need, as far as there is money. */
  extend(balance: BudgetBalance, nanos: bigint): Promise<Extension> {
    this.#needed.set(balance.id, (this.#needed.get(balance.id) ?? 0n) + nanos);
    let extending = this.#extending.get(balance.id);
    if (extending === undefined) {
      extending = this.#extendOrRequest(balance, nanos).finally(() => {
        this.#extending.delete(balance.id);
        this.#needed.delete(balance.id);
      });
      this.#extending.set(balance.id, extending);
    }
    return extending;
  }

  async #extendOrRequest(balance: BudgetBalance, nanos: bigint): Promise<Extension> {
    const extension = await this.#inTurn(balance, () => this.#extend(balance, nanos));
    if (extension !== 'others-have-some') return extension;
    await requestReturn(this.#db, {
      balanceId: balance.id,
      processId: this.#process.id,
      needNanos: nanos - balance.availableNanos,
    });
    await sleep(requestPauseMs);
    return extension;
  }

  async #extend(balance: BudgetBalance, nanos: bigint): Promise<Extension> {
    if (balance.overdraftNanos > 0n) await this.#return(balance, 0n);
    if (balance.availableNanos >= nanos) return 'enough';
    const neededNanos = this.#needed.get(balance.id) ?? nanos;
    const wantNanos = neededNanos - balance.availableNanos + this.#aheadNanos(balance, nanos);
    const { othersNanos } = await this.#acquire(balance, wantNanos, nanos * comfortCalls);
    if (balance.availableNanos >= nanos) return 'enough';
    return othersNanos > 0n ? 'others-have-some' : 'exhausted';
  }

  /** Adds the grant to the balance, and with it what an answer that was lost left in doubt. */
  async #acquire(balance: BudgetBalance, wantNanos: bigint, comfortNanos: bigint): Promise<Grant> {
    const postedBefore = balance.postedLeasedNanos;
    const fencingToken = this.#knownToken;
    balance.inDoubt = true;
    const grant = await acquireLease(this.#db, {
      processId: this.#process.id,
      fencingToken,
      balanceId: balance.id,
      wantNanos,
      comfortNanos,
    });
    if (grant === undefined || fencingToken !== this.#knownToken) throw databaseAway();
    balance.inDoubt = false;
    balance.leasedNanos += grant.grantedNanos;
    balance.recover(grant.leaseNanos, postedBefore);
    balance.overdraftNanos = grant.overdraftNanos;
    balance.limitNanos = grant.limitNanos;
    // The grant says it without what others have not posted yet, and this process may know of that already.
    if (grant.spentNanos > balance.spentNanos) balance.spentNanos = grant.spentNanos;
    return grant;
  }

  /** As much as this process has spent of the balance recently, for as long again. */
  #aheadNanos(balance: BudgetBalance, nanos: bigint): bigint {
    const now = this.#now();
    const rate = this.#rates.get(balance.id);
    this.#rates.set(balance.id, { sinceMs: now, spentNanos: balance.spentNanos });
    if (rate === undefined || now <= rate.sinceMs) return nanos * 3n;
    const spent = balance.spentNanos - rate.spentNanos;
    return spent <= 0n ? nanos : (spent * BigInt(leaseAheadMs)) / BigInt(now - rate.sinceMs);
  }

  /** Another process needs money of a balance: returns what this process does not need. */
  async onReturnRequest(payload: string): Promise<void> {
    const [id = '', asker = '', need = '0'] = payload.split(' ');
    if (asker === this.#process.id || !/^\d+$/.test(id) || !/^-?\d+$/.test(need)) return;
    const balance = this.#balances.get(BigInt(id));
    if (balance === undefined) return;
    const half = balance.availableNanos / 2n;
    // Plenty is shared; near the limit the process that asks gets all that is not held.
    const keepNanos = half > BigInt(need) * 4n ? half : 0n;
    await this.return(balance, keepNanos, { ask: BigInt(need) === everythingNanos || balance.inDoubt });
  }

  /**
   * A call cost more than it held, and the balance is past its limit: asks the other processes for all they have of it. Nothing that calls
   * release is leased again until the overdraft is gone.
   */
  async requestReturnOfAll(balance: BudgetBalance): Promise<void> {
    if (!balance.blocks) return;
    const needNanos = everythingNanos;
    await requestReturn(this.#db, { balanceId: balance.id, processId: this.#process.id, needNanos }).catch(() => {});
  }

  /** `ask`: with nothing to return, too, so that the answer says whether what is leased and held is within the limit. */
  return(balance: BudgetBalance, keepNanos: bigint, how?: { ask: boolean }): Promise<void> {
    return this.#inTurn(balance, () => this.#return(balance, keepNanos, how));
  }

  async #return(balance: BudgetBalance, keepNanos: bigint, { ask = false } = {}): Promise<void> {
    try {
      if (balance.inDoubt && ask) await this.#acquire(balance, 0n, 0n);
      const isIdle = balance.leasedNanos === 0n && balance.heldNanos === 0n;
      const nanos = balance.release(keepNanos);
      if (nanos <= 0n && (!ask || isIdle)) return;
      // Until the answer it is uncertain whether the money arrived, so nobody uses it; if it did not, the next lease finds it again.
      balance.inDoubt = true;
      const returned = { processId: this.#process.id, balanceId: balance.id, nanos, heldNanos: balance.heldNanos };
      balance.overdraftNanos = await returnLease(this.#db, returned);
      balance.inDoubt = false;
    } catch {
      balance.overdraftNanos = balance.heldNanos > 0n ? balance.heldNanos : 0n;
    }
  }

  /** Holds that were made while the budget only notified were not leased. If it blocks now, others must not lease that money. */
  cover(balance: BudgetBalance): Promise<void> {
    return this.#inTurn(balance, async () => {
      await this.#balances.readBudget(balance);
      if (balance.blocks) await this.#coverHeld(balance);
    });
  }

  async #coverHeld(balance: BudgetBalance): Promise<void> {
    const nanos = -balance.slackNanos;
    if (nanos <= 0n) return;
    const fencingToken = this.#knownToken;
    balance.inDoubt = true;
    const covering = { processId: this.#process.id, fencingToken, balanceId: balance.id, nanos };
    const overdraft = await coverHeld(this.#db, covering).catch(() => undefined);
    if (overdraft === undefined || fencingToken !== this.#knownToken) return;
    balance.inDoubt = false;
    balance.leasedNanos += nanos;
    balance.overdraftNanos = overdraft;
  }

  /** If this process was taken for dead, the others have returned its leases without it. */
  noticeFence(): void {
    const fencingToken = this.#process.fencingToken();
    if (fencingToken === this.#knownToken) return;
    this.#knownToken = fencingToken;
    for (const balance of this.#balances.all()) {
      balance.leasedNanos = 0n;
      balance.inDoubt = false;
    }
  }

  /** Balances that are idle, or whose period has ended, return their leases. */
  async sweep(): Promise<void> {
    const now = this.#now();
    let idle = 0;
    const swept: bigint[] = [];
    for (const balance of [...this.#balances.all()]) {
      if (idle === sweptAtOnce) {
        await nextTurn();
        idle = 0;
      }
      const ended = balance.periodEndMs !== undefined && balance.periodEndMs <= now;
      if (!ended && isInUse(balance, now)) continue;
      idle += 1;
      await this.return(balance, 0n, { ask: balance.inDoubt });
      if (balance.inDoubt || balance.heldNanos !== 0n || balance.unpostedNanos !== 0n || balance.leasedNanos !== 0n)
        continue;
      if (this.#extending.has(balance.id) || (!ended && isInUse(balance, this.#now()))) continue;
      this.#balances.sweep(balance);
      this.#rates.delete(balance.id);
      swept.push(balance.id);
    }
    // A process may run for months, with a balance a day for each client.
    for (let at = 0; at < swept.length; at += droppedAtOnce)
      await dropEmptyLeases(this.#db, {
        processId: this.#process.id,
        balanceIds: swept.slice(at, at + droppedAtOnce),
      }).catch(() => {});
  }

  async #inTurn<T>(balance: BudgetBalance, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(balance.id) ?? Promise.resolve();
    const now = before.then(work, work);
    this.#turns.set(balance.id, now);
    try {
      return await now;
    } finally {
      if (this.#turns.get(balance.id) === now) this.#turns.delete(balance.id);
    }
  }

  /** Returns everything but what calls hold, and what is taken from a lease and not posted yet. */
  async stop(): Promise<void> {
    const kept = [...this.#balances.all()].map(({ id, heldNanos, unpostedLeasedNanos }) => ({
      balanceId: id,
      nanos: heldNanos + unpostedLeasedNanos,
    }));
    await returnLeases(
      this.#db,
      this.#process.id,
      kept.filter(({ nanos }) => nanos > 0n),
    );
  }
}

/** In either direction: after a clock was set back nothing would be idle until the clock has caught up. */
function isInUse({ usedAtMs }: BudgetBalance, nowMs: number): boolean {
  return Math.abs(nowMs - usedAtMs) < idleMs;
}
