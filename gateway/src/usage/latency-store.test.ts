import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type LatencyFilter, type LatencyGrouping, type Percentiles, selectLatency } from './latency-store.ts';
import { rollUp } from './roll-up-store.ts';
import { daysOf } from './usage-range.ts';

/** Three models, five clients, over ten days; lognormal latencies as real calls have them. */
const count = 60_000;
const first = new Date('2026-03-01T00:00:00Z');
const after = new Date('2026-03-11T00:00:00Z');
/** Nobody has called since. */
const nowMs = after.getTime() + 2 * 3_600_000;
const place = { workspaceId: 'ws', livemode: true };

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  const { pool } = database;
  await pool.query(`select ensure_call_partitions('2026-03-01', 1)`);
  await pool.query(`select setseed(0.5)`);
  await pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, scenario_id, dialect, streamed, model_requested,
       model, provider, total_ms, ttft_ms)
     select 'ws', $1::timestamptz + random() * ($2::timestamptz - $1::timestamptz), 'req_' || n, true, 'gone',
       case when n % 20 = 0 then 'failed' else 'succeeded' end, 'key', 'client-' || n % 5, 'scenario-' || n % 7, 'chat', false, 'm',
       'model-' || n % 3, 'openai', least(600000, ceil(exp(7 + n % 3 + 0.9 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())))),
       case when n % 2 = 0 then ceil(exp(5 + 0.5 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))) end
     from generate_series(1, $3::integer) n`,
    [first, after, count],
  );
  await pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, scenario_id, dialect, streamed, model_requested,
       model, provider, total_ms, ttft_ms, cache)
     select 'ws', $1::timestamptz + n * interval '10 minutes', 'req_hit_' || n, true, 'gone', 'succeeded', 'key', 'client-2', 'scenario-3', 'chat', false,
       'm', 'model-1', 'openai', 1, 1, 'hit'
     from generate_series(1, 1000) n`,
    [first],
  );
  await pool.query('vacuum analyze calls');
  while (await rollUp(pool, nowMs));
}, 120_000);
afterAll(() => database.drop());

async function exact(
  condition: string,
  values: unknown[],
  groupBy: string,
): Promise<Map<string, { total: Percentiles; firstByte: Percentiles }>> {
  const of = (column: string): string =>
    `json_build_object('calls', count(${column}), ${[50, 95, 99]
      .map((percent) => `'p${percent}', percentile_disc(${percent / 100}) within group (order by ${column})`)
      .join(', ')})`;
  const { rows } = await database.pool.query(
    `select ${groupBy} as g, ${of('total_ms')} as total, ${of('ttft_ms')} as first from calls where status = 'succeeded' and cache is null and ${condition} group by 1`,
    values,
  );
  return new Map(
    (rows as { g: string; total: Percentiles; first: Percentiles }[]).map((row) => [
      row.g,
      { total: row.total, firstByte: row.first },
    ]),
  );
}

function expectNear(got: Percentiles | undefined, want: Percentiles | undefined): void {
  expect(got?.calls).toBe(want?.calls);
  for (const percentile of ['p50', 'p95', 'p99'] as const) {
    const [is, should] = [got?.[percentile] ?? 0, want?.[percentile] ?? 0];
    expect(Math.abs(is - should) / should, `${percentile}: ${is}, exactly ${should}`).toBeLessThanOrEqual(0.025);
  }
}

async function latency(
  grouping: LatencyGrouping,
  filter: Partial<LatencyFilter> = {},
  range = { from: first, to: after },
  timezone = 'UTC',
) {
  const days = daysOf({ ...range, timezone }, Date.now()).map(({ day, from, to }) => ({ name: day, from, to }));
  return selectLatency(database.pool, {
    filter: { ...place, ...filter },
    grouping,
    timezone,
    stretches: grouping === 'day' ? days : [{ name: null, ...range }],
  });
}

const odd = { from: new Date('2026-03-02T05:41:00Z'), to: new Date('2026-03-09T17:13:21Z') };
const inOdd = ['created_at >= $1 and created_at < $2', [odd.from, odd.to]] as const;

describe('latency percentiles', () => {
  it.each([
    ['model', 'model', {}, 'true'],
    ['provider', 'provider', {}, 'true'],
    ['client', 'client_id', {}, 'true'],
    ['model', 'model', { clientId: 'client-2' }, `client_id = 'client-2'`],
    ['client', 'client_id', { model: 'model-1' }, `model = 'model-1'`],
    ['model', 'model', { scenarioId: 'scenario-3' }, `scenario_id = 'scenario-3'`],
  ] as const)(
    'by %s are within 2.5 %% of exact, over whole days and over any stretch (%s, %j)',
    async (grouping, column, filter, condition) => {
      for (const [range, inRange, values] of [
        [{ from: first, to: after }, 'true', []],
        [odd, ...inOdd],
      ] as const) {
        const want = await exact(`${condition} and ${inRange}`, [...values], column);
        const got = await latency(grouping, filter, range);
        expect(got.map(({ group }) => group)).toEqual([...want.keys()].sort());
        for (const { group, total, firstByte } of got) {
          expectNear(total, want.get(group ?? '')?.total);
          expectNear(firstByte, want.get(group ?? '')?.firstByte);
        }
      }
    },
  );

  it.each(['UTC', 'Europe/Berlin', 'Asia/Kathmandu'])('by day follow the days of %s', async (timezone) => {
    const want = await exact('true', [], `to_char(created_at at time zone '${timezone}', 'YYYY-MM-DD')`);
    const got = await latency('day', {}, { from: first, to: after }, timezone);
    expect(got.map(({ group }) => group)).toEqual([...want.keys()].sort());
    for (const { group, total } of got) expectNear(total, want.get(group ?? '')?.total);
  });

  it('by hour name the local hour', async () => {
    const got = await latency('hour', {}, { from: first, to: new Date('2026-03-01T03:00:00Z') }, 'Asia/Tokyo');
    expect(got.map(({ group }) => group)).toEqual(['2026-03-01T09:00', '2026-03-01T10:00', '2026-03-01T11:00']);
    expect(got.reduce((sum, { total }) => sum + (total?.calls ?? 0), 0)).toBeGreaterThan(500);
  });

  it('count the calls of an hour that is summed again once', async () => {
    await database.pool.query(`insert into usage_stale_hours (hour) values ('2026-03-04T07:00:00Z')`);
    while (await rollUp(database.pool, nowMs));
    const want = await exact('true', [], 'provider');
    expect((await latency('provider'))[0]?.total?.calls).toBe(want.get('openai')?.total.calls);
  });

  it('are made for calls that were there before there were histograms', async () => {
    await database.pool.query('truncate latency_hours, latency_days');
    await database.pool.query('update usage_rollup set latency_until = null');
    const exactly = await latency('model', {}, odd);
    expect((await latency('provider'))[0]?.total?.calls).toBe(57_000);
    // Some days of ten are made: the others are read from their calls, and no percentile differs.
    for (let steps = 0; steps < 4; steps++) expect(await rollUp(database.pool, nowMs)).toBe(true);
    const { rows: midway } = await database.pool.query('select latency_until < until as behind from usage_rollup');
    expect(midway).toEqual([{ behind: true }]);
    expect(await latency('model', {}, odd)).toEqual(exactly);
    while (await rollUp(database.pool, nowMs));
    expect(await latency('model', {}, odd)).toEqual(exactly);
    const { rows } = await database.pool.query('select count(distinct day)::int as days from latency_days');
    expect(rows).toEqual([{ days: 10 }]);
    expect((await latency('provider'))[0]?.total?.calls).toBe(57_000);
  });
});
