import { setTimeout as sleep } from 'node:timers/promises';
import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { listKeys } from '../accounts/key-store.ts';
import { newId } from '../accounts/new-id.ts';
import { boundTo, isOwn, ownClient, ownProject, ownScenario } from '../accounts/own-tags.ts';
import { withTransaction } from '../db/transaction.ts';
import { pageOf, writeParts } from '../usage/cursor.ts';
import { billedBudget, type Markup, type MarkupCache, shownMarkup, unbilled } from '../usage/markup.ts';
import { type BalanceRow, findLeased, listBalances } from './balance-store.ts';
import { type Budget, hasEach, limitIn, type Scope } from './budget.ts';
import type { BudgetCache } from './budget-cache.ts';
import { saveBudget } from './budget-change-store.ts';
import { amount, ascending, noRaise, raiseIn, readBalanceCursor, readIdCursor, within } from './budget-input.ts';
import { deleteBudget, findBudget, insertBudget } from './budget-store.ts';
import { type BalanceAmounts, type BudgetView, viewBudget } from './budget-view.ts';
import { periodAt } from './period.ts';

interface BudgetPorts {
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

export const budgetHandlers: Pick<
  Handlers<Context<BudgetPorts>>,
  | 'budgets.create'
  | 'budgets.list'
  | 'budgets.get'
  | 'budgets.update'
  | 'budgets.remove'
  | 'budgets.raise'
  | 'budgets.instances'
> = {
  'budgets.create': async (input, { caller, services }) => {
    const scope = scopeOf(caller, input.scope);
    await checkKey(services, caller, scope.key_id);
    const asked: Omit<Budget, 'createdAtMs'> = {
      workspaceId: caller.workspaceId,
      id: newId('bud', services.now()),
      livemode: caller.livemode,
      name: input.name,
      scope,
      limitNanos: unbilled(amount(input.limit_usd, 'limit_usd'), await markupFor(services, caller)),
      period: input.period,
      timezone: input.timezone,
      thresholds: ascending(input.thresholds),
      onLimit: input.on_limit,
      extraNanos: 0n,
      extraUntilMs: undefined,
    };
    const budget = await withTransaction(services.db, (tx) => insertBudget(tx, asked));
    await services.ledger.changed(caller.workspaceId);
    return viewOne(services, caller, budget);
  },

  'budgets.list': async (input, { caller, services }) => {
    const budgets = await visible(services, caller);
    const wanted = { client_id: input.client_id, project: input.project, scenario_id: input.scenario_id };
    const found = budgets.filter(({ scope }) =>
      (Object.keys(wanted) as (keyof typeof wanted)[]).every((name) => {
        const value = wanted[name];
        return value === undefined || scope[name] === value || (scope[name] === '*' && value !== '*');
      }),
    );
    const views = await viewAll(services, caller, found);
    const kept = views.filter(({ status }) => input.status === undefined || status === input.status);
    // By id and not by position: the budget a page ended with may be gone when the next page is asked for.
    const after = input.cursor === undefined ? '' : readIdCursor(input.cursor);
    const rest = kept.filter(({ id }) => id > after);
    return pageOf(rest, input.limit, { view: (budget) => budget, cursor: ({ id }) => writeParts([id]) });
  },

  'budgets.get': async ({ id }, { caller, services }) => viewOne(services, caller, await find(services, caller, id)),

  'budgets.update': async (input, { caller, services }) => {
    const markup = await markupFor(services, caller);
    const budget = await change(services, caller, input.id, (old) => {
      const period = input.period ?? old.period;
      const timezone = input.timezone ?? old.timezone;
      return {
        ...old,
        ...raiseIn({ period, timezone }, old, services.now()),
        name: input.name ?? old.name,
        // The limit that is set is the whole limit: a raise for this period does not come on top of it.
        ...(input.limit_usd === undefined
          ? {}
          : { limitNanos: unbilled(amount(input.limit_usd, 'limit_usd'), markup), ...noRaise }),
        period,
        timezone,
        thresholds: input.thresholds === undefined ? old.thresholds : ascending(input.thresholds),
        onLimit: input.on_limit ?? old.onLimit,
      };
    });
    return viewOne(services, caller, budget);
  },

  'budgets.remove': async ({ id }, { caller, services }) => {
    const budget = await find(services, caller, id);
    await withTransaction(services.db, (tx) => deleteBudget(tx, budget));
    await services.ledger.changed(caller.workspaceId);
    return null;
  },

  'budgets.raise': async (input, { caller, services }) => {
    const byNanos = unbilled(amount(input.by_usd, 'by_usd'), await markupFor(services, caller));
    const budget = await change(services, caller, input.id, (old) => {
      const period = periodAt(old.period, old.timezone, services.now(), old.createdAtMs);
      // A total never ends, and a raise of it never ends either.
      if (input.until === 'forever' || period.endMs === undefined)
        return { ...old, limitNanos: within(old.limitNanos + byNanos) };
      const standing = old.extraUntilMs === period.endMs ? old.extraNanos : 0n;
      within(old.limitNanos + standing + byNanos);
      return { ...old, extraNanos: standing + byNanos, extraUntilMs: period.endMs };
    });
    return viewOne(services, caller, budget);
  },

  'budgets.instances': async (input, { caller, services }) => {
    const budget = await find(services, caller, input.id);
    const rows = await listBalances(services.db, budget, {
      nowMs: services.now(),
      exceptProcessId: services.processId,
      limit: input.limit + 1,
      afterInstance: input.cursor === undefined ? undefined : readBalanceCursor(input.cursor),
    });
    const markup = await markupFor(services, caller);
    return pageOf(rows, input.limit, {
      view: (row) => billedBudget(viewBudget(budget, services.balances.live(row), { asInstance: true }), markup),
      cursor: ({ spentNanos, id }) => writeParts([String(spentNanos), String(id)]),
    });
  },
};

function given<Name extends string>(name: Name, value: string | undefined): { [N in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: string };
}

/** A key with a locked tag sets budgets for that tag only; one locked to a platform alone for itself. */
function scopeOf(caller: Caller, scope: { [Name in keyof Scope]?: string | undefined }): Scope {
  const keyId = boundTo(caller).key_id ?? scope.key_id;
  if (scope.key_id !== undefined && scope.key_id !== keyId)
    throw new GatewayError('tag_forbidden', 'This key can set budgets for itself only. Leave `scope.key_id` out.', {
      param: 'scope.key_id',
    });
  return {
    ...given('client_id', ownClient(caller, scope.client_id)),
    ...given('project', ownProject(caller, scope.project)),
    ...given('scenario_id', ownScenario(caller, scope.scenario_id)),
    ...given('key_id', keyId),
  };
}

/** A key that does not exist, or that belongs to the other mode, makes no call: its budget would guard nothing. */
async function checkKey(services: BudgetPorts, caller: Caller, keyId: string | undefined): Promise<void> {
  if (keyId === undefined || keyId === '*') return;
  const keys = await listKeys(services.db, caller.workspaceId, caller.livemode);
  if (!keys.some(({ id, livemode }) => id === keyId && livemode === caller.livemode))
    throw new GatewayError('not_found', `There is no key "${keyId}" here.`, { param: 'scope.key_id' });
}

async function visible(services: BudgetPorts, caller: Caller): Promise<readonly Budget[]> {
  const budgets = await services.budgets.of(caller.workspaceId, caller.livemode);
  return budgets.filter(({ scope }) => isOwn(caller, scope));
}

async function find(services: BudgetPorts, caller: Caller, id: string): Promise<Budget> {
  const { workspaceId, livemode } = caller;
  const budget = await findBudget(services.db, { workspaceId, livemode, id });
  if (budget === undefined || !isOwn(caller, budget.scope)) throw unknown(id);
  return budget;
}

function unknown(id: string): GatewayError {
  return new GatewayError('not_found', `There is no budget "${id}" here.`, { param: 'id' });
}

/** How long a change to a lower limit waits for processes to return what they leased under the old one. */
const settleMs = 500;

/** Changes a budget under load: its row is locked, its balances follow, and every process acquires its leases again. */
async function change(
  services: BudgetPorts,
  caller: Caller,
  id: string,
  how: (old: Budget) => Budget,
): Promise<Budget> {
  await find(services, caller, id);
  const { workspaceId, livemode } = caller;
  const changed = await withTransaction(services.db, async (tx) => {
    const old = await findBudget(tx, { workspaceId, livemode, id }, { forUpdate: true });
    if (old === undefined) throw unknown(id);
    const next = how(old);
    await saveBudget(tx, next, services.now());
    return next;
  });
  await services.ledger.changed(workspaceId);
  // More may be leased than the lower limit has; the other processes return it as soon as they read the change.
  for (const until = services.now() + settleMs; services.now() < until; await sleep(20))
    if (!(await findLeased(services.db, changed)).overdrawn) break;
  return changed;
}

/** A client's own key sees and sets its budgets in the dollars it is billed. */
async function markupFor({ policies }: BudgetPorts, caller: Caller): Promise<Markup | undefined> {
  const { markups } = await policies.of(caller.workspaceId, caller.livemode);
  return shownMarkup(markups, caller, caller.lockedTags.includes('client_id') ? caller.tags.client_id : undefined);
}

async function viewOne(services: BudgetPorts, caller: Caller, budget: Budget): Promise<BudgetView> {
  const [view] = await viewAll(services, caller, [budget]);
  if (view === undefined) throw new Error('one budget has one view');
  return view;
}

/** A budget with '*' is shown by its instance that has spent most. */
async function viewAll(services: BudgetPorts, caller: Caller, budgets: readonly Budget[]): Promise<BudgetView[]> {
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
  const markup = await markupFor(services, caller);
  return budgets.map((budget) =>
    billedBudget(viewBudget(budget, byId.get(budget.id) as BalanceAmounts, { asInstance: false }), markup),
  );
}
