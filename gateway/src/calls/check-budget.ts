import type { OutputOf } from '@ai-gateway/shared/contract';
import { usdForPeople } from '@ai-gateway/shared/money';
import type { Caller } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';
import { isOwn } from '../accounts/own-tags.ts';
import type { WorkspaceCache } from '../accounts/workspace-cache.ts';
import { type Budget, instanceFor, scopeOfInstance, subjectOf } from '../budgets/budget.ts';
import type { BudgetCache } from '../budgets/budget-cache.ts';
import { type BalanceAmounts, viewBudget } from '../budgets/budget-view.ts';
import { OfViews } from '../db/of-views.ts';
import type { BalanceReader } from '../ledger/balance-reader.ts';
import type { PolicyCache } from '../limits/policy-cache.ts';
import { pauseFor } from '../limits/policy-store.ts';
import { affordableOutputTokens, type Price } from '../models/price.ts';
import { routeCall } from '../routing/route.ts';
import { billed, billedBudget, shownMarkup } from '../usage/markup.ts';
import { lockedMessage, planMessage } from './admission.ts';
import { stopFor, stoppedText } from './refuse-stopped.ts';

export interface CheckPorts {
  now: () => number;
  budgets: BudgetCache;
  policies: PolicyCache;
  workspaces: WorkspaceCache;
  balances: Pick<BalanceReader, 'amounts'>;
}

type Check = OutputOf<'budgets.check'>;

/** A call that cannot pay for this much of an answer is refused. */
const shortestAnswerTokens = 16;

/** Would a call with these tags be let through now? Reads, and holds nothing. Throws `model_not_found`. */
export async function checkBudget(
  services: CheckPorts,
  input: { caller: Caller; tags: CallTags; model: string | undefined; maxTokens: number | undefined },
): Promise<Check> {
  const { caller, tags, model, maxTokens } = input;
  const { workspaceId, livemode } = caller;
  const [all, policy, prices] = await Promise.all([
    services.budgets.of(workspaceId, livemode),
    services.policies.of(workspaceId, livemode),
    pricesOf(services, caller, model),
  ]);
  const subject = subjectOf(tags, caller.keyId);
  const concerned = all.flatMap((budget) => {
    const instance = instanceFor(budget, subject);
    return instance === undefined ? [] : [{ budget, instance }];
  });
  const amounts = await services.balances.amounts(concerned, services.now());
  const views = concerned.map(({ budget }, i) => ({ budget, count: amounts[i] as BalanceAmounts }));
  // A client's own key sees its own budgets only, and is refused all the same for what the others cannot pay.
  const own =
    caller.lockedTags.length === 0
      ? views
      : views.filter(({ budget, count }) => isOwn(caller, scopeOfInstance(budget, count.instance)));
  const tightest = leastLeft(own.filter(blocks)) ?? leastLeft(own);
  const markup = shownMarkup(policy.markups, caller, tags.client);
  const view = ({ budget, count }: Standing): Check['budgets'][number] =>
    billedBudget(viewBudget(budget, count, { asInstance: true }), markup);
  const shown = { tightest: tightest === undefined ? null : view(tightest), budgets: own.map(view) };
  const limiting = leastLeft(views.filter(blocks));
  const tokens = limiting === undefined || prices === undefined ? null : affordable(prices[0], leftOf(limiting.count));
  // The tokens that a hidden budget pays for would reveal its amount left.
  const affordableTokens = limiting === undefined || own.includes(limiting) ? tokens : null;
  const { needsPlan } = await services.workspaces.view(workspaceId);
  if (needsPlan && livemode)
    return { allowed: false, reason: 'budget_exceeded', message: planMessage, ...shown, affordable_tokens: 0 };
  if (tags.client !== undefined && policy.lockedClients.has(tags.client))
    return {
      allowed: false,
      reason: 'budget_exceeded',
      message: lockedMessage(tags.client),
      ...shown,
      affordable_tokens: 0,
    };
  const stop = stopFor(policy.stops, tags);
  if (stop !== undefined) {
    const { message } = stoppedText(stop, caller);
    return { allowed: false, reason: 'scenario_paused', message, ...shown, affordable_tokens: affordableTokens };
  }
  const paused = pauseFor(policy, tags);
  if (paused !== undefined) {
    const message = `Scenario "${tags.scenario}" is paused${paused.reason === '' ? '.' : `: ${paused.reason}`}`;
    return { allowed: false, reason: 'scenario_paused', message, ...shown, affordable_tokens: affordableTokens };
  }
  if (limiting === undefined)
    return { allowed: true, reason: 'ok', message: 'No budget limits this call.', ...shown, affordable_tokens: null };
  if (prices?.length === 0) {
    const message = `No price is known for model "${model ?? ''}", so ${own.includes(limiting) ? `budget "${limiting.budget.name}"` : 'a budget of the workspace'} cannot cap it.`;
    return { allowed: false, reason: 'price_unknown', message, ...shown, affordable_tokens: 0 };
  }
  const left = leftOf(limiting.count);
  const need = Math.min(shortestAnswerTokens, maxTokens ?? shortestAnswerTokens);
  // Where no model can be priced (no provider yet), money left is all there is to say.
  const allowed = tokens === null ? left > 0n : tokens >= need;
  const message = messageOf({
    allowed,
    cutTo: maxTokens !== undefined && tokens !== null && tokens < maxTokens ? tokens : undefined,
    left: own.includes(limiting)
      ? `budget "${limiting.budget.name}" has ${usdForPeople(billed(left, markup))} left`
      : undefined,
  });
  return {
    allowed,
    reason: allowed ? 'ok' : 'budget_exceeded',
    message,
    ...shown,
    affordable_tokens: affordableTokens,
  };
}

