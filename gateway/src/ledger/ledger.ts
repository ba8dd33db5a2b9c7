import { setTimeout as sleep } from 'node:timers/promises';
import { type Budget, instanceFor, type Subject } from '../budgets/budget.ts';
import { findSpent, openBalance } from '../budgets/budget-store.ts';
import type { BudgetViews } from '../budgets/budget-views.ts';
import type { ProcessLock } from '../db/process-lock.ts';
import type { Db } from '../db/transaction.ts';
import { databaseAway } from '../db/unavailable.ts';
import { BudgetBalance, holdAll, type Posting } from './budget-balance.ts';
import { acquireLease, coverHeld, type Grant, requestReturn, returnLease, returnLeases } from './lease-store.ts';

/** Money held for one call on every balance it falls under. */
export interface Hold {
  balances: readonly BudgetBalance[];
  nanos: bigint;
}

/** The balance that could not pay; what is left on it may be more the next moment. */
export interface Shortage {
  balance: BudgetBalance;
  /** Whose calls may give some of it back: those of other processes, or of this one. */
  heldBy: 'others' | 'us' | 'nobody';
}

/** What borrowing came to, for the first who needed it: enough, too little while others have some, or all there is. */
type Grown = 'enough' | 'ask' | 'none';

/** How often, and for how long together, others are asked for what they do not need before a call hears of a shortage. */
const asksMax = 12;
const askPauseMs = 20;
/** Among several processes one borrows what it spends in about this time. */
const leaseAheadMs = 2_000;
/**
 * And, where the budget has plenty, what so many such calls could cost: with less in hand each call would have its input counted
 * (`plenty` in calls/fund-call.ts, 32 of them; measured: half as much CPU again a call).
 */
const comfortCalls = 128n;
const idleMs = 5_000;
/** More than anybody has. */
const everythingNanos = 2n ** 62n;
/** Calls with so many different tags are told apart without putting their balances together anew. */
const recentMax = 10_000;

/**
 * Budgets in memory. Money is leased from the database, durable before it is used; calls are held and settled against it
 * without asking anybody. `spent + held` cannot pass a limit, since `spent + leased` cannot.
 */
export class Ledger {
  readonly #db: Db;
  readonly #process: Pick<ProcessLock, 'id' | 'fencingToken' | 'isHeld'>;
  /** As when the leases here were taken. */
  #knownToken: number;
  readonly #views: BudgetViews;
  readonly #now: () => number;
  /** The running balances, by budget and instance. */
  readonly #current = new Map<string, BudgetBalance>();
  /** The balances of calls alike, as long as these budgets hold: most calls are tagged like one before. */
  readonly #recent = new WeakMap<readonly Budget[], Map<string, readonly BudgetBalance[]>>();
  /** Every balance with something leased, held or unposted, those of ended periods too. */
  readonly #all = new Map<bigint, BudgetBalance>();
  readonly #opening = new Map<string, Promise<BudgetBalance>>();
  readonly #growing = new Map<bigint, Promise<Grown>>();
  /** What all who wait for a balance to grow need of it: of a burst each would wait for its own loan otherwise. */
  readonly #needed = new Map<bigint, bigint>();
  /** Borrowing and handing back take turns, balance by balance: each knows what the other has done. */
  readonly #turns = new Map<bigint, Promise<unknown>>();
  /** By balance: who waits at one cap has nothing to do with the calls of others. */
  readonly #waiting = new Map<bigint, Set<() => void>>();
  #rates = new Map<bigint, { sinceMs: number; spentNanos: bigint }>();

  constructor(options: {
    db: Db;
    process: Pick<ProcessLock, 'id' | 'fencingToken' | 'isHeld'>;
    views: BudgetViews;
    now: () => number;
  }) {
    this.#db = options.db;
    this.#process = options.process;
    this.#knownToken = options.process.fencingToken();
    this.#views = options.views;
    this.#now = options.now;
  }

