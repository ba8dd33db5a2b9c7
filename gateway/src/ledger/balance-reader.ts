import { type BalanceRow, findBalances } from '../budgets/balance-store.ts';
import type { Budget } from '../budgets/budget.ts';
import { limitIn } from '../budgets/budget.ts';
import type { BalanceAmounts } from '../budgets/budget-view.ts';
import { periodAt } from '../budgets/period.ts';
import type { Db } from '../db/transaction.ts';
import type { Ledger } from './ledger.ts';

interface Wanted {
  budget: Budget;
  instance: string;
  periodStartMs: number;
  key: string;
}

/**
 * Reads balances to show them. Questions that come while a statement runs share the next statement, so a thousand checks a second cost
 * a few dozen statements.
 */
export class BalanceReader {
  readonly #db: Db;
  readonly #processId: string;
  readonly #ledger: Ledger;
  #waiting = new Map<string, Wanted>();
  #next: Promise<Map<string, BalanceRow>> | undefined;
  #current: Promise<unknown> = Promise.resolve();

  constructor(options: { db: Db; processId: string; ledger: Ledger }) {
    this.#db = options.db;
    this.#processId = options.processId;
    this.#ledger = options.ledger;
  }

  /** The balances of these budgets in the period that is running. No row is made for a budget of which nothing is spent. */
  async amounts(wanted: readonly { budget: Budget; instance: string }[], nowMs: number): Promise<BalanceAmounts[]> {
    const places = wanted.map(({ budget, instance }) => {
      const period = periodAt(budget.period, budget.timezone, nowMs, budget.createdAtMs);
      const key = `${budget.workspaceId}/${budget.id}/${budget.period}/${period.startMs}/${instance}`;
      return { budget, instance, period, periodStartMs: period.startMs, key };
    });
    if (places.length === 0) return [];
    for (const place of places) this.#waiting.set(place.key, place);
    const rows = await this.#read();
    return places.map(({ budget, instance, period, key }): BalanceAmounts => {
      const row = rows.get(key);
      const limitNanos = limitIn(budget, period.endMs);
      const place = { instance, periodStartMs: period.startMs, periodEndMs: period.endMs };
      return row === undefined
        ? { ...place, limitNanos, spentNanos: 0n, heldNanos: 0n, notifiedThresholds: [] }
        : // The row may be newer than the budget that was read before: no limit is shown that is below what was spent under it.
          { ...place, ...this.live(row), limitNanos: larger(limitNanos, row.limitNanos) };
    });
  }

  /** A row, with the holds and the settlements of this process that the database does not have yet. */
  live(row: BalanceRow): BalanceAmounts {
    const known = this.#ledger.spentOf(row.id);
    return {
      instance: row.instance,
      limitNanos: row.limitNanos,
      spentNanos: larger(known, row.spentNanos),
      heldNanos: row.heldNanos + (this.#ledger.heldOf(row.id) ?? 0n),
      notifiedThresholds: row.notifiedThresholds,
      periodStartMs: row.periodStartMs,
      periodEndMs: row.periodEndMs,
    };
  }

  #read(): Promise<Map<string, BalanceRow>> {
    this.#next ??= this.#after(this.#current);
    return this.#next;
  }

  async #after(before: Promise<unknown>): Promise<Map<string, BalanceRow>> {
    await before.catch(() => {});
    const wanted = [...this.#waiting.values()];
    this.#waiting = new Map();
    this.#next = undefined;
    const reading = findBalances(this.#db, wanted, { exceptProcessId: this.#processId });
    this.#current = reading;
    const rows = await reading;
    const workspaceOf = new Map(wanted.map(({ budget }) => [budget.id, budget]));
    return new Map(
      rows.map((row) => {
        const budget = workspaceOf.get(row.budgetId);
        return [`${budget?.workspaceId}/${row.budgetId}/${budget?.period}/${row.periodStartMs}/${row.instance}`, row];
      }),
    );
  }
}

function larger(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}
