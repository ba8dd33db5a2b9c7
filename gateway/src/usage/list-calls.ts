import type { OutputOf, ParsedOf } from '@ai-gateway/shared/contract';
import { parseUsd } from '@ai-gateway/shared/money';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { idTimeMs } from '../accounts/new-id.ts';
import { seesMargin } from '../accounts/own-tags.ts';
import type { MinCost } from './call-kinds-store.ts';
import type { Cursor } from './cursor.ts';
import { leastCostOf, type MarkupCache, type Markups, shownMarkup } from './markup.ts';
import { ownFilter } from './own-filter.ts';
import { type RefusedCall, selectRefusedCalls } from './refused-call-store.ts';
import type { UsageRange } from './usage-range.ts';
import { type CallFilter, type StoredCall, selectCalls } from './usage-store.ts';
import { describe } from './usage-tables.ts';

export interface ListPorts {
  db: Pool;
  policies: MarkupCache;
  refusals: { flush(): Promise<void> };
}

/** Of which calls; pages are asked for one by one. */
export type CallQuery = Omit<ParsedOf<'usage.requests'>, 'limit' | 'cursor'>;

export type ListedCall = OutputOf<'usage.requests'>['data'][number];

/** A page of the calls that a request asks for: the same rows for its JSON and its CSV. */
export type CallPages = (page: { after: Cursor | undefined; limit: number }) => Promise<ListedCall[]>;

export async function callPages(
  { services, caller }: Pick<Context<ListPorts>, 'services' | 'caller'>,
  range: UsageRange,
  input: CallQuery,
): Promise<CallPages> {
  const { markups } = await services.policies.of(caller.workspaceId, caller.livemode);
  const filter = callFilter({ caller, markups }, rangeOfId(range, input), input);
  if (input.status !== 'refused')
    return async (page) =>
      (await selectCalls(services.db, { ...filter, ...page })).map((row) => describeFor(caller, markups, row));
  await services.refusals.flush();
  if (isOfMadeCalls(input)) return async () => [];
  return async (page) =>
    (await selectRefusedCalls(services.db, { ...filter, ...page })).map((row) => describeRefused(row, caller));
}

/** A client is shown what it is billed for a call. */
export function describeFor(caller: Caller, markups: Markups, row: StoredCall): ReturnType<typeof describe> {
  return describe(row, shownMarkup(markups, caller, row.client_id), seesMargin(caller));
}

/** An id has the millisecond in which its call came in; the range counts where it was asked for. */
function rangeOfId({ from, to }: UsageRange, input: CallQuery): { from: Date; to: Date } {
  if (input.id === undefined) return { from, to };
  const atMs = idTimeMs(input.id);
  // No call has it.
  if (atMs === undefined) return { from: to, to };
  const first = input.from === undefined ? atMs : Math.max(atMs, from.getTime());
  const end = input.to === undefined ? atMs + 1 : Math.min(atMs + 1, to.getTime());
  return { from: new Date(first), to: new Date(Math.max(first, end)) };
}

function callFilter(
  { caller, markups }: { caller: Caller; markups: Markups },
  range: { from: Date; to: Date },
  input: CallQuery,
): Omit<CallFilter, 'limit' | 'after'> {
  const own = ownFilter(caller, input);
  return {
    ...own,
    ...range,
    executionId: input.execution_id,
    status: input.status,
    model: input.model,
    provider: input.provider,
    failedOver: input.failed_over,
    id: input.id,
    minCost: leastCost(caller, markups, { clientId: own.clientId, usd: input.min_cost_usd }),
  };
}

/** In the dollars that the caller sees: a threshold in others would tell what a call cost before the markup. */
function leastCost(
  caller: Caller,
  markups: Markups,
  { clientId, usd }: { clientId: string | undefined; usd: number | undefined },
): MinCost | undefined {
  const nanos = usd === undefined ? undefined : parseUsd(usd);
  if (nanos === undefined || nanos <= 0n) return undefined;
  if (seesMargin(caller) || markups.size === 0) return { nanos, ofClients: new Map() };
  if (clientId !== undefined) return { nanos: leastCostOf(nanos, markups.get(clientId)), ofClients: new Map() };
  return { nanos, ofClients: new Map([...markups].map(([client, markup]) => [client, leastCostOf(nanos, markup)])) };
}

/** A refused call reached no provider, cost nothing and has no execution on record. */
function isOfMadeCalls({ provider, failed_over, min_cost_usd, execution_id }: CallQuery): boolean {
  return provider !== undefined || failed_over === true || (min_cost_usd ?? 0) > 0 || execution_id !== undefined;
}

function describeRefused({ code, model, ...call }: RefusedCall, caller: Caller): ListedCall {
  return {
    ...call,
    created_at: new Date(idTimeMs(call.id) ?? 0).toISOString(),
    execution_id: null,
    organization_id: null,
    node: null,
    model_requested: model ?? '',
    model: null,
    provider: null,
    attempts: 0,
    status: 'refused',
    error_code: code,
    input_tokens: 0,
    cached_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: 0,
    reasoning_tokens: 0,
    cost_usd: 0,
    estimated: false,
    unpriced: false,
    ttft_ms: null,
    total_ms: null,
    livemode: caller.livemode,
    cache: null,
    saved_usd: null,
  };
}
