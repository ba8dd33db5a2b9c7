import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { createTestDatabase } from '../support/database.ts';
import { fakeKeys } from '../support/fakes/start-fakes.ts';
import { spawnGateway } from '../support/gateway-process.ts';
import { gatewayEnv, liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true', TRUST_PROXY: '127.0.0.1', LOG_LEVEL: 'debug' });
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

interface Line {
  level: number;
  msg: string;
  [field: string]: unknown;
}

const linesOf = ({ logs }: TestGateway): Line[] =>
  logs
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

/** The lines of calls so far; those from before are over. */
let seen = 0;
function callLines(msg = 'call'): Line[] {
  return linesOf(gateway)
    .slice(seen)
    .filter((line) => line.msg === msg);
}

/** The one line that what follows makes. */
async function lineOf(act: () => Promise<unknown>, msg = 'call'): Promise<Line> {
  seen = linesOf(gateway).length;
  await act();
  await eventually(() => expect(callLines(msg)).toHaveLength(1));
  return callLines(msg)[0] as Line;
}

const tagged = {
  'x-client-id': 'acme',
  'x-project': 'newsletter',
  'x-scenario-id': '42',
  'x-scenario-platform': 'make',
  'x-execution-id': 'run-1',
};

async function leave(init: { headers?: Record<string, string>; body: unknown }): Promise<void> {
  const stop = new AbortController();
  const call = fetch(gateway.url + chat, {
    method: 'POST',
    headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', ...init.headers },
    body: JSON.stringify(init.body),
    signal: stop.signal,
  });
  // The callback of an earlier background call may come to the same fake meanwhile.
  await expect.poll(() => gateway.fakes.openai.requests.filter(({ path }) => path === chat).length).toBe(1);
  stop.abort();
  await expect(call).rejects.toThrow();
}

describe('a call leaves one line', () => {
  it('the line has the key, the models, the times and the cost', async () => {
    gateway.fakes.openai.reply({ text: 'Hello', usage: { input: 1000, cached: 400, output: 100, reasoning: 60 } });
    let id: string | null = null;
    const line = await lineOf(async () => {
      id = (await gateway.post(chat, hello(), { ...tagged, 'x-forwarded-for': '203.0.113.9' })).headers.get(
        'x-request-id',
      );
    });
    expect(line).toMatchObject({
      level: 30,
      id,
      ip: '203.0.113.9',
      key_name: 'Owner',
      livemode: true,
      endpoint: chat,
      stream: false,
      client_id: 'acme',
      project: 'newsletter',
      scenario_id: '42',
      scenario_platform: 'make',
      execution_id: 'run-1',
      model_requested: 'gpt-4o',
      model: 'gpt-4o',
      provider: 'openai',
      status: 200,
      outcome: 'succeeded',
      attempts: 1,
      input_tokens: 1000,
      cached_tokens: 400,
      output_tokens: 100,
      reasoning_tokens: 60,
      cost_usd: 0.003,
      estimated: false,
    });
    expect(line.route).toEqual(expect.any(String));
    expect(line.total_ms).toBeGreaterThanOrEqual(line.ttft_ms as number);
    expect(line).not.toHaveProperty('error_code');
  });

  it('a stream through a path with tags to another dialect leaves one line', async () => {
    const line = await lineOf(async () => {
      const body = {
        model: 'claude-sonnet-4-6',
        max_tokens: 50,
        stream: true,
        messages: [{ role: 'user', content: 'Hi' }],
      };
      await (await gateway.post('/t/client=acme/v1/messages', body)).text();
    });
    expect(line).toMatchObject({
      endpoint: '/v1/messages',
      stream: true,
      client_id: 'acme',
      provider: 'anthropic',
      status: 200,
      outcome: 'succeeded',
    });
    expect(line.ttft_ms).toEqual(expect.any(Number));
  });

  it('an embedding leaves one line, and so does a free count of tokens', async () => {
    expect(
      await lineOf(() => gateway.post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi' })),
    ).toMatchObject({ endpoint: '/v1/embeddings', provider: 'openai', outcome: 'succeeded', attempts: 1 });
    const count = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] };
    const counted = await lineOf(() => gateway.post('/v1/messages/count_tokens', count));
    expect(counted).toMatchObject({ endpoint: '/v1/messages/count_tokens', provider: 'gateway', status: 200 });
    expect(counted).not.toHaveProperty('cost_usd');
  });

  it('a call of a test key is marked', async () => {
    const line = await lineOf(() => gateway.post(chat, hello(), { authorization: `Bearer ${testKey}` }));
    expect(line).toMatchObject({
      livemode: false,
      key_name: 'Owner (test)',
      provider: 'sandbox',
      outcome: 'succeeded',
    });
  });

  it('a background call leaves one line when it is accepted, and one when it is answered', async () => {
    seen = linesOf(gateway).length;
    const body = hello({ callback_url: `${gateway.fakes.openai.baseUrl}/nowhere` });
    const { id } = await json<{ id: string }>(gateway.post(`${chat}/background`, body, tagged), 202);
    await eventually(() => expect(callLines()).toHaveLength(2));
    const [taken, answered] = callLines();
    expect(taken).toMatchObject({ endpoint: `${chat}/background`, status: 202, outcome: 'succeeded' });
    expect(answered).toMatchObject({
      background: id,
      client_id: 'acme',
      provider: 'openai',
      outcome: 'succeeded',
      status: 200,
    });
  });

  it('a fallback’s line has the failures before it', async () => {
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    const line = await lineOf(() => gateway.post(chat, hello(), { 'x-gateway-fallback': 'claude-sonnet-4-6' }));
    expect(line).toMatchObject({
      provider: 'anthropic',
      attempts: 2,
      outcome: 'succeeded',
      failed_attempts: [{ provider: 'openai', model: 'gpt-4o', error: 'broken', status: 500 }],
    });
  });

  it('a repeated Idempotency-Key leaves a line that says replayed, at no cost', async () => {
    const headers = { 'idempotency-key': 'twice' };
    await lineOf(() => gateway.post(chat, hello(), headers));
    const line = await lineOf(() => gateway.post(chat, hello(), headers));
    expect(line).toMatchObject({ outcome: 'replayed', status: 200 });
    expect(line).not.toHaveProperty('cost_usd');
  });
});

