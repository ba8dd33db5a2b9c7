import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { renameSums } from '../clients/erase-sums-store.ts';
import { dropMonth, listMonths } from './call-months-store.ts';
import { rollUp } from './roll-up-store.ts';
import { findSavingsEvidence, type SavingsSum, sumSavings } from './savings-store.ts';
import { tasksMax } from './task-sums-store.ts';

let database: TestDatabase;
const hourMs = 3_600_000;
const place = { workspaceId: 'ws', livemode: true };
/** Two days at the end of a month that is over. */
const month = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 2, 1));
const end = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1));
const first = new Date(end.getTime() - 48 * hourMs);
/** Less than the bound in each hour, and more in the day. */
const spread = 1_800;
const compared = 'ee'.repeat(16);

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query('select ensure_call_partitions($1::date, 3)', [month]);
  await database.pool.query(
    `insert into task_claims (workspace_id, livemode, task, weak, strong, topic, pairs, agreed, lower, upper, recent)
     values ('ws', true, decode($1, 'hex'), 'model-1', 'strong', 'classify', 200, 190, 0.9, 1, '')`,
    [compared],
  );
  // A task a call within one hour, one task many times in every hour, one that was compared and is rare, and calls without one.
  await addCalls({ hour: 5, count: 3 * tasksMax, task: `decode(md5('once-' || n), 'hex')` });
  await addCalls({ hour: 0, hours: 48, count: 480, task: `decode(repeat('aa', 16), 'hex')` });
  await addCalls({ hour: 5, count: 1, task: `decode('${compared}', 'hex')` });
  await addCalls({ hour: 0, hours: 48, count: 96, task: 'null::bytea' });
  await addCalls({ hour: 24, hours: 24, count: spread, task: `decode(md5('spread-' || n), 'hex')` });
  await sumUp();
});
afterAll(() => database.drop());

let made = 0;

/** Spread evenly over the hours; each has saved a little by `auto`. */
async function addCalls(calls: { hour: number; hours?: number; count: number; task: string }): Promise<void> {
  const { hour, hours = 1, count, task } = calls;
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, dialect, streamed, model_requested,
       model, provider, cost_nanos, task, chosen_by, saved_nanos, saved_route_nanos)
     select 'ws', $1::timestamptz + n::float8 / $2 * $3 * interval '1 hour', 'req_' || $4::integer + n, true, 'gone', 'succeeded', 'key', 'client-' || n % 3,
       'chat', false, 'auto', 'model-1', 'provider', 1000 + n, ${task}, 'auto', n + 7, n + 7
     from generate_series(0, $2::integer - 1) n`,
    [new Date(first.getTime() + hour * hourMs), count, hours, made],
  );
  made += count;
}

async function sumUp(): Promise<void> {
  while (await rollUp(database.pool, end.getTime() + 2 * hourMs));
}

async function sumAgain(): Promise<void> {
  await database.pool.query(
    `insert into usage_stale_hours (hour) select generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', interval '1 hour')`,
    [first, end],
  );
  await sumUp();
}

/** Rows that differ from the sum of these calls by their tasks, where tasks that the span does not list are the empty one. */
async function wrongRows(table: 'hours' | 'days' | 'quarters', calls = 'calls'): Promise<unknown[]> {
  const at = { hours: 'hour', days: 'day', quarters: 'quarter' }[table];
  const step = { hours: `date_trunc('hour', created_at, 'UTC')`, days: `date_trunc('day', created_at, 'UTC')` };
  const isListed = (list: 'hours' | 'days'): string =>
    `exists (select 1 from usage_task_${list} s where s.kind = k.kind and s.task = c.task and s.${list === 'hours' ? 'hour' : 'day'} = ${step[list]})`;
  const isKept = table === 'days' ? `${isListed('hours')} and ${isListed('days')}` : isListed('hours');
  const sums = 'sum(requests)::bigint, sum(cost_nanos)::bigint, sum(saved_nanos)::bigint, sum(moved_nanos)::bigint';
  const { rows } = await database.pool.query(
    `with found as (select kind, ${at} as at, client_id, task, ${sums} from usage_task_${table} group by 1, 2, 3, 4),
     wanted as (
       select kind, ${table === 'quarters' ? `date_bin('15 minutes', created_at, 'epoch')` : step[table]} as at, case when kind = 'auto' then client_id end as client_id,
         case when task is null or ${isKept} then task else ''::bytea end as task, count(*), sum(cost_nanos)::bigint, sum(saved_nanos)::bigint, sum(saved_route_nanos)::bigint
       from ${calls} c, (values ('task'), ('auto')) as k (kind) group by 1, 2, 3, 4)
     (select 'more' as is, * from (table found except table wanted) as more limit 3)
     union all (select 'less' as is, * from (table wanted except table found) as less limit 3)`,
  );
  return rows;
}

