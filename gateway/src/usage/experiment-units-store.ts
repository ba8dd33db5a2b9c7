import type { Db } from '../db/transaction.ts';

/**
 * Sums of the calls of experiments, by unit, arm and hour. Whole hours are summed with the roll-up and kept; the calls since are added
 * when they are read, so that results are exact up to the last call. A call that is open counts once it is closed.
 *
 * `c` are calls of experiments; each has its phase in the first two bytes of its unit.
 */
const sums = `
  count(*) filter (where counted) as calls,
  count(*) filter (where not counted) as downgraded,
  count(*) filter (where counted and attempts > 1) as fallbacks,
  count(*) filter (where counted and status in ('failed', 'interrupted')) as errors,
  coalesce(sum(cost_nanos) filter (where counted), 0)::bigint as cost_nanos,
  count(*) filter (where priced) as cost_n,
  coalesce(sum(ln(cost_nanos::float8)) filter (where priced), 0) as log_cost_sum,
  count(json_ok) filter (where counted) as json_n,
  count(*) filter (where counted and json_ok) as json_ok,
  count(total_ms) filter (where timed) as ms_n,
  coalesce(sum(total_ms) filter (where timed), 0)::bigint as ms_sum,
  coalesce(sum(ln(greatest(total_ms, 1)::float8)) filter (where timed), 0) as log_ms_sum,
  count(ttft_ms) filter (where timed) as ttft_n,
  coalesce(sum(ln(greatest(ttft_ms, 1)::float8)) filter (where timed), 0) as log_ttft_sum,
  count(*) filter (where answered and output_tokens > 0) as tokens_n,
  coalesce(sum(ln(output_tokens::float8)) filter (where answered and output_tokens > 0), 0) as log_tokens_sum,
  coalesce(sum(opinions) filter (where counted), 0)::bigint as fb_n,
  coalesce(sum(scores) filter (where counted), 0) as fb_sum`;

/** The calls since are not summed. */
const sinceSummed = `(select coalesce(max(units_until), '-infinity') from usage_rollup)`;

/**
 * Of the calls of a workspace since. On a database spread by Citus feedback is elsewhere than calls, and travels: found by workspace and time,
 * it is little. For a look at one call after the other all of it would.
 */
const opinionsSince = `left join (
  select call_id, count(*) as opinions, sum(score) as scores from feedback where workspace_id = $1 and call_at >= ${sinceSummed}
  group by call_id) f on f.call_id = calls.id`;

/** Of all calls from $1 to $2. Over several workspaces Citus refuses an aggregate without `group by` that refers to another table. */
const opinionsOfSpan = `left join (
  select workspace_id as of_workspace, call_id, count(*) as opinions, sum(score) as scores from feedback where call_at >= $1 and call_at < $2
  group by workspace_id, call_id) f on f.of_workspace = calls.workspace_id and f.call_id = calls.id`;

/**
 * A call that a low budget sent to the cheapest model is counted apart, in every arm alike. Costs and times are of answers: a failed call
 * costs nothing, and its logarithm is no number. A time from the cache is no time of the model.
 */
const callsOf = (opinions: string, conditions: string): string => `
  select workspace_id, experiment_id, livemode, unit, get_byte(unit, 0) * 256 + get_byte(unit, 1) as phase, coalesce(arm, '') as arm,
    date_trunc('hour', created_at, 'UTC') as hour, attempts, status, cost_nanos, json_ok, total_ms, ttft_ms, output_tokens,
    chosen_by is distinct from 'budget' as counted,
    chosen_by is distinct from 'budget' and status = 'succeeded' as answered,
    chosen_by is distinct from 'budget' and status = 'succeeded' and cache is distinct from 'hit' as timed,
    chosen_by is distinct from 'budget' and status = 'succeeded' and cost_nanos > 0 as priced,
    f.opinions, f.scores
  from calls ${opinions}
  where experiment_id is not null and length(unit) >= 2 and status <> 'open' ${conditions}`;

const key = 'workspace_id, experiment_id, phase, livemode, hour, unit, arm';
/** In the order of `sums`. */
const columns = [
  ...[
    'calls',
    'downgraded',
    'fallbacks',
    'errors',
    'cost_nanos',
    'cost_n',
    'log_cost_sum',
    'json_n',
    'json_ok',
    'ms_n',
    'ms_sum',
  ],
  ...['log_ms_sum', 'ttft_n', 'log_ttft_sum', 'tokens_n', 'log_tokens_sum', 'fb_n', 'fb_sum'],
] as const;

const addUnits = `
  insert into experiment_units (${key}, ${columns.join(', ')})
  select ${key}, ${sums} from (${callsOf(opinionsOfSpan, 'and created_at >= $1 and created_at < $2')}) c group by ${key}`;
const addUnitsOfOne = `
  insert into experiment_units (${key}, ${columns.join(', ')})
  select ${key}, ${sums}
  from (${callsOf(opinionsOfSpan, 'and created_at >= $1 and created_at < $2 and workspace_id = $3 and experiment_id = $4')}) c group by ${key}`;

/** Writes the sums of whole hours, in place of what was written of these hours before. */
export async function writeUnits(tx: Db, from: Date, to: Date): Promise<void> {
  await tx.query('delete from experiment_units where hour >= $1 and hour < $2', [from, to]);
  // All that was marked up to now is among them.
  await tx.query('delete from experiment_marks where hour >= $1 and hour < $2', [from, to]);
  await tx.query(addUnits, [from, to]);
}

const marksAtOnce = 200;

