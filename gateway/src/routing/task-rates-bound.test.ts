import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { EvidenceCache } from './evidence-cache.ts';
import { countFeedback, countRates, forgetOldTasks, newTasksAtLeast, roomyTasks } from './task-rates-store.ts';

let database: TestDatabase;
const minuteMs = 60_000;
/** The middle of a month that is over. */
const first = Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 1, 15);
const frequent = 'aa'.repeat(16);
const once = `md5('once-' || n)`;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query('select ensure_call_partitions($1::date, 2)', [new Date(first)]);
});
afterAll(() => database.drop());
beforeEach(() => database.pool.query('truncate calls, task_rates, task_rates_until, task_claims, feedback'));

let made = 0;

/** Spread evenly over the minutes. A task's calls have one text. */
async function addCalls(calls: { minute: number; minutes?: number; count: number; task: string }): Promise<void> {
  const { minute, minutes = 1, count, task } = calls;
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, dialect, streamed, model_requested,
       model, provider, cost_nanos, output_tokens, total_ms, task, prompt_hash)
     select 'ws', $1::timestamptz + nth::float8 / $2 * $3 * interval '1 minute', 'req_' || n, true, 'gone', 'succeeded', 'key', 'chat', false, 'auto',
       'model-1', 'provider', 1000, 7, 1, decode(${task}, 'hex'), decode(md5(n::text), 'hex')
     from (select nth, nth + $4::integer as n from generate_series(0, $2::integer - 1) nth) as numbered`,
    [new Date(first + minute * minuteMs), count, minutes, made],
  );
  made += count;
}

/** As the job does it each minute. */
async function countUntil(minute: number): Promise<void> {
  while (await countRates(database.pool, first + minute * minuteMs + 30_000));
}

async function tasks(signal = 'error'): Promise<ReadonlyMap<string, number>> {
  const { rows } = await database.pool.query(
    `select encode(task, 'hex') as task, n::float8 as n from task_rates where signal = $1`,
    [signal],
  );
  return new Map((rows as { task: string; n: number }[]).map(({ task, n }) => [task, n]));
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, n) => sum + n, 0);
}

it('a workspace with a task a call gets rates of its frequent tasks, and one row for the rest, before any clean-up', async () => {
  await addCalls({ minute: 0, minutes: 60, count: 3 * roomyTasks, task: once });
  await addCalls({ minute: 0, minutes: 60, count: 40, task: `'${frequent}'` });
  await countUntil(60);
  const counted = await tasks();
  expect(counted.size).toBe(roomyTasks + 1);
  expect(counted.get(frequent)).toBe(40);
  expect(sumOf(counted)).toBe(3 * roomyTasks + 40);
  const repeats = await tasks('retry');
  expect(repeats.get(frequent)).toBe(40);
  expect(repeats.has('')).toBe(false);
  // The rates of the model over all tasks have the rest as well.
  const view = await new EvidenceCache({ db: database.pool }).of('ws', true);
  expect(view.find('workspace', 'model-1')?.outTokensMean).toBe(7);
  const { rows } = await database.pool.query(`select sum(out_tokens_sum)::float8 as tokens from task_rates`);
  expect(rows).toEqual([{ tokens: 7 * (3 * roomyTasks + 40) }]);
});

it('a workspace with room gets rates of every task, however many are new in a minute', async () => {
  await addCalls({ minute: 0, count: roomyTasks - 100, task: once });
  await countUntil(1);
  await addCalls({ minute: 1, count: 100, task: once });
  await countUntil(2);
  const counted = await tasks();
  expect(counted.size).toBe(roomyTasks);
  expect(counted.has('')).toBe(false);
});

it('beyond its room a workspace gets few new tasks a minute, and a task that keeps coming is one of them in the end', async () => {
  await addCalls({ minute: 0, minutes: 60, count: 2 * roomyTasks, task: once });
  await countUntil(60);
  const known = [...(await tasks())].find(([task]) => task !== '')?.[0];
  const busy = 'bb'.repeat(16);
  const flood = 6 * newTasksAtLeast;
  await addCalls({ minute: 60, count: flood, task: once });
  await addCalls({ minute: 60, count: 3, task: `'${busy}'` });
  await addCalls({ minute: 60, count: 2, task: `'${known}'` });
  await countUntil(61);
  const counted = await tasks();
  expect(counted.size).toBe(roomyTasks + 1 + newTasksAtLeast);
  expect(counted.get(busy)).toBe(3);
  expect(counted.get(known ?? '')).toBe(3);
  // One call a minute, as many as each of the others: about one minute in six has a place for it.
  for (let minute = 61; minute < 181; minute++) {
    await addCalls({ minute, count: flood, task: once });
    await addCalls({ minute, count: 1, task: `'${frequent}'` });
    await countUntil(minute + 1);
    if ((await tasks()).has(frequent)) break;
  }
  expect((await tasks()).get(frequent)).toBe(1);
});

it('feedback on a call of the rest belongs to the rest, and gives no task a place', async () => {
  await addCalls({ minute: 0, minutes: 60, count: 2 * roomyTasks, task: once });
  await countUntil(60);
  await database.pool.query(
    `insert into feedback (workspace_id, call_id, name, livemode, call_at, score, key_id, at)
     select workspace_id, id, 'user', livemode, created_at, 1, 'key', created_at from calls`,
  );
  while (await countFeedback(database.pool, Date.now()));
  const opinions = await tasks('feedback');
  expect(opinions.get('')).toBe(roomyTasks);
  expect(opinions.size).toBe(roomyTasks + 1);
  expect(sumOf(opinions)).toBe(2 * roomyTasks);
});

it('the clean-up of a hundred thousand rates keeps tasks with many calls, and those that were called last', async () => {
  await database.pool.query(
    `insert into task_rates (workspace_id, livemode, task, model, signal, n, ok_sum, updated_at)
     select 'ws', true, decode(md5(n::text), 'hex'), 'model-1', 'error', case when n > 110000 then 50 else 1 end, 1, now() - n * interval '1 second'
     from generate_series(1, 110010) n
     union all select 'small', true, '\\xaa', 'model-1', 'error', 1, 1, now() - interval '89 days'
     union all select 'small', true, '\\xbb', 'model-1', 'error', 9, 9, now() - interval '91 days'`,
  );
  await forgetOldTasks(database.pool);
  const { rows } = await database.pool.query(
    `select workspace_id as id, count(*) filter (where n = 1)::int as rare, count(*) filter (where n > 1)::int as frequent,
       extract(epoch from max(now() - updated_at) filter (where n = 1))::int as age
     from task_rates group by 1 order by 1 desc`,
  );
  const [large, small] = rows as { id: string; rare: number; frequent: number; age: number }[];
  expect(large).toMatchObject({ id: 'ws', frequent: 10 });
  expect(large?.rare).toBeLessThanOrEqual(100_000 - 10);
  expect(large?.rare).toBeGreaterThanOrEqual(50_000 - 10);
  expect(small).toMatchObject({ id: 'small', rare: 1, frequent: 0 });
});
