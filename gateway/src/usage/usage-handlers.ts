import type { Handlers, InputOf } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import type { Caller } from '../accounts/api-key.ts';
import { boundTo, ownClient, ownKey, ownPlatform, ownProject, ownScenario, seesMargin } from '../accounts/own-tags.ts';
import { billed, type Markup, shownMarkup } from '../clients/markup.ts';
import type { Context } from '../context.ts';
import type { Services } from '../services.ts';
import { type Cell, csvRows } from './csv.ts';
import { badCursor, type Cursor, pageOf, readCursor, readParts, writeCursor, writeParts } from './cursor.ts';
import type { TextAnswer } from './text-answer.ts';
import { type CallFilter, type StoredCall, selectCalls } from './usage-store.ts';
import { type Grouping, type GroupSum, type Sum, type SumFilter, sumAll, sumByGroup } from './usage-sum-store.ts';

export const usageHandlers: Pick<Handlers<Context>, 'usage.requests' | 'usage.clients'> = {
  'usage.requests': async (input, { caller, services }) => {
    const rows = await selectCalls(services.db, {
      ...callFilter(services, caller, input),
      after: input.cursor === undefined ? undefined : readCursor(input.cursor),
      limit: input.limit + 1,
    });
    const show = await viewFor(services, caller);
    return pageOf(rows, input.limit, { view: show, cursor: (last) => writeCursor(cursorOf(last)) });
  },

  'usage.clients': async (input, { caller, services }) => {
    const filter = sumFilter(services, caller, input);
    const [rows, totals] = await Promise.all([
      sumByGroup(services.db, {
        filter,
        grouping: input.group_by,
        after: input.cursor === undefined ? undefined : readGroup(input.cursor),
        limit: input.limit + 1,
      }),
      sumAll(services.db, filter),
    ]);
    const page = pageOf(rows, input.limit, {
      view: (row) => describeGroup(caller, row, input.group_by),
      cursor: ({ group }) => writeParts([group]),
    });
    return { ...page, totals: describeSum(caller, totals) };
  },
};

/** Few enough to be garbage before the nursery is full: larger pages make the heap grow, and are hardly faster. */
const rowsAtOnce = 100;

/** The same as CSV: the whole range, a page at a time, so that ten million calls take no more memory than a page. */
export const usageTexts = {
  'usage.requests': (input: InputOf<'usage.requests'>, { caller, services }: Context): TextAnswer => ({
    filename: 'calls.csv',
    async *text() {
      const filter = callFilter(services, caller, input);
      yield csvRows([callColumns]);
      const show = await viewFor(services, caller);
      for (let after: Cursor | undefined; ; ) {
        const rows = await selectCalls(services.db, { ...filter, after, limit: rowsAtOnce });
        const last = rows.at(-1);
        if (last === undefined) return;
        yield csvRows(rows.map((row) => callCells(show(row))));
        if (rows.length < rowsAtOnce) return;
        after = cursorOf(last);
      }
    },
  }),

  'usage.clients': (input: InputOf<'usage.clients'>, { caller, services }: Context): TextAnswer => ({
    filename: 'usage.csv',
    async *text() {
      const filter = sumFilter(services, caller, input);
      const grouping = input.group_by ?? 'client';
      yield csvRows([groupColumns(grouping)]);
      for (let after: { group: string | null } | undefined; ; ) {
        const rows = await sumByGroup(services.db, { filter, grouping, after, limit: rowsAtOnce });
        const last = rows.at(-1);
        if (last === undefined) return;
        yield csvRows(rows.map((row) => groupCells(describeGroup(caller, row, grouping), grouping)));
        if (rows.length < rowsAtOnce) return;
        after = { group: last.group };
      }
    },
  }),
};

