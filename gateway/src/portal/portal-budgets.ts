import { listBalances } from '../budgets/balance-store.ts';
import { type Budget, hasEach } from '../budgets/budget.ts';
import type { BudgetCache } from '../budgets/budget-cache.ts';
import { type BalanceAmounts, viewBudget } from '../budgets/budget-view.ts';
import { type BillingTerms, billedAmount } from './billing-terms.ts';
import type { PortalViewer } from './portal-link.ts';
import { type PortalPorts, readMonth } from './portal-month.ts';

export interface PortalBudgetPorts extends PortalPorts {
  processId: string;
  budgets: BudgetCache;
  balances: {
    amounts(wanted: readonly { budget: Budget; instance: string }[], nowMs: number): Promise<BalanceAmounts[]>;
    live(row: Awaited<ReturnType<typeof listBalances>>[number]): BalanceAmounts;
  };
}

/** The budgets of the client's own calls, in billed amounts; those of all its calls first. */
export async function portalBudgets(ports: PortalBudgetPorts, viewer: PortalViewer) {
  const { terms } = await readMonth(ports, viewer, undefined);
  const budgets = await ports.budgets.of(viewer.workspaceId, viewer.livemode);
  const nowMs = ports.now();
  const data = [];
  for (const budget of budgets) {
    const amounts = await amountsOf(ports, { budget, clientId: viewer.clientId, nowMs });
    if (amounts !== undefined) data.push(describe(budget, amounts, terms));
  }
  return {
    currency: terms.currency,
    data: data.sort(
      (a, b) => Number(a.project !== null) - Number(b.project !== null) || b.percent_used - a.percent_used,
    ),
  };
}

/** A budget for each client has this one's balance. One for each of its scenarios is shown by the fullest. */
async function amountsOf(
  ports: PortalBudgetPorts,
  { budget, clientId, nowMs }: { budget: Budget; clientId: string; nowMs: number },
): Promise<BalanceAmounts | undefined> {
  const { client_id: scope, ...rest } = budget.scope;
  if (scope !== '*' && scope !== clientId) return undefined;
  const isOfEachPart = hasEach({ scope: rest });
  if (!isOfEachPart) {
    const instance = scope === '*' ? JSON.stringify({ client_id: clientId }) : '';
    return (await ports.balances.amounts([{ budget, instance }], nowMs))[0];
  }
  if (scope === '*') return undefined;
  const [fullest] = await listBalances(ports.db, budget, { nowMs, exceptProcessId: ports.processId, limit: 1 });
  return fullest && ports.balances.live(fullest);
}

function describe(budget: Budget, amounts: BalanceAmounts, terms: BillingTerms) {
  const view = viewBudget(budget, amounts, { asInstance: true });
  const { limitNanos, spentNanos, heldNanos } = amounts;
  const left = limitNanos - spentNanos - heldNanos;
  return {
    name: view.name,
    project: view.scope.project ?? null,
    scenario_id: view.scope.scenario_id ?? null,
    period: view.period,
    status: view.status,
    limit: billedAmount(limitNanos, terms),
    spent: billedAmount(spentNanos, terms),
    remaining: billedAmount(left > 0n ? left : 0n, terms),
    percent_used: view.percent_used,
    period_start: view.period_start,
    resets_at: view.resets_at,
    timezone: view.timezone,
  };
}
