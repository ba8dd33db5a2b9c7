import type { BudgetBalance } from './budget-balance.ts';
import type { PostedBalance } from './posting-store.ts';
import type { Spent } from './spent-sums.ts';

/** The sums are posted: the balances take them over from what is unposted. */
export function settlePosted(spent: ReadonlyMap<BudgetBalance, Spent>): void {
  for (const [balance, sum] of spent) balance.posted(sum, balance.spentNanos + sum.spentNanos);
}

/** Gives the balances what the database answered of them; `onOverdraft` for each that is further past its limit than this process knew. */
export function applyAnswers(
  balances: Iterable<BudgetBalance>,
  answers: readonly PostedBalance[],
  { readAtMs, onOverdraft }: { readAtMs: number; onOverdraft: (balance: BudgetBalance) => void },
): void {
  if (answers.length === 0) return;
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  for (const balance of balances) {
    const now = byId.get(balance.id);
    if (now === undefined) continue;
    balance.readAtMs = readAtMs;
    balance.spentNanos = now.spentNanos;
    balance.nextThresholdNanos = now.nextThresholdNanos;
    balance.limitNanos = now.limitNanos;
    // Upwards only: this answer may be older than the answer to a returned lease. The next lease lowers it.
    if (now.overdraftNanos <= balance.overdraftNanos) continue;
    balance.overdraftNanos = now.overdraftNanos;
    onOverdraft(balance);
  }
}
