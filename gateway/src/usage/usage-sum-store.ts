import type { Db } from '../db/transaction.ts';

export type Grouping = 'client' | 'project' | 'scenario' | 'model' | 'key' | 'day';

export interface SumFilter {
  workspaceId: string;
  livemode: boolean;
  from: Date;
  to: Date;
  clientId?: string | undefined;
  project?: string | undefined;
  scenarioId?: string | undefined;
  keyId?: string | undefined;
}

export interface Sum {
  requests: number;
  estimatedRequests: number;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  costNanos: bigint;
  /** With each client's markup. */
  billableNanos: bigint;
}

export interface GroupSum extends Sum {
  /** The client, project, …; null for calls without one. */
  group: string | null;
  models: string[];
  name: string | null;
  markupPercent: number;
  currency: string;
}

const groupColumn: Record<Grouping, string> = {
  client: 'client_id',
  project: 'project',
  scenario: 'scenario_id',
  model: 'model',
  key: 'key_id',
  day: `to_char(at at time zone 'UTC', 'YYYY-MM-DD')`,
};

/**
 * Whole days and whole hours from their sums, the edges from the calls themselves: `$3` to `$4` and `$7` to `$8` are edges, the
 * hours are `$4` to `$5` and `$6` to `$7`, the days `$5` to `$6`. Each bound is a value, so that every part reads its own
 * stretch of an index. Open calls are no usage yet.
 */
const partsOf = `
  with parts as (
    select day as at, client_id, project, scenario_id, key_id, model, requests, estimated_requests, input_tokens, cached_tokens,
      output_tokens, cost_nanos
    from usage_days where workspace_id = $1 and livemode = $2 and day >= $5 and day < $6 @filters
    union all
    select hour, client_id, project, scenario_id, key_id, model, requests, estimated_requests, input_tokens, cached_tokens,
      output_tokens, cost_nanos
    from usage_hours where workspace_id = $1 and livemode = $2 and hour >= $4 and hour < $5 @filters
    union all
    select hour, client_id, project, scenario_id, key_id, model, requests, estimated_requests, input_tokens, cached_tokens,
      output_tokens, cost_nanos
    from usage_hours where workspace_id = $1 and livemode = $2 and hour >= $6 and hour < $7 @filters
    union all
    select created_at, client_id, project, scenario_id, key_id, model, 1, estimated::integer, input_tokens, cached_tokens,
      output_tokens, cost_nanos
    from calls where workspace_id = $1 and livemode = $2 and status <> 'open' and created_at >= $3 and created_at < $4 @filters
    union all
    select created_at, client_id, project, scenario_id, key_id, model, 1, estimated::integer, input_tokens, cached_tokens,
      output_tokens, cost_nanos
    from calls where workspace_id = $1 and livemode = $2 and status <> 'open' and created_at >= $7 and created_at < $8 @filters)`;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The six moments between which a range is read, in order; `until` is how far the sums go. */
function boundsOf({ from, to }: Pick<SumFilter, 'from' | 'to'>, until: Date | undefined): Date[] {
  const [start, end] = [from.getTime(), Math.max(from.getTime(), to.getTime())];
  const ceil = (ms: number, step: number): number => Math.ceil(ms / step) * step;
  const floor = (ms: number, step: number): number => Math.floor(ms / step) * step;
  const summed = Math.min(floor(end, hourMs), until?.getTime() ?? Number.NEGATIVE_INFINITY);
  const firstHour = ceil(start, hourMs);
  // Nothing of the range is summed: all of it is one edge.
  if (summed <= firstHour) return [start, start, start, start, start, end].map((ms) => new Date(ms));
  const firstDay = Math.min(summed, ceil(firstHour, dayMs));
  const lastDay = Math.max(firstDay, floor(summed, dayMs));
  return [start, firstHour, firstDay, lastDay, summed, end].map((ms) => new Date(ms));
}

async function partsFor(db: Db, filter: SumFilter): Promise<{ parts: string; values: unknown[] }> {
  const { rows } = await db.query('select until from usage_rollup');
  return withFilters(filter, boundsOf(filter, (rows as { until: Date }[])[0]?.until));
}

function withFilters(filter: SumFilter, bounds: readonly Date[]): { parts: string; values: unknown[] } {
  const values: unknown[] = [filter.workspaceId, filter.livemode, ...bounds];
  const conditions = (
    [
      ['client_id', filter.clientId],
      ['project', filter.project],
      ['scenario_id', filter.scenarioId],
      ['key_id', filter.keyId],
    ] as const
  ).flatMap(([column, value]) => {
    if (value === undefined) return [];
    values.push(value);
    return [`and ${column} = $${values.length}`];
  });
  return { parts: partsOf.replaceAll('@filters', conditions.join(' ')), values };
}

const sums = `sum(requests)::bigint as requests, sum(estimated_requests)::bigint as estimated, sum(input_tokens)::bigint as input,
  sum(cached_tokens)::bigint as cached, sum(output_tokens)::bigint as output, sum(cost_nanos)::bigint as cost`;

