import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { ensureCallPartitions } from './call-store.ts';
import { selectArmFigures } from './experiment-units-store.ts';
import { rollUp } from './roll-up-store.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await ensureCallPartitions(database.pool, Date.now() - 86_400_000);
  await ensureCallPartitions(database.pool, Date.now());
});
afterAll(() => database.drop());

it('the times of an arm are those of its model, and not of answers from the cache', async () => {
  const { pool } = database;
  await pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, dialect, streamed, model_requested, cost_nanos,
       total_ms, ttft_ms, cache, experiment_id, arm, unit)
     select 'ws', date_trunc('hour', now()) - interval '5 hours', 'req_' || n, true, 'p', 'succeeded', 'k', 'chat', false, 'auto',
       case when n = 1 then 1000 else 0 end, case when n = 1 then 400 else 1 end, case when n = 1 then 200 else 1 end,
       case when n > 1 then 'hit' end, 'exp', 'A', decode('0001' || lpad('', 28, 'a'), 'hex')
     from generate_series(1, 5) n`,
  );
  const place = { workspaceId: 'ws', experimentId: 'exp', phase: 1, livemode: true };
  const want = [
    {
      arm: 'A',
      calls: 5,
      total_ms: { n: 1, mean: expect.closeTo(Math.log(400), 9) },
      ttft_ms: { n: 1, mean: expect.closeTo(Math.log(200), 9) },
    },
  ];
  expect(await selectArmFigures(pool, place)).toMatchObject(want);
  while (await rollUp(pool, Date.now()));
  const { rows } = await pool.query('select count(*)::integer as units from experiment_units');
  expect(rows).toEqual([{ units: 1 }]);
  expect(await selectArmFigures(pool, place)).toMatchObject(want);
});

describe('the results of an experiment', () => {
  const { workspaceId, experimentId, phase, livemode } = {
    workspaceId: 'ws',
    experimentId: 'sums',
    phase: 1,
    livemode: true,
  };
  const results = () => selectArmFigures(database.pool, { workspaceId, experimentId, phase, livemode });

  /** Of two phases and both modes, by forty units, over six hours up to now. */
  async function addCalls(from: number, count: number): Promise<void> {
    await database.pool.query(
      `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, dialect, streamed, model_requested, cost_nanos,
         total_ms, ttft_ms, output_tokens, json_ok, attempts, chosen_by, experiment_id, arm, unit)
       select 'ws', date_trunc('milliseconds', now() - n % 360 * interval '1 minute'), 'req_sum_' || n, n % 11 > 0, 'p',
         case when n % 13 = 0 then 'failed' else 'succeeded' end, 'k', 'chat', false, 'auto', n * 7919 % 100000, n % 900, n % 300, n % 50, n % 3 > 0, 1 + n % 2,
         case when n % 17 = 0 then 'budget' end, 'sums', case when n % 40 < 20 then 'A' else 'B' end,
         decode(case when n % 7 = 0 then '0002' else '0001' end || lpad(to_hex(n % 40), 28, '0'), 'hex')
       from generate_series($1::integer, $1 + $2::integer - 1) n`,
      [from, count],
    );
  }

  async function addOpinions(name: string, each: number): Promise<void> {
    await database.pool.query(
      `insert into feedback (workspace_id, call_id, name, livemode, score, key_id, at, call_at)
       select workspace_id, id, $1, livemode, substr(id, 9)::integer % 2, 'k', now(), created_at from calls
       where experiment_id = 'sums' and substr(id, 9)::integer % $2 = 0`,
      [name, each],
    );
    // As when it is saved.
    await database.pool.query(
      `insert into experiment_marks select distinct workspace_id, 'sums', date_trunc('hour', call_at, 'UTC') from feedback where name = $1`,
      [name],
    );
  }

  /** By the calls themselves. */
  async function fromCalls(): Promise<unknown[]> {
    const { rows } = await database.pool.query(
      `with units as (
         select arm, unit, count(*) filter (where counted)::float8 as calls, count(*) filter (where not counted)::float8 as downgraded,
           sum(cost_nanos) filter (where counted) as cost_nanos, sum(opinions) filter (where counted)::float8 as fb_n,
           sum(scores) filter (where counted) as fb_sum,
           avg(ln(cost_nanos)) filter (where counted and status = 'succeeded' and cost_nanos > 0)::float8 as cost
         from (
           select *, chosen_by is distinct from 'budget' as counted,
             (select count(*) from feedback f where f.workspace_id = c.workspace_id and f.call_id = c.id) as opinions,
             (select sum(score) from feedback f where f.workspace_id = c.workspace_id and f.call_id = c.id) as scores
           from calls c where experiment_id = 'sums' and livemode and substr(encode(unit, 'hex'), 1, 4) = '0001') as c
         group by arm, unit)
       select arm, sum(calls) as calls, sum(downgraded) as downgraded, sum(cost_nanos)::text as cost_nanos, count(fb_sum)::float8 as fb_n,
         avg(fb_sum / nullif(fb_n, 0)) as feedback, var_pop(fb_sum / nullif(fb_n, 0)) as feedback_var, avg(cost) as cost, var_pop(cost) as cost_var
       from units group by arm order by arm`,
    );
    return (rows as Record<string, number>[]).map((row) => ({
      ...{ arm: row.arm, calls: row.calls, downgraded: row.downgraded, costNanos: BigInt(String(row.cost_nanos)) },
      feedback: { n: row.fb_n, mean: near(row.feedback ?? 0), variance: near(row.feedback_var ?? 0) },
      cost: { n: 20, mean: near(row.cost ?? 0), variance: near(row.cost_var ?? 0) },
    }));
  }

  const near = (value: number) => expect.closeTo(value, 8);

  /** The rows of units are the sums of their hours. */
  async function strayTotals(): Promise<unknown[]> {
    const { rows } = await database.pool.query(
      `select * from (
         select workspace_id, experiment_id, phase, livemode, unit, arm, sum(calls) as calls, sum(downgraded) as downgraded, sum(cost_nanos) as cost,
           sum(fb_n) as fb, round(sum(fb_sum)::numeric, 6) as scores, round(sum(log_cost_sum)::numeric, 6) as logs from experiment_units group by 1, 2, 3, 4, 5, 6) h
       full join (
         select workspace_id, experiment_id, phase, livemode, unit, arm, calls, downgraded, cost_nanos as cost, fb_n as fb, round(fb_sum::numeric, 6) as scores,
           round(log_cost_sum::numeric, 6) as logs from experiment_totals) t
         using (workspace_id, experiment_id, phase, livemode, unit, arm)
       where (h.calls, h.downgraded, h.cost, h.fb, h.scores, h.logs) is distinct from (t.calls, t.downgraded, t.cost, t.fb, t.scores, t.logs)`,
    );
    return rows;
  }

  it('are those of its calls, before and after they are summed, and when feedback and calls come late', async () => {
    const { pool } = database;
    const same = async () => {
      expect(await results()).toMatchObject(await fromCalls());
      expect(await strayTotals()).toEqual([]);
    };
    const sumUp = async () => {
      while (await rollUp(pool, Date.now()));
      const { rows } = await pool.query(
        `select count(*)::integer as n from experiment_units where experiment_id = 'sums'`,
      );
      expect((rows as { n: number }[])[0]?.n).toBeGreaterThan(100);
    };
    await pool.query('delete from usage_rollup');
    await addCalls(0, 3_000);
    await same();
    await sumUp();
    await same();
    await addOpinions('user', 3);
    await sumUp();
    await same();
    await addOpinions('reviewer', 4);
    await addCalls(3_000, 500);
    await pool.query(
      `insert into usage_stale_hours (hour) select distinct date_trunc('hour', created_at, 'UTC') from calls where experiment_id = 'sums'`,
    );
    await sumUp();
    await same();
    // Hours that are summed already are read from their calls.
    await pool.query(`update usage_rollup set units_until = units_until - interval '2 hours'`);
    await same();
  });

  it('leave no row of a unit whose hours are gone', async () => {
    const { pool } = database;
    await pool.query(`delete from experiment_units where experiment_id = 'sums' and hour < now() - interval '3 hours'`);
    expect(await strayTotals()).toEqual([]);
    await pool.query(`delete from experiment_units where experiment_id = 'sums'`);
    const { rows } = await pool.query(`select 1 from experiment_totals where experiment_id = 'sums'`);
    expect(rows).toEqual([]);
    await pool.query('truncate experiment_units');
    expect((await pool.query('select 1 from experiment_totals')).rows).toEqual([]);
  });
});
