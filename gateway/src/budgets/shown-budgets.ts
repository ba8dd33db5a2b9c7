import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import { isOwn } from '../accounts/own-tags.ts';
import { billedBudget, type Markup, type MarkupCache, shownMarkup } from '../usage/markup.ts';
import { type BalanceRow, listBalances } from './balance-store.ts';
import { type Budget, hasEach, limitIn } from './budget.ts';
import type { BudgetCache } from './budget-cache.ts';
import { findBudget } from './budget-store.ts';
import { type BalanceAmounts, type BudgetView, viewBudget } from './budget-view.ts';
import { periodAt } from './period.ts';

export interface BudgetPorts {
  db: Pool;
  now: () => number;
  processId: string;
  budgets: BudgetCache;
  policies: MarkupCache;
  /** Reads the budgets of a workspace again. */
  ledger: { changed(workspaceId: string): Promise<void> };
  /** The amounts spent and held now, as this process knows them. */
  balances: {
    amounts(wanted: readonly { budget: Budget; instance: string }[], nowMs: number): Promise<BalanceAmounts[]>;
    live(row: BalanceRow): BalanceAmounts;
  };
}

/** The budgets in force that this key may see. */
export async function visibleBudgets(services: BudgetPorts, caller: Caller): Promise<readonly Budget[]> {
  const budgets = await services.budgets.of(caller.workspaceId, caller.livemode);
  return budgets.filter(({ scope }) => isOwn(caller, scope));
}

/** The budget with this id, where this key may see it; throws `not_found`. */
export async function ownBudget(services: Pick<BudgetPorts, 'db'>, caller: Caller, id: string): Promise<Budget> {
  const { workspaceId, livemode } = caller;
  const budget = await findBudget(services.db, { workspaceId, livemode, id });
  if (budget === undefined || !isOwn(caller, budget.scope)) throw unknownBudget(id);
  return budget;
}

export function unknownBudget(id: string): GatewayError {
  return new GatewayError('not_found', `There is no budget "${id}" here.`, { param: 'id' });
}

/** A client's own key sees and sets its budgets in the dollars it is billed. */
export async function markupOfCaller(
  { policies }: Pick<BudgetPorts, 'policies'>,
  caller: Caller,
): Promise<Markup | undefined> {
  const { markups } = await policies.of(caller.workspaceId, caller.livemode);
  return shownMarkup(markups, caller, caller.lockedTags.includes('client_id') ? caller.tags.client_id : undefined);
}

export async function showBudget(services: BudgetPorts, caller: Caller, budget: Budget): Promise<BudgetView> {
  const [view] = await showBudgets(services, caller, [budget]);
  if (view === undefined) throw new Error('one budget has one view');
  return view;
}

/** A budget with '*' is shown by its instance that has spent most. */
export async function showBudgets(
  services: BudgetPorts,
  caller: Caller,
  budgets: readonly Budget[],
): Promise<BudgetView[]> {
  const nowMs = services.now();
  const plain = budgets.filter((budget) => !hasEach(budget));
  const amounts = await services.balances.amounts(
    plain.map((budget) => ({ budget, instance: '' })),
    nowMs,
  );
  const byId = new Map<string, BalanceAmounts>(plain.map(({ id }, i) => [id, amounts[i] as BalanceAmounts]));
  for (const budget of budgets) {
    if (!hasEach(budget)) continue;
    const [top] = await listBalances(services.db, budget, { nowMs, exceptProcessId: services.processId, limit: 1 });
    const period = periodAt(budget.period, budget.timezone, nowMs, budget.createdAtMs);
    byId.set(
      budget.id,
      top === undefined
        ? {
            instance: '',
            limitNanos: limitIn(budget, period.endMs),
            spentNanos: 0n,
            heldNanos: 0n,
            notifiedThresholds: [],
            periodStartMs: period.startMs,
            periodEndMs: period.endMs,
          }
        : services.balances.live(top),
    );
  }
  const markup = await markupOfCaller(services, caller);
  return budgets.map((budget) =>
    billedBudget(viewBudget(budget, byId.get(budget.id) as BalanceAmounts, { asInstance: false }), markup),
  );
}