/** Sums the hours again in which a call has feedback that came later. Returns whether there are more. */
export async function refreshMarked(tx: Db): Promise<boolean> {
  const { rows } = await tx.query(
    `with oldest as (
       select distinct workspace_id, experiment_id, hour from experiment_marks
       where hour < coalesce((select units_until from usage_rollup), '-infinity') order by hour limit ${marksAtOnce})
     delete from experiment_marks m using oldest o
     where m.workspace_id = o.workspace_id and m.experiment_id = o.experiment_id and m.hour = o.hour
     returning m.workspace_id, m.experiment_id, m.hour`,
  );
  const marks = new Map<string, { workspace_id: string; experiment_id: string; hour: Date }>();
  for (const mark of rows as { workspace_id: string; experiment_id: string; hour: Date }[])
    marks.set(`${mark.workspace_id} ${mark.experiment_id} ${mark.hour.getTime()}`, mark);
  for (const { workspace_id: workspaceId, experiment_id: experimentId, hour } of marks.values()) {
    // The sums of calls that are gone are all that is left of them.
    const { rows: dropped } = await tx.query('select 1 from dropped_months where from_at <= $1 and to_at > $1', [hour]);
    if (dropped.length > 0) continue;
    await tx.query('delete from experiment_units where workspace_id = $1 and experiment_id = $2 and hour = $3', [
      workspaceId,
      experimentId,
      hour,
    ]);
    await tx.query(addUnitsOfOne, [hour, new Date(hour.getTime() + 3_600_000), workspaceId, experimentId]);
  }
  return marks.size === marksAtOnce;
}

/** Which calls are counted: those of one phase of an experiment, made in one mode. */
export interface PhaseKey {
  workspaceId: string;
  experimentId: string;
  phase: number;
  livemode: boolean;
}

/** The unit means of one figure, over units that have it. Costs, times and tokens are logarithms. */
interface Moments {
  n: number;
  mean: number;
  /** Divided by n. */
  variance: number;
}

export interface ArmFigures {
  /** Empty for calls without the unit. */
  arm: string;
  calls: number;
  downgraded: number;
  fallbacks: number;
  errors: number;
  costNanos: bigint;
  feedback: Moments;
  json_ok: Moments;
  error: Moments;
  cost: Moments;
  total_ms: Moments;
  ttft_ms: Moments;
  output_tokens: Moments;
}

/** A sum of logarithms or scores, and not of whole numbers. */
const isReal = (name: string): boolean => name.startsWith('log_') || name === 'fb_sum';
const ofPhase = 'workspace_id = $1 and experiment_id = $2 and phase = $3 and livemode = $4';

/**
 * By unit and arm: the calls since the last whole hour, less the hours that were summed already although they are not over by `units_until`.
 * There are such hours only where somebody took `units_until` back.
 */
const newest = `
  select arm, unit, ${columns.map((name) => `sum(${name})${isReal(name) ? '' : '::bigint'} as ${name}`).join(', ')}
  from (
    select arm, unit, ${sums}
    from (${callsOf(
      opinionsSince,
      `and workspace_id = $1 and experiment_id = $2 and livemode = $4 and created_at >= ${sinceSummed}`,
    )}) c
    where phase = $3 group by arm, unit
    union all
    select arm, unit, ${columns.map((name) => `-${name}`).join(', ')} from experiment_units where ${ofPhase} and hour >= ${sinceSummed}) as parts
  group by arm, unit`;

/** `experiment_totals` has one row for each unit: to sum up the hours of 150,000 units took a second of Postgres, and this takes a seventh. */
const units = `
  select arm, ${columns.join(', ')} from experiment_totals where ${ofPhase} and (arm, unit) not in (select arm, unit from newest)
  union all
  select n.arm, ${columns.map((name) => `n.${name} + coalesce(t.${name}, 0)`).join(', ')}
  from newest n left join (select arm, unit, ${columns.join(', ')} from experiment_totals where ${ofPhase}) t on t.arm = n.arm and t.unit = n.unit`;

const means = `
  select arm, calls, downgraded, fallbacks, errors, cost_nanos,
    fb_sum / nullif(fb_n, 0)::float8 as feedback,
    json_ok::float8 / nullif(json_n, 0)::float8 as json_ok,
    errors::float8 / nullif(calls, 0)::float8 as error,
    log_cost_sum / nullif(cost_n, 0)::float8 as cost,
    log_ms_sum / nullif(ms_n, 0)::float8 as total_ms,
    log_ttft_sum / nullif(ttft_n, 0)::float8 as ttft_ms,
    log_tokens_sum / nullif(tokens_n, 0)::float8 as output_tokens
  from (${units}) u`;

const momentsOf = (figure: string): string => `
  json_build_object('n', count(${figure}), 'mean', coalesce(avg(${figure}::float8), 0), 'variance', coalesce(var_pop(${figure}::float8), 0)) as ${figure}`;

const figures = `
  with newest as materialized (${newest})
  select arm, sum(calls)::float8 as calls, sum(downgraded)::float8 as downgraded, sum(fallbacks)::float8 as fallbacks, sum(errors)::float8 as errors,
    sum(cost_nanos)::bigint as "costNanos", ${momentsOf('feedback')}, ${momentsOf('json_ok')}, ${momentsOf('error')}, ${momentsOf('cost')},
    ${momentsOf('total_ms')}, ${momentsOf('ttft_ms')}, ${momentsOf('output_tokens')}
  from (${means}) m group by arm order by arm`;

/** One row an arm, in one statement, so of one moment: the database does the work, however many units there are. */
export async function selectArmFigures(
  db: Db,
  { workspaceId, experimentId, phase, livemode }: PhaseKey,
): Promise<ArmFigures[]> {
  const { rows } = await db.query(figures, [workspaceId, experimentId, phase, livemode]);
  return rows as ArmFigures[];
}
