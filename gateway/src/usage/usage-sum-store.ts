import type { Db } from '../db/transaction.ts';
import type { UsageDay } from './usage-range.ts';

export type Grouping = 'client' | 'project' | 'scenario' | 'model' | 'provider' | 'platform' | 'key' | 'day' | 'hour';

export interface SumFilter {
  workspaceId: string;
  livemode: boolean;
  from: Date;
  to: Date;
  clientId?: string | undefined;
  project?: string | undefined;
  scenarioId?: string | undefined;
  scenarioPlatform?: string | undefined;
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
  /** Units of `currency` for one dollar. */
  exchangeRate: number;
}

/** The rows of days and hours depend on a time zone: see `partsByDay` and `hourOf`. */
const groupColumn: Record<Exclude<Grouping, 'hour'>, string> = {
  client: 'client_id',
  project: 'project',
  scenario: 'scenario_id',
  model: 'model',
  provider: 'provider',
  platform: 'scenario_platform',
  key: 'key_id',
  day: `to_char(at at time zone 'UTC', 'YYYY-MM-DD')`,
};

const tags = 'client_id, project, scenario_id, key_id, model, provider, scenario_platform';
/** Of the sums, and of calls one by one: the same columns. */
const summed = `${tags}, requests, estimated_requests, input_tokens, cached_tokens, output_tokens, cost_nanos`;
const single = `${tags}, 1, estimated::integer, input_tokens, cached_tokens, output_tokens, cost_nanos`;
const ofWorkspace = 'workspace_id = $1 and livemode = $2';
/** Open calls are not usage yet. */
const calls = `from calls where ${ofWorkspace} and status <> 'open'`;

/**
 * Whole days and whole hours from their sums, the edges from the calls themselves: `$3` to `$4` and `$7` to `$8` are edges, the
 * hours are `$4` to `$5` and `$6` to `$7`, the days `$5` to `$6`. Each bound is a value, so that every part reads its own
 * stretch of an index. Quarters of an hour are there for months whose calls are gone, and stand in for these: days begin at a quarter
 * in every zone, and an edge within a quarter counts those that begin in the range.
 */
const partsOf = `
  with parts as (
    select day as at, ${summed} from usage_days where ${ofWorkspace} and day >= $5 and day < $6 @filters
    union all
    select hour, ${summed} from usage_hours where ${ofWorkspace} and hour >= $4 and hour < $5 @filters
    union all
    select hour, ${summed} from usage_hours where ${ofWorkspace} and hour >= $6 and hour < $7 @filters
    union all
    select created_at, ${single} ${calls} and created_at >= $3 and created_at < $4 @filters
    union all
    select created_at, ${single} ${calls} and created_at >= $7 and created_at < $8 @filters
    union all
    select quarter, ${summed} from usage_quarters where ${ofWorkspace} and quarter >= $3 and quarter < $4 @filters
    union all
    select quarter, ${summed} from usage_quarters where ${ofWorkspace} and quarter >= $7 and quarter < $8 @filters)`;

/**
 * The same, by the days of a zone. `$3` has, for each day, where it begins, its first and its last whole hour, and where it ends: a
 * zone may be a quarter of an hour off, and then the two hours at the ends of a day are read from the calls.
 */
const partsByDay = `
  with days as (
    select * from json_to_recordset($3::json) as d (
      day text, start_at timestamptz, first_hour timestamptz, last_hour timestamptz, end_at timestamptz)),
  parts as (
    select day, ${summed} from days join usage_hours on ${ofWorkspace} and hour >= first_hour and hour < last_hour @filters
    union all
    select day, ${single} from days join calls
      on ${ofWorkspace} and status <> 'open' and created_at >= start_at and created_at < first_hour @filters
    union all
    select day, ${single} from days join calls
      on ${ofWorkspace} and status <> 'open' and created_at >= last_hour and created_at < end_at @filters
    union all
    select day, ${summed} from days join usage_quarters on ${ofWorkspace}
      and (quarter >= start_at and quarter < first_hour or quarter >= last_hour and quarter < end_at) @filters)`;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The six moments between which a range is read, in order; `until` is how far the sums go. */
export function boundsOf(
  { from, to }: Pick<SumFilter, 'from' | 'to'>,
  until: Date | undefined,
  { days = true }: { days?: boolean } = {},
): Date[] {
  const [start, end] = [from.getTime(), Math.max(from.getTime(), to.getTime())];
  const ceil = (ms: number, step: number): number => Math.ceil(ms / step) * step;
  const floor = (ms: number, step: number): number => Math.floor(ms / step) * step;
  const summed = Math.min(floor(end, hourMs), until?.getTime() ?? Number.NEGATIVE_INFINITY);
  const firstHour = ceil(start, hourMs);
  // Nothing of the range is summed: all of it is one edge.
  if (summed <= firstHour) return [start, start, start, start, start, end].map((ms) => new Date(ms));
  // Without days: all between the edges are hours.
  const firstDay = days ? Math.min(summed, ceil(firstHour, dayMs)) : firstHour;
  const lastDay = days ? Math.max(firstDay, floor(summed, dayMs)) : firstHour;
  return [start, firstHour, firstDay, lastDay, summed, end].map((ms) => new Date(ms));
}

