import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { withTransaction } from '../db/transaction.ts';
import { findLeased } from './balance-store.ts';
import { type Budget, limitIn } from './budget.ts';
import { saveBudget } from './budget-change-store.ts';
import { type ChangeNote, insertChange, moveRaises } from './budget-history-store.ts';
import { findBudget } from './budget-store.ts';
import { settingsOf, targetOf } from './budget-view.ts';
import { periodAt } from './period.ts';
import { type BudgetPorts, ownBudget, unknownBudget } from './shown-budgets.ts';

/** How long a change to a lower limit waits for processes to return what they leased under the old one. */
const settleMs = 500;

/** Changes a budget under load: its row is locked, its balances follow, and every process acquires its leases again. */
export async function changeBudget(
  { services, caller, audit }: Pick<Context<BudgetPorts>, 'services' | 'caller' | 'audit'>,
  id: string,
  how: (old: Budget) => { next: Budget; note: ChangeNote },
): Promise<{ budget: Budget; changeId: string }> {
  await ownBudget(services, caller, id);
  const { workspaceId, livemode } = caller;
  const changeId = newId('chg', services.now());
  const budget = await withTransaction(services.db, async (tx) => {
    const old = await findBudget(tx, { workspaceId, livemode, id }, { forUpdate: true });
    if (old === undefined) throw unknownBudget(id);
    const { next, note } = how(old);
    await saveBudget(tx, next, services.now());
    await moveRaises(tx, old, next);
    const [beforeNanos, afterNanos] = [limitNow(old, services.now()), limitNow(next, services.now())];
    await insertChange(tx, { ...note, id: changeId, budget: next, caller, beforeNanos, afterNanos });
    const [before, after] = [settingsOf(old, beforeNanos), settingsOf(next, afterNanos)];
    await audit(tx, { target: targetOf(next), before, after });
    return next;
  });
  await afterChange(services, budget);
  return { budget, changeId };
}

/** The limit of the period that is running, raises included. */
export function limitNow(budget: Budget, nowMs: number): bigint {
  return limitIn(budget, periodAt(budget.period, budget.timezone, nowMs, budget.createdAtMs).endMs);
}

/**
 * This process reads the budget again, the others do by the database's notice. More may be leased than a lower limit has: waits for them
 * to return it.
 */
export async function afterChange(services: BudgetPorts, budget: Budget): Promise<void> {
  await services.ledger.changed(budget.workspaceId);
  for (const until = services.now() + settleMs; services.now() < until; await sleep(20))
    if (!(await findLeased(services.db, budget)).overdrawn) break;
}
