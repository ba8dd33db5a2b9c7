import type { Db } from '../db/transaction.ts';
import { type SumColumn, type SumTables, summedState, tablesFor, wideTables } from './narrow-sums-store.ts';
import { sumColumns, sumsOfCall } from './sum-columns.ts';
import type { UsageDay } from './usage-range.ts';

export type Grouping = 'client' | 'project' | 'scenario' | 'model' | 'provider' | 'platform' | 'key' | 'day' | 'hour';

export interface SumFilter {
  workspaceId: string;
  livemode: boolean;
  from: Date;
  to: Date;
  clientId?: string | undefined;
  /** Any of these clients. */
  clientIds?: readonly string[] | undefined;
  project?: string | undefined;
  scenarioId?: string | undefined;
  /** Any of these scenarios. */
  scenarioIds?: readonly string[] | undefined;
  scenarioPlatform?: string | undefined;
  keyId?: string | undefined;
}

/** The rows of days and hours depend on a time zone: see `partsByDay` and `hourOf`. */
export const groupColumn: Record<Exclude<Grouping, 'day' | 'hour'>, SumColumn> = {
  client: 'client_id',
  project: 'project',
  scenario: 'scenario_id',
  model: 'model',
  provider: 'provider',
  platform: 'scenario_platform',
  key: 'key_id',
};

export const dayColumn = `to_char(at at time zone 'UTC', 'YYYY-MM-DD')`;

const tags = 'client_id, project, scenario_id, key_id, model, provider, scenario_platform, metered';

/** Of the sums, and of calls one by one: the same columns. */
const summed = `${tags}, ${sumColumns}`;
const single = `${tags}, ${sumsOfCall}`;

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
    select day as at, ${summed} from @days where ${ofWorkspace} @kind and day >= $5 and day < $6 @filters
    union all
    select hour, ${summed} from @hours where ${ofWorkspace} @kind and hour >= $4 and hour < $5 @filters
    union all
    select hour, ${summed} from @hours where ${ofWorkspace} @kind and hour >= $6 and hour < $7 @filters
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
    select day, ${summed} from days join @hours on ${ofWorkspace} @kind and hour >= first_hour and hour < last_hour @filters
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

interface PartsOptions {
  days?: boolean;
  /** The columns that are read beside the figures and those of the filter; undefined: any. Others may be null. */
  columns?: readonly SumColumn[] | undefined;
}

export async function partsFor(db: Db, filter: SumFilter, { days = true, columns }: PartsOptions = {}): Promise<Parts> {
  const { until, isNarrow } = await summedState(db);
  return withFilters(partsOf, filter, { bounds: boundsOf(filter, until, { days }), columns, isNarrow });
}

export async function partsForDays(
  db: Db,
  filter: SumFilter,
  { days, columns }: { days: readonly UsageDay[]; columns?: readonly SumColumn[] | undefined },
): Promise<Parts> {
  const { until, isNarrow } = await summedState(db);
  const rows = days.map(({ day, from, to }) => {
    const [start_at, first_hour, , , last_hour, end_at] = boundsOf({ from, to }, until);
    return { day, start_at, first_hour, last_hour, end_at };
  });
  return withFilters(partsByDay, filter, { bounds: [JSON.stringify(rows)], columns, isNarrow });
}

function withFilters(
  parts: string,
  filter: SumFilter,
  {
    bounds,
    columns,
    isNarrow,
  }: { bounds: readonly unknown[]; columns: readonly SumColumn[] | undefined; isNarrow: boolean },
): Parts {
  const values: unknown[] = [filter.workspaceId, filter.livemode, ...bounds];
  const filtered = (
    [
      ['client_id', filter.clientId],
      ['client_id', filter.clientIds],
      ['project', filter.project],
      ['scenario_id', filter.scenarioId],
      ['scenario_id', filter.scenarioIds],
      ['scenario_platform', filter.scenarioPlatform],
      ['key_id', filter.keyId],
    ] as const
  ).filter(([, value]) => value !== undefined);
  const conditions = filtered.map(([column, value]) => {
    const n = values.push(value);
    return typeof value === 'string' ? `and ${column} = $${n}` : `and ${column} = any($${n}::text[])`;
  });
  const read =
    columns === undefined ? wideTables : tablesFor([...columns, ...filtered.map(([column]) => column)], isNarrow);
  return { parts: fromTables(parts, read).replaceAll('@filters', conditions.join(' ')), values };
}

function fromTables(parts: string, { hours, days, ofKind }: SumTables): string {
  return parts.replaceAll('@hours', hours).replaceAll('@days', days).replaceAll('@kind', ofKind);
}

export const sums = `sum(requests)::bigint as requests, sum(estimated_requests)::bigint as estimated, sum(input_tokens)::bigint as input,
  sum(cached_tokens)::bigint as cached, sum(output_tokens)::bigint as output, sum(cost_nanos)::bigint as cost, sum(second_answers)::bigint as second, sum(second_cost_nanos)::bigint as second_cost,
  sum(cache_hits)::bigint as hits, sum(saved_nanos)::bigint as saved, sum(saved_auto_nanos)::bigint as saved_auto,
  sum(saved_rules_nanos)::bigint as saved_rules, sum(saved_marks_nanos)::bigint as saved_marks`;
