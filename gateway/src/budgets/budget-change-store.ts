import type { Db } from '../db/transaction.ts';
import { sumByTags } from '../usage/usage-sum-store.ts';
import { type BalanceRow, columnsOfBalance, findUnposted, openBalance, readBalance } from './balance-store.ts';
import {
  type Budget,
  instanceFor,
  limitIn,
  nextThresholdOf,
  notifiedAfterChange,
  type Subject,
  scopeNames,
} from './budget.ts';
import { findBudget, publishBudgetChange } from './budget-store.ts';
import { type Period, periodAt } from './period.ts';

/** Saves the changed budget and carries it over to its running balances: their limit, and their period. */
export async function saveBudget(tx: Db, budget: Budget, nowMs: number): Promise<void> {
  const old = await findBudget(tx, budget, { forUpdate: true });
  // From here on no batch leaves its sums for later, so the unposted sums are those that this transaction reads.
  await tx.query('lock table unposted_batches in share mode');
  await tx.query(
    `update budgets set name = $3, limit_nanos = $4, period = $5, timezone = $6, thresholds = $7, on_limit = $8,
       extra_nanos = $9, extra_until = $10 where workspace_id = $1 and id = $2`,
    [
      budget.workspaceId,
      budget.id,
      budget.name,
      budget.limitNanos,
      budget.period,
      budget.timezone,
      budget.thresholds,
      budget.onLimit,
      budget.extraNanos,
      budget.extraUntilMs === undefined ? null : new Date(budget.extraUntilMs),
    ],
  );
  const period = periodAt(budget.period, budget.timezone, nowMs, budget.createdAtMs);
  const locked = await lockBalances(tx, budget, { period, nowMs });
  const unposted = await findUnposted(
    tx,
    locked.map(({ id }) => id),
  );
  const balances = locked.map((balance) => ({
    ...balance,
    spentNanos: balance.spentNanos + (unposted.get(balance.id) ?? 0n),
  }));
  const isMoved = old !== undefined && (old.period !== budget.period || old.timezone !== budget.timezone);
  for (const balance of isMoved ? await moveBalances(tx, budget, { balances, unposted, period, nowMs }) : balances) {
    const limitNanos = limitIn(budget, balance.periodEndMs);
    const notifiedThresholds =
      limitNanos === balance.limitNanos
        ? balance.notifiedThresholds
        : notifiedAfterChange(balance.notifiedThresholds, balance.spentNanos, limitNanos);
    await tx.query('update meters set limit_nanos = $2, told = $3, next_nanos = $4 where id = $1', [
      balance.id,
      limitNanos,
      notifiedThresholds,
      nextThresholdOf(budget.thresholds, notifiedThresholds, limitNanos) ?? null,
    ]);
  }
  await tx.query(publishBudgetChange(budget.workspaceId));
}

/**
 * Locks the running balances, and those that have the place of this period: it may have ended in another time zone. Running balances
 * come last.
 */
async function lockBalances(tx: Db, budget: Budget, { period, nowMs }: { period: Period; nowMs: number }) {
  const { rows } = await tx.query(
    `select ${columnsOfBalance} from meters where workspace_id = $1 and budget_id = $2
       and (period_end is null or period_end > $3 or (period = $4 and period_start = $5))
     order by id for update`,
    [budget.workspaceId, budget.id, new Date(nowMs), budget.period, new Date(period.startMs)],
  );
  const isRunning = ({ periodEndMs = Number.POSITIVE_INFINITY }: BalanceRow): number => (periodEndMs > nowMs ? 1 : 0);
  return rows.map(readBalance).toSorted((a, b) => isRunning(a) - isRunning(b));
}

/**
 * The balances of a budget whose period or time zone was changed go on in the period that is running by now, with the amount that usage
 * has for it: no other calendar makes a limit be spent twice. Each keeps its row, and with it its leases and holds, so that a process
 * which does not know of the change yet, and running calls, spend from the same balance.
 */
