import { setTimeout as sleep } from 'node:timers/promises';
import { type Budget, instanceFor, type Subject } from '../budgets/budget.ts';
import { findSpent, openMeter } from '../budgets/budget-store.ts';
import type { BudgetViews } from '../budgets/budget-views.ts';
import type { ProcessLock } from '../db/process-lock.ts';
import type { Db } from '../db/transaction.ts';
import { databaseAway } from '../db/unavailable.ts';
import { askBack, borrow, coverHeld, type Grant, giveBack, giveBackAll } from './lease-store.ts';
import { holdAll, Meter, type Posting } from './meter.ts';

/** Money held for one call on every meter it falls under. */
export interface Hold {
  meters: readonly Meter[];
  nanos: bigint;
}

/** The meter that could not pay; what is left on it may be more the next moment. */
export interface Shortage {
  meter: Meter;
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
/** Calls with so many different tags are told apart without putting their meters together anew. */
const recentMax = 10_000;

/**
 * Budgets in memory. Money is leased from the database, durable before it is used; calls are held and settled against it
 * without asking anybody. `spent + held` cannot pass a limit, since `spent + leased` cannot.
 */
export class Ledger {
  readonly #db: Db;
  readonly #process: Pick<ProcessLock, 'id' | 'lockNumber' | 'isHeld'>;
  /** As when the leases here were taken. */
  #knownLock: number;
  readonly #views: BudgetViews;
  readonly #now: () => number;
  /** The running meters, by budget and instance. */
  readonly #current = new Map<string, Meter>();
  /** The meters of calls alike, as long as these budgets hold: most calls are tagged like one before. */
  readonly #recent = new WeakMap<readonly Budget[], Map<string, readonly Meter[]>>();
  /** Every meter with something leased, held or unposted, those of ended periods too. */
  readonly #all = new Map<bigint, Meter>();
  readonly #opening = new Map<string, Promise<Meter>>();
  readonly #growing = new Map<bigint, Promise<Grown>>();
  /** What all who wait for a meter to grow need of it: of a burst each would wait for its own loan otherwise. */
  readonly #needed = new Map<bigint, bigint>();
  /** Borrowing and handing back take turns, meter by meter: each knows what the other has done. */
  readonly #turns = new Map<bigint, Promise<unknown>>();
  /** By meter: who waits at one cap has nothing to do with the calls of others. */
  readonly #waiting = new Map<bigint, Set<() => void>>();
  #rates = new Map<bigint, { sinceMs: number; spentNanos: bigint }>();

  constructor(options: {
    db: Db;
    process: Pick<ProcessLock, 'id' | 'lockNumber' | 'isHeld'>;
    views: BudgetViews;
    now: () => number;
  }) {
    this.#db = options.db;
    this.#process = options.process;
    this.#knownLock = options.process.lockNumber();
    this.#views = options.views;
    this.#now = options.now;
  }

  /** The meters a call falls under; a promise only where something must be read first. */
  metersFor(options: {
    workspaceId: string;
    livemode: boolean;
    subject: Subject;
    atMs: number;
  }): readonly Meter[] | Promise<readonly Meter[]> {
    const { workspaceId, livemode, subject, atMs } = options;
    const budgets = this.#views.of(workspaceId, livemode);
    return budgets instanceof Promise
      ? budgets.then((read) => this.#metersOf(read, subject, atMs))
      : this.#metersOf(budgets, subject, atMs);
  }

  #metersOf(budgets: readonly Budget[], subject: Subject, atMs: number): readonly Meter[] | Promise<readonly Meter[]> {
    if (budgets.length === 0) return none;
    const recent = this.#recentOf(budgets);
    // No tag has a control character in it.
    const alike = `${subject.client_id ?? ''}\n${subject.project ?? ''}\n${subject.scenario_id ?? ''}\n${subject.key_id ?? ''}`;
    const last = recent.get(alike);
    if (last?.every((meter) => !meter.swept && meter.includes(atMs))) {
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

  #recentOf(budgets: readonly Budget[]): Map<string, readonly Meter[]> {
    let recent = this.#recent.get(budgets);
    if (recent === undefined) {
      recent = new Map();
      this.#recent.set(budgets, recent);
    }
    return recent;
  }

  #use(meters: readonly Meter[]): void {
    const now = this.#now();
    for (const meter of meters) meter.usedAtMs = now;
  }

