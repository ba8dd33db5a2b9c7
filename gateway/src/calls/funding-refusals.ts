import { dayForPeople } from '@ai-gateway/shared/date-for-people';
import { GatewayError } from '@ai-gateway/shared/errors';
import { toUsd, usdForPeople } from '@ai-gateway/shared/money';
import type { Caller } from '../accounts/api-key.ts';
import { isOwn } from '../accounts/own-tags.ts';
import { scopeOfInstance } from '../budgets/budget.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import { unpricedAt } from '../models/call-extras.ts';
import { billed, shownMarkup } from '../usage/markup.ts';
import type { FundingPorts, FundingRequest } from './funding.ts';

/** The model has a price, but not all that is asked of it: another model would answer something else. */
export function extrasUnknown({ candidates, call, balances, caller }: FundingRequest): GatewayError | undefined {
  const [first] = candidates;
  if (first?.price === undefined) return undefined;
  const names = unpricedAt(call.extras, first).join(', ');
  if (names === '') return undefined;
  const balance = balances.find((one) => one.blocks && isShown(one, caller));
  return new GatewayError(
    'budget_exceeded',
    `No price is known for ${names}, so ${balance === undefined ? 'a budget of the workspace' : `budget "${balance.budget.name}"`} cannot cap it. Leave it out, choose another model, or set the budget to notify only.`,
    {
      details: {
        model: first.model,
        unpriced: names,
        ...(balance && { budget_id: balance.budget.id, name: balance.budget.name }),
      },
    },
  );
}

/** A client's own key sees its own budgets only. */
function isShown({ budget, instance }: BudgetBalance, caller: Caller): boolean {
  return caller.lockedTags.length === 0 || isOwn(caller, scopeOfInstance(budget, instance));
}

export async function budgetExceeded(
  { policies }: Pick<FundingPorts, 'policies'>,
  balance: BudgetBalance,
  { caller, tags }: Pick<FundingRequest, 'caller' | 'tags'>,
): Promise<GatewayError> {
  const { markups } = await policies.of(caller.workspaceId, caller.livemode);
  const markup = shownMarkup(markups, caller, tags.client);
  const { budget, periodEndMs } = balance;
  const limitNanos = billed(balance.limitNanos, markup);
  const spent = billed(balance.spentNanos + balance.unpostedNanos, markup);
  const resetsAt = periodEndMs === undefined ? null : new Date(periodEndMs).toISOString();
  // A client's own key does not see what the workspace spends.
  if (!isShown(balance, caller))
    return new GatewayError(
      'budget_exceeded',
      'A budget of the workspace has too little left for this call. Ask the workspace to raise it.',
      {
        details: { resets_at: resetsAt },
      },
    );
  return new GatewayError(
    'budget_exceeded',
    `Budget "${budget.name}" has ${usdForPeople(limitNanos > spent ? limitNanos - spent : 0n)} of ${usdForPeople(limitNanos)} left, too little for this call${
      balance.heldNanos > 0n ? ' while other calls are in progress' : ''
    }. Raise it${periodEndMs === undefined ? '' : `, or wait for the reset on ${dayForPeople(periodEndMs, budget.timezone)}`}.`,
    {
      details: {
        budget_id: budget.id,
        name: budget.name,
        scope: scopeOfInstance(budget, balance.instance),
        limit_usd: toUsd(limitNanos),
        spent_usd: toUsd(spent),
        resets_at: resetsAt,
      },
    },
  );
}

export function priceUnknown(model: string, balances: readonly BudgetBalance[], caller: Caller): GatewayError {
  const blocking = balances.filter(({ blocks }) => blocks);
  const balance = caller.lockedTags.length === 0 ? blocking[0] : blocking.find((one) => isShown(one, caller));
  if (balance === undefined)
    return new GatewayError(
      'budget_exceeded',
      `No price is known for model "${model.slice(0, 100)}", so a budget of the workspace cannot cap it. Call another model.`,
      { details: { model } },
    );
  return new GatewayError(
    'budget_exceeded',
    `No price is known for model "${model.slice(0, 100)}", so budget "${balance.budget.name}" cannot cap it. Give the model a price (PATCH /v1/providers/:id), or call another model.`,
    {
      details: { budget_id: balance.budget.id, name: balance.budget.name, model },
    },
  );
}
