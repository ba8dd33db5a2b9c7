import type { Db } from '../db/transaction.ts';
import type { Budget } from './budget.ts';
import { listBudgets } from './budget-store.ts';

/** The budgets in force in each workspace's two worlds, read once and remembered until the database says they changed. */
export class BudgetViews {
  readonly #db: Db;
  readonly #views = new Map<string, readonly Budget[]>();
  #forgotten = 0;

  constructor(options: { db: Db }) {
    this.#db = options.db;
  }

  of(workspaceId: string, livemode: boolean): readonly Budget[] | Promise<readonly Budget[]> {
    return this.#views.get(keyOf(workspaceId, livemode)) ?? this.#read(workspaceId, livemode);
  }

  /** One workspace's, or all: after a lost connection nobody knows what was missed. */
  forget(workspaceId?: string): void {
    this.#forgotten += 1;
    if (workspaceId === undefined) this.#views.clear();
    else for (const livemode of [true, false]) this.#views.delete(keyOf(workspaceId, livemode));
  }

  async #read(workspaceId: string, livemode: boolean): Promise<readonly Budget[]> {
    const forgotten = this.#forgotten;
    const budgets = await listBudgets(this.#db, workspaceId, livemode);
    if (forgotten === this.#forgotten) this.#views.set(keyOf(workspaceId, livemode), budgets);
    return budgets;
  }
}

function keyOf(workspaceId: string, livemode: boolean): string {
  return `${livemode ? 'live' : 'test'} ${workspaceId}`;
}