  /** The balances a call falls under; a promise only where something must be read first. */
  balancesFor(options: {
    workspaceId: string;
    livemode: boolean;
    subject: Subject;
    atMs: number;
  }): readonly BudgetBalance[] | Promise<readonly BudgetBalance[]> {
    const { workspaceId, livemode, subject, atMs } = options;
    const budgets = this.#views.of(workspaceId, livemode);
    return budgets instanceof Promise
      ? budgets.then((read) => this.#balancesOf(read, subject, atMs))
      : this.#balancesOf(budgets, subject, atMs);
  }

  #balancesOf(
    budgets: readonly Budget[],
    subject: Subject,
    atMs: number,
  ): readonly BudgetBalance[] | Promise<readonly BudgetBalance[]> {
    if (budgets.length === 0) return none;
    const recent = this.#recentOf(budgets);
    // No tag has a control character in it.
    const alike = `${subject.client_id ?? ''}\n${subject.project ?? ''}\n${subject.scenario_id ?? ''}\n${subject.key_id ?? ''}`;
    const last = recent.get(alike);
    if (last?.every((balance) => !balance.swept && balance.includes(atMs))) {
      // The call that asks will hold on them in a moment: they are not idle.
      if (last.length > 0) this.#use(last);
      return last;
    }
    const found = this.#findAll(budgets, subject, atMs);
    if (!(found instanceof Promise)) {
      if (recent.size >= recentMax) recent.clear();
      recent.set(alike, found);
    }
    return found;
  }

