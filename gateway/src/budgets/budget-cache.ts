import { ModeCache } from '../db/mode-cache.ts';
import type { Db } from '../db/transaction.ts';
import type { Budget } from './budget.ts';
import { listBudgets } from './budget-store.ts';

/** The budgets in force in each workspace, in live and in test mode. */
export class BudgetCache extends ModeCache<readonly Budget[]> {
  constructor({ db }: { db: Db }) {
    super((workspaceId, livemode) => listBudgets(db, workspaceId, livemode));
  }
}