/** The most tasks of an hour or a day that have rows, the empty one and none among them. */
async function mostTasks(table: 'hours' | 'days' | 'quarters'): Promise<number> {
  const span = { hours: 'hour', days: 'day', quarters: `date_trunc('hour', quarter, 'UTC')` }[table];
  const { rows } = await database.pool.query(
    `select coalesce(max(n), 0)::integer as most from (select count(distinct coalesce(task, 'none')) as n from usage_task_${table} group by kind, ${span}) as counted`,
  );
  return (rows as { most: number }[])[0]?.most ?? 0;
}

async function byTask(from: Date, to: Date): Promise<{ tasks: Map<string | null, SavingsSum>; total: unknown }> {
  const query = { filter: { ...place, from, to }, grouping: 'task', days: [] } as const;
  const { groups, total } = await sumSavings(database.pool, query);
  return { tasks: new Map(groups.map((sum) => [sum.group, sum])), total };
}

/** Of all calls, whatever their tasks. */
async function totalOfCalls(from: Date, to: Date): Promise<unknown> {
  const { rows } = await database.pool.query(
    `select null as group, count(*)::float8 as calls, sum(cost_nanos)::bigint as "costNanos", sum(saved_nanos)::bigint as "savedNanos",
       sum(saved_route_nanos)::bigint as "savedAutoNanos", 0::bigint as "savedRulesNanos", 0::bigint as "savedMarksNanos"
     from calls where created_at >= $1 and created_at < $2`,
    [from, to],
  );
  return rows[0];
}

const odd = [new Date(first.getTime() + 5.25 * hourMs), new Date(first.getTime() + 30.5 * hourMs)] as const;

async function expectLaw(): Promise<void> {
  expect(await wrongRows('hours')).toEqual([]);
  expect(await wrongRows('days')).toEqual([]);
  for (const table of ['hours', 'days'] as const) expect(await mostTasks(table)).toBeLessThanOrEqual(tasksMax + 2);
  const ranges = [
    [first, end],
    odd,
    [new Date(first.getTime() + 5 * hourMs), new Date(first.getTime() + 40 * hourMs)],
  ] as const;
  for (const [from, to] of ranges) expect((await byTask(from, to)).total).toEqual(await totalOfCalls(from, to));
}

it('the largest tasks of an hour and a day have sums of their own, and with those of the rest these are the sums of all calls', async () => {
  await expectLaw();
  expect(await mostTasks('hours')).toBeGreaterThan(tasksMax);
  const { tasks, total } = await byTask(first, end);
  expect(tasks.get('aa'.repeat(16))?.calls).toBe(480);
  expect(tasks.get(null)?.calls).toBe(96);
  // Of 3,000 tasks of one hour and 1,800 of the day after it 1,000 each are listed, the large one and the compared one among them.
  const listed = tasksMax + tasksMax - 3;
  expect(tasks.get('other')?.calls).toBeGreaterThanOrEqual(3 * tasksMax + spread - listed - 2);
  expect((total as SavingsSum).calls).toBe(made);
});

it('evidence is of a task that was compared, however rarely it is called', async () => {
  const query = { filter: { ...place, from: first, to: end }, days: [] };
  const found = await findSavingsEvidence(database.pool, { ...query, grouping: 'task' }, new Set());
  expect([...found]).toEqual([[compared, expect.objectContaining({ pairs: 200 })]]);
  const ofClients = await findSavingsEvidence(database.pool, { ...query, grouping: 'client' }, new Set());
  expect([...ofClients.keys()]).toEqual(['client-0']);
});

it('so do sums of late calls, of an erased client, and of calls that were summed before there were sums of tasks', async () => {
  await addCalls({ hour: 5, hours: 2, count: 2 * tasksMax, task: `decode(md5('late-' || n), 'hex')` });
  expect(await wrongRows('hours')).not.toEqual([]);
  await sumAgain();
  await expectLaw();
  await database.pool.query(`update calls set client_id = 'erased' where client_id = 'client-2'`);
  await renameSums(database.pool, { id: 'erased', ...place, name: 'client-2' } as Parameters<typeof renameSums>[1]);
  await expectLaw();
  await database.pool.query('truncate usage_task_hours, usage_task_days; update usage_rollup set tasks_until = null');
  await sumUp();
  await expectLaw();
});

it('so do those of a month whose calls are dropped, by the quarter of an hour too', async () => {
  const whole = await byTask(first, end);
  const hours = [new Date(first.getTime() + 5 * hourMs), new Date(first.getTime() + 30 * hourMs)] as const;
  const ofHours = await byTask(...hours);
  const { total } = await byTask(...odd);
  await database.pool.query('create table calls_before as table calls');
  // Claims are kept for 90 days, and calls for longer.
  await database.pool.query('delete from task_claims');
  const [old] = (await listMonths(database.pool)).filter(({ from }) => from.getTime() === month.getTime());
  if (old === undefined) throw new Error('the month is not there');
  expect(await dropMonth(database.pool, old)).toMatchObject({ kind: 'dropped' });
  expect(await wrongRows('quarters', 'calls_before')).toEqual([]);
  expect(await mostTasks('quarters')).toBeLessThanOrEqual(tasksMax + 2);
  expect(await byTask(first, end)).toEqual(whole);
  expect(await byTask(...hours)).toEqual(ofHours);
  expect((await byTask(...odd)).total).toEqual(total);
});