interface Parts {
  parts: string;
  values: unknown[];
}

export async function partsFor(db: Db, filter: SumFilter, options?: { days: boolean }): Promise<Parts> {
  return withFilters(partsOf, filter, boundsOf(filter, await summedUntil(db), options));
}

export async function partsForDays(db: Db, filter: SumFilter, days: readonly UsageDay[]): Promise<Parts> {
  const until = await summedUntil(db);
  const rows = days.map(({ day, from, to }) => {
    const [start_at, first_hour, , , last_hour, end_at] = boundsOf({ from, to }, until);
    return { day, start_at, first_hour, last_hour, end_at };
  });
  return withFilters(partsByDay, filter, [JSON.stringify(rows)]);
}

async function summedUntil(db: Db): Promise<Date | undefined> {
  const { rows } = await db.query('select until from usage_rollup');
  return (rows as { until: Date }[])[0]?.until;
}

function withFilters(parts: string, filter: SumFilter, bounds: readonly unknown[]): Parts {
  const values: unknown[] = [filter.workspaceId, filter.livemode, ...bounds];
  const conditions = (
    [
      ['client_id', filter.clientId],
      ['project', filter.project],
      ['scenario_id', filter.scenarioId],
      ['scenario_platform', filter.scenarioPlatform],
      ['key_id', filter.keyId],
    ] as const
  ).flatMap(([column, value]) => {
    if (value === undefined) return [];
    values.push(value);
    return [`and ${column} = $${values.length}`];
  });
  return { parts: parts.replaceAll('@filters', conditions.join(' ')), values };
}

const sums = `sum(requests)::bigint as requests, sum(estimated_requests)::bigint as estimated, sum(input_tokens)::bigint as input,
  sum(cached_tokens)::bigint as cached, sum(output_tokens)::bigint as output, sum(cost_nanos)::bigint as cost`;

/** One page of rows in the order of their group, calls without one last. `days` are those of the range, to group by. */
export async function sumByGroup(
  db: Db,
  options: {
    filter: SumFilter;
    grouping: Grouping;
    timezone: string;
    days: readonly UsageDay[];
    after: { group: string | null } | undefined;
    limit: number;
  },
): Promise<GroupSum[]> {
  const { filter, grouping, timezone, after } = options;
  const byZone = grouping === 'day' && timezone !== 'UTC';
  const { parts, values } = byZone
    ? await partsForDays(db, filter, options.days)
    : await partsFor(db, filter, { days: grouping !== 'hour' });
  const column = grouping === 'hour' ? hourOf(values, timezone) : byZone ? 'day' : groupColumn[grouping];
  let page = '';
  if (after !== undefined) {
    values.push(after.group);
    // Nothing comes after those without a group.
    page = `where $${values.length}::text is not null and (g is null or g > $${values.length})`;
  }
  values.push(grouping, options.limit);
  const ofClient = (column: string, otherwise: string): string =>
    grouping === 'client' ? `max(${column})` : `null::${otherwise}`;
  const { rows } = await db.query(
    `${parts},
     grouped as (select ${column} as g, client_id, model, ${sums} from parts group by 1, 2, 3)
     select g, sum(requests)::bigint as requests, sum(estimated)::bigint as estimated, sum(input)::bigint as input,
       sum(cached)::bigint as cached, sum(output)::bigint as output, sum(cost)::bigint as cost,
       round(sum(cost * (100 + coalesce(c.markup_percent, 0)::text::numeric) / 100))::bigint as billable,
       array_agg(distinct model) filter (where model is not null) as models,
       max(case when $${values.length - 1} = 'client' then c.name when $${values.length - 1} = 'key' then k.name end) as name,
       ${ofClient('c.markup_percent', 'double precision')} as markup, ${ofClient('c.currency', 'text')} as currency,
       ${ofClient('c.exchange_rate', 'double precision')} as rate
     from grouped left join clients c on c.workspace_id = $1 and c.livemode = $2 and c.id = grouped.client_id
     left join api_keys k on k.workspace_id = $1 and k.id = grouped.g
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
    exchangeRate: row.rate ?? 1,
  }));
}

/** Sums are by hours of UTC; their local time is `05:30` where a zone is half an hour off. */
function hourOf(values: unknown[], timezone: string): string {
  values.push(timezone);
  return `to_char(date_trunc('hour', at, 'UTC') at time zone $${values.length}, 'YYYY-MM-DD"T"HH24:MI')`;
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
  rate: number | null;
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

/** The cost of calls, by the named tags and keys; the others are null. */
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
