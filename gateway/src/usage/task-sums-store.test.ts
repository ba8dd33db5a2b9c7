import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { renameSums } from '../clients/erase-sums-store.ts';
import { dropMonth, listMonths } from './call-months-store.ts';
import { rollUp } from './roll-up-store.ts';
import { findSavingsEvidence, sumSavings } from './savings-store.ts';
import { daysOf } from './usage-range.ts';

let database: TestDatabase;
const hourMs = 3_600_000;
/** The last three days of a month that is over, and of the next one a few hours. */
const month = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 2, 1));
const next = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1));
const first = new Date(next.getTime() - 70 * hourMs);
/** Nobody has called since. */
const end = new Date(next.getTime() + 6 * hourMs);

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

beforeEach(async () => {
  await database.pool.query('select ensure_call_partitions($1::date, 3)', [month]);
  await database.pool.query(
    `truncate calls, usage_hours, usage_days, usage_quarters, usage_narrow_hours, usage_narrow_days, usage_task_hours, usage_task_days,
       usage_task_quarters, usage_rollup, usage_stale_hours, dropped_months, task_claims`,
  );
  await addCalls(0, 1_000);
  for (const [task, weak, pairs, agreed] of [
    [1, 'model-1', 200, 190],
    [2, 'model-2', 150, 150],
    [2, 'model-1', 10, 2],
  ])
    await database.pool.query(
      `insert into task_claims (workspace_id, livemode, task, weak, strong, topic, pairs, agreed, lower, upper, recent)
       values ('ws', true, decode(repeat('0' || $1::text, 16), 'hex'), $2, 'strong', 'classify', $3::integer, $4::integer, $4::integer / $3::float8 - 0.02, 1, '')`,
      [task, weak, pairs, agreed],
    );
  await sumUp();
});

async function sumUp(): Promise<void> {
  while (await rollUp(database.pool, end.getTime() + hourMs));
}

