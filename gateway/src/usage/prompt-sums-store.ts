import type { Db } from '../db/transaction.ts';
import { dayMs } from './calendar.ts';
import { endedDays } from './ended-days.ts';
import { bucketOfMs, msOfBucket } from './latency-store.ts';
import { boundsOf } from './summed-range-store.ts';

/**
 * The figures of the versions of prompts.
 *
 *     calls, feedback ── whole hours ──> usage_prompt_hours ── whole days ──> usage_prompt_days
 *       └── quarters of an hour, once a month's calls are dropped ──> usage_prompt_quarters
 *
 * Feedback may come weeks after its call, and marks the hour of the call (`prompt_marks`). Until a marked hour is summed again, its opinions are
 * read from feedback and all else from its sums: opinions count at once, a late call once its hour is summed again, and a read costs no look at the
 * calls of these hours.
 */
const figures = [
  'calls',
  'cost_nanos',
  'errors',
  'json_calls',
  'json_ok',
  'cache_hits',
  'feedback',
  'score_sum',
] as const;
type Figure = (typeof figures)[number];

const figuresOfCalls: Readonly<Record<Figure, string>> = {
  calls: 'count(*)',
  cost_nanos: 'coalesce(sum(cost_nanos), 0)',
  errors: `count(*) filter (where status = 'failed')`,
  json_calls: 'count(json_ok)',
  json_ok: 'count(*) filter (where json_ok)',
  cache_hits: `count(*) filter (where cache = 'hit')`,
  feedback: 'count(opinion)',
  score_sum: 'coalesce(sum(opinion), 0)',
};

const columns = figures.join(', ');
const each = (write: (figure: Figure) => string): string =>
  figures.map((figure) => `${write(figure)} as ${figure}`).join(', ');

const version = 'workspace_id, livemode, prompt_id, prompt_version';
const hourOf = `date_trunc('hour', created_at, 'UTC')`;

/** Of all calls from $1 to $2. Over several workspaces Citus refuses an aggregate without `group by` that refers to another table. */
const opinionsOfSpan = `left join (
  select workspace_id as of_workspace, call_id, avg(score) as opinion from feedback where call_at >= $1 and call_at < $2
  group by workspace_id, call_id) as f on f.of_workspace = calls.workspace_id and f.call_id = calls.id`;

/** A row for each version, span and time that an answer of a model took, and one without a time: the figures of the rows add up, `n` is how many took it. */
const timesOfCalls = (opinions: string, at: string, time: string, conditions: string): string => `
  select ${version}, ${at} as at, case when ms is not null then ${time} end as took, ${each((figure) => figuresOfCalls[figure])}, count(ms) as n
  from (
    select ${version}, created_at, status, cost_nanos, json_ok, cache, opinion,
      case when status = 'succeeded' and cache is distinct from 'hit' then total_ms end as ms
    from calls ${opinions}
    where prompt_id is not null and prompt_version is not null and shadow_of is null ${conditions}) as of_calls
  group by ${version}, 5, 6`;

/** The same of sums, whose times are buckets. */
const timesOfSums = (table: string, at: string, conditions: string): string => `
  select ${version}, ${at} as at, t.took, ${each((figure) => `case when t.took is null then ${figure} else 0 end`)}, t.n
  from ${table} cross join lateral (select null::smallint, 0 union all select * from unnest(buckets, counts)) as t (took, n)
  where true ${conditions}`;

const addTo = (table: string, at: string, times: string): string => `
  insert into ${table} (${version}, ${at}, ${columns}, buckets, counts)
  select ${version}, at, ${each((figure) => `sum(${figure})`)},
    coalesce(array_agg(took order by took) filter (where took is not null), '{}'),
    coalesce(array_agg(n::integer order by took) filter (where took is not null), '{}')
  from (
    select ${version}, at, took, ${each((figure) => `sum(${figure})`)}, sum(n) as n from (${times}) as times group by ${version}, at, took) as sums
  group by ${version}, at`;

const ofPrompt = 'and workspace_id = $3 and livemode = $4 and prompt_id = $5';
const hours = (more = ''): string =>
  addTo(
    'usage_prompt_hours',
    'hour',
    timesOfCalls(opinionsOfSpan, hourOf, bucketOfMs, `and created_at >= $1 and created_at < $2 ${more}`),
  );
const days = (more = ''): string =>
  addTo(
    'usage_prompt_days',
    'day',
    timesOfSums('usage_prompt_hours', `date_trunc('day', hour, 'UTC')`, `and hour >= $1 and hour < $2 ${more}`),
  );

