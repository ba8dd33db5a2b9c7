import { GatewayError } from '@ai-gateway/shared/errors';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { findMostUsed, listBalances, lowerBalances } from './balance-store.ts';
import { type Budget, limitIn } from './budget.ts';
import { saveBudget } from './budget-change-store.ts';
import { findRaise, insertChange, type StoredRaise } from './budget-history-store.ts';
import { findBudget } from './budget-store.ts';
import { settingsOf, targetOf } from './budget-view.ts';
import { afterChange, limitNow } from './change-budget.ts';
import { periodAt } from './period.ts';
import { type BudgetPorts, ownBudget, unknownBudget } from './shown-budgets.ts';

interface Undoing extends Pick<Context<BudgetPorts>, 'services' | 'caller' | 'audit'> {
  budgetId: string;
  raiseId: string;
}

/** A change that comes in between makes the processes lease again: this often the balances are lowered once more. */
const triesMax = 5;

/**
 * Takes back as much of a raise as is neither spent nor held. First the balances go down, so that nobody leases more and every process
 * returns what it does not need; what is still leased then is held by calls. The budget itself follows in a second step, to no less than
 * that: nobody ever sees a limit below what is spent and held.
 */
export async function undoRaise(
  { services, caller, audit }: Pick<Context<BudgetPorts>, 'services' | 'caller' | 'audit'>,
  { budgetId, raiseId }: { budgetId: string; raiseId: string },
): Promise<void> {
  await ownBudget(services, caller, budgetId);
  const undoing: Undoing = { services, caller, audit, budgetId, raiseId };
  let isLowered = false;
  try {
    for (let tries = 1; ; tries++) {
      const lowered = await lower(undoing);
      isLowered = true;
      await afterChange(services, lowered.budget);
      if (await takeBack(undoing, { loweredNanos: lowered.nanos, isLast: tries >= triesMax })) break;
    }
  } catch (error) {
    if (isLowered) await restore(undoing);
    throw error;
  }
  await services.ledger.changed(caller.workspaceId);
}

/** The balances have the limit of their budget again. */
async function restore({ services, caller: { workspaceId, livemode }, budgetId }: Undoing): Promise<void> {
  await withTransaction(services.db, async (tx) => {
    const budget = await findBudget(tx, { workspaceId, livemode, id: budgetId }, { forUpdate: true });
    if (budget !== undefined) await saveBudget(tx, budget, services.now());
  });
  await services.ledger.changed(workspaceId);
}

async function lower({ services, ...undoing }: Undoing): Promise<{ budget: Budget; nanos: bigint }> {
  return await withTransaction(services.db, async (tx) => {
    const { budget, raise } = await raiseInForce(tx, { services, ...undoing });
    const nanos = larger(
      await knownUse(services, tx, budget),
      limitNow(without(budget, raise, services.now()), services.now()),
    );
    await lowerBalances(tx, budget, nanos);
    return { budget, nanos };
  });
}

/** False where the balances went up again since they were lowered, or leased money is not back yet: they are lowered once more. */
async function takeBack(
  undoing: Undoing,
  { loweredNanos, isLast }: { loweredNanos: bigint; isLast: boolean },
): Promise<boolean> {
  const { services, caller, audit, raiseId } = undoing;
  return await withTransaction(services.db, async (tx) => {
    const { budget, raise } = await raiseInForce(tx, undoing);
    const { usedNanos, limitNanos } = await findMostUsed(tx, budget);
    if (limitNanos > loweredNanos && !isLast) return false;
    const beforeNanos = limitNow(budget, services.now());
    const known = await knownUse(services, tx, budget);
    // What is leased and held by no call may still come back: the raise is not spent on it.
    if (usedNanos > larger(loweredNanos, known)) {
      if (!isLast) return false;
      throw new GatewayError('service_unavailable', 'Another process has not returned its money yet. Try again.', {
        retryAfterSeconds: 10,
      });
    }
    const inUse = larger(usedNanos, known);
    const next = withAtLeast(without(budget, raise, services.now()), smaller(inUse, beforeNanos), services.now());
    await saveBudget(tx, next, services.now());
    const afterNanos = limitNow(next, services.now());
    await insertChange(tx, {
      kind: 'raise_undone',
      byNanos: beforeNanos - afterNanos,
      raiseId,
      id: newId('chg', services.now()),
      budget: next,
      caller,
      beforeNanos,
      afterNanos,
    });
    const [before, after] = [settingsOf(budget, beforeNanos), settingsOf(next, afterNanos)];
    await audit(tx, { target: targetOf(next), before, after });
    return true;
  });
}