/** One page of rows in the order of their group, calls without one last. */
export async function sumByGroup(
  db: Db,
  options: { filter: SumFilter; grouping: Grouping; after: { group: string | null } | undefined; limit: number },
): Promise<GroupSum[]> {
  const { parts, values } = await partsFor(db, options.filter);
  const column = groupColumn[options.grouping];
  const { after } = options;
  let page = '';
  if (after !== undefined) {
    values.push(after.group);
    // Nothing comes after those without a group.
    page = `where $${values.length}::text is not null and (g is null or g > $${values.length})`;
  }
  values.push(options.limit);
  const ofClient = (column: string, otherwise: string): string =>
    options.grouping === 'client' ? `max(${column})` : `null::${otherwise}`;
  const { rows } = await db.query(
    `${parts},
     grouped as (select ${column} as g, client_id, model, ${sums} from parts group by 1, 2, 3)
     select g, sum(requests)::bigint as requests, sum(estimated)::bigint as estimated, sum(input)::bigint as input,
       sum(cached)::bigint as cached, sum(output)::bigint as output, sum(cost)::bigint as cost,
       round(sum(cost * (100 + coalesce(c.markup_percent, 0)::text::numeric) / 100))::bigint as billable,
       array_agg(distinct model) filter (where model is not null) as models,
       ${ofClient('c.name', 'text')} as name, ${ofClient('c.markup_percent', 'double precision')} as markup,
       ${ofClient('c.currency', 'text')} as currency
     from grouped left join clients c on c.workspace_id = $1 and c.livemode = $2 and c.id = grouped.client_id
     ${page} group by g order by g nulls last limit $${values.length}`,
    values,
  );
  return (rows as RawGroup[]).map((row) => ({
    ...readSum(row),
    group: row.g,
    models: row.models ?? [],
    name: row.name,
    markupPercent: row.markup ?? 0,
    currency: row.currency ?? 'USD',
  }));
}

/** Of the whole range. */
export async function sumAll(db: Db, filter: SumFilter): Promise<Sum> {
  const { parts, values } = await partsFor(db, filter);
  const { rows } = await db.query(
    `${parts},
     grouped as (select client_id, ${sums} from parts group by 1)
     select coalesce(sum(requests), 0)::bigint as requests, coalesce(sum(estimated), 0)::bigint as estimated,
       coalesce(sum(input), 0)::bigint as input, coalesce(sum(cached), 0)::bigint as cached, coalesce(sum(output), 0)::bigint as output,
       coalesce(sum(cost), 0)::bigint as cost,
       coalesce(round(sum(cost * (100 + coalesce(c.markup_percent, 0)::text::numeric) / 100)), 0)::bigint as billable
     from grouped left join clients c on c.workspace_id = $1 and c.livemode = $2 and c.id = grouped.client_id`,
    values,
  );
  return readSum(rows[0] as RawSum);
}

interface RawSum {
  requests: bigint;
  estimated: bigint;
  input: bigint;
  cached: bigint;
  output: bigint;
  cost: bigint;
  billable: bigint;
}

interface RawGroup extends RawSum {
  g: string | null;
  models: string[] | null;
  name: string | null;
  markup: number | null;
  currency: string | null;
}

function readSum(row: RawSum): Sum {
  return {
    requests: Number(row.requests),
    estimatedRequests: Number(row.estimated),
    inputTokens: Number(row.input),
    cachedTokens: Number(row.cached),
    outputTokens: Number(row.output),
    costNanos: row.cost,
    billableNanos: row.billable,
  };
}

/** What calls cost, by those of their tags and keys that are named; the others are null. */
export async function sumByTags(
  db: Db,
  filter: SumFilter,
  names: readonly TagName[],
): Promise<({ costNanos: bigint } & Record<TagName, string | null>)[]> {
  const { parts, values } = await partsFor(db, filter);
  const columns = tagNames.map((name) => (names.includes(name) ? name : `null::text as ${name}`)).join(', ');
  const { rows } = await db.query(
    `${parts} select ${columns}, sum(cost_nanos)::bigint as cost from parts group by 1, 2, 3, 4`,
    values,
  );
  return (rows as ({ cost: bigint } & Record<TagName, string | null>)[]).map(({ cost, ...tags }) => ({
    ...tags,
    costNanos: cost,
  }));
}

const tagNames = ['client_id', 'project', 'scenario_id', 'key_id'] as const;
type TagName = (typeof tagNames)[number];

/** Calls with costs by model, for an invoice. */
export async function sumByModel(
  db: Db,
  filter: SumFilter,
): Promise<{ model: string | null; requests: number; inputTokens: number; outputTokens: number; costNanos: bigint }[]> {
  const { parts, values } = await partsFor(db, filter);
  const { rows } = await db.query(
    `${parts} select model, ${sums} from parts group by 1 having sum(cost_nanos) <> 0 or sum(output_tokens) > 0 order by 1 nulls last`,
    values,
  );
  return (rows as (RawSum & { model: string | null })[]).map((row) => ({
    model: row.model,
    requests: Number(row.requests),
    inputTokens: Number(row.input),
    outputTokens: Number(row.output),
    costNanos: row.cost,
  }));
}
