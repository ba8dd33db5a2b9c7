import type { OutputOf } from '@ai-gateway/shared/contract';

type Budget = OutputOf<'budgets.get'>;

/** How a budget is doing, in the same words on every screen. */
export const budgetStates = {
  ok: ['good', 'Within its limit'],
  warning: ['warn', 'Near its limit'],
  exceeded: ['bad', 'Limit reached'],
} as const satisfies Record<Budget['status'], readonly ['good' | 'warn' | 'bad', string]>;

/** A budget that refused a call is exceeded, though the call was dearer than the rest that is left. */
export function budgetStateOf({
  status,
  spent_usd: spent,
  limit_usd: limit,
}: Pick<Budget, 'status' | 'spent_usd' | 'limit_usd'>): readonly ['good' | 'warn' | 'bad', string] {
  return status === 'exceeded' && spent < limit ? ['bad', 'Refused a call'] : budgetStates[status];
}
