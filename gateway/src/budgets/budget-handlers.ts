import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { listKeys } from '../accounts/key-store.ts';
import { newId } from '../accounts/new-id.ts';
import { boundTo, ownClient, ownProject, ownScenario } from '../accounts/own-tags.ts';
import { withTransaction } from '../db/transaction.ts';
import { pageOf, writeParts } from '../usage/cursor.ts';
import { billedBudget, unbilled } from '../usage/markup.ts';
import { listBalances } from './balance-store.ts';
import type { Budget, Scope } from './budget.ts';
import { insertChange } from './budget-history-store.ts';
import { amount, ascending, noRaise, raiseIn, readBalanceCursor, readIdCursor, within } from './budget-input.ts';
import { deleteBudget, insertBudget } from './budget-store.ts';
import { settingsOf, targetOf, viewBudget } from './budget-view.ts';
import { changeBudget, limitNow } from './change-budget.ts';
import { periodAt } from './period.ts';
import {
  type BudgetPorts,
  markupOfCaller,
  ownBudget,
  showBudget,
  showWithInstances,
  visibleBudgets,
} from './shown-budgets.ts';

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
  'budgets.create': async (input, { caller, services, audit }) => {
    const scope = scopeOf(caller, input.scope);
    await checkKey(services, caller, scope.key_id);
    const asked: Omit<Budget, 'createdAtMs'> = {
      workspaceId: caller.workspaceId,
      id: newId('bud', services.now()),
      livemode: caller.livemode,
      name: input.name,
      scope,
      limitNanos: unbilled(amount(input.limit_usd, 'limit_usd'), await markupOfCaller(services, caller)),
      period: input.period,
      timezone: input.timezone,
      thresholds: ascending(input.thresholds),
      onLimit: input.on_limit,
      extraNanos: 0n,
      extraUntilMs: undefined,
    };
    const budget = await withTransaction(services.db, async (tx) => {
      const made = await insertBudget(tx, asked);
      const note = { kind: 'created' as const, beforeNanos: undefined, afterNanos: made.limitNanos };
      await insertChange(tx, { ...note, id: newId('chg', services.now()), budget: made, caller });
      await audit(tx, { target: targetOf(made), after: settingsOf(made, made.limitNanos) });
      return made;
    });
    await services.ledger.changed(caller.workspaceId);
    return showBudget(services, caller, budget);
  },

  'budgets.list': async (input, { caller, services }) => {
    const budgets = await visibleBudgets(services, caller);
    const wanted = { client_id: input.client_id, project: input.project, scenario_id: input.scenario_id };
    const found = budgets.filter(({ scope }) =>
      (Object.keys(wanted) as (keyof typeof wanted)[]).every((name) => {
        const value = wanted[name];
        return value === undefined || scope[name] === value || (scope[name] === '*' && value !== '*');
      }),
    );
    const views = await showWithInstances(services, caller, found);
    const kept = views.filter(({ status }) => input.status === undefined || status === input.status);
    // By id and not by position: the budget a page ended with may be gone when the next page is asked for.
    const after = input.cursor === undefined ? '' : readIdCursor(input.cursor);
    const rest = kept.filter(({ id }) => id > after);
    return pageOf(rest, input.limit, { view: (budget) => budget, cursor: ({ id }) => writeParts([id]) });
  },

  'budgets.get': async ({ id }, { caller, services }) =>
    showBudget(services, caller, await ownBudget(services, caller, id)),

  'budgets.update': async (input, { caller, services, audit }) => {
    const markup = await markupOfCaller(services, caller);
    const { budget } = await changeBudget({ services, caller, audit }, input.id, (old) => {
      const period = input.period ?? old.period;
      const timezone = input.timezone ?? old.timezone;
      const next = {
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
      const { id: _id, ...given } = input;
      return { next, note: { kind: 'changed', fields: Object.keys(given).sort() } };
    });
    return showBudget(services, caller, budget);
  },

  'budgets.remove': async ({ id }, { caller, services, audit }) => {
    const budget = await ownBudget(services, caller, id);
    await withTransaction(services.db, async (tx) => {
      await deleteBudget(tx, budget);
      await audit(tx, { target: targetOf(budget), before: settingsOf(budget, limitNow(budget, services.now())) });
    });
    await services.ledger.changed(caller.workspaceId);
    return null;
  },

  'budgets.raise': async (input, { caller, services, audit }) => {
    const byNanos = unbilled(amount(input.by_usd, 'by_usd'), await markupOfCaller(services, caller));
    const { budget, changeId } = await changeBudget({ services, caller, audit }, input.id, (old) => {
      const period = periodAt(old.period, old.timezone, services.now(), old.createdAtMs);
      // A total never ends, and a raise of it never ends either.
      const until = period.endMs === undefined ? 'forever' : input.until;
      const note = { kind: 'raise' as const, byNanos, until, periodEndMs: period.endMs };
      if (until === 'forever') return { next: { ...old, limitNanos: within(old.limitNanos + byNanos) }, note };
      const standing = old.extraUntilMs === period.endMs ? old.extraNanos : 0n;
      within(old.limitNanos + standing + byNanos);
      return { next: { ...old, extraNanos: standing + byNanos, extraUntilMs: period.endMs }, note };
    });
    return { ...(await showBudget(services, caller, budget)), raise_id: changeId };
  },

  'budgets.instances': async (input, { caller, services }) => {
    const budget = await ownBudget(services, caller, input.id);
    const rows = await listBalances(services.db, budget, {
      nowMs: services.now(),
      exceptProcessId: services.processId,
      limit: input.limit + 1,
      afterInstance: input.cursor === undefined ? undefined : readBalanceCursor(input.cursor),
    });
    const markup = await markupOfCaller(services, caller);
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
