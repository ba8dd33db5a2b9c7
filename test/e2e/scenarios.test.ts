import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventsOf, eventually, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

interface Scenario {
  id: string;
  platform: string | null;
  state: string;
  reason: string | null;
  by: string | null;
  calls_per_minute: number;
  spent_today_usd: number;
  source_stop: { ok: boolean; answer: string } | null;
}
interface Refusal {
  error: { code: string; message: string; details: Record<string, unknown> };
}
const call = (scenario: string, content = 'Hi', more: object = {}): Promise<Response> =>
  gateway.post(chat, hello({ messages: [{ role: 'user', content }], ...more }), {
    'x-scenario-id': scenario,
    'x-scenario-platform': 'make',
  });
const statuses = async (calls: readonly Promise<Response>[]): Promise<number[]> =>
  Promise.all(calls.map(async (one) => (await one).status));
const limit = (id: string, body: object): Promise<object> =>
  json(gateway.send('PUT', `/v1/scenarios/${id}/limits`, body));
const find = async (id: string): Promise<Scenario | undefined> =>
  (await json<{ data: Scenario[] }>(gateway.get(`/v1/scenarios?search=${id}`))).data.find((one) => one.id === id);

describe('a scenario that is paused', () => {
  it('is refused with the reason and the way to resume, until it is resumed; the others go on', async () => {
    await json(call('mailer'));
    const paused = await json<Scenario>(gateway.post('/v1/scenarios/mailer/pause', { reason: 'Under repair' }));
    expect(paused).toMatchObject({
      id: 'mailer',
      platform: 'make',
      state: 'paused',
      reason: 'Under repair',
      by: 'Owner',
    });
    const refused = await call('mailer');
    expect(refused.headers.get('x-should-retry')).toBe('false');
    const { error } = await json<Refusal>(refused, 423);
    expect(error).toMatchObject({
      code: 'scenario_paused',
      message: `Scenario "mailer" was paused by Owner: Under repair. Resume it when it is fixed: ${gateway.url}/v1/scenarios/mailer/resume`,
      details: { reason: 'Under repair', resume_url: `${gateway.url}/v1/scenarios/mailer/resume` },
    });
    expect((await call('another')).status).toBe(200);
    expect((await json<{ reason: string }>(gateway.get('/v1/budgets/check?scenario_id=mailer'))).reason).toBe(
      'scenario_paused',
    );
    expect((await json<Scenario>(gateway.post('/v1/scenarios/mailer/resume', {}))).state).toBe('running');
    expect((await call('mailer')).status).toBe(200);
    const events = await eventsOf(gateway, '&scenario_id=mailer');
    expect(events.map(({ type, data }) => [type, data.by])).toEqual([
      ['scenario.resumed', 'Owner'],
      ['scenario.paused', 'Owner'],
    ]);
    expect(events[1]?.data).toMatchObject({
      reason: 'Under repair',
      scenario: { id: 'mailer', platform: 'make', state: 'paused' },
    });
  });

  it('is in the list with its rate and what it spent, the latest first', async () => {
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 100 } });
    await json(call('listed'));
    const scenario = await find('listed');
    expect(scenario).toMatchObject({ state: 'running', platform: 'make', calls_per_minute: 1, spent_today_usd: 0.001 });
    const { data } = await json<{ data: Scenario[] }>(gateway.get('/v1/scenarios?limit=1'));
    expect(data.map(({ id }) => id)).toEqual(['listed']);
  });
});