async function moveBalances(
  tx: Db,
  budget: Budget,
  {
    balances,
    unposted,
    period,
    nowMs,
  }: { balances: readonly BalanceRow[]; unposted: ReadonlyMap<bigint, bigint>; period: Period; nowMs: number },
): Promise<BalanceRow[]> {
  const spent = await spentIn(tx, budget, { period, nowMs });
  const byInstance = new Map(balances.map((balance) => [balance.instance, balance]));
  await setAside(
    tx,
    balances.filter((balance) => byInstance.get(balance.instance) !== balance),
    nowMs,
  );
  // Perhaps nothing is spent yet today, and yesterday was in this month too.
  for (const instance of spent.keys())
    if (!byInstance.has(instance))
      byInstance.set(instance, (await openBalance(tx, budget, { instance, atMs: nowMs })).row);
  const moved = [...byInstance.values()].map((balance): BalanceRow => {
    const spentNanos = spent.get(balance.instance) ?? 0n;
    // A threshold that was notified before, and is still reached, is not notified again.
    const notifiedThresholds =
      spentNanos < balance.spentNanos
        ? notifiedAfterChange(balance.notifiedThresholds, spentNanos, balance.limitNanos)
        : balance.notifiedThresholds;
    return { ...balance, periodStartMs: period.startMs, periodEndMs: period.endMs, spentNanos, notifiedThresholds };
  });
  await tx.query(
    `update meters m set period = $1, period_start = $2, period_end = $3, ended = false, spent_nanos = n.spent,
       carried_nanos = m.carried_nanos + n.spent - m.spent_nanos, told = n.told
     from json_to_recordset($4::json) as n (id bigint, spent bigint, told smallint[]) where m.id = n.id`,
    [
      budget.period,
      new Date(period.startMs),
      period.endMs === undefined ? null : new Date(period.endMs),
      JSON.stringify(
        // The unposted sums are in it already, and come to the row when they are posted.
        moved.map(({ id, spentNanos, notifiedThresholds }) => ({
          id: String(id),
          spent: String(spentNanos - (unposted.get(id) ?? 0n)),
          told: notifiedThresholds,
        })),
      ),
    ],
  );
  return moved;
}

/** Another balance takes their place; running calls that hold money of them settle there all the same. */
async function setAside(tx: Db, balances: readonly BalanceRow[], nowMs: number): Promise<void> {
  await tx.query(
    `update meters set period = 'set aside ' || id, period_end = least(period_end, $2) where id = any($1)`,
    [balances.map(({ id }) => id), new Date(nowMs)],
  );
}

/** The amounts spent in a period so far, by instance. */
async function spentIn(
  tx: Db,
  budget: Budget,
  { period, nowMs }: { period: Period; nowMs: number },
): Promise<Map<string, bigint>> {
  const { workspaceId, livemode, scope } = budget;
  const one = (value: string | undefined): string | undefined => (value === '*' ? undefined : value);
  const sums = await sumByTags(
    tx,
    {
      workspaceId,
      livemode,
      from: new Date(Math.max(period.startMs, budget.createdAtMs)),
      // Other processes' clocks may be ahead.
      to: new Date(period.endMs ?? nowMs + dayMs),
      clientId: one(scope.client_id),
      project: one(scope.project),
      scenarioId: one(scope.scenario_id),
      keyId: one(scope.key_id),
    },
    scopeNames.filter((name) => scope[name] === '*'),
  );
  return new Map(
    sums.flatMap(({ costNanos, ...tags }) => {
      const values = scopeNames.map((name) => [name, scope[name] === '*' ? tags[name] : scope[name]] as const);
      const subject: Subject = Object.fromEntries(values.filter(([, value]) => typeof value === 'string'));
      const instance = instanceFor(budget, subject);
      return instance === undefined ? [] : [[instance, costNanos]];
    }),
  );
}

const dayMs = 86_400_000;
