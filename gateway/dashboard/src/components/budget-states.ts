import type { Budget } from './budget-line.tsx';

/** How a budget is doing, in the same words on every screen. */
export const budgetStates = {
  ok: ['good', 'Within its limit'],
  warning: ['warn', 'Near its limit'],
  exceeded: ['bad', 'Limit reached'],
} as const satisfies Record<Budget['status'], readonly ['good' | 'warn' | 'bad', string]>;