/** Writes the sums of whole hours, and of the days that ended between the two, in place of those written before. */
export async function writePromptSums(tx: Db, from: Date, to: Date): Promise<void> {
  await tx.query('delete from usage_prompt_hours where hour >= $1 and hour < $2', [from, to]);
  // All that was marked up to now is among them.
  await tx.query('delete from prompt_marks where hour >= $1 and hour < $2', [from, to]);
  await tx.query(hours(), [from, to]);
  await writePromptDays(tx, from, to);
}

/** The days that ended between the two. */
export async function writePromptDays(tx: Db, from: Date, to: Date): Promise<void> {
  const ended = endedDays(from, to);
  if (ended === undefined) return;
  await tx.query('delete from usage_prompt_days where day >= $1 and day < $2', [...ended]);
  await tx.query(days(), [...ended]);
}

/** Of a month whose calls are about to be dropped. Feedback that comes later finds no call. */
export async function writePromptQuarters(tx: Db, from: Date, to: Date): Promise<void> {
  const quarter = `date_bin('15 minutes', created_at, 'epoch')`;
  const times = timesOfCalls(opinionsOfSpan, quarter, bucketOfMs, 'and created_at >= $1 and created_at < $2');
  await tx.query(addTo('usage_prompt_quarters', 'quarter', times), [from, to]);
}

/** Of a month whose calls somebody else dropped: there is nothing finer than its hours. */
export async function copyPromptQuarters(tx: Db, from: Date, to: Date): Promise<void> {
  await tx.query(
    `insert into usage_prompt_quarters (${version}, quarter, ${columns}, buckets, counts)
     select ${version}, hour, ${columns}, buckets, counts from usage_prompt_hours where hour >= $1 and hour < $2`,
    [from, to],
  );
}

const hourMs = 3_600_000;
const marksAtOnce = 200;

interface Mark {
  workspace_id: string;
  livemode: boolean;
  prompt_id: string;
  hour: Date;
  isDropped: boolean;
}

/** Sums the hours of prompts again in which a call has feedback that came later, and their days. Returns whether there are more. */
export async function refreshMarkedPrompts(tx: Db): Promise<boolean> {
  const { rows } = await tx.query(
    `with oldest as (
       select distinct workspace_id, livemode, prompt_id, hour from prompt_marks
       where hour < coalesce((select prompts_until from usage_rollup), '-infinity') order by hour limit ${marksAtOnce}),
     taken as (
       delete from prompt_marks m using oldest o
       where m.workspace_id = o.workspace_id and m.livemode = o.livemode and m.prompt_id = o.prompt_id and m.hour = o.hour)
     select *, exists (select 1 from dropped_months where from_at <= hour and to_at > hour) as "isDropped" from oldest`,
  );
  const marks = rows as Mark[];
  const ended = new Map<string, readonly unknown[]>();
  // The sums of calls that are gone are all that is left of them.
  for (const { workspace_id, livemode, prompt_id, hour } of marks.filter(({ isDropped }) => !isDropped)) {
    const prompt = [workspace_id, livemode, prompt_id];
    await rewrite(tx, 'hour', [hour, new Date(hour.getTime() + hourMs), ...prompt]);
    const day = Math.floor(hour.getTime() / dayMs) * dayMs;
    ended.set(`${day} ${prompt.join(' ')}`, [new Date(day), new Date(day + dayMs), ...prompt]);
  }
  for (const day of ended.values()) await rewrite(tx, 'day', day);
  return marks.length === marksAtOnce;
}

/** Of one prompt. A day that is not summed yet has no rows. */
async function rewrite(tx: Db, span: 'hour' | 'day', values: readonly unknown[]): Promise<void> {
  const { rowCount } = await tx.query('select 1 from usage_rollup where prompts_until >= $1', [values[1]]);
  if (rowCount === 0) return;
  await tx.query(`delete from usage_prompt_${span}s where ${span} >= $1 and ${span} < $2 ${ofPrompt}`, [...values]);
  await tx.query(span === 'hour' ? hours(ofPrompt) : days(ofPrompt), [...values]);
}

interface PromptFilter {
  workspaceId: string;
  livemode: boolean;
  promptId: string;
  from: Date;
  to: Date;
}

export interface VersionFigures {
  version: number;
  calls: number;
  cost_nanos: string;
  p50_ms: number | null;
  p95_ms: number | null;
  errors: number;
  json_calls: number;
  json_ok: number;
  cache_hits: number;
  feedback: number;
  feedback_score: number | null;
}

const ofFilter = 'and workspace_id = $1 and livemode = $2 and prompt_id = $3';
const fromSums = (span: 'day' | 'hour' | 'quarter', from: string, to: string): string => `
  select prompt_version, ${msOfBucket} as ms, ${columns}, n
  from (${timesOfSums(`usage_prompt_${span}s`, span, `${ofFilter} and ${span} >= ${from} and ${span} < ${to}`)}) as of_sums
    cross join lateral (select took as bucket) as b`;
