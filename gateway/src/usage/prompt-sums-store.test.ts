import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { deleteRows } from '../clients/erase-workspace-store.ts';
import { deleteOldFeedback, type Feedback, saveFeedback } from '../feedback/feedback-store.ts';
import { dropMonth, listMonths } from './call-months-store.ts';
import { readVersionFigures, type VersionFigures } from './prompt-sums-store.ts';
import { rollUp } from './roll-up-store.ts';

let database: TestDatabase;
const hourMs = 3_600_000;
/** The last three days of a month that is over, and of the next one a few hours. */
const month = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 2, 1));
const next = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1));
const first = new Date(next.getTime() - 70 * hourMs);
/** Nobody has called since. */
const end = new Date(next.getTime() + 6 * hourMs);
const minute = (n: number): Date => new Date(first.getTime() + n * 60_000);

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

beforeEach(async () => {
  await database.pool.query('select ensure_call_partitions($1::date, 3)', [month]);
  await database.pool.query(
    `truncate calls, feedback, prompt_marks, usage_hours, usage_days, usage_quarters, usage_narrow_hours, usage_narrow_days, usage_task_hours,
       usage_task_days, usage_task_quarters, usage_prompt_hours, usage_prompt_days, usage_prompt_quarters, usage_rollup, usage_stale_hours, dropped_months`,
  );
  await addCalls(0, 1_200);
  await addFeedback('user', 3);
  await addFeedback('reviewer', 5);
  await sumUp();
});

async function sumUp(): Promise<void> {
  while (await rollUp(database.pool, end.getTime() + hourMs));
}