  #findAll(budgets: readonly Budget[], subject: Subject, atMs: number): readonly Meter[] | Promise<readonly Meter[]> {
    const found: (Meter | Promise<Meter>)[] = [];
    let wait = false;
    for (const budget of budgets) {
      const instance = instanceFor(budget, subject);
      if (instance === undefined) continue;
      const meter = this.#find(budget, instance, atMs);
      if (meter instanceof Promise) wait = true;
      found.push(meter);
    }
    return wait ? Promise.all(found) : (found as Meter[]);
  }

  #find(budget: Budget, instance: string, atMs: number): Meter | Promise<Meter> {
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
      return underWay.then((meter) => (meter.includes(atMs) ? meter : this.#find(budget, instance, atMs)));
    const opening = this.#open(budget, instance, atMs)
      .then((meter) => {
        this.#current.set(key, meter);
        return meter;
      })
      .finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  async #open(asked: Budget, instance: string, atMs: number): Promise<Meter> {
    const { row, budget } = await openMeter(this.#db, asked, { instance, atMs });
    const known = this.#all.get(row.id);
    if (known !== undefined) {
      known.move(budget, row);
      return known;
    }
    const meter = new Meter({ ...row, budget });
    meter.usedAtMs = this.#now();
    this.#all.set(meter.id, meter);
    return meter;
  }

  /**
   * Holds the amount on every meter or on none. In memory; asks the database only where a lease runs short. Throws
   * `service_unavailable` while others may take this process for dead, and its leases for theirs to give away.
   */
  hold(found: readonly Meter[], nanos: bigint): Hold | Promise<Hold | Shortage> {
    if (!this.#process.isHeld()) throw databaseAway();
    this.fenced();
    const meters = this.#present(found);
    return holdAll(meters, nanos) ? this.#held(meters, nanos) : this.#borrowAndHold(meters, nanos);
  }

  /**
   * A meter may have been swept while the call was on its way, and another one made for the same row since: two of them would
   * both take the one lease for their own.
   */
  #present(meters: readonly Meter[]): readonly Meter[] {
    if (!meters.some(({ swept }) => swept)) return meters;
    return meters.map((meter) => {
      const present = this.#all.get(meter.id) ?? meter;
      this.#all.set(present.id, present);
      present.swept = false;
      return present;
    });
  }

  #held(meters: readonly Meter[], nanos: bigint): Hold {
    this.#use(meters);
    return { meters, nanos };
  }

  async #borrowAndHold(meters: readonly Meter[], nanos: bigint): Promise<Hold | Shortage> {
    for (let asks = 0; ; ) {
      const short = meters.filter((meter) => !meter.canHold(nanos));
      const grown = await Promise.all(short.map((meter) => this.#grow(meter, nanos)));
      if (!this.#process.isHeld()) throw databaseAway();
      if (holdAll(meters, nanos)) return this.#held(meters, nanos);
      // What came may have gone to calls of this process that came before; while others have some, they are asked and waited for.
      if (grown.includes('ask')) asks += 1;
      if (asks > asksMax) return shortageOf(meters, nanos, 'others');
      if (grown.every((how) => how === 'none'))
        return shortageOf(meters, nanos, areHeld(meters, nanos) ? 'us' : 'nobody');
    }
  }

  /** Brings a lease up to what is needed, as far as there is money. */
  #grow(meter: Meter, nanos: bigint): Promise<Grown> {
    this.#needed.set(meter.id, (this.#needed.get(meter.id) ?? 0n) + nanos);
    let growing = this.#growing.get(meter.id);
    if (growing === undefined) {
      growing = this.#growOnce(meter, nanos).finally(() => {
        this.#growing.delete(meter.id);
        this.#needed.delete(meter.id);
      });
      this.#growing.set(meter.id, growing);
    }
    return growing;
  }