describe('the loop breaker', () => {
  it('is on by default, and allows a busy scenario of a single person', async () => {
    expect(await json(gateway.get('/v1/scenarios/anything/limits'))).toEqual({
      scenario_id: 'anything',
      max_usd_per_hour: 20,
      max_calls_per_minute: 1000,
      max_repeats: 250,
    });
    const busy = await statuses(Array.from({ length: 120 }, (_, i) => call('busy', `mail ${i}`)));
    expect(new Set(busy)).toEqual(new Set([200]));
  });

  it('pauses a scenario that calls too often: the call that passes the limit and those after get 423', async () => {
    await limit('runaway', { max_calls_per_minute: 10 });
    const answers = await statuses(Array.from({ length: 30 }, (_, i) => call('runaway', `row ${i}`)));
    expect(answers.filter((status) => status === 200)).toHaveLength(10);
    expect(answers.filter((status) => status === 423)).toHaveLength(20);
    const { error } = await json<Refusal>(call('runaway'), 423);
    expect(error.details).toMatchObject({ by: 'loop_breaker', reason: 'It made more than 10 calls in a minute.' });
    const paused = (await eventsOf(gateway, '&scenario_id=runaway')).filter(({ type }) => type === 'scenario.paused');
    expect(paused).toHaveLength(1);
    expect(paused[0]?.data).toMatchObject({ by: 'loop_breaker', scenario: { id: 'runaway', platform: 'make' } });
    expect((await call('calm')).status).toBe(200);
    // Resuming resets the count.
    await json(gateway.post('/v1/scenarios/runaway/resume', {}));
    expect(
      (await statuses(Array.from({ length: 10 }, (_, i) => call('runaway', `again ${i}`)))).every(
        (status) => status === 200,
      ),
    ).toBe(true);
    expect((await call('runaway')).status).toBe(423);
  });

  it('pauses a scenario that sends one prompt over and over, under any execution id', async () => {
    await limit('parrot', { max_repeats: 5 });
    const same = (i: number): Promise<Response> =>
      gateway.post(chat, hello({ metadata: { scenario_id: 'parrot', execution_id: `run-${i}` } }));
    const answers: number[] = [];
    for (let i = 0; i < 7; i++) answers.push((await same(i)).status);
    expect(answers).toEqual([200, 200, 200, 200, 200, 423, 423]);
    await limit('singer', { max_repeats: 5 });
    for (let i = 0; i < 12; i++) expect((await call('singer', `verse ${i}`)).status).toBe(200);
  });

  it('pauses a scenario that spends too much in an hour at that moment', async () => {
    await limit('spender', { max_usd_per_hour: 0.01 });
    gateway.fakes.openai.usually({ tokens: 600 });
    expect((await call('spender', 'one', { max_tokens: 600 })).status).toBe(200);
    expect((await call('spender', 'two', { max_tokens: 600 })).status).toBe(200);
    await eventually(async () => expect((await find('spender'))?.state).toBe('paused'));
    const { error } = await json<Refusal>(call('spender', 'three'), 423);
    expect(error.details.reason).toMatch(/^It spent \$0\.01\d* in an hour; its limit is \$0\.01\.$/);
  });

  it('can be set for all, and switched off', async () => {
    await limit('*', { max_repeats: 3, max_calls_per_minute: null });
    const answers: number[] = [];
    for (let i = 0; i < 5; i++) answers.push((await call('by-default')).status);
    expect(answers).toEqual([200, 200, 200, 423, 423]);
    await limit('free', { max_repeats: null });
    for (let i = 0; i < 8; i++) expect((await call('free')).status).toBe(200);
    await limit('*', { max_repeats: 250, max_calls_per_minute: 1000 });
    expect((await gateway.send('PUT', '/v1/scenarios/x/limits', { max_repeats: 0 })).status).toBe(400);
  });
});