/** From the start of this month until now where nothing is said. */
function rangeOf(
  services: Services,
  input: { from?: string | undefined; to?: string | undefined },
): { from: Date; to: Date } {
  const now = new Date(services.now());
  const from =
    input.from === undefined ? new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)) : new Date(input.from);
  // Calls under way at this very moment belong to the list.
  const to = input.to === undefined ? new Date(Math.max(now.getTime(), from.getTime()) + 60_000) : new Date(input.to);
  return { from, to };
}

function callFilter(services: Services, caller: Caller, input: InputOf<'usage.requests'>): Omit<CallFilter, 'limit'> {
  return {
    workspaceId: caller.workspaceId,
    livemode: caller.livemode,
    ...rangeOf(services, input),
    clientId: ownClient(caller, input.client_id),
    project: ownProject(caller, input.project),
    scenarioId: ownScenario(caller, input.scenario_id),
    scenarioPlatform: ownPlatform(caller, input.scenario_platform),
    executionId: input.execution_id,
    keyId: ownKey(caller, input.key_id),
    status: input.status,
  };
}

function sumFilter(services: Services, caller: Caller, input: InputOf<'usage.clients'>): SumFilter {
  return {
    workspaceId: caller.workspaceId,
    livemode: caller.livemode,
    ...rangeOf(services, input),
    clientId: ownClient(caller, input.client_id),
    project: ownProject(caller),
    scenarioId: ownScenario(caller),
    // Sums know no platform: to a key locked to that alone they would be everybody's.
    keyId: boundTo(caller).key_id ?? ownKey(caller),
  };
}

function cursorOf({ created_at: createdAt, id }: StoredCall): Cursor {
  return { createdAt, id };
}

function readGroup(cursor: string): { group: string | null } {
  const [group, ...more] = readParts(cursor);
  if ((group !== null && typeof group !== 'string') || more.length > 0) throw badCursor();
  return { group };
}

/** A client is shown what it is billed for a call. */
async function viewFor(
  { guards }: Services,
  caller: Caller,
): Promise<(row: StoredCall) => ReturnType<typeof describe>> {
  const { markups } = await guards.of(caller.workspaceId, caller.livemode);
  return (row) => describe(row, shownMarkup(markups, caller, row.client_id));
}

function describe(row: StoredCall, markup: Markup | undefined) {
  const {
    cost_nanos: costNanos,
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
  };
}

const callColumns = [
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
] as const;

function callCells(row: ReturnType<typeof describe>): Cell[] {
  return callColumns.map((column) => row[column]);
}

/** What a client is billed is what it costs, to its own keys. */
function describeSum(caller: Caller, sum: Sum) {
  return {
    requests: sum.requests,
    input_tokens: sum.inputTokens,
    cached_tokens: sum.cachedTokens,
    output_tokens: sum.outputTokens,
    cost_usd: toUsd(seesMargin(caller) ? sum.costNanos : sum.billableNanos),
    billable_usd: toUsd(sum.billableNanos),
    estimated_requests: sum.estimatedRequests,
  };
}

const groupField = {
  client: 'client_id',
  project: 'project',
  scenario: 'scenario_id',
  model: 'model',
  key: 'key_id',
  day: 'day',
} as const;

function describeGroup(caller: Caller, row: GroupSum, grouping: Grouping) {
  const none = { client_id: null, project: null, scenario_id: null, model: null, key_id: null, day: null };
  return {
    ...none,
    [groupField[grouping]]: row.group,
    name: row.name ?? row.group,
    ...describeSum(caller, row),
    markup_percent: seesMargin(caller) ? row.markupPercent : null,
    currency: row.currency,
    models: row.models,
  };
}

function groupColumns(grouping: Grouping): string[] {
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
    'estimated_requests',
    'models',
  ];
}

function groupCells(row: ReturnType<typeof describeGroup>, grouping: Grouping): Cell[] {
  return [
    row[groupField[grouping]],
    row.name,
    row.requests,
    row.input_tokens,
    row.cached_tokens,
    row.output_tokens,
    row.cost_usd,
    row.markup_percent,
    row.billable_usd,
    row.currency,
    row.estimated_requests,
    row.models.join(' '),
  ];
}