  async #growOnce(meter: Meter, nanos: bigint): Promise<Grown> {
    const grown = await this.#inTurn(meter, () => this.#borrow(meter, nanos));
    if (grown !== 'ask') return grown;
    await askBack(this.#db, {
      meterId: meter.id,
      processId: this.#process.id,
      needNanos: nanos - meter.availableNanos,
    });
    await sleep(askPauseMs);
    return grown;
  }

  async #borrow(meter: Meter, nanos: bigint): Promise<Grown> {
    if (meter.overNanos > 0n) await this.#giveBack(meter, 0n);
    if (meter.availableNanos >= nanos) return 'enough';
    const neededNanos = this.#needed.get(meter.id) ?? nanos;
    const wantNanos = neededNanos - meter.availableNanos + this.#ahead(meter, nanos);
    const { othersNanos } = await this.#lend(meter, wantNanos, nanos * comfortCalls);
    if (meter.availableNanos >= nanos) return 'enough';
    return othersNanos > 0n ? 'ask' : 'none';
  }

  /** What is granted is the meter's, and what a lost answer left in doubt is known again. */
  async #lend(meter: Meter, wantNanos: bigint, comfortNanos: bigint): Promise<Grant> {
    const postedBefore = meter.postedLeasedNanos;
    const lockNumber = this.#knownLock;
    meter.inDoubt = true;
    const grant = await borrow(this.#db, {
      processId: this.#process.id,
      lockNumber,
      meterId: meter.id,
      wantNanos,
      comfortNanos,
    });
    if (grant === undefined || lockNumber !== this.#knownLock) throw databaseAway();
    meter.inDoubt = false;
    meter.amountNanos += grant.grantedNanos;
    meter.recover(grant.leaseNanos, postedBefore);
    meter.overNanos = grant.overNanos;
    meter.limitNanos = grant.limitNanos;
    // Without what others have not posted yet, which this process may know of already.
    if (grant.spentNanos > meter.spentNanos) meter.spentNanos = grant.spentNanos;
    return grant;
  }

  /** What this process spent of the meter lately, for as long again. */
  #ahead(meter: Meter, nanos: bigint): bigint {
    const now = this.#now();
    const rate = this.#rates.get(meter.id);
    this.#rates.set(meter.id, { sinceMs: now, spentNanos: meter.spentNanos });
    if (rate === undefined || now <= rate.sinceMs) return nanos * 3n;
    const spent = meter.spentNanos - rate.spentNanos;
    return spent <= 0n ? nanos : (spent * BigInt(leaseAheadMs)) / BigInt(now - rate.sinceMs);
  }

  /** Posts the true cost, unconditionally; the difference to the hold returns to the lease. */
  settle(hold: Hold, costNanos: bigint): (Posting & { meter: Meter })[] {
    const debits = hold.meters.map((meter) => {
      const { meterId, spentNanos, leasedNanos } = meter.settle(hold.nanos, costNanos);
      return { meter, meterId, spentNanos, leasedNanos };
    });
    if (this.#waiting.size > 0) for (const { id } of hold.meters) this.#wake(id);
    return debits;
  }

  #wake(meterId: bigint): void {
    for (const wake of [...(this.#waiting.get(meterId) ?? [])]) wake();
  }

  /**
   * Waits for calls under way to give back what they held and did not need, as long as that may make room. A call that comes
   * while the last money is held is not refused for it at once. False where none is to be had this way.
   */
  async waitForRoom(meters: readonly Meter[], nanos: bigint, untilMs: number): Promise<boolean> {
    for (;;) {
      const leftMs = untilMs - performance.now();
      if (meters.every((meter) => meter.canHold(nanos))) return true;
      if (leftMs <= 0 || !areHeld(meters, nanos)) return false;
      const short = meters.filter((meter) => !meter.canHold(nanos));
      await this.#settled(short, leftMs);
    }
  }

  /** Resolves when a call that held something of one of them is settled, or the time is over; then nothing waits any more. */
  #settled(meters: readonly Meter[], atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        for (const { id } of meters) {
          const waiting = this.#waiting.get(id);
          waiting?.delete(wake);
          if (waiting?.size === 0) this.#waiting.delete(id);
        }
        resolve();
      };
      const timer = setTimeout(wake, atMostMs);
      for (const { id } of meters) this.#waiting.set(id, (this.#waiting.get(id) ?? new Set()).add(wake));
    });
  }

  /** Somebody else needs money of a meter: hands back what this process does not. */
  async recalled(payload: string): Promise<void> {
    const [id = '', asker = '', need = '0'] = payload.split(' ');
    if (asker === this.#process.id || !/^\d+$/.test(id) || !/^-?\d+$/.test(need)) return;
    const meter = this.#all.get(BigInt(id));
    if (meter === undefined) return;
    const half = meter.availableNanos / 2n;
    // Plenty is shared; near the cap all that is not held goes to whoever asks.
    const keepNanos = half > BigInt(need) * 4n ? half : 0n;
    await this.#handBack(meter, keepNanos, { ask: BigInt(need) === everythingNanos || meter.inDoubt });
  }

  /**
   * More was spent than held, and past the limit: what the other processes have of it is asked back, and that nothing calls give
   * back is lent again.
   */
  async recallAll(meter: Meter): Promise<void> {
    if (!meter.blocks) return;
    const needNanos = everythingNanos;
    await askBack(this.#db, { meterId: meter.id, processId: this.#process.id, needNanos }).catch(() => {});
  }

  /** Budgets of a workspace changed: what was leased under the old limits goes back, and is asked for anew. */
  async changed(workspaceId?: string): Promise<void> {
    this.#views.forget(workspaceId);
    for (const meter of this.#all.values()) meter.toldExceeded = false;
    const meters = [...this.#all.values()].filter(
      ({ budget }) => workspaceId === undefined || budget.workspaceId === workspaceId,
    );
    await Promise.all(meters.map((meter) => this.#handBack(meter, 0n, { ask: true })));
    await this.#lookAtSpent(meters);
    const unleased = meters.filter(({ heldUnleased }) => heldUnleased);
    await Promise.all(unleased.map((meter) => this.#inTurn(meter, () => this.#cover(meter))));
  }

  /** A count that went on in another period may have less spent than it had. */
  async #lookAtSpent(meters: readonly Meter[]): Promise<void> {
    const ids = meters.map(({ id }) => id);
    const spent = await findSpent(this.#db, { ids, exceptProcessId: this.#process.id }).catch(() => []);
    for (const { id, spentNanos, nextNanos } of spent) {
      const meter = this.#all.get(id);
      if (meter === undefined) continue;
      meter.spentNanos = spentNanos;
      meter.nextNanos = nextNanos;
    }
  }

  /** What was held while the budget only told was not leased. If it blocks now, others must not be lent it. */
  async #cover(meter: Meter): Promise<void> {
    const { workspaceId, livemode, id } = meter.budget;
    const budgets = await this.#views.of(workspaceId, livemode);
    meter.budget = budgets.find((budget) => budget.id === id) ?? meter.budget;
    if (meter.blocks) await this.#leaseHeld(meter);
  }

  async #leaseHeld(meter: Meter): Promise<void> {
    const nanos = -meter.slackNanos;
    if (nanos <= 0n) return;
    const lockNumber = this.#knownLock;
    meter.inDoubt = true;
    const covering = { processId: this.#process.id, lockNumber, meterId: meter.id, nanos };
    const over = await coverHeld(this.#db, covering).catch(() => undefined);
    if (over === undefined || lockNumber !== this.#knownLock) return;
    meter.inDoubt = false;
    meter.amountNanos += nanos;
    meter.overNanos = over;
  }

  /** Was this process taken for dead? Then its leases went back without it. */
  fenced(): void {
    const lockNumber = this.#process.lockNumber();
    if (lockNumber === this.#knownLock) return;
    this.#knownLock = lockNumber;
    for (const meter of this.#all.values()) {
      meter.amountNanos = 0n;
      meter.inDoubt = false;
    }
  }

  /** Ended periods and idle meters give their leases back. */
  async sweep(): Promise<void> {
    const now = this.#now();
    for (const meter of [...this.#all.values()]) {
      const ended = meter.periodEndMs !== undefined && meter.periodEndMs <= now;
      if (!ended && now - meter.usedAtMs < idleMs) continue;
      await this.#handBack(meter, 0n, { ask: meter.inDoubt });
      if (meter.inDoubt || meter.heldNanos !== 0n || meter.postingNanos !== 0n || meter.amountNanos !== 0n) continue;
      if (this.#growing.has(meter.id) || (!ended && this.#now() - meter.usedAtMs < idleMs)) continue;
      this.#all.delete(meter.id);
      meter.swept = true;
      this.#rates.delete(meter.id);
      for (const [key, current] of this.#current) if (current === meter) this.#current.delete(key);
    }
  }

  #handBack(meter: Meter, keepNanos: bigint, how?: { ask: boolean }): Promise<void> {
    return this.#inTurn(meter, () => this.#giveBack(meter, keepNanos, how));
  }

  /** `ask`: with nothing to hand back, too, so as to hear whether what is leased and held is within the limit still. */
  async #giveBack(meter: Meter, keepNanos: bigint, { ask = false } = {}): Promise<void> {
    try {
      if (meter.inDoubt && ask) await this.#lend(meter, 0n, 0n);
      const isIdle = meter.amountNanos === 0n && meter.heldNanos === 0n;
      const nanos = meter.release(keepNanos);
      if (nanos <= 0n && (!ask || isIdle)) return;
      // Whether it arrives nobody knows before the answer. It is not used meanwhile; the next borrowing finds it again if it did not.
      meter.inDoubt = true;
      const back = { processId: this.#process.id, meterId: meter.id, nanos, heldNanos: meter.heldNanos };
      meter.overNanos = await giveBack(this.#db, back);
      meter.inDoubt = false;
    } catch {
      meter.overNanos = meter.heldNanos > 0n ? meter.heldNanos : 0n;
    }
  }

  async #inTurn<T>(meter: Meter, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(meter.id) ?? Promise.resolve();
    const now = before.then(work, work);
    this.#turns.set(meter.id, now);
    try {
      return await now;
    } finally {
      if (this.#turns.get(meter.id) === now) this.#turns.delete(meter.id);
    }
  }

  /** What this process's calls hold of a meter right now. */
  heldOf(meterId: bigint): bigint | undefined {
    return this.#all.get(meterId)?.heldNanos;
  }

  /** What this process has borrowed, and what its calls hold of it. */
  leases(): { count: number; leasedNanos: bigint; heldNanos: bigint } {
    const sum = { count: 0, leasedNanos: 0n, heldNanos: 0n };
    for (const { amountNanos, heldNanos } of this.#all.values()) {
      if (amountNanos > 0n) sum.count += 1;
      sum.leasedNanos += amountNanos;
      sum.heldNanos += heldNanos;
    }
    return sum;
  }

  /** What a meter has spent as this process knows it, settlements on their way to the database included. */
  spentOf(meterId: bigint): bigint {
    const meter = this.#all.get(meterId);
    return meter === undefined ? 0n : meter.spentNanos + meter.postingNanos;
  }

  /** Resolves when no call holds anything, or the time is over. */
  async idle(timeoutMs: number): Promise<void> {
    const until = performance.now() + timeoutMs;
    while (this.#holding().length > 0 && performance.now() < until) await sleep(20);
  }

  #holding(): { meterId: bigint; nanos: bigint }[] {
    return [...this.#all.values()].flatMap(({ id, heldNanos }) =>
      heldNanos > 0n ? [{ meterId: id, nanos: heldNanos }] : [],
    );
  }

  async stop(): Promise<void> {
    const kept = [...this.#all.values()].map(({ id, heldNanos, unpostedLeasedNanos }) => ({
      meterId: id,
      nanos: heldNanos + unpostedLeasedNanos,
    }));
    await giveBackAll(
      this.#db,
      this.#process.id,
      kept.filter(({ nanos }) => nanos > 0n),
    );
  }
}

const none: readonly Meter[] = [];

/** Do calls of this process hold something of every meter that is short? */
function areHeld(meters: readonly Meter[], nanos: bigint): boolean {
  return meters.every((meter) => meter.canHold(nanos) || meter.heldNanos > 0n);
}

function shortageOf(meters: readonly Meter[], nanos: bigint, heldBy: Shortage['heldBy']): Shortage {
  let tightest: Meter | undefined;
  for (const meter of meters) {
    if (!meter.canHold(nanos) && (tightest === undefined || meter.availableNanos < tightest.availableNanos))
      tightest = meter;
  }
  if (tightest === undefined) throw new Error('a shortage has a meter that is short');
  return { meter: tightest, heldBy };
}