describe('a call that fails or is refused leaves one too', () => {
  it('a call without a key or with a wrong one leaves a line', async () => {
    const wrong = await lineOf(() =>
      gateway.post(chat, hello(), { authorization: 'Bearer gw_live_00000000000000000000' }),
    );
    expect(wrong).toMatchObject({ status: 401, outcome: 'refused', error_code: 'invalid_api_key', ip: '127.0.0.1' });
    expect(wrong).not.toHaveProperty('key_name');
    expect(JSON.stringify(wrong)).not.toContain('gw_live_0000');
  });

  it('a call refused by a budget, a rate limit, its size or its model leaves a line', async () => {
    await json(gateway.post('/v1/budgets', { name: 'Poor', scope: { client_id: 'poor' }, limit_usd: 0.000001 }), 201);
    expect(await lineOf(() => gateway.post(chat, hello(), { 'x-client-id': 'poor' }))).toMatchObject({
      status: 402,
      outcome: 'refused',
      error_code: 'budget_exceeded',
      client_id: 'poor',
      model_requested: 'gpt-4o',
    });
    const limit = { client_id: 'hasty', calls_per_minute: 1 };
    await json(gateway.send('PUT', '/v1/rate-limits', limit));
    await lineOf(() => gateway.post(chat, hello(), { 'x-client-id': 'hasty' }));
    expect(await lineOf(() => gateway.post(chat, hello(), { 'x-client-id': 'hasty' }))).toMatchObject({
      status: 429,
      error_code: 'rate_limited',
    });
    const large = JSON.stringify(hello({ user: 'x'.repeat(21 * 1024 * 1024) }));
    expect(await lineOf(() => gateway.post(chat, large))).toMatchObject({
      status: 413,
      error_code: 'request_too_large',
    });
    expect(await lineOf(() => gateway.post(chat, hello({ model: 'nobody-knows"}{"level":60}' })))).toMatchObject({
      status: 404,
      error_code: 'model_not_found',
      model_requested: 'nobody-knows"}{"level":60}',
    });
  });

  it('a call that fails at its provider leaves a line', async () => {
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    expect(await lineOf(() => gateway.post(chat, hello(), { 'x-gateway-fallback': 'none' }))).toMatchObject({
      status: 502,
      outcome: 'failed',
      error_code: 'provider_error',
      provider: 'openai',
      attempts: 1,
      cost_usd: 0,
    });
  });

  it('a call whose client leaves has a line, before the answer or within it', async () => {
    gateway.fakes.openai.fault({ kind: 'hang' });
    const early = await lineOf(() => leave({ body: hello({ stream: true }) }));
    expect(early).toMatchObject({ status: 499, outcome: 'cancelled', estimated: true });
    expect(early).not.toHaveProperty('error_code');
    gateway.fakes.reset();
    gateway.fakes.openai.fault({ kind: 'delay', ms: 200 });
    const plain = await lineOf(() => leave({ body: hello() }));
    expect(plain).toMatchObject({ status: 499, outcome: 'cancelled' });
  });

  it('a broken stream’s line has the status that its client got, and the outcome', async () => {
    gateway.fakes.openai.fault({ kind: 'cut', afterEvents: 2 });
    const line = await lineOf(async () => await (await gateway.post(chat, hello({ stream: true }))).text());
    expect(line).toMatchObject({ status: 200, outcome: 'failed', error_code: 'provider_error' });
  });

  it('an unusual request leaves a line with the pattern of its path', async () => {
    expect(await lineOf(() => gateway.get('/v1/nothing?key=gw_live_secret'), 'request')).toMatchObject({
      level: 30,
      method: 'GET',
      route: 'unknown',
      status: 404,
      error_code: 'not_found',
    });
  });
});