/** `left` is of a budget that the caller may see. */
function messageOf(found: { allowed: boolean; cutTo: number | undefined; left: string | undefined }): string {
  const { allowed, cutTo, left } = found;
  if (!allowed)
    return left === undefined
      ? 'A budget of the workspace has too little left for even a short answer.'
      : `${left.replace('budget', 'Budget')}, too little for even a short answer.`;
  if (cutTo === undefined) return `The call is allowed${left === undefined ? '' : `: ${left}`}.`;
  return left === undefined
    ? 'The call is allowed, but its answer would be cut short.'
    : `The call is allowed, but its answer would be cut to ${cutTo} tokens: ${left}.`;
}

interface Standing {
  budget: Budget;
  count: BalanceAmounts;
}

function blocks({ budget }: Standing): boolean {
  return budget.onLimit !== 'notify';
}

function leftOf({ limitNanos, spentNanos, heldNanos }: BalanceAmounts): bigint {
  const left = limitNanos - spentNanos - heldNanos;
  return left > 0n ? left : 0n;
}

function leastLeft(standings: readonly Standing[]): Standing | undefined {
  let least: Standing | undefined;
  for (const standing of standings)
    if (least === undefined || leftOf(standing.count) < leftOf(least.count)) least = standing;
  return least;
}

/**
 * The prices of the candidates of such a call: of the model named, or of `auto`. Those without a price count for nothing, as in a
 * call under a budget; undefined where `auto` has no candidate.
 */
async function pricesOf(
  services: Pick<CheckPorts, 'now' | 'workspaces'>,
  caller: Caller,
  model: string | undefined,
): Promise<Price[] | undefined> {
  const workspace = await services.workspaces.view(caller.workspaceId);
  const key = `${caller.workspaceId} ${caller.livemode} ${model ?? 'auto'}`;
  const nowMs = services.now();
  const known = remembered.get(workspace, key);
  if (known !== undefined && known.untilMs > nowMs && known.untilMs - nowMs <= rememberedMs) return known.prices;
  let prices: Price[] | undefined;
  try {
    prices = routeCall({
      call: {
        dialect: 'chat',
        model: model ?? 'auto',
        messages: [{ role: 'user', parts: [] }],
        tools: [],
        output: { kind: 'text' },
        onlyNative: [],
      },
      kind: 'chat',
      inputTokens: 0,
      fallbacks: undefined,
      workspaceFallbacks: workspace.fallbacks,
      pool: workspace.pool,
      accounts: workspace.accounts,
      livemode: caller.livemode,
      // A provider that is cooling down now may answer in a minute.
      stateOf: () => 'closed',
      nowMs,
    }).flatMap(({ price }) => (price === undefined ? [] : [price]));
  } catch (error) {
    if (model !== undefined) throw error;
  }
  remembered.set(workspace, key, { prices, untilMs: nowMs + rememberedMs });
  return prices;
}

/** Routing is looked up once a minute for each model; a workspace that changes has a new view, and so nothing remembered. */
const rememberedMs = 60_000;
const remembered = new OfViews<object, Remembered>({ most: 10_000 });
interface Remembered {
  prices: Price[] | undefined;
  untilMs: number;
}

/** Of the model that would answer first: a fallback that is cheaper does not count. */
function affordable(price: Price | undefined, nanos: bigint): number {
  return price === undefined ? 0 : affordableOutputTokens(price, { nanos, inputTokens: 0 });
}
