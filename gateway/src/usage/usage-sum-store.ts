import type { Db } from '../db/transaction.ts';
import { billedColumns, type SumColumn } from './narrow-sums-store.ts';
import {
  dayColumn,
  type Grouping,
  groupColumn,
  partsFor,
  partsForDays,
  type SumFilter,
  sums,
} from './summed-range-store.ts';
import type { UsageDay } from './usage-range.ts';

export interface Sum {
  requests: number;
  estimatedRequests: number;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  /** Without second answers. */
  costNanos: bigint;
  /** Second answers and the questions to judges, which the gateway makes of its own. */
  secondAnswers: number;
  secondCostNanos: bigint;
  /** With each client's markup. */
  billableNanos: bigint;
  cacheHits: number;
  savedNanos: bigint;
  /** The part of it by the response cache. */
  savedByHitsNanos: bigint;
  /** The same with each client's markup. */
  billableSavedByHitsNanos: bigint;
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
  const { grouping, after } = options;
  const { parts, values, column } = await groupedParts(db, options, await billedColumns(db, options.filter));
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
     grouped as (select ${column} as g, client_id, ${sums} from parts group by 1, 2)
     select g, sum(requests)::bigint as requests, sum(estimated)::bigint as estimated, sum(input)::bigint as input,
       sum(cached)::bigint as cached, sum(output)::bigint as output, sum(cost)::bigint as cost,
       sum(second)::bigint as second, sum(second_cost)::bigint as second_cost,
       round(sum(cost * (100 + coalesce(c.markup_percent, 0)::text::numeric) / 100))::bigint as billable,
       coalesce(sum(hits), 0)::bigint as hits, coalesce(sum(saved), 0)::bigint as saved, coalesce(sum(${byHits}), 0)::bigint as saved_by_hits,
       coalesce(round(sum((${byHits}) * (100 + coalesce(c.markup_percent, 0)::text::numeric) / 100)), 0)::bigint as billable_saved_by_hits,
       max(case when $${values.length - 1} = 'client' then c.name when $${values.length - 1} = 'key' then k.name
         when $${values.length - 1} = 'scenario' then n.name end) as name,
       ${ofClient('c.markup_percent', 'double precision')} as markup, ${ofClient('c.currency', 'text')} as currency,
       ${ofClient('c.exchange_rate', 'double precision')} as rate
     from grouped left join clients c on c.workspace_id = $1 and c.livemode = $2 and c.id = grouped.client_id
     left join api_keys k on k.workspace_id = $1 and k.id = grouped.g
     left join scenario_names n on n.workspace_id = $1 and n.livemode = $2 and n.id = grouped.g
     ${page} group by g order by g nulls last limit $${values.length}`,
    values,
  );
  const groups = rows as RawGroup[];
  const models = await modelsOf(db, options, groups);
  return groups.map((row) => ({
    ...readSum(row),
    group: row.g,
    models: models.get(row.g) ?? [],
    name: row.name,
    markupPercent: row.markup ?? 0,
    currency: row.currency ?? 'USD',
    exchangeRate: row.rate ?? 1,
  }));
}

interface GroupedRange {
  filter: SumFilter;
  grouping: Grouping;
  timezone: string;
  days: readonly UsageDay[];
}

/** The parts of a range that know the columns named and the group, and the group's expression. */
async function groupedParts(
  db: Db,
  { filter, grouping, timezone, days }: GroupedRange,
  named: readonly SumColumn[],
): Promise<{ parts: string; values: unknown[]; column: string }> {
  const byTime = grouping === 'day' || grouping === 'hour';
  const columns = byTime ? named : [...named, groupColumn[grouping]];
  if (grouping === 'day' && timezone !== 'UTC')
    return { ...(await partsForDays(db, filter, { days, columns })), column: 'day' };
  const { parts, values } = await partsFor(db, filter, { days: grouping !== 'hour', columns });
  const column =
    grouping === 'hour' ? hourOf(values, timezone) : grouping === 'day' ? dayColumn : groupColumn[grouping];
  return { parts, values, column };
}

/** The models of the groups of one page. */
async function modelsOf(
  db: Db,
  range: GroupedRange,
  groups: readonly { g: string | null }[],
): Promise<ReadonlyMap<string | null, string[]>> {
  if (groups.length === 0) return new Map();
  const { parts, values, column } = await groupedParts(db, range, ['model']);
  const named = groups.map(({ g }) => g).filter((g) => g !== null);
  values.push(named);
  // A condition without "or" reads the page's part of an index.
  const orNone = named.length < groups.length ? 'or g is null' : '';
  const { rows } = await db.query(
    `${parts},
     found as (select ${column} as g, model from parts where model is not null group by 1, 2)
     select g, array_agg(model order by model) as models from found where g = any($${values.length}::text[]) ${orNone} group by 1`,
    values,
  );
  return new Map((rows as { g: string | null; models: string[] }[]).map(({ g, models }) => [g, models] as const));
}

/** Sums are by hours of UTC; their local time is `05:30` where a zone is half an hour off. */
function hourOf(values: unknown[], timezone: string): string {
  values.push(timezone);
  return `to_char(date_trunc('hour', at, 'UTC') at time zone $${values.length}, 'YYYY-MM-DD"T"HH24:MI')`;
}

/** Of the whole range. */
export async function sumAll(db: Db, filter: SumFilter): Promise<Sum> {
  const { parts, values } = await partsFor(db, filter, { columns: await billedColumns(db, filter) });
  const { rows } = await db.query(
    `${parts},
     grouped as (select client_id, ${sums} from parts group by 1)
     select coalesce(sum(requests), 0)::bigint as requests, coalesce(sum(estimated), 0)::bigint as estimated,
       coalesce(sum(input), 0)::bigint as input, coalesce(sum(cached), 0)::bigint as cached, coalesce(sum(output), 0)::bigint as output,
       coalesce(sum(cost), 0)::bigint as cost, coalesce(sum(second), 0)::bigint as second,
       coalesce(sum(second_cost), 0)::bigint as second_cost,
       coalesce(sum(hits), 0)::bigint as hits, coalesce(sum(saved), 0)::bigint as saved, coalesce(sum(${byHits}), 0)::bigint as saved_by_hits,
       coalesce(round(sum((${byHits}) * (100 + coalesce(c.markup_percent, 0)::text::numeric) / 100)), 0)::bigint as billable_saved_by_hits,
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
  second: bigint;
  second_cost: bigint;
  billable: bigint;
  hits: bigint;
  saved: bigint;
  saved_by_hits: bigint;
  billable_saved_by_hits: bigint;
}

/** What no other step of a call has saved. */
const byHits = 'saved - saved_auto - saved_rules - saved_marks';

interface RawGroup extends RawSum {
  g: string | null;
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
    secondAnswers: Number(row.second),
    secondCostNanos: row.second_cost,
    billableNanos: row.billable,
    cacheHits: Number(row.hits),
    savedNanos: row.saved,
    savedByHitsNanos: row.saved_by_hits,
    billableSavedByHitsNanos: row.billable_saved_by_hits,
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

/** Calls with costs by model, for an invoice: answers from the cache are not billed. */
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
    requests: Number(row.requests - row.hits),
    inputTokens: Number(row.input),
    outputTokens: Number(row.output),
    costNanos: row.cost,
  }));
}
