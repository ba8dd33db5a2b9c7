import { currencyDigits } from '@ai-gateway/shared/currencies';
import { toUsd } from '@ai-gateway/shared/money';
import type { Caller } from '../accounts/api-key.ts';
import { seesMargin, seesScenarioNames } from '../accounts/own-tags.ts';
import { amountUnits, unitsToAmount } from './amount.ts';
import type { Cell } from './csv.ts';
import { billed, type Markup } from './markup.ts';
import type { Grouping } from './summed-range-store.ts';
import type { StoredCall } from './usage-store.ts';
import type { GroupSum, Sum } from './usage-sum-store.ts';

export function describe(row: StoredCall, markup: Markup | undefined, seesAll: boolean) {
  const {
    cost_nanos: costNanos,
    saved_nanos: savedNanos,
    saved_by_hit_nanos: savedByHitNanos,
    input_tokens,
    cached_tokens,
    cache_write_tokens,
    output_tokens,
    reasoning_tokens,
    ...rest
  } = row;
  return {
    ...rest,
    input_tokens: Number(input_tokens),
    cached_tokens: Number(cached_tokens),
    cache_write_tokens: Number(cache_write_tokens),
    output_tokens: Number(output_tokens),
    reasoning_tokens: Number(reasoning_tokens),
    cost_usd: toUsd(billed(costNanos, markup)),
    saved_usd: savedOf(seesAll ? savedNanos : savedByHitNanos, markup),
  };
}

function savedOf(nanos: bigint | null, markup: Markup | undefined): number | null {
  return nanos === null ? null : toUsd(billed(nanos, markup));
}

export const callColumns = [
  'id',
  'created_at',
  'client_id',
  'project',
  'scenario_id',
  'scenario_platform',
  'execution_id',
  'key_id',
  'model_requested',
  'model',
  'provider',
  'attempts',
  'status',
  'error_code',
  'input_tokens',
  'cached_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_usd',
  'estimated',
  'ttft_ms',
  'total_ms',
  'livemode',
  'cache',
  'saved_usd',
  'unpriced',
] as const;

export function callCells(row: Record<(typeof callColumns)[number], Cell>): Cell[] {
  return callColumns.map((column) => row[column]);
}

/** To a client's own keys, the billed amount is the cost. */
export function describeSum(caller: Caller, sum: Sum) {
  return {
    requests: sum.requests,
    input_tokens: sum.inputTokens,
    cached_tokens: sum.cachedTokens,
    output_tokens: sum.outputTokens,
    cost_usd: toUsd(seesMargin(caller) ? sum.costNanos + sum.secondCostNanos : sum.billableNanos),
    billable_usd: toUsd(sum.billableNanos),
    estimated_requests: sum.estimatedRequests,
    second_answers: seesMargin(caller) ? sum.secondAnswers : 0,
    second_answers_usd: seesMargin(caller) ? toUsd(sum.secondCostNanos) : 0,
    cache_hits: sum.cacheHits,
    // A client is shown what hits saved it. What the agency saves by its choice of models is the agency's.
    saved_usd: toUsd(seesMargin(caller) ? sum.savedNanos : sum.billableSavedByHitsNanos),
  };
}

const groupField = {
  client: 'client_id',
  project: 'project',
  scenario: 'scenario_id',
  model: 'model',
  provider: 'provider',
  platform: 'scenario_platform',
  key: 'key_id',
  day: 'day',
  hour: 'hour',
} as const;

const noGroup = {
  client_id: null,
  project: null,
  scenario_id: null,
  model: null,
  provider: null,
  scenario_platform: null,
  key_id: null,
  day: null,
  hour: null,
};

export function describeGroup(caller: Caller, row: GroupSum, grouping: Grouping) {
  return {
    ...noGroup,
    [groupField[grouping]]: row.group,
    name: (grouping !== 'scenario' || seesScenarioNames(caller) ? row.name : null) ?? row.group,
    ...describeSum(caller, row),
    markup_percent: seesMargin(caller) ? row.markupPercent : null,
    currency: row.currency,
    models: row.models,
  };
}

export function groupColumns(grouping: Grouping): string[] {
  return [
    groupField[grouping],
    'name',
    'requests',
    'input_tokens',
    'cached_tokens',
    'output_tokens',
    'cost_usd',
    'markup_percent',
    'billable_usd',
    'currency',
    'billable_amount',
    'estimated_requests',
    'models',
    'period_from',
    'period_to',
    'cache_hits',
    'saved_usd',
    'second_answers',
    'second_answers_usd',
  ];
}

export function groupCells(
  caller: Caller,
  sum: GroupSum,
  { grouping, period }: { grouping: Grouping; period: { first: string; last: string } },
): Cell[] {
  const row = describeGroup(caller, sum, grouping);
  return [
    row[groupField[grouping]],
    // A row without a client is every call that names none.
    row.name ?? `(no ${grouping})`,
    row.requests,
    row.input_tokens,
    row.cached_tokens,
    row.output_tokens,
    row.cost_usd,
    row.markup_percent,
    row.billable_usd,
    row.currency,
    grouping === 'client' ? toAmount(sum) : null,
    row.estimated_requests,
    row.models.join(' '),
    period.first,
    period.last,
    row.cache_hits,
    row.saved_usd,
    row.second_answers,
    row.second_answers_usd,
  ];
}

/** In the client's currency, rounded as an invoice is. */
function toAmount({ billableNanos, currency, exchangeRate }: GroupSum): number {
  const digits = currencyDigits(currency);
  return unitsToAmount(amountUnits(billableNanos, { markupPercent: 0, exchangeRate, digits }), digits);
}