/** Locks the budget; throws `conflict` where nothing of the raise is left to be taken back. */
async function raiseInForce(
  tx: Db,
  { services, caller: { workspaceId, livemode }, budgetId, raiseId }: Undoing,
): Promise<{ budget: Budget; raise: StoredRaise }> {
  const budget = await findBudget(tx, { workspaceId, livemode, id: budgetId }, { forUpdate: true });
  if (budget === undefined) throw unknownBudget(budgetId);
  const raise = await findRaise(tx, budget, raiseId);
  if (raise === undefined)
    throw new GatewayError('not_found', `There is no raise "${raiseId}" of this budget.`, { param: 'raise_id' });
  checkInForce(raise, services.now());
  return { budget, raise };
}

function checkInForce({ undoneAt, replacedAt, periodEndMs, until }: StoredRaise, nowMs: number): void {
  const over = (text: string): GatewayError => new GatewayError('conflict', text, { param: 'raise_id' });
  const at = (time: Date): string => time.toISOString();
  if (undoneAt !== undefined) throw over(`This raise was taken back at ${at(undoneAt)}. Nothing of it is left.`);
  if (replacedAt !== undefined)
    throw over(`The budget was changed at ${at(replacedAt)}, and the raise ended with that. Set the limit instead.`);
  if (until === 'period_end' && periodEndMs !== undefined && periodEndMs <= nowMs)
    throw over(`This raise ended with its period at ${at(new Date(periodEndMs))}. Nothing of it is left.`);
}

/** The most that any instance has spent and holds now, as far as this process and the database know. */
async function knownUse({ balances, processId, now }: BudgetPorts, tx: Db, budget: Budget): Promise<bigint> {
  const rows = await listBalances(tx, budget, { nowMs: now(), exceptProcessId: processId, limit: instancesMax });
  return rows.reduce((most, row) => {
    const { spentNanos, heldNanos } = balances.live(row);
    return larger(most, spentNanos + heldNanos);
  }, 0n);
}

/** Those that have spent most; `findMostUsed` looks at all of them. */
const instancesMax = 1_000;

function without(old: Budget, { byNanos, until }: StoredRaise, nowMs: number): Budget {
  if (until === 'forever') return { ...old, limitNanos: old.limitNanos - byNanos };
  const { endMs } = periodAt(old.period, old.timezone, nowMs, old.createdAtMs);
  return old.extraUntilMs === endMs ? { ...old, extraNanos: old.extraNanos - byNanos } : old;
}

/**
 * With a limit of at least `nanos` in the period that is running, and in no other: the part of a raise for good that is spent stays for this
 * period only. A total never ends.
 */
function withAtLeast(budget: Budget, nanos: bigint, nowMs: number): Budget {
  const { endMs } = periodAt(budget.period, budget.timezone, nowMs, budget.createdAtMs);
  const missing = nanos - limitIn(budget, endMs);
  if (missing <= 0n) return budget;
  if (endMs === undefined) return { ...budget, limitNanos: nanos };
  const raised = budget.extraUntilMs === endMs ? budget.extraNanos : 0n;
  return { ...budget, extraNanos: raised + missing, extraUntilMs: endMs };
}

function larger(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
