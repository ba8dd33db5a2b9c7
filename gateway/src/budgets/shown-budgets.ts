import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import { isOwn } from '../accounts/own-tags.ts';
import { billedBudget, type Markup, type MarkupCache, shownMarkup } from '../usage/markup.ts';
import { type BalanceRow, findFullest } from './balance-store.ts';
import { type Budget, hasEach, limitIn, type Scope, scopeOfInstance } from './budget.ts';
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
async function showBudgets(services: BudgetPorts, caller: Caller, budgets: readonly Budget[]): Promise<BudgetView[]> {
  return (await showWithInstances(services, caller, budgets)).map(({ instance: _instance, ...view }) => view);
}

/** The same with the tags of that instance. All budgets are read together: fifty of them take no more statements than one. */
export async function showWithInstances(
  services: BudgetPorts,
  caller: Caller,
  budgets: readonly Budget[],
): Promise<(BudgetView & { instance: Scope | null })[]> {
  const nowMs = services.now();
  const plain = budgets.filter((budget) => !hasEach(budget));
  const [amounts, fullest, markup] = await Promise.all([
    services.balances.amounts(
      plain.map((budget) => ({ budget, instance: '' })),
      nowMs,
    ),
    findFullest(services.db, budgets.filter(hasEach), { nowMs, exceptProcessId: services.processId }),
    markupOfCaller(services, caller),
  ]);
  const byId = new Map<string, BalanceAmounts>([
    ...plain.map(({ id }, i) => [id, amounts[i] as BalanceAmounts] as const),
    ...fullest.map((row) => [row.budgetId, services.balances.live(row)] as const),
  ]);
  return budgets.map((budget) => {
    const shown = byId.get(budget.id);
    const view = viewBudget(budget, shown ?? untouched(budget, nowMs), { asInstance: false });
    const isOfOne = hasEach(budget) && shown !== undefined;
    return {
      ...billedBudget(view, markup),
      instance: isOfOne ? scopeOfInstance(budget, shown.instance) : null,
    };
  });
}

/** Nobody has called in this period yet. */
function untouched(budget: Budget, nowMs: number): BalanceAmounts {
  const period = periodAt(budget.period, budget.timezone, nowMs, budget.createdAtMs);
  return {
    instance: '',
    limitNanos: limitIn(budget, period.endMs),
    spentNanos: 0n,
    heldNanos: 0n,
    notifiedThresholds: [],
    periodStartMs: period.startMs,
    periodEndMs: period.endMs,
  };
}