describe('a management call', () => {
  it('leaves a line at `info` when it changes something, and at `debug` when it reads', async () => {
    expect(await lineOf(() => gateway.post('/v1/budgets', { name: 'Logged', limit_usd: 5 }), 'request')).toMatchObject({
      level: 30,
      method: 'POST',
      route: '/v1/budgets',
      status: 201,
      key_name: 'Owner',
      ip: '127.0.0.1',
    });
    expect(await lineOf(() => gateway.get('/v1/budgets/bud_unknown'), 'request')).toMatchObject({
      level: 30,
      route: '/v1/budgets/:id',
      status: 404,
    });
    expect(await lineOf(() => gateway.get('/v1/budgets'), 'request')).toMatchObject({ level: 20, status: 200 });
  });
});

it('shows no text, no header and no key', async () => {
  const secret = 'attack at dawn';
  gateway.fakes.openai.reply({ text: secret });
  await lineOf(() =>
    gateway.post(chat, hello({ messages: [{ role: 'user', content: secret }] }), { cookie: 'a=dawn' }),
  );
  const all = gateway.logs.join('');
  for (const forbidden of [secret, 'dawn', liveKey, testKey, ...Object.values(fakeKeys)])
    expect(all).not.toContain(forbidden);
});

it('the log of a process that stops at once has the line of its last call, and its outcome', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'ai-gateway-data-'));
  const database = await createTestDatabase();
  const child = await spawnGateway(gatewayEnv(gateway.fakes, database.url, dataDir));
  const post = (): Promise<Response> =>
    fetch(child.url + chat, {
      method: 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(hello()),
    });
  const { headers } = await post();
  expect(await child.kill('SIGTERM')).toBe(0);
  const lines = child
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
  expect(lines.filter(({ msg }) => msg === 'call')).toMatchObject([{ id: headers.get('x-request-id') }]);
  expect(lines.find(({ msg }) => msg === 'ready')).toMatchObject({ url: child.url, database: 'server' });
  expect(lines.at(-1)).toMatchObject({ level: 30, msg: 'stopped, everything written' });
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

it('the log has no lines of calls with LOG_REQUESTS=false', async () => {
  const quiet = await startTestGateway({ LOG_REQUESTS: 'false', LOG_LEVEL: 'debug' });
  await json(quiet.post(chat, hello()));
  await json(quiet.post('/v1/budgets', { name: 'Quiet', limit_usd: 5 }), 201);
  expect(linesOf(quiet).filter(({ msg }) => msg === 'call' || msg === 'request')).toEqual([]);
  await quiet.stop();
});