/** Make and n8n in one: notes what is asked of it. */
async function platform(answers: (path: string) => { status: number; body: string }) {
  const asked: { path: string; headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    req.on('end', () => {
      asked.push({ path: `${req.method} ${req.url}`, headers: req.headers, body });
      const answer = answers(req.url ?? '');
      res.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked, stop: () => new Promise((resolve) => server.close(resolve)) };
}

describe('the kill switch at the source', () => {
  it('stops a looping scenario in Make, and notes Make’s answer', async () => {
    const make = await platform(() => ({ status: 200, body: '{"scenario":{"id":925,"isActive":false}}' }));
    const connection = await json<{ id: string; token_hint: string }>(
      gateway.post('/v1/connections', { platform: 'make', base_url: make.url, token: 'make-token-9f3a' }),
      201,
    );
    expect(connection.token_hint).toBe('9f3a');
    await limit('925', { max_calls_per_minute: 2 });
    for (let i = 0; i < 4; i++) await call('925', `row ${i}`);
    await eventually(async () =>
      expect((await find('925'))?.source_stop).toMatchObject({
        ok: true,
        answer: '200 {"scenario":{"id":925,"isActive":false}}',
      }),
    );
    expect(make.asked.map(({ path }) => path)).toEqual(['POST /api/v2/scenarios/925/stop']);
    expect(make.asked[0]?.headers.authorization).toBe('Token make-token-9f3a');
    const shown = await (await gateway.get('/v1/connections')).text();
    expect(shown).not.toContain('make-token');
    expect((await gateway.send('DELETE', `/v1/connections/${connection.id}`)).status).toBe(204);
    await make.stop();
  });

  it('deactivates an n8n workflow and stops its own executions only', async () => {
    const n8n = await platform(() => ({ status: 200, body: '{}' }));
    const { id } = await json<{ id: string }>(
      gateway.post('/v1/connections', { platform: 'n8n', base_url: `${n8n.url}/n8n`, token: 'n8n-token' }),
      201,
    );
    await json(gateway.post(chat, hello(), { 'x-scenario-id': 'Wf7', 'x-scenario-platform': 'n8n' }));
    await json(gateway.post('/v1/scenarios/Wf7/pause', {}));
    await eventually(() => expect(n8n.asked).toHaveLength(2));
    expect(n8n.asked.map(({ path }) => path)).toEqual([
      'POST /n8n/api/v1/workflows/Wf7/deactivate',
      'POST /n8n/api/v1/executions/stop',
    ]);
    expect(JSON.parse(n8n.asked[1]?.body ?? '{}')).toMatchObject({ workflowId: 'Wf7' });
    expect(n8n.asked[0]?.headers['x-n8n-api-key']).toBe('n8n-token');
    await gateway.send('DELETE', `/v1/connections/${id}`);
    await n8n.stop();
  });

  it('keeps the scenario paused when the platform refuses or is away', async () => {
    const broken = await platform(() => ({ status: 403, body: '{"message":"Access denied"}' }));
    const { id } = await json<{ id: string }>(
      gateway.post('/v1/connections', { platform: 'make', base_url: broken.url, token: 'make-token' }),
      201,
    );
    await json(call('77'));
    await json(gateway.post('/v1/scenarios/77/pause', {}));
    expect((await call('77')).status).toBe(423);
    await eventually(async () =>
      expect((await find('77'))?.source_stop).toMatchObject({ ok: false, answer: '403 {"message":"Access denied"}' }),
    );
    await broken.stop();
    await json(call('78'));
    await json(gateway.post('/v1/scenarios/78/pause', {}));
    await eventually(async () => expect((await find('78'))?.source_stop?.ok).toBe(false));
    expect((await call('78')).status).toBe(423);
    await gateway.send('DELETE', `/v1/connections/${id}`);
  });
});

describe('a client’s own key', () => {
  const keyOf = async (client: string, role = 'caller'): Promise<Record<string, string>> => {
    const { key } = await json<{ key: string }>(
      gateway.post('/v1/keys', { name: client, role, tags: { client_id: client }, locked_tags: ['client_id'] }),
      201,
    );
    return { authorization: `Bearer ${key}` };
  };
  const callAs = (as: Record<string, string>, scenario: string, content = 'Hi'): Promise<Response> =>
    gateway.post(chat, hello({ messages: [{ role: 'user', content }] }), {
      ...as,
      'x-scenario-id': scenario,
      'x-scenario-platform': 'n8n',
    });
  const n8nOf = async () => {
    const n8n = await platform(() => ({ status: 200, body: '{}' }));
    const connection = { platform: 'n8n', base_url: n8n.url, token: 'n8n-token' };
    const { id } = await json<{ id: string }>(gateway.post('/v1/connections', connection), 201);
    const stop = async (): Promise<void> => {
      await gateway.send('DELETE', `/v1/connections/${id}`);
      await n8n.stop();
    };
    return { ...n8n, stop };
  };

  // 251 calls of one client's key with another client's scenario id switched that client's workflow off.
  it('pauses a scenario for its own calls only, and stops no other client’s scenario at its platform', async () => {
    const n8n = await n8nOf();
    const [mallory, victim] = [await keyOf('mallory'), await keyOf('victim')];
    await limit('victim-flow', { max_repeats: 3 });
    await json(callAs(victim, 'victim-flow'));
    await limit('unknown-flow', { max_repeats: 3 });
    for (const flow of ['victim-flow', 'unknown-flow']) {
      for (let i = 0; i < 5; i++) await callAs(mallory, flow, 'loop');
      const { error } = await json<Refusal>(callAs(mallory, flow), 423);
      expect(error.details.by).toBe('loop_breaker');
    }
    expect((await callAs(victim, 'victim-flow')).status).toBe(200);
    expect((await call('victim-flow')).status).toBe(200);
    expect((await find('victim-flow'))?.reason).toMatch(/Only calls of client_id "mallory" are refused\.$/);
    const events = await eventsOf(gateway, '&scenario_id=victim-flow&type=scenario.paused');
    expect(events).toHaveLength(1);
    expect((await json<{ data: unknown[] }>(gateway.get('/v1/events', victim))).data).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(n8n.asked).toEqual([]);
    // A key without locks resumes it for everybody.
    await json(gateway.post('/v1/scenarios/victim-flow/resume', {}));
    expect((await callAs(mallory, 'victim-flow')).status).toBe(200);
    await n8n.stop();
  });

  it('stops its own scenario at the source after a key of the workspace has called for it', async () => {
    const n8n = await n8nOf();
    const as = await keyOf('insider');
    await json(callAs({ 'x-client-id': 'insider' }, 'own-flow'));
    await limit('own-flow', { max_repeats: 3 });
    for (let i = 0; i < 5; i++) await callAs(as, 'own-flow', 'loop');
    await eventually(() => expect(n8n.asked.map(({ path }) => path)).toHaveLength(2));
    await n8n.stop();
  });

  it('pauses, limits and resumes its own scenario for its own calls only', async () => {
    const member = await keyOf('partner', 'member');
    const as = { 'x-client-id': 'partner' };
    await json(callAs(as, 'shared-flow'));
    await json(callAs({ 'x-client-id': 'rival' }, 'shared-flow'));
    await eventually(async () =>
      expect(
        await json<Scenario>(gateway.post('/v1/scenarios/shared-flow/pause', { reason: 'Ours' }, member)),
      ).toMatchObject({ state: 'paused', spent_today_usd: 0 }),
    );
    expect((await callAs(as, 'shared-flow')).status).toBe(423);
    expect((await callAs({ 'x-client-id': 'rival' }, 'shared-flow')).status).toBe(200);
    expect(await json(gateway.post('/v1/scenarios/shared-flow/resume', {}, member))).toMatchObject({
      state: 'running',
    });
    expect((await callAs(as, 'shared-flow')).status).toBe(200);
    await json(gateway.send('PUT', '/v1/scenarios/shared-flow/limits', { max_calls_per_minute: 1 }, member));
    expect([await callAs(as, 'shared-flow'), await callAs(as, 'shared-flow')].map(({ status }) => status)).toEqual([
      200, 423,
    ]);
    expect((await callAs({ 'x-client-id': 'rival' }, 'shared-flow')).status).toBe(200);
    await json(gateway.post('/v1/scenarios/shared-flow/pause', { reason: 'By the agency' }));
    const { error } = await json<Refusal>(gateway.post('/v1/scenarios/shared-flow/resume', {}, member), 403);
    expect(error.code).toBe('tag_forbidden');
  });

  it('reaches no platform with a test key', async () => {
    const n8n = await n8nOf();
    const as = { authorization: `Bearer ${testKey}` };
    await json(gateway.send('PUT', '/v1/scenarios/test-flow/limits', { max_repeats: 2 }, as));
    for (let i = 0; i < 4; i++) await callAs(as, 'test-flow', 'loop');
    expect((await callAs(as, 'test-flow')).status).toBe(423);
    await json(gateway.post('/v1/scenarios/another-test-flow/pause', {}, as));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(n8n.asked).toEqual([]);
    await n8n.stop();
  });

  it.each(['..', '.', 'a/../b', 'a\\b', '..%2f..%2fusers', 'a?b=1', 'a#b'])(
    'never sends the id %j to a platform: it is a path',
    async (id) => {
      const n8n = await n8nOf();
      await json(callAs({}, id));
      await json(callAs({}, 'good-flow'));
      await limit('*', { max_repeats: 2 });
      for (let i = 0; i < 3; i++) await callAs({}, id, 'loop');
      await eventually(async () => {
        const { data } = await json<{ data: Scenario[] }>(gateway.get('/v1/scenarios?state=paused'));
        expect(data.find((one) => one.id === id)?.source_stop).toMatchObject({
          ok: false,
          answer: expect.stringContaining('not asked'),
        });
      });
      expect(n8n.asked).toEqual([]);
      await limit('*', { max_repeats: 250 });
      await n8n.stop();
    },
  );
});

describe('rate limits', () => {
  it('of a key refuse calls above them with 429 at once, with Retry-After and OpenAI’s headers', async () => {
    const { key } = await json<{ key: string }>(
      gateway.post('/v1/keys', { name: 'slow', rate_limit: { calls_per_minute: 3 } }),
      201,
    );
    const as = { authorization: `Bearer ${key}` };
    const first = await gateway.post(chat, hello(), as);
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('3');
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('2');
    expect(first.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m0s|\d+s)$/);
    for (let i = 0; i < 2; i++) expect((await gateway.post(chat, hello(), as)).status).toBe(200);
    const refused = await gateway.post(chat, hello(), as);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(refused.headers.get('x-should-retry')).toBe('true');
    expect(refused.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect((await refused.json()) as Refusal).toMatchObject({
      error: { code: 'rate_limited', details: { limit: 'calls_per_minute', of: 'key' } },
    });
    const messages = await gateway.post(
      '/v1/messages',
      { model: 'claude-sonnet-4-6', max_tokens: 5, messages: [{ role: 'user', content: 'Hi' }] },
      as,
    );
    expect((await messages.json()) as object).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } });
  });

  it('of a client and of each scenario count calls, tokens and concurrent calls', async () => {
    await json(gateway.send('PUT', '/v1/rate-limits', { client_id: 'limited', calls_per_minute: 2 }));
    const of = (client: string): Promise<Response> => gateway.post(chat, hello(), { 'x-client-id': client });
    expect([(await of('limited')).status, (await of('limited')).status, (await of('limited')).status]).toEqual([
      200, 200, 429,
    ]);
    expect((await of('unlimited')).status).toBe(200);
    await json(gateway.send('PUT', '/v1/clients/own-limit', { rate_limit: { calls_per_minute: 1 } }));
    expect([(await of('own-limit')).status, (await of('own-limit')).status]).toEqual([200, 429]);
    await json(gateway.send('PUT', '/v1/rate-limits', { scenario_id: '*', concurrent: 2 }));
    gateway.fakes.openai.always({ kind: 'delay', ms: 150 });
    const together = await statuses([1, 2, 3, 4].map((i) => call('crowd', `at once ${i}`)));
    expect(together.filter((status) => status === 200)).toHaveLength(2);
    expect(together.filter((status) => status === 429)).toHaveLength(2);
    expect((await call('crowd', 'later')).status).toBe(200);
    await json(gateway.send('PUT', '/v1/rate-limits', { scenario_id: '*', concurrent: null }));
    gateway.fakes.reset();
    await json(gateway.send('PUT', '/v1/rate-limits', { client_id: 'wordy', tokens_per_minute: 1_000 }));
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 10, output: 980 } });
    expect((await of('wordy')).status).toBe(200);
    const over = await gateway.post(chat, hello({ messages: [{ role: 'user', content: 'word '.repeat(50) }] }), {
      'x-client-id': 'wordy',
    });
    expect(over.status).toBe(429);
    expect(over.headers.get('x-ratelimit-limit-tokens')).toBe('1000');
    const { data } = await json<{ data: { client_id: string | null; calls_per_minute: number | null }[] }>(
      gateway.get('/v1/rate-limits'),
    );
    expect(data).toContainEqual(expect.objectContaining({ client_id: 'limited', calls_per_minute: 2 }));
    for (const body of [
      { calls_per_minute: 5 },
      { client_id: 'a', scenario_id: 'b', calls_per_minute: 5 },
      { client_id: 'a', calls_per_minute: 0 },
    ])
      expect((await gateway.send('PUT', '/v1/rate-limits', body)).status).toBe(400);
  });
});
