import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { json } from '../support/ask.ts';
import { firstPerson, type Person } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const hour = 3_600_000;
/** The cost of a call in dollars, and of a second answer. */
const [own, second] = [1, 0.0625];
const secondCalls = 4;

let gateway: TestGateway;
let person: Person;
let before: Sums;
let after: Sums;

type Figures = Record<string, unknown>;
type Sums = Awaited<ReturnType<typeof readAll>>;

/** Finished calls of the first workspace, as the journal writes them: some of hours that are summed, and some of this one. */
async function insertCalls({ client, shadowOf }: { client: string | null; shadowOf: string | null }): Promise<void> {
  await gateway.database.pool.query(
    `insert into calls (id, workspace_id, livemode, created_at, process_id, key_id, status, dialect, streamed, model_requested, model, provider,
       input_tokens, output_tokens, estimated, cost_nanos, client_id, scenario_id, shadow_of, total_ms, ttft_ms)
     select 'req_' || gen_random_uuid(), w.id, true, now() - back * interval '1 hour', 'gone', 'key', 'succeeded', 'chat', false, 'gpt-4o', $4, 'openai',
       100, 10, true, $1, $2, $2, $3, case when $3::text is null then 100 else 9000 end, 50
     from (select id from workspaces order by created_at limit 1) w, unnest(array[0, 0, 5, 30]) as back, generate_series(1, $5) as n`,
    [
      (shadowOf === null ? own : second) * 1e9,
      client,
      shadowOf,
      shadowOf === null ? 'gpt-4o' : 'gpt-6-sol',
      shadowOf === null ? 10 : 1,
    ],
  );
  await gateway.database.pool.query(
    `insert into usage_stale_hours (hour) select date_trunc('hour', now() - back * interval '1 hour') from generate_series(0, 31) as back`,
  );
  while (await rollUp(gateway.database.pool, Date.now()));
}

const get = async <T = { data: Figures[]; totals: Figures }>(path: string): Promise<T> => json<T>(gateway.get(path));

async function readAll() {
  const days = [-2, 1].map((day) => new Date(Date.now() + day * 24 * hour).toISOString().slice(0, 10));
  const range = `from=${days[0]}&to=${days[1]}`;
  const groupings = ['client', 'project', 'scenario', 'model', 'provider', 'platform', 'key', 'day', 'hour'];
  const usage: Record<string, { data: Figures[]; totals: Figures }> = {};
  for (const by of groupings) usage[by] = await get(`/v1/usage/clients?${range}&group_by=${by}`);
  usage['day of Nepal'] = await get(`/v1/usage/clients?${range}&group_by=day&timezone=Asia/Kathmandu`);
  const series: Record<string, Figures[]> = {};
  for (const metric of ['cost_usd', 'billable_usd', 'requests', 'tokens'])
    for (const by of ['', '&group_by=model'])
      series[metric + by] = (await get(`/v1/usage/series?${range}&interval=day&metric=${metric}${by}`)).data;
  const today = new Date().toISOString().slice(0, 7);
  return {
    usage,
    series,
    csv: await (await gateway.get(`/v1/usage/clients?${range}&format=csv`)).text(),
    movers: (await get(`/v1/usage/movers?${range}&group_by=client`)).data,
    same: {
      latency: await get(`/v1/usage/latency?${range}&group_by=provider`),
      sla: (await get<{ latency_ms: Figures | null }>('/v1/sla')).latency_ms,
      clients: await get('/v1/clients'),
      // A month that is not over is billed up to now.
      preview: (await get(`/v1/invoices/preview?period=${today}`)).data.map(({ to, ...row }) => row),
      plan: await get('/v1/plan'),
      cache: (await get<{ last_30_days: Figures }>('/v1/cache/stats')).last_30_days,
      scenarios: await get('/v1/scenarios'),
      portal: await (await gateway.get('/v1/usage/clients?client_id=acme')).text(),
    },
    savings: await get(`/v1/savings?${range}&group_by=day`),
    workspace: (await json<{ data: Figures[] }>(person.get('/v1/workspaces'))).data[0],
  };
}