/** Of two prompts and without one, of three versions; some failed, some came from the cache, some are second answers, of another workspace or in test mode. */
async function addCalls(from: number, count: number, minutes = 4_500): Promise<void> {
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, dialect, streamed, model_requested,
       model, provider, cost_nanos, total_ms, prompt_id, prompt_version, cache, json_ok, shadow_of)
     select case when n % 19 = 0 then 'other' else 'ws' end, $1::timestamptz + n * 7 % $4::integer * interval '1 minute', 'req_' || n, n % 17 > 0, 'gone',
       case when n % 31 = 0 then 'failed' else 'succeeded' end, 'key', 'client-' || n % 7, 'chat', false, 'm', 'm', 'provider', n * 1001,
       case when n % 37 > 0 then 40 + (n * 7919) % 20000 end, case when n % 5 > 0 then 'reply-' || n / 3 % 2 end, case when n % 5 > 0 then 1 + n / 7 % 3 end,
       case when n % 9 = 0 then 'hit' end, case when n % 4 = 0 then n % 8 = 0 end, case when n % 13 = 0 then 'req_asked' end
     from generate_series($2::integer, $2 + $3::integer - 1) n`,
    [first, from, count, minutes],
  );
}

/** As a gateway of an older version gives it, which knows no marks. */
async function addFeedback(name: string, each: number): Promise<void> {
  await database.pool.query(
    `insert into feedback (workspace_id, call_id, name, livemode, score, key_id, at, call_at)
     select workspace_id, id, $1, livemode, substr(id, 5)::integer % 11 / 10.0, 'key', now(), created_at from calls
     where substr(id, 5)::integer % $2::integer = 0`,
    [name, each],
  );
}

const place = { workspaceId: 'ws', livemode: true };
const of = (from: Date, to: Date, promptId = 'reply-1') => ({ ...place, promptId, from, to });
/** The whole; within an hour at both ends; less than an hour; a day's end by zones that are a quarter of an hour off. */
const ranges: readonly (readonly [from: Date, to: Date])[] = [
  [first, end],
  [minute(73), minute(4_001)],
  [minute(75), minute(105)],
  [minute(60), minute(120)],
  [minute(165), minute(45 + 3 * 1_440)],
];

type Exact = Omit<VersionFigures, 'p50_ms' | 'p95_ms'> & { times: number[] };

/** By the rows themselves. */
async function fromRows({ promptId, from, to }: ReturnType<typeof of>, copy = ''): Promise<Exact[]> {
  const { rows } = await database.pool.query(
    `select prompt_version as version, count(*)::float8 as calls, sum(cost_nanos)::text as cost_nanos, count(*) filter (where status = 'failed')::float8 as errors,
       count(json_ok)::float8 as json_calls, count(*) filter (where json_ok)::float8 as json_ok, count(*) filter (where cache = 'hit')::float8 as cache_hits,
       count(score)::float8 as feedback, avg(score) as feedback_score,
       coalesce(array_agg(total_ms order by total_ms) filter (where total_ms is not null and status = 'succeeded' and cache is null), '{}') as times
     from calls${copy} c left join (
       select workspace_id, call_id, avg(score) as score from feedback${copy} group by 1, 2) f on f.workspace_id = c.workspace_id and f.call_id = c.id
     where c.workspace_id = 'ws' and livemode and shadow_of is null and prompt_id = $1 and created_at >= $2 and created_at < $3
     group by 1 order by 1 desc`,
    [promptId, from, to],
  );
  return rows as Exact[];
}

/** Each figure is that of the rows, and each time within 2.5 % of theirs. */
async function expectLaw(copy = '', these = ranges, prompts = ['reply-0', 'reply-1']): Promise<void> {
  for (const [from, to] of these)
    for (const promptId of prompts) {
      const found = await readVersionFigures(database.pool, of(from, to, promptId));
      const exact = await fromRows(of(from, to, promptId), copy);
      expect(found.map(({ p50_ms: _, p95_ms: __, ...rest }) => rounded(rest))).toEqual(
        exact.map(({ times: _, ...rest }) => rounded(rest)),
      );
      for (const [i, { times }] of exact.entries())
        for (const [name, share] of [
          ['p50_ms', 0.5],
          ['p95_ms', 0.95],
        ] as const) {
          const should = times[Math.ceil(times.length * share) - 1];
          const is = found[i]?.[name];
          if (should === undefined) expect(is).toBeNull();
          else
            expect(Math.abs((is ?? 0) - should) / should, `${name}: ${is}, exactly ${should}`).toBeLessThanOrEqual(
              0.025,
            );
        }
    }
}

/** Sums in another order differ in their last digit. */
function rounded<T extends { feedback_score: number | null }>(row: T): T {
  return { ...row, feedback_score: row.feedback_score === null ? null : Number(row.feedback_score.toPrecision(12)) };
}

async function countOf(table: string): Promise<number> {
  const { rows } = await database.pool.query(`select count(*)::integer as n from ${table}`);
  return (rows as { n: number }[])[0]?.n ?? 0;
}

it('the figures of a prompt are those of its calls, over whole days and over any stretch', async () => {
  const found = await readVersionFigures(database.pool, of(first, end));
  expect(found.map(({ version }) => version)).toEqual([3, 2, 1]);
  for (const { calls, errors, json_calls, cache_hits, feedback } of found)
    for (const figure of [calls, errors, json_calls, cache_hits, feedback]) expect(figure).toBeGreaterThan(1);
  await expectLaw();
});

it.each(['usage_prompt_hours', 'usage_prompt_days'])('the figures of a prompt are read from %s', async (table) => {
  const found = await readVersionFigures(database.pool, of(first, end));
  await database.pool.query(`insert into ${table} select * from ${table}`);
  expect(await readVersionFigures(database.pool, of(first, end))).not.toEqual(found);
});

it('calls that are not summed yet are counted, with their exact times', async () => {
  await database.pool.query('update usage_rollup set prompts_until = null');
  await expectLaw();
  const [newest] = await readVersionFigures(database.pool, of(first, end));
  const times = (await fromRows(of(first, end)))[0]?.times ?? [];
  expect(newest?.p50_ms).toBe(times[Math.ceil(times.length * 0.5) - 1]);
});

/** As a client gives it: on calls of hours that are summed. */
async function giveFeedback(name: string, each: number, score: number): Promise<void> {
  const { rows } = await database.pool.query(
    `select workspace_id as "workspaceId", livemode, id as "callId", created_at as "callAt", client_id as "clientId" from calls
     where substr(id, 5)::integer % $1::integer = 1`,
    [each],
  );
  for (const call of rows as Pick<Feedback, 'workspaceId' | 'livemode' | 'callId' | 'callAt' | 'clientId'>[])
    await saveFeedback(database.pool, { ...call, name, score, sealedComment: null, keyId: 'key', at: new Date() });
}

it('feedback that comes late, under a second name or in place of another counts at once, and once its hour is summed again', async () => {
  const before = await readVersionFigures(database.pool, of(first, end));
  await giveFeedback('user', 37, 0.9);
  await expectLaw();
  expect(await readVersionFigures(database.pool, of(first, end))).not.toEqual(before);
  await sumUp();
  expect(await countOf('prompt_marks')).toBe(0);
  await expectLaw();
  await giveFeedback('user', 37, 0.2);
  await giveFeedback('second', 41, 1);
  await addFeedback('third', 43);
  await expectLaw();
  await sumUp();
  await expectLaw();
});

it('late opinions cost no look at the calls of their hours', async () => {
  const whole = of(minute(60), minute(60 + 3 * 1_440));
  await giveFeedback('user', 3, 0.9);
  await giveFeedback('second', 5, 0.3);
  const found = await readVersionFigures(database.pool, whole);
  expect(await countOf('prompt_marks')).toBeGreaterThan(0);
  expect(found.map(({ p50_ms: _, p95_ms: __, ...rest }) => rounded(rest))).toEqual(
    (await fromRows(whole)).map(({ times: _, ...rest }) => rounded(rest)),
  );
  await database.pool.query('truncate calls');
  expect(await readVersionFigures(database.pool, whole)).toEqual(found);
});

it('a second answer gives the prompt no opinion', async () => {
  const { rows } = await database.pool.query(
    `select f.prompt_version, c.shadow_of from feedback f join calls c on c.workspace_id = f.workspace_id and c.id = f.call_id
     where c.prompt_id is not null`,
  );
  const asked = rows as { prompt_version: number | null; shadow_of: string | null }[];
  expect(asked.some(({ shadow_of }) => shadow_of !== null)).toBe(true);
  for (const { prompt_version, shadow_of } of asked) expect(prompt_version === null).toBe(shadow_of !== null);
});

it('a late call counts with its feedback once its hour is summed again, also where its hour has no sums of its prompt or version', async () => {
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, dialect, streamed, model_requested, cost_nanos,
       total_ms, prompt_id, prompt_version)
     select 'ws', $1, 'req_' || n, true, 'gone', 'succeeded', 'key', 'chat', false, 'm', 5, 900, case n when 50001 then 'reply-1' else 'new' end, 9
     from unnest('{50001, 100001}'::integer[]) n`,
    [minute(90)],
  );
  await giveFeedback('user', 50_000, 0.9);
  await sumUp();
  expect(await countOf('prompt_marks')).toBe(0);
  await expectLaw('', ranges, ['reply-1', 'new']);
  expect(await countOf('usage_prompt_days where prompt_version = 9')).toBe(2);
});