  #recentOf(budgets: readonly Budget[]): Map<string, readonly BudgetBalance[]> {
    let recent = this.#recent.get(budgets);
    if (recent === undefined) {
      recent = new Map();
      this.#recent.set(budgets, recent);
    }
    return recent;
  }

  #use(balances: readonly BudgetBalance[]): void {
    const now = this.#now();
    for (const balance of balances) balance.usedAtMs = now;
  }

  #findAll(
    budgets: readonly Budget[],
    subject: Subject,
    atMs: number,
  ): readonly BudgetBalance[] | Promise<readonly BudgetBalance[]> {
    const found: (BudgetBalance | Promise<BudgetBalance>)[] = [];
    let wait = false;
    for (const budget of budgets) {
      const instance = instanceFor(budget, subject);
      if (instance === undefined) continue;
      const balance = this.#find(budget, instance, atMs);
      if (balance instanceof Promise) wait = true;
      found.push(balance);
    }
    return wait ? Promise.all(found) : (found as BudgetBalance[]);
  }

  #find(budget: Budget, instance: string, atMs: number): BudgetBalance | Promise<BudgetBalance> {
    const key = `${budget.workspaceId}/${budget.id}/${instance}`;
    const known = this.#current.get(key);
    if (known?.includes(atMs) && known.goesBy(budget)) {
      known.budget = budget;
      known.usedAtMs = this.#now();
      return known;
    }
    const underWay = this.#opening.get(key);
    // A call on the other side of midnight may have asked for it.
    if (underWay !== undefined)
      return underWay.then((balance) => (balance.includes(atMs) ? balance : this.#find(budget, instance, atMs)));
    const opening = this.#open(budget, instance, atMs)
      .then((balance) => {
        this.#current.set(key, balance);
        return balance;
      })
      .finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  async #open(asked: Budget, instance: string, atMs: number): Promise<BudgetBalance> {
    const { row, budget } = await openBalance(this.#db, asked, { instance, atMs });
    const known = this.#all.get(row.id);
    if (known !== undefined) {
      known.move(budget, row);
      return known;
    }
    const balance = new BudgetBalance({ ...row, budget });
    balance.usedAtMs = this.#now();
    this.#all.set(balance.id, balance);
    return balance;
  }

  /**
   * Holds the amount on every balance or on none. In memory; asks the database only where a lease runs short. Throws
   * `service_unavailable` while others may take this process for dead, and its leases for theirs to give away.
   */
  hold(found: readonly BudgetBalance[], nanos: bigint): Hold | Promise<Hold | Shortage> {
    if (!this.#process.isHeld()) throw databaseAway();
    this.fenced();
    const balances = this.#present(found);
    return holdAll(balances, nanos) ? this.#held(balances, nanos) : this.#leaseAndHold(balances, nanos);
  }

  /**
   * A balance may have been swept while the call was on its way, and another one made for the same row since: two of them would
   * both take the one lease for their own.
   */
  #present(balances: readonly BudgetBalance[]): readonly BudgetBalance[] {
    if (!balances.some(({ swept }) => swept)) return balances;
    return balances.map((balance) => {
      const present = this.#all.get(balance.id) ?? balance;
      this.#all.set(present.id, present);
      present.swept = false;
      return present;
    });
  }

  #held(balances: readonly BudgetBalance[], nanos: bigint): Hold {
    this.#use(balances);
    return { balances, nanos };
  }

  async #leaseAndHold(balances: readonly BudgetBalance[], nanos: bigint): Promise<Hold | Shortage> {
    for (let asks = 0; ; ) {
      const short = balances.filter((balance) => !balance.canHold(nanos));
      const grown = await Promise.all(short.map((balance) => this.#grow(balance, nanos)));
      if (!this.#process.isHeld()) throw databaseAway();
      if (holdAll(balances, nanos)) return this.#held(balances, nanos);
      // What came may have gone to calls of this process that came before; while others have some, they are asked and waited for.
      if (grown.includes('ask')) asks += 1;
      if (asks > asksMax) return shortageOf(balances, nanos, 'others');
      if (grown.every((how) => how === 'none'))
        return shortageOf(balances, nanos, areHeld(balances, nanos) ? 'us' : 'nobody');
    }
  }

  /** Brings a lease up to what is needed, as far as there is money. */
  #grow(balance: BudgetBalance, nanos: bigint): Promise<Grown> {
    this.#needed.set(balance.id, (this.#needed.get(balance.id) ?? 0n) + nanos);
    let growing = this.#growing.get(balance.id);
    if (growing === undefined) {
      growing = this.#growOnce(balance, nanos).finally(() => {
        this.#growing.delete(balance.id);
        this.#needed.delete(balance.id);
      });
      this.#growing.set(balance.id, growing);
    }
    return growing;
  }

  async #growOnce(balance: BudgetBalance, nanos: bigint): Promise<Grown> {
    const grown = await this.#inTurn(balance, () => this.#extendLease(balance, nanos));
    if (grown !== 'ask') return grown;
    await requestReturn(this.#db, {
      balanceId: balance.id,
      processId: this.#process.id,
      needNanos: nanos - balance.availableNanos,
    });
    await sleep(askPauseMs);
    return grown;
  }

  async #extendLease(balance: BudgetBalance, nanos: bigint): Promise<Grown> {
    if (balance.overdraftNanos > 0n) await this.#returnLease(balance, 0n);
    if (balance.availableNanos >= nanos) return 'enough';
    const neededNanos = this.#needed.get(balance.id) ?? nanos;
    const wantNanos = neededNanos - balance.availableNanos + this.#ahead(balance, nanos);
    const { othersNanos } = await this.#acquireLease(balance, wantNanos, nanos * comfortCalls);
    if (balance.availableNanos >= nanos) return 'enough';
    return othersNanos > 0n ? 'ask' : 'none';
  }

  /** What is granted is the balance's, and what a lost answer left in doubt is known again. */
  async #acquireLease(balance: BudgetBalance, wantNanos: bigint, comfortNanos: bigint): Promise<Grant> {
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
    // Without what others have not posted yet, which this process may know of already.
    if (grant.spentNanos > balance.spentNanos) balance.spentNanos = grant.spentNanos;
    return grant;
  }

  /** What this process spent of the balance lately, for as long again. */
  #ahead(balance: BudgetBalance, nanos: bigint): bigint {
    const now = this.#now();
    const rate = this.#rates.get(balance.id);
    this.#rates.set(balance.id, { sinceMs: now, spentNanos: balance.spentNanos });
    if (rate === undefined || now <= rate.sinceMs) return nanos * 3n;
    const spent = balance.spentNanos - rate.spentNanos;
    return spent <= 0n ? nanos : (spent * BigInt(leaseAheadMs)) / BigInt(now - rate.sinceMs);
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
   * Waits for calls under way to give back what they held and did not need, as long as that may make room. A call that comes
   * while the last money is held is not refused for it at once. False where none is to be had this way.
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

  /** Resolves when a call that held something of one of them is settled, or the time is over; then nothing waits any more. */
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

  /** Somebody else needs money of a balance: hands back what this process does not. */
  async onReturnRequest(payload: string): Promise<void> {
    const [id = '', asker = '', need = '0'] = payload.split(' ');
    if (asker === this.#process.id || !/^\d+$/.test(id) || !/^-?\d+$/.test(need)) return;
    const balance = this.#all.get(BigInt(id));
    if (balance === undefined) return;
    const half = balance.availableNanos / 2n;
    // Plenty is shared; near the cap all that is not held goes to whoever asks.
    const keepNanos = half > BigInt(need) * 4n ? half : 0n;
    await this.#returnInTurn(balance, keepNanos, { ask: BigInt(need) === everythingNanos || balance.inDoubt });
  }

  /**
   * More was spent than held, and past the limit: what the other processes have of it is asked back, and that nothing calls give
   * back is lent again.
   */
  async requestReturnOfAll(balance: BudgetBalance): Promise<void> {
    if (!balance.blocks) return;
    const needNanos = everythingNanos;
    await requestReturn(this.#db, { balanceId: balance.id, processId: this.#process.id, needNanos }).catch(() => {});
  }

  /** Budgets of a workspace changed: what was leased under the old limits goes back, and is asked for anew. */
  async changed(workspaceId?: string): Promise<void> {
    this.#views.forget(workspaceId);
    for (const balance of this.#all.values()) balance.exceededNotified = false;
    const balances = [...this.#all.values()].filter(
      ({ budget }) => workspaceId === undefined || budget.workspaceId === workspaceId,
    );
    await Promise.all(balances.map((balance) => this.#returnInTurn(balance, 0n, { ask: true })));
    await this.#lookAtSpent(balances);
    const unleased = balances.filter(({ heldUnleased }) => heldUnleased);
    await Promise.all(unleased.map((balance) => this.#inTurn(balance, () => this.#cover(balance))));
  }

  /** A count that went on in another period may have less spent than it had. */
  async #lookAtSpent(balances: readonly BudgetBalance[]): Promise<void> {
    const ids = balances.map(({ id }) => id);
    const spent = await findSpent(this.#db, { ids, exceptProcessId: this.#process.id }).catch(() => []);
    for (const { id, spentNanos, nextThresholdNanos } of spent) {
      const balance = this.#all.get(id);
      if (balance === undefined) continue;
      balance.spentNanos = spentNanos;
      balance.nextThresholdNanos = nextThresholdNanos;
    }
  }

  /** What was held while the budget only told was not leased. If it blocks now, others must not be lent it. */
  async #cover(balance: BudgetBalance): Promise<void> {
    const { workspaceId, livemode, id } = balance.budget;
    const budgets = await this.#views.of(workspaceId, livemode);
    balance.budget = budgets.find((budget) => budget.id === id) ?? balance.budget;
    if (balance.blocks) await this.#leaseHeld(balance);
  }

  async #leaseHeld(balance: BudgetBalance): Promise<void> {
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

  /** Was this process taken for dead? Then its leases went back without it. */
  fenced(): void {
    const fencingToken = this.#process.fencingToken();
    if (fencingToken === this.#knownToken) return;
    this.#knownToken = fencingToken;
    for (const balance of this.#all.values()) {
      balance.leasedNanos = 0n;
      balance.inDoubt = false;
    }
  }

  /** Ended periods and idle balances give their leases back. */
  async sweep(): Promise<void> {
    const now = this.#now();
    for (const balance of [...this.#all.values()]) {
      const ended = balance.periodEndMs !== undefined && balance.periodEndMs <= now;
      if (!ended && now - balance.usedAtMs < idleMs) continue;
      await this.#returnInTurn(balance, 0n, { ask: balance.inDoubt });
      if (balance.inDoubt || balance.heldNanos !== 0n || balance.unpostedNanos !== 0n || balance.leasedNanos !== 0n)
        continue;
      if (this.#growing.has(balance.id) || (!ended && this.#now() - balance.usedAtMs < idleMs)) continue;
      this.#all.delete(balance.id);
      balance.swept = true;
      this.#rates.delete(balance.id);
      for (const [key, current] of this.#current) if (current === balance) this.#current.delete(key);
    }
  }

  #returnInTurn(balance: BudgetBalance, keepNanos: bigint, how?: { ask: boolean }): Promise<void> {
    return this.#inTurn(balance, () => this.#returnLease(balance, keepNanos, how));
  }

  /** `ask`: with nothing to hand back, too, so as to hear whether what is leased and held is within the limit still. */
  async #returnLease(balance: BudgetBalance, keepNanos: bigint, { ask = false } = {}): Promise<void> {
    try {
      if (balance.inDoubt && ask) await this.#acquireLease(balance, 0n, 0n);
      const isIdle = balance.leasedNanos === 0n && balance.heldNanos === 0n;
      const nanos = balance.release(keepNanos);
      if (nanos <= 0n && (!ask || isIdle)) return;
      // Whether it arrives nobody knows before the answer. It is not used meanwhile; the next borrowing finds it again if it did not.
      balance.inDoubt = true;
      const back = { processId: this.#process.id, balanceId: balance.id, nanos, heldNanos: balance.heldNanos };
      balance.overdraftNanos = await returnLease(this.#db, back);
      balance.inDoubt = false;
    } catch {
      balance.overdraftNanos = balance.heldNanos > 0n ? balance.heldNanos : 0n;
    }
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

  /** What this process's calls hold of a balance right now. */
  heldOf(balanceId: bigint): bigint | undefined {
    return this.#all.get(balanceId)?.heldNanos;
  }

  /** What this process has borrowed, and what its calls hold of it. */
  leases(): { count: number; leasedNanos: bigint; heldNanos: bigint } {
    const sum = { count: 0, leasedNanos: 0n, heldNanos: 0n };
    for (const { leasedNanos, heldNanos } of this.#all.values()) {
      if (leasedNanos > 0n) sum.count += 1;
      sum.leasedNanos += leasedNanos;
      sum.heldNanos += heldNanos;
    }
    return sum;
  }

  /** What a balance has spent as this process knows it, settlements on their way to the database included. */
  spentOf(balanceId: bigint): bigint {
    const balance = this.#all.get(balanceId);
    return balance === undefined ? 0n : balance.spentNanos + balance.unpostedNanos;
  }

  /** Resolves when no call holds anything, or the time is over. */
  async idle(timeoutMs: number): Promise<void> {
    const until = performance.now() + timeoutMs;
    while (this.#holding().length > 0 && performance.now() < until) await sleep(20);
  }

  #holding(): { balanceId: bigint; nanos: bigint }[] {
    return [...this.#all.values()].flatMap(({ id, heldNanos }) =>
      heldNanos > 0n ? [{ balanceId: id, nanos: heldNanos }] : [],
    );
  }

  async stop(): Promise<void> {
    const kept = [...this.#all.values()].map(({ id, heldNanos, unpostedLeasedNanos }) => ({
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

const none: readonly BudgetBalance[] = [];

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