/** Calls of five tasks and without one; a third was chosen by a rule or by the caller, some lost money, some are second answers or open. */
async function addCalls(from: number, count: number): Promise<void> {
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, dialect, streamed, model_requested,
       model, provider, cost_nanos, task, chosen_by, cache, saved_nanos, saved_route_nanos, saved_marks_nanos, shadow_of)
     select case when n % 19 = 0 then 'other' else 'ws' end, $1::timestamptz + n * 7 % 4500 * interval '1 minute', 'req_' || n, n % 17 > 0, 'gone',
       case when n % 31 = 0 then 'failed' else 'succeeded' end, 'key', case when n % 7 > 0 then 'client-' || n % 7 end, 'chat', false, 'auto',
       case when n % 31 > 0 then 'model-' || n % 3 || case when n % 2 = 0 then '-2026-01-02' else '' end end, 'provider', n * 1001,
       case when n % 6 > 0 then decode(repeat('0' || n % 6, 16), 'hex') end, case n % 5 when 0 then 'rule' when 1 then null else 'auto' end,
       case when n % 9 = 0 then 'hit' end, n % 11 - 3, n % 23 - 5, n % 2, case when n % 13 = 0 then 'req_asked' end
     from generate_series($2::integer, $2 + $3::integer - 1) n`,
    [first, from * 7 + from, count],
  );
}

async function sumAgain(): Promise<void> {
  await database.pool.query(
    `insert into usage_stale_hours (hour) select generate_series($1::timestamptz, $1::timestamptz + interval '75 hours', interval '1 hour')`,
    [first],
  );
  await sumUp();
}

const place = { workspaceId: 'ws', livemode: true };

/** Ranges that begin and end within an hour, and days that begin within one: those of Kathmandu do at a quarter to seven (UTC). */
async function figures(): Promise<unknown> {
  const all: Promise<unknown>[] = [];
  for (const [from, to, timezone] of [
    [first, end, 'UTC'],
    [new Date(first.getTime() + 15 * 60_000), new Date(next.getTime() + 1.25 * hourMs), 'Asia/Kathmandu'],
    [new Date(first.getTime() + 15 * 60_000), new Date(first.getTime() + 45 * 60_000), 'Asia/Kathmandu'],
  ] as const)
    for (const grouping of ['task', 'day', 'client', 'model'] as const) {
      const query = {
        filter: { ...place, from, to },
        grouping,
        days: grouping === 'day' ? daysOf({ from, to, timezone }, Date.now()) : [],
      };
      all.push(
        sumSavings(database.pool, query),
        findSavingsEvidence(database.pool, query, new Set()).then((found) => [...found].sort()),
      );
    }
  return rounded(await Promise.all(all));
}

/** Sums in another order differ in their last digit. */
function rounded(found: unknown): unknown {
  return JSON.parse(
    JSON.stringify(found, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : typeof value === 'number' ? Number(value.toPrecision(12)) : value,
    ),
  );
}

/** As from the calls themselves. */
async function direct(): Promise<unknown> {
  const { rows } = await database.pool.query('select tasks_until from usage_rollup');
  await database.pool.query('update usage_rollup set tasks_until = null');
  const found = await figures();
  await database.pool.query('update usage_rollup set tasks_until = $1', [
    (rows as { tasks_until: Date }[])[0]?.tasks_until,
  ]);
  return found;
}

it('savings by task and their evidence are the same from sums as from the calls', async () => {
  const query = { filter: { ...place, from: first, to: end }, grouping: 'task', days: [] } as const;
  const { rows } = await database.pool.query(
    `select encode(task, 'hex') as group, count(*)::float8 as calls, sum(cost_nanos)::bigint as "costNanos", sum(saved_nanos)::bigint as "savedNanos",
       coalesce(sum(saved_route_nanos) filter (where chosen_by is distinct from 'rule'), 0)::bigint as "savedAutoNanos",
       coalesce(sum(saved_route_nanos) filter (where chosen_by = 'rule'), 0)::bigint as "savedRulesNanos",
       sum(saved_marks_nanos)::bigint as "savedMarksNanos"
     from calls where workspace_id = 'ws' and livemode and shadow_of is null group by 1 order by 4 desc, 3 desc`,
  );
  expect(rows.length).toBe(6);
  expect((await sumSavings(database.pool, query)).groups).toEqual(rows);
  expect([...(await findSavingsEvidence(database.pool, query, new Set())).keys()].sort()).toEqual([
    '01'.repeat(16),
    '02'.repeat(16),
  ]);
  expect(await figures()).toEqual(await direct());
});

it('a pair beside a fallback, compared in an outage, takes no evidence away from savings', async () => {
  const query = { filter: { ...place, from: first, to: end }, grouping: 'task', days: [] } as const;
  const evidence = async (strongModels: string[] = []) =>
    [...(await findSavingsEvidence(database.pool, { ...query, strongModels }, new Set()))].sort();
  const before = await evidence();
  await database.pool.query(
    `insert into task_claims (workspace_id, livemode, task, topic, weak, strong, pairs, agreed, lower, upper, recent, updated_at)
     select workspace_id, livemode, task, topic, weak, 'fallback', 1, 0, 0, 1, '0', now() + interval '1 hour' from task_claims`,
  );
  expect(await evidence()).toEqual(before);
  expect(await evidence(['fallback'])).not.toEqual(before);
  await database.pool.query(`delete from task_claims where strong = 'fallback'`);
});

it.each(['usage_task_hours', 'usage_task_days'])('savings are read from %s', async (table) => {
  const found = await direct();
  await database.pool.query(`insert into ${table} select * from ${table}`);
  expect(await figures()).not.toEqual(found);
});

it('savings by task count calls that come late, and keep to it when a client is erased', async () => {
  const before = await figures();
  await addCalls(1_000, 500);
  await sumAgain();
  expect(await figures()).not.toEqual(before);
  expect(await figures()).toEqual(await direct());
  await database.pool.query(
    `update calls set client_id = 'erased' where client_id = 'client-3' and workspace_id = 'ws' and livemode`,
  );
  await renameSums(database.pool, { id: 'erased', ...place, name: 'client-3' } as Parameters<typeof renameSums>[1]);
  const { rows } = await database.pool.query(
    `select 1 from usage_task_hours where client_id = 'client-3' and workspace_id = 'ws' and livemode
     union all select 1 from usage_task_days where client_id = 'client-3' and workspace_id = 'ws' and livemode`,
  );
  expect(rows).toEqual([]);
  expect(await figures()).toEqual(await direct());
});

it('sums of tasks are made a day at a time where calls were summed before, also after a restart', async () => {
  const whole = await figures();
  await database.pool.query('truncate usage_task_hours, usage_task_days; update usage_rollup set tasks_until = null');
  expect(await rollUp(database.pool, end.getTime() + hourMs)).toBe(true);
  const { rows } = await database.pool.query('select tasks_until < until as behind from usage_rollup');
  expect(rows).toEqual([{ behind: true }]);
  expect(await figures()).toEqual(whole);
  await sumUp();
  const { rows: ended } = await database.pool.query(
    `select tasks_until = until as done, (select count(distinct day)::integer from usage_task_days) > 1 as days from usage_rollup`,
  );
  expect(ended).toEqual([{ done: true, days: true }]);
  expect(await figures()).toEqual(whole);
});

it('hours that a gateway of an older version has summed again beside this one are summed with their tasks', async () => {
  await addCalls(1_000, 500);
  // It works off the marks of late calls, and writes no column that it does not know.
  await database.pool.query('update usage_hours set summed_tasks = default');
  expect(await figures()).not.toEqual(await direct());
  await sumUp();
  expect(await figures()).toEqual(await direct());
  const { rows } = await database.pool.query('select 1 from usage_hours where not summed_tasks');
  expect(rows).toEqual([]);
});

it('savings by task stay as they were when the calls of a month are dropped, and a month waits for them', async () => {
  const before = await figures();
  const [old] = (await listMonths(database.pool)).filter(({ from }) => from.getTime() === month.getTime());
  if (old === undefined) throw new Error('the month is not there');
  await database.pool.query('update usage_rollup set tasks_until = $1', [first]);
  expect(await dropMonth(database.pool, old)).toEqual({ kind: 'not summed yet' });
  await database.pool.query('update usage_rollup set tasks_until = until');
  expect(await dropMonth(database.pool, old)).toMatchObject({ kind: 'dropped' });
  expect(await figures()).toEqual(before);
  await sumAgain();
  expect(await figures()).toEqual(before);
});