it.each([0, 1])('the mean of scores that are all %i is within 0 and 1', async (score) => {
  await giveFeedback('user', 3, 0.3);
  await giveFeedback('reviewer', 7, 0.7);
  await sumUp();
  await database.pool.query('update feedback set score = $1', [score]);
  for (const [from, to] of ranges)
    for (const { feedback, feedback_score } of await readVersionFigures(database.pool, of(from, to))) {
      if (feedback === 0) continue;
      expect(feedback_score).toBeGreaterThanOrEqual(0);
      expect(feedback_score).toBeLessThanOrEqual(1);
    }
});

it('calls that come late count once their hour is summed again, also where a gateway of an older version has done it beside this one', async () => {
  await addCalls(1_200, 400, 240);
  await database.pool.query(
    `insert into usage_stale_hours (hour) select generate_series($1::timestamptz, $1::timestamptz + interval '3 hours', interval '1 hour')`,
    [first],
  );
  await sumUp();
  await expectLaw();
  await addCalls(1_600, 200, 240);
  // It works off the marks of late calls, and writes no column that it does not know.
  await database.pool.query(`update usage_hours set summed_prompts = default where hour < $1`, [minute(240)]);
  await sumUp();
  await expectLaw();
  expect(await countOf('usage_hours where not summed_prompts')).toBe(0);
});

it('sums of prompts are made a day at a time where calls were summed before, also after a restart', async () => {
  await database.pool.query('truncate usage_prompt_hours, usage_prompt_days');
  await database.pool.query('update usage_rollup set prompts_until = null');
  expect(await rollUp(database.pool, end.getTime() + hourMs)).toBe(true);
  expect(await countOf('usage_rollup where prompts_until < until')).toBe(1);
  await expectLaw();
  await giveFeedback('user', 37, 0.9);
  await expectLaw();
  await sumUp();
  expect(await countOf('usage_rollup where prompts_until = until')).toBe(1);
  expect(await countOf('usage_prompt_days')).toBeGreaterThan(0);
  await expectLaw();
});

it('the figures of a prompt stay as they were when the calls of a month are dropped, and a month waits for them', async () => {
  await database.pool.query('create table calls_before as table calls');
  await database.pool.query('create table feedback_before as table feedback');
  const [old] = (await listMonths(database.pool)).filter(({ from }) => from.getTime() === month.getTime());
  if (old === undefined) throw new Error('the month is not there');
  await database.pool.query('update usage_rollup set prompts_until = $1', [first]);
  expect(await dropMonth(database.pool, old)).toEqual({ kind: 'not summed yet' });
  await database.pool.query('update usage_rollup set prompts_until = until');
  // Feedback whose hour was not summed again.
  await database.pool.query(
    `insert into prompt_marks select distinct 'ws', true, 'reply-1', hour from usage_prompt_hours`,
  );
  await deleteOldFeedback(database.pool);
  expect(await dropMonth(database.pool, old)).toMatchObject({ kind: 'dropped' });
  await deleteOldFeedback(database.pool);
  const { rows } = await database.pool.query('select min(call_at) as oldest from feedback');
  expect((rows as { oldest: Date }[])[0]?.oldest.getTime()).toBeGreaterThanOrEqual(next.getTime());
  // There is nothing finer than quarters of an hour.
  const whole = ranges.filter(([from, to]) => [from, to].every((at) => at.getTime() % (15 * 60_000) === 0));
  expect(whole.length).toBe(4);
  await expectLaw('_before', whole);
  await sumUp();
  await expectLaw('_before', whole);
});

it('a workspace that is deleted leaves no figures of its prompts', async () => {
  await giveFeedback('user', 37, 0.9);
  await deleteRows(database.pool, 'ws');
  for (const table of ['usage_prompt_hours', 'usage_prompt_days', 'prompt_marks']) {
    expect(await countOf(`${table} where workspace_id = 'ws'`), table).toBe(0);
    expect(await countOf(`${table} where workspace_id = 'other'`), table).toBeGreaterThan(0);
  }
});
