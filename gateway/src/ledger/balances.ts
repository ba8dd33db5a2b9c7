import { findSpent, openBalance } from '../budgets/balance-store.ts';
import { type Budget, instanceFor, type Subject } from '../budgets/budget.ts';
import type { BudgetCache } from '../budgets/budget-cache.ts';
import { OfViews } from '../db/of-views.ts';
import type { Db } from '../db/transaction.ts';
import { BudgetBalance } from './budget-balance.ts';

/** The balances of this many combinations of tags are remembered, of all workspaces. */
const recentMax = 50_000;

/** Finds the balances a call falls under, and keeps every balance of which this process has leased, held or spent something. */
export class Balances {
  readonly #db: Db;
  readonly #processId: string;
  readonly #views: BudgetCache;
  readonly #now: () => number;
  /** The balances of the periods that are running, by budget and instance. */
  readonly #current = new Map<string, BudgetBalance>();
  /** The balances of calls with equal tags, for as long as the workspace's budgets are the same: most calls are tagged like an earlier one. */
  readonly #recent = new OfViews<readonly Budget[], readonly BudgetBalance[]>({ most: recentMax });
  /** By id, balances of ended periods included. */
  readonly #all = new Map<bigint, BudgetBalance>();
  readonly #opening = new Map<string, Promise<BudgetBalance>>();

  constructor(options: { db: Db; processId: string; views: BudgetCache; now: () => number }) {
    this.#db = options.db;
    this.#processId = options.processId;
    this.#views = options.views;
    this.#now = options.now;
  }

  /** The balances a call falls under; a promise only where the database must be read first. */
  of(options: {
    workspaceId: string;
    livemode: boolean;
    subject: Subject;
    atMs: number;
  }): readonly BudgetBalance[] | Promise<readonly BudgetBalance[]> {
    const { workspaceId, livemode, subject, atMs } = options;
    const budgets = this.#views.of(workspaceId, livemode);
    return budgets instanceof Promise
      ? budgets.then((read) => this.#under(read, subject, atMs))
      : this.#under(budgets, subject, atMs);
  }

  #under(
    budgets: readonly Budget[],
    subject: Subject,
    atMs: number,
  ): readonly BudgetBalance[] | Promise<readonly BudgetBalance[]> {
    if (budgets.length === 0) return none;
    // A tag never contains a control character, so a line break separates them.
    const tags = `${subject.client_id ?? ''}\n${subject.project ?? ''}\n${subject.scenario_id ?? ''}\n${subject.key_id ?? ''}`;
    const last = this.#recent.get(budgets, tags);
    if (last?.every((balance) => !balance.swept && balance.includes(atMs))) {
      // The call holds on these balances a moment later, so they are not idle.
      if (last.length > 0) this.use(last);
      return last;
    }
    const found = this.#findAll(budgets, subject, atMs);
    if (!(found instanceof Promise)) this.#recent.set(budgets, tags, found);
    return found;
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
    const key = keyOf(budget, instance);
    const known = this.#current.get(key);
    if (known?.includes(atMs) && known.goesBy(budget)) {
      known.budget = budget;
      known.usedAtMs = this.#now();
      return known;
    }
    const opening = this.#opening.get(key);
    // A call of the period before, at midnight, may have asked for it.
    if (opening !== undefined)
      return opening.then((balance) => (balance.includes(atMs) ? balance : this.#find(budget, instance, atMs)));
    const opened = this.#open(budget, instance, atMs)
      .then((balance) => {
        this.#current.set(key, balance);
        return balance;
      })
      .finally(() => this.#opening.delete(key));
    this.#opening.set(key, opened);
    return opened;
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

  use(balances: readonly BudgetBalance[]): void {
    const now = this.#now();
    for (const balance of balances) balance.usedAtMs = now;
  }

  /**
   * These balances as they are kept. A balance may have been swept after the call found it, and another object made for the same row since:
   * two objects would both take the one lease for their own.
   */
  present(found: readonly BudgetBalance[]): readonly BudgetBalance[] {
    if (!found.some(({ swept }) => swept)) return found;
    return found.map((balance) => {
      const present = this.#all.get(balance.id) ?? balance;
      this.#all.set(present.id, present);
      present.swept = false;
      return present;
    });
  }

  get(id: bigint): BudgetBalance | undefined {
    return this.#all.get(id);
  }

  all(): Iterable<BudgetBalance> {
    return this.#all.values();
  }

  /** Lets go of a balance that has nothing leased, held or unposted. */
  sweep(balance: BudgetBalance): void {
    this.#all.delete(balance.id);
    balance.swept = true;
    const key = keyOf(balance.budget, balance.instance);
    if (this.#current.get(key) === balance) this.#current.delete(key);
  }

  /** Budgets of a workspace, or of any, have changed: they are read again. Returns the balances that may be concerned. */
  budgetsChanged(workspaceId: string | undefined): BudgetBalance[] {
    this.#views.forget(workspaceId);
    const all = [...this.#all.values()];
    for (const balance of all) balance.exceededNotified = false;
    return all.filter(({ budget }) => workspaceId === undefined || budget.workspaceId === workspaceId);
  }

  /** Reads what is spent of these: a balance that went on in another period may have less spent than before. */
  async readSpent(balances: readonly BudgetBalance[]): Promise<void> {
    const ids = balances.map(({ id }) => id);
    const spent = await findSpent(this.#db, { ids, exceptProcessId: this.#processId }).catch(() => []);
    for (const { id, spentNanos, nextThresholdNanos } of spent) {
      const balance = this.#all.get(id);
      if (balance === undefined) continue;
      balance.spentNanos = spentNanos;
      balance.nextThresholdNanos = nextThresholdNanos;
    }
  }

  /** Gives the balance its budget as it is now. */
  async readBudget(balance: BudgetBalance): Promise<void> {
    const { workspaceId, livemode, id } = balance.budget;
    const budgets = await this.#views.of(workspaceId, livemode);
    balance.budget = budgets.find((budget) => budget.id === id) ?? balance.budget;
  }
}

const none: readonly BudgetBalance[] = [];

function keyOf({ workspaceId, id }: Budget, instance: string): string {
  return `${workspaceId}/${id}/${instance}`;
}
