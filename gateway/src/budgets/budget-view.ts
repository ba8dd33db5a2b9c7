import type { OutputOf } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import type { AuditTarget } from '../accounts/audit-entry.ts';
import { type Budget, scopeOfInstance, statusOf } from './budget.ts';

export type BudgetView = OutputOf<'budgets.get'>;

/** The amounts of one balance. */
export interface BalanceAmounts {
  instance: string;
  limitNanos: bigint;
  spentNanos: bigint;
  heldNanos: bigint;
  notifiedThresholds: readonly number[];
  periodStartMs: number;
  periodEndMs: number | undefined;
}

/** A budget as the audit log names it. */
export function targetOf({ id, name }: Pick<Budget, 'id' | 'name'>): AuditTarget {
  return { type: 'budget', id, name };
}

/** The settings of a budget as the audit log has them: what a person sets, not what is spent. */
export function settingsOf(budget: Omit<Budget, 'createdAtMs'>, limitNanos: bigint) {
  return {
    name: budget.name,
    scope: budget.scope,
    limit_usd: toUsd(limitNanos),
    period: budget.period,
    timezone: budget.timezone,
    thresholds: budget.thresholds,
    on_limit: budget.onLimit,
  };
}

/** A budget as the API shows it. `scope: '*'` is shown as it is for the budget itself, filled in for an instance. */
export function viewBudget(budget: Budget, amounts: BalanceAmounts, options: { asInstance: boolean }): BudgetView {
  const { limitNanos, spentNanos, heldNanos, notifiedThresholds } = amounts;
  const left = limitNanos - spentNanos - heldNanos;
  return {
    id: budget.id,
    name: budget.name,
    scope: options.asInstance ? scopeOfInstance(budget, amounts.instance) : budget.scope,
    limit_usd: toUsd(limitNanos),
    period: budget.period,
    timezone: budget.timezone,
    thresholds: [...budget.thresholds],
    on_limit: budget.onLimit,
    status: statusOf({ thresholds: budget.thresholds, notifiedThresholds, spentNanos, limitNanos }),
    spent_usd: toUsd(spentNanos),
    held_usd: toUsd(heldNanos),
    remaining_usd: toUsd(left > 0n ? left : 0n),
    percent_used: Number((spentNanos * 10_000n) / limitNanos) / 100,
    period_start: new Date(amounts.periodStartMs).toISOString(),
    resets_at: amounts.periodEndMs === undefined ? null : new Date(amounts.periodEndMs).toISOString(),
  };
}
