import type { Db } from '../db/transaction.ts';
import { WorldViews } from '../db/world-views.ts';
import type { Budget } from './budget.ts';
import { listBudgets } from './budget-store.ts';

/** The budgets in force in each workspace's two worlds. */
export class BudgetViews extends WorldViews<readonly Budget[]> {
  constructor({ db }: { db: Db }) {
    super((workspaceId, livemode) => listBudgets(db, workspaceId, livemode));
  }
}