const fromCalls = (conditions: string): string => `
  select prompt_version, took as ms, ${columns}, n
  from (${timesOfCalls('left join opinions as f on f.call_id = calls.id', 'null::text', 'ms', `${ofFilter} ${conditions}`)}) as of_calls`;

/**
 * Of marked hours, the opinions are read from feedback, which names the version, and not from the sums: hour by hour, so that those of a month are
 * never sorted at once. The calls of the edges are joined with their
 * opinions: these are found by workspace and time, before their calls are. On a database spread by Citus feedback is elsewhere than calls, and
 * travels; for a look at one call after the other all of it would.
 */
const marked = `
  marked as materialized (
    select distinct hour from prompt_marks where workspace_id = $1 and livemode = $2 and prompt_id = $3 and hour >= $5 and hour < $8
      and not exists (select 1 from dropped_months where from_at <= hour and to_at > hour)),
  late as (
    select given.* from marked cross join lateral (
      select prompt_version, count(*) as feedback, sum(opinion) as score_sum
      from (
        select prompt_version, avg(score) as opinion from feedback
        where workspace_id = $1 and livemode = $2 and prompt_id = $3 and prompt_version is not null
          and call_at >= marked.hour and call_at < marked.hour + interval '1 hour'
        group by prompt_version, call_id) as of_calls
      group by prompt_version) as given),
  opinions as materialized (
    select call_id, avg(score) as opinion
    from (
      select call_id, score from feedback where workspace_id = $1 and call_at >= $4 and call_at < $5
      union all select call_id, score from feedback where workspace_id = $1 and call_at >= $8 and call_at < $9) as given
    group by call_id)`;

/** All other figures of the version are 0. */
const opinionsOnly = (values: Readonly<Partial<Record<Figure, string>>>): string =>
  figures.map((figure) => values[figure] ?? '0').join(', ');

/** As `partsOf` of usage. */
const parts = `
  with ${marked},
  parts as (
    ${fromSums('day', '$6', '$7')}
    union all ${fromSums('hour', '$5', '$6')}
    union all ${fromSums('hour', '$7', '$8')}
    union all ${fromCalls('and created_at >= $4 and created_at < $5')}
    union all ${fromCalls('and created_at >= $8 and created_at < $9')}
    union all ${fromSums('quarter', '$4', '$5')}
    union all ${fromSums('quarter', '$8', '$9')}
    union all select prompt_version, null, ${opinionsOnly({ feedback: '-feedback', score_sum: '-score_sum' })}, 0
      from marked join usage_prompt_hours h on h.workspace_id = $1 and h.livemode = $2 and h.prompt_id = $3 and h.hour = marked.hour
    union all select prompt_version, null, ${opinionsOnly({ feedback: 'feedback', score_sum: 'score_sum' })}, 0 from late)`;

const percentile = (percent: number): string =>
  `min(ms) filter (where upto * 100 >= total * ${percent}) as p${percent}_ms`;

/**
 * The calls of each version of a prompt in a stretch of time, of one mode. Answers from the cache count, but not for the times, which are within 2 %
 * where they are read from sums.
 */
export async function readVersionFigures(db: Db, filter: PromptFilter): Promise<VersionFigures[]> {
  const { rows: rollUps } = await db.query('select prompts_until as until from usage_rollup');
  const until = (rollUps as { until: Date | null }[])[0]?.until ?? undefined;
  const { rows } = await db.query(
    `${parts},
     totals as (select prompt_version, ${each((figure) => `sum(${figure})`)} from parts group by 1),
     counted as (select prompt_version, ms, sum(n) as n from parts where ms is not null group by 1, 2 having sum(n) > 0),
     running as (
       select *, sum(n) over (partition by prompt_version order by ms) as upto, sum(n) over (partition by prompt_version) as total from counted),
     percentiles as (select prompt_version, ${percentile(50)}, ${percentile(95)} from running group by 1)
     select prompt_version as version, calls::float8, cost_nanos::text, p50_ms, p95_ms, errors::float8, json_calls::float8, json_ok::float8,
       cache_hits::float8, feedback::float8,
       case when feedback > 0 then least(1, greatest(0, score_sum / feedback::float8)) end as feedback_score
     from totals left join percentiles using (prompt_version) where calls > 0 order by 1 desc`,
    [filter.workspaceId, filter.livemode, filter.promptId, ...boundsOf(filter, until)],
  );
  return rows as VersionFigures[];
}
