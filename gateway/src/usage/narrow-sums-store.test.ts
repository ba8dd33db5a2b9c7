import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { renameSums } from '../clients/erase-sums-store.ts';
import { selectScenarios } from '../scenarios/scenario-store.ts';
import { meteredTokens } from './metered-store.ts';
import { tablesFor } from './narrow-sums-store.ts';
import { rollUp, sumAgain } from './roll-up-store.ts';
import { sumSavings } from './savings-store.ts';
import { daysOf } from './usage-range.ts';
import { type SeriesGrouping, selectSeries, sumCosts } from './usage-series-store.ts';
import { sumAll, sumByGroup } from './usage-sum-store.ts';

let database: TestDatabase;
const hourMs = 3_600_000;
/** So that scenarios have spent something today and this month too. */
const to = new Date(Math.floor(Date.now() / hourMs) * hourMs - hourMs);
const from = new Date(to.getTime() - 75 * hourMs);

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query('select ensure_call_partitions($1::date, 2)', [from]);
});
afterAll(() => database.drop());

beforeEach(async () => {
  await database.pool.query(
    'truncate calls, clients, tag_values, usage_hours, usage_days, usage_narrow_hours, usage_narrow_days, usage_task_hours, usage_task_days, usage_rollup, usage_stale_hours',
  );
  await addCalls(0, 1_000);
  while (await rollUp(database.pool, Date.now()));
});

