import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchLatency } from '../../gateway/src/routing/watch-providers-job.ts';
import { chat, eventsOf, eventually, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

describe('events without a call', () => {
  it('a failing provider raises provider.down once with its error rate, and provider.recovered once', async () => {
    gateway.fakes.openai.always({ kind: 'status', status: 500 });
    const own = { 'x-gateway-fallback': 'none' };
    for (let i = 0; i < 6; i++) await gateway.post(chat, hello(), own);
    const down = await eventually(async () => {
      const events = await eventsOf(gateway, '&type=provider.down');
      expect(events).toHaveLength(1);
      return events[0];
    });
    expect(down?.data).toMatchObject({ provider: 'openai' });
    expect(Number(down?.data.error_rate)).toBeGreaterThan(0.3);
    // It is noted that the outage goes on.
    await eventually(async () => {
      const { rows } = await gateway.database.pool.query('select failed_at is not null as noted from provider_states');
      expect(rows).toContainEqual({ noted: true });
    });
    gateway.fakes.reset();
    // Its rest is over: one call tries whether it is back.
    const { services } = gateway.gateway;
    const { now } = services;
    const later = Date.now() + 60_000;
    const realNow = Date.now;
    Date.now = () => later;
    try {
      expect((await gateway.post(chat, hello(), own)).status).toBe(200);
    } finally {
      Date.now = realNow;
    }
    expect(now).toBe(services.now);
    await eventually(async () => expect(await eventsOf(gateway, '&type=provider.recovered')).toHaveLength(1));
    expect(await eventsOf(gateway, '&type=provider.down')).toHaveLength(1);
    const lines = gateway.logs.join('').split('\n');
    const warnings = lines.filter((line) => line.includes('a provider is cooling down after failures'));
    expect(warnings.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ level: 40, provider: 'openai', model: 'gpt-4o', error_rate: expect.any(Number) }),
    );
    expect(lines.some((line) => line.includes('a provider answers again'))).toBe(true);
  });

  it('a budget with spent money raises budget.reset once at the end of its period', async () => {
    const { id } = await json<{ id: string }>(
      gateway.post('/v1/budgets', { name: 'daily', limit_usd: 5, period: 'day', scope: { client_id: 'reset' } }),
      201,
    );
    await json(
      gateway.post('/v1/budgets', { name: 'idle', limit_usd: 5, period: 'day', scope: { client_id: 'idle' } }),
      201,
    );
    await json(gateway.post(chat, hello(), { 'x-client-id': 'reset' }));
    // As if it were tomorrow.
    await gateway.database.pool.query(
      `update meters set period_start = period_start - interval '1 day', period_end = period_end - interval '1 day' where budget_id = $1`,
      [id],
    );
    await eventually(async () => {
      const events = await eventsOf(gateway, `&type=budget.reset&budget_id=${id}`);
      expect(events).toHaveLength(1);
      expect(events[0]?.data.budget).toMatchObject({ id, spent_usd: 0, status: 'ok', limit_usd: 5 });
    });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(await eventsOf(gateway, '&type=budget.reset')).toHaveLength(1);
  });

  it('a model that takes much longer than usual raises latency.degraded once an hour', async () => {
    const insert = (count: number, ago: string, ms: number): Promise<unknown> =>
      gateway.database.pool.query(
        `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, dialect, streamed, model_requested, model, provider, ttft_ms)
         select (select id from workspaces limit 1), clock_timestamp() - $2::interval - n * interval '1 millisecond', 'req_' || $2 || n, true, 'p', 'succeeded', 'k', 'chat', false,
           'slow-model', 'slow-model', 'openai', $3 from generate_series(1, $1::integer) n`,
        [count, ago, ms],
      );
    await gateway.database.pool.query(`select ensure_call_partitions((now() - interval '1 day')::date, 1)`);
    await insert(200, '2 hours', 400);
    await insert(30, '1 minute', 4_000);
    await watchLatency(gateway.gateway.services);
    await watchLatency(gateway.gateway.services);
    const events = await eventsOf(gateway, '&type=latency.degraded');
    expect(events.map(({ data }) => data)).toEqual([
      { provider: 'openai', model: 'slow-model', p95_ms: 4_000, usual_p95_ms: 400 },
    ]);
  });
});