/** A row as it is without second answers. */
function without({ second_answers, second_answers_usd, cost_usd, models, ...rest }: Figures): Figures {
  const cost = Number(cost_usd) - Number(second_answers_usd);
  return { ...rest, cost_usd: cost };
}

const isOwn = ({ requests }: Figures): boolean => requests !== 0;
const sumOf = (rows: Figures[], field: string): number => rows.reduce((sum, row) => sum + Number(row[field]), 0);

beforeAll(async () => {
  gateway = await startTestGateway();
  person = await firstPerson(gateway);
  await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 20 }));
  await gateway.database.pool.query(`select ensure_call_partitions((now() - interval '31 hours')::date, 1)`);
  await insertCalls({ client: 'acme', shadowOf: null });
  before = await readAll();
  await insertCalls({ client: null, shadowOf: 'req_1' });
  after = await readAll();
});
afterAll(() => gateway.stop());

describe('second answers', () => {
  it('are in no count, and in no amount that a client pays', () => {
    expect(before.usage.client?.totals).toMatchObject({ requests: 40, billable_usd: 48 });
    for (const [by, { data, totals }] of Object.entries(after.usage)) {
      expect([by, data.filter(isOwn).map(without)]).toEqual([by, before.usage[by]?.data.map(without)]);
      expect([by, without(totals)]).toEqual([by, without(before.usage[by]?.totals ?? {})]);
    }
    for (const metric of ['billable_usd', 'requests', 'tokens'])
      expect([metric, sumOf(after.series[metric] ?? [], 'value')]).toEqual([
        metric,
        sumOf(before.series[metric] ?? [], 'value'),
      ]);
    expect(after.same).toEqual(before.same);
    expect(after.savings.data).toEqual(before.savings.data);
    expect(after.workspace).toMatchObject({ requests: before.workspace?.requests });
  });

  it('have their cost in each total once, and by itself', () => {
    const paid = second * secondCalls;
    for (const [by, { data, totals }] of Object.entries(after.usage)) {
      expect([by, totals]).toMatchObject([
        by,
        { cost_usd: 40 * own + paid, second_answers: secondCalls, second_answers_usd: paid },
      ]);
      expect([by, sumOf(data, 'cost_usd'), sumOf(data, 'second_answers_usd')]).toEqual([by, 40 * own + paid, paid]);
    }
    expect(before.savings.totals).toMatchObject({ second_answers_usd: 0 });
    expect(after.savings.totals).toEqual({ ...before.savings.totals, second_answers_usd: paid });
    for (const by of ['', '&group_by=model'])
      expect(sumOf(after.series[`cost_usd${by}`] ?? [], 'value')).toBe(40 * own + paid);
    expect(sumOf(after.movers, 'change_usd') - sumOf(before.movers, 'change_usd')).toBe(paid);
    const [head = '', ...rows] = after.csv
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(','));
    expect(rows.reduce((sum, row) => sum + Number(row[head.indexOf('cost_usd')]), 0)).toBe(40 * own + paid);
    expect(rows.reduce((sum, row) => sum + Number(row[head.indexOf('second_answers_usd')]), 0)).toBe(paid);
  });

  it('touch no budget, also where its period is another from now on', async () => {
    const budget = await json<{ id: string }>(
      gateway.post('/v1/budgets', { name: 'All', limit_usd: 1_000, period: 'day' }),
      201,
    );
    await insertCalls({ client: null, shadowOf: 'req_1' });
    await json(gateway.send('PATCH', `/v1/budgets/${budget.id}`, { period: 'week' }));
    expect(await get(`/v1/budgets/${budget.id}`)).toMatchObject({ spent_usd: 0 });
  });
});