async function addCalls(first: number, count: number): Promise<void> {
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, project, scenario_id, scenario_platform, dialect,
       streamed, model_requested, model, provider, metered, input_tokens, cached_tokens, output_tokens, cost_nanos, cache, saved_nanos, saved_route_nanos, shadow_of)
     select 'ws', $1::timestamptz + n * 7 % 4500 * interval '1 minute', 'req_' || n, true, 'gone', 'succeeded', 'key-' || n % 3,
       case when n % 7 > 0 then 'client-' || n % 7 end, case when n % 5 > 0 then 'project-' || n % 5 end, case when n % 4 > 0 then 'scenario-' || n % 4 end,
       case when n % 4 > 0 then 'make' end, 'chat', false, 'm', 'model-' || n % 6, 'provider-' || n % 2, n % 3 = 0, n, n % 10, n % 100, n * 1001,
       case when n % 9 = 0 then 'hit' end, n % 11, n % 5,
       case when n % 13 = 0 then 'req_asked' end
     from generate_series($2::integer, $2 + $3::integer - 1) n`,
    [from, first * 7 + first, count],
  );
  await database.pool.query(
    `insert into tag_values (workspace_id, livemode, kind, id, folded, first_call_at, last_call_at)
     select 'ws', true, 'scenario', 'scenario-' || n, 'scenario-' || n, now(), now() from generate_series(1, 3) n on conflict do nothing`,
  );
}

const place = { workspaceId: 'ws', livemode: true };
const clock = { timezone: 'Asia/Kathmandu', nowMs: Date.now() };
const groupings: readonly SeriesGrouping[] = ['client', 'project', 'scenario', 'model', 'provider', 'platform', 'key'];

/** The figures that the screens show. */
async function figures(): Promise<unknown> {
  const db = database.pool;
  const filter = { ...place, from, to };
  const days = daysOf({ from, to, timezone: 'UTC' }, Date.now());
  const page = { filter, timezone: 'UTC', days, after: undefined, limit: 100, top: 3, interval: 'day' } as const;
  const abroad = {
    ...page,
    timezone: 'Asia/Kathmandu',
    days: daysOf({ from, to, timezone: 'Asia/Kathmandu' }, Date.now()),
  };
  const ofClient = { ...page, filter: { ...filter, clientId: 'client-3' } };
  const ofScenario = { ...page, filter: { ...filter, scenarioId: 'scenario-2', keyId: 'key-1' } };
  const all: Promise<unknown>[] = groupings.flatMap((grouping): Promise<unknown>[] => [
    sumByGroup(db, { ...page, grouping }),
    selectSeries(db, { ...page, grouping, metric: 'billable_usd' }),
    sumCosts(db, { filter, grouping }).then((costs) => [...costs].sort()),
  ]);
  for (const one of [page, abroad, ofClient, ofScenario])
    all.push(
      sumAll(db, one.filter),
      sumByGroup(db, { ...one, grouping: 'day' }),
      selectSeries(db, { ...one, grouping: 'client', metric: 'cost_usd' }),
      selectSeries(db, { ...one, grouping: undefined, metric: 'tokens', interval: 'month' }),
    );
  for (const grouping of ['day', 'client', 'model'] as const) all.push(sumSavings(db, { filter, grouping, days }));
  all.push(
    meteredTokens(db, { workspaceId: 'ws', from, to }),
    selectScenarios(db, { ...place, isNamed: true, limit: 10, clock }).then((rows) =>
      rows.map(({ callsPerMinute: _calls, ...row }) => row),
    ),
  );
  return Promise.all(all);
}

/** As before the narrow sums were made. */
async function wideFigures(): Promise<unknown> {
  const { rows } = await database.pool.query('select narrow_until from usage_rollup');
  await database.pool.query('update usage_rollup set narrow_until = null');
  const wide = await figures();
  await database.pool.query('update usage_rollup set narrow_until = $1', [
    (rows as { narrow_until: Date }[])[0]?.narrow_until,
  ]);
  return wide;
}

it('every figure is the same from the narrow sums as from the wide ones, without markups and with them', async () => {
  expect(await figures()).toEqual(await wideFigures());
  await database.pool.query(
    `insert into clients (workspace_id, livemode, id, name, markup_percent) values ('ws', true, 'client-2', 'Two', 33.3), ('ws', true, 'client-3', 'Three', 7)`,
  );
  expect(await figures()).toEqual(await wideFigures());
}, 60_000);

it.each(['usage_narrow_hours', 'usage_narrow_days'])(
  'figures are read from %s',
  async (table) => {
    const wide = await wideFigures();
    await database.pool.query(`insert into ${table} select * from ${table}`);
    expect(await figures()).not.toEqual(wide);
  },
  60_000,
);

/** Sums hours and days again as a gateway does that knows no second answers and no narrow sums. */
async function sumAsOlder(): Promise<void> {
  const tags = 'client_id, project, scenario_id, key_id, model, provider, scenario_platform, metered';
  for (const [table, at, step] of [
    ['usage_hours', 'hour', 'hour'],
    ['usage_days', 'day', 'day'],
  ])
    await database.pool.query(
      `with gone as (delete from ${table})
       insert into ${table} (workspace_id, livemode, ${at}, ${tags}, requests, estimated_requests, input_tokens, cached_tokens, output_tokens, cost_nanos)
       select workspace_id, livemode, date_trunc('${step}', created_at, 'UTC'), ${tags}, count(*), 0, sum(input_tokens), sum(cached_tokens),
         sum(output_tokens), sum(cost_nanos) from calls where created_at < (select date_trunc('${step}', until, 'UTC') from usage_rollup)
       group by 1, 2, 3, ${tags}`,
    );
}

it('hours and days that a gateway of an older version has summed beside this one are summed again', async () => {
  await addCalls(1_000, 500);
  await sumAsOlder();
  while (await rollUp(database.pool, Date.now()));
  const settled = await figures();
  expect(settled).toEqual(await wideFigures());
  await sumAgain(database.pool, from);
  while (await rollUp(database.pool, Date.now()));
  expect(settled).toEqual(await figures());
  // It ended a day whose last hours had no calls.
  await database.pool.query('update usage_days set summed_apart = default, second_cost_nanos = 0');
  while (await rollUp(database.pool, Date.now()));
  expect(await wideFigures()).toEqual(settled);
}, 60_000);

it('figures count calls that come after their hours were summed, and keep to it when a client is erased', async () => {
  const before = await figures();
  await addCalls(1_000, 500);
  await sumAgain(database.pool, from);
  while (await rollUp(database.pool, Date.now()));
  expect(await figures()).not.toEqual(before);
  expect(await figures()).toEqual(await wideFigures());
  await database.pool.query(`update calls set client_id = 'erased' where client_id = 'client-3'`);
  await renameSums(database.pool, { id: 'erased', ...place, name: 'client-3' } as Parameters<typeof renameSums>[1]);
  const { rows } = await database.pool.query(
    `select client_id from usage_narrow_hours where client_id = 'client-3' union all select client_id from usage_narrow_days where client_id = 'client-3'`,
  );
  expect(rows).toEqual([]);
  expect(await figures()).toEqual(await wideFigures());
}, 60_000);

it('narrow sums of hours that were summed before are made a day at a time, also after a restart', async () => {
  const whole = await figures();
  await database.pool.query(
    'truncate usage_narrow_hours, usage_narrow_days; update usage_rollup set narrow_until = null',
  );
  expect(await rollUp(database.pool, Date.now())).toBe(true);
  const { rows } = await database.pool.query('select narrow_until < until as behind from usage_rollup');
  expect(rows).toEqual([{ behind: true }]);
  expect(await figures()).toEqual(whole);
  while (await rollUp(database.pool, Date.now()));
  const { rows: ended } = await database.pool.query(
    `select narrow_until = until as done, (select count(distinct day)::integer from usage_narrow_days) > 1 as days from usage_rollup`,
  );
  expect(ended).toEqual([{ done: true, days: true }]);
  expect(await figures()).toEqual(whole);
}, 60_000);

it('the narrowest sums that know all columns are read', () => {
  const kindOf = (...columns: Parameters<typeof tablesFor>[0]): string => tablesFor(columns, true).ofKind;
  expect(kindOf()).toBe(`and kind = 'model'`);
  expect(kindOf('client_id')).toBe(`and kind = 'client'`);
  expect(kindOf('scenario_platform')).toBe(`and kind = 'scenario'`);
  expect(tablesFor(['client_id', 'model'], true).hours).toBe('usage_hours');
  expect(tablesFor(['client_id'], false).days).toBe('usage_days');
});
