import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { joinRegistries } from '../../gateway/src/telemetry/metrics.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const scrape = async (): Promise<string> => await (await fetch(`${gateway.url}/metrics`)).text();

/** The value of one series, named as it is written: `name{label="value"}`. */
async function sample(series: string): Promise<number> {
  const line = (await scrape()).split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? Number.NaN : Number(line.slice(series.length + 1));
}

const promtool = spawnSync('promtool', ['--version']).error === undefined;

describe('GET /metrics', () => {
  it('shows database, journal, disk, webhooks and version', async () => {
    expect(await sample('gateway_database_up')).toBe(1);
    expect(await sample('gateway_database_ping_seconds')).toBeGreaterThan(0);
    expect(await sample('gateway_journal_available')).toBe(1);
    expect(await sample('gateway_provider_up{provider="openai"}')).toBe(1);
    expect(await sample('gateway_webhook_deliveries_queued')).toBe(0);
    const [size, free, used] = [
      await sample('gateway_disk_size_bytes'),
      await sample('gateway_disk_free_bytes'),
      await sample('gateway_disk_used_ratio'),
    ];
    expect(size).toBeGreaterThan(free);
    expect(used).toBeGreaterThan(0);
    expect(used).toBeLessThanOrEqual(1);
    expect(await sample(`gateway_build_info{version="0.1.0",node="${process.version}"}`)).toBe(1);
    expect(await sample('gateway_nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
  });

  it('adds up several processes, each metric by its kind', async () => {
    const one = await gateway.gateway.services.metrics.snapshot();
    const text = await joinRegistries([one, structuredClone(one)]).metrics();
    expect(text).toContain('gateway_database_up 1');
    expect(text).toMatch(/gateway_build_info\{.*\} 1/);
    expect(text).toContain('gateway_provider_up{provider="openai"} 1');
    const max = await sample('gateway_database_connections_max');
    expect(text).toContain(`gateway_database_connections_max ${2 * max}`);
  });
});

describe('calls', () => {
  const openAi = 'provider="openai",model="gpt-4o"';

  it('are counted with tokens, cost, latency and first byte by provider, model and status', async () => {
    gateway.fakes.openai.reply({ text: 'Hello', usage: { input: 1000, cached: 400, output: 100, reasoning: 60 } });
    await json(gateway.post(chat, hello()));
    const labels = `{${openAi},status="succeeded"}`;
    await eventually(async () => expect(await sample(`gateway_calls_total${labels}`)).toBe(1));
    expect(await sample(`gateway_call_duration_seconds_count${labels}`)).toBe(1);
    expect(await sample(`gateway_call_duration_seconds_sum${labels}`)).toBeGreaterThan(0);
    expect(await sample(`gateway_call_duration_seconds_bucket{${openAi},status="succeeded",le="+Inf"}`)).toBe(1);
    expect(await sample(`gateway_first_byte_seconds_count${labels}`)).toBe(1);
    const tokens = { input: 1000, cached: 400, cache_write: 0, output: 100, reasoning: 60 };
    for (const [kind, count] of Object.entries(tokens))
      expect(await sample(`gateway_tokens_total{${openAi},kind="${kind}"}`)).toBe(count);
    expect(await sample(`gateway_cost_usd_total{${openAi}}`)).toBe(0.003);
    expect(await sample(`gateway_http_requests_total{endpoint="${chat}",status="200"}`)).toBe(1);
    expect(await sample('gateway_calls_under_way')).toBe(0);
    expect(await sample('gateway_journal_batch_seconds_count')).toBeGreaterThan(0);
  });

  it('are counted by status when they fail, and each failed attempt by its reason', async () => {
    gateway.fakes.openai.always({ kind: 'status', status: 500 });
    await json(gateway.post(chat, hello(), { 'x-gateway-fallback': 'none' }), 502);
    await eventually(async () => expect(await sample(`gateway_calls_total{${openAi},status="failed"}`)).toBe(1));
    expect(await sample('gateway_failed_attempts_total{provider="openai",reason="broken"}')).toBe(1);
    expect(await sample(`gateway_http_requests_total{endpoint="${chat}",status="502"}`)).toBe(1);
  });

  it('are counted as refusals by code when they are refused', async () => {
    const before = await sample(`gateway_calls_total{${openAi},status="succeeded"}`);
    await json(gateway.post(chat, hello(), { authorization: 'Bearer gw_live_00000000000000000000' }), 401);
    await json(gateway.post(chat, hello({ model: 'nobody-knows' })), 404);
    await eventually(async () => expect(await sample('gateway_refusals_total{code="model_not_found"}')).toBe(1));
    expect(await sample('gateway_refusals_total{code="invalid_api_key"}')).toBe(1);
    expect(await sample(`gateway_calls_total{${openAi},status="succeeded"}`)).toBe(before);
  });

  it('of test keys have the provider sandbox', async () => {
    await json(gateway.post(chat, hello(), { authorization: `Bearer ${testKey}` }));
    await eventually(async () =>
      expect(await sample('gateway_calls_total{provider="sandbox",model="gpt-4o",status="succeeded"}')).toBe(1),
    );
  });

  it('make no series of made-up names', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `openai/made-up-${i}`);
    for (const model of names) await json(gateway.post(chat, hello({ model })));
    const own = {
      name: 'secret-customer',
      kind: 'openai-compatible',
      base_url: gateway.fakes.openai.baseUrl,
      api_key: 'x',
    };
    await json(gateway.post('/v1/providers', own), 201);
    await gateway.post(chat, hello({ model: 'secret-customer/their-model' }));
    await eventually(async () =>
      expect(await sample('gateway_calls_total{provider="openai-compatible",model="other",status="failed"}')).toBe(1),
    );
    const body = await scrape();
    expect(body).not.toContain('made-up');
    expect(body).not.toContain('secret-customer');
    expect(body).not.toContain('their-model');
  });
});

describe('METRICS_TOKEN', () => {
  it('is the only credential that /metrics takes once it is set', async () => {
    const token = 'scrape-me-0123456789';
    const guarded = await startTestGateway({ METRICS_TOKEN: token });
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${guarded.url}/metrics`, { headers })).status;
    expect(await status({ authorization: `Bearer ${token}` })).toBe(200);
    for (const headers of [
      {},
      { authorization: `Bearer ${liveKey}` },
      { authorization: `Bearer ${token}x` },
      { authorization: `Basic ${token}` },
      { 'x-api-key': token },
    ])
      expect(await status(headers as Record<string, string>)).toBe(401);
    const refused = await json<{ error: { code: string } }>(fetch(`${guarded.url}/metrics`), 401);
    expect(refused.error.code).toBe('invalid_api_key');
    // And it opens nothing else.
    await json(guarded.get('/v1/me', { authorization: `Bearer ${token}` }), 401);
    expect(guarded.logs.join('')).not.toContain(token);
    await guarded.stop();
  });
});

it.skipIf(!promtool)('promtool accepts all metrics (left out without promtool)', async () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await scrape() });
  expect(`${stdout}${stderr}`).toBe('');
  expect(status).toBe(0);
});
