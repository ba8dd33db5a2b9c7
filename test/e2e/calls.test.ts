import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello } from '../support/ask.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({
    ALLOW_PRIVATE_NETWORK: 'true',
    GATEWAY_OPERATOR_KEY: `gw_operator_${'o'.repeat(32)}`,
  });
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

interface Row {
  [field: string]: unknown;
}

async function rows(query = '', headers: Record<string, string> = {}): Promise<Row[]> {
  const response = await gateway.get(`/v1/usage/requests?${query}`, headers);
  expect(response.status).toBe(200);
  return ((await response.json()) as { data: Row[] }).data;
}

/** Reads a stream as far as it takes, and leaves the rest. */
async function readUntil(response: Response, enough: (text: string) => boolean): Promise<void> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const piece = await reader?.read();
    if (piece === undefined || piece.done) throw new Error(`the stream ended before it was enough: ${text}`);
    text += decoder.decode(piece.value, { stream: true });
    if (enough(text)) return;
  }
}

async function newKey(body: object): Promise<{ id: string; key: string }> {
  const response = await gateway.post('/v1/keys', body);
  expect(response.status).toBe(201);
  return (await response.json()) as { id: string; key: string };
}

describe('every call is on record', () => {
  it('a call’s record has its tags, models, tokens of each kind, cost and times', async () => {
    gateway.fakes.openai.reply({ text: 'Hello', usage: { input: 1000, cached: 400, output: 100, reasoning: 60 } });
    const response = await gateway.post(chat, hello(), {
      'x-client-id': 'acme',
      'x-project': 'newsletter',
      'x-scenario-id': '42',
      'x-scenario-platform': 'make',
      'x-execution-id': 'run-1',
      'x-organization-id': 'org-7',
      'x-node': 'Chat',
    });
    // 600 fresh at $2.50, 400 cached at $1.25, 100 out at $10 a million.
    expect(Number(response.headers.get('x-gateway-cost-usd'))).toBe(0.003);
    const id = response.headers.get('x-request-id');
    const row = (await rows('client_id=acme')).find((one) => one.id === id);
    expect(row).toMatchObject({
      client_id: 'acme',
      project: 'newsletter',
      scenario_id: '42',
      scenario_platform: 'make',
      execution_id: 'run-1',
      organization_id: 'org-7',
      node: 'Chat',
      model_requested: 'gpt-4o',
      model: 'gpt-4o',
      provider: 'openai',
      attempts: 1,
      status: 'succeeded',
      input_tokens: 1000,
      cached_tokens: 400,
      cache_write_tokens: 0,
      output_tokens: 100,
      reasoning_tokens: 60,
      cost_usd: 0.003,
      estimated: false,
      livemode: true,
    });
    expect(row?.total_ms).toEqual(expect.any(Number));
    expect(row?.ttft_ms).toEqual(expect.any(Number));
  });

  it('a stream is recorded, and has its cost in a comment before the last event', async () => {
    gateway.fakes.openai.reply({ text: 'Hello', usage: { input: 10, output: 5 } });
    const text = await (await gateway.post(chat, hello({ stream: true }), { 'x-client-id': 'streamer' })).text();
    expect(text).toMatch(/\n\n: gateway \{"cost_usd":0\.000075\}\n\ndata: \[DONE\]\n\n$/);
    expect(text).not.toContain('prompt_tokens');
    expect(await rows('client_id=streamer')).toMatchObject([
      { input_tokens: 10, output_tokens: 5, status: 'succeeded' },
    ]);
  });

  it('an answer without usage is counted, and flagged', async () => {
    gateway.fakes.openai.reply(
      { text: 'Hello there, how are you?', usage: 'none' },
      { text: 'Hello there, how are you?', usage: 'none' },
      { text: 'x', usage: { raw: { prompt_tokens: -5, completion_tokens: 'many' } } },
    );
    await gateway.post(chat, hello(), { 'x-client-id': 'counted' });
    await (await gateway.post(chat, hello({ stream: true }), { 'x-client-id': 'counted' })).text();
    await gateway.post(chat, hello(), { 'x-client-id': 'counted' });
    const [nonsense, streamed, plain] = await rows('client_id=counted');
    expect(plain).toMatchObject({ estimated: true, input_tokens: 1, output_tokens: 7 });
    expect(streamed).toMatchObject({ estimated: true, input_tokens: 1, output_tokens: 7 });
    expect(nonsense).toMatchObject({ estimated: true, status: 'succeeded' });
  });

  it('an explicit zero is billed as zero', async () => {
    gateway.fakes.openai.reply({
      text: 'Hello',
      usage: { raw: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } },
    });
    const response = await gateway.post(chat, hello(), { 'x-client-id': 'zero' });
    expect(response.headers.get('x-gateway-cost-usd')).toBe('0');
    expect(await rows('client_id=zero')).toMatchObject([{ estimated: false, cost_usd: 0 }]);
  });

  it('a failed call is recorded with every attempt, and costs nothing', async () => {
    for (const fake of [gateway.fakes.openai, gateway.fakes.anthropic, gateway.fakes.gemini])
      fake.fault({ kind: 'status', status: 500 });
    await gateway.post(chat, hello(), { 'x-client-id': 'unlucky' });
    expect(await rows('client_id=unlucky')).toMatchObject([
      { status: 'failed', error_code: 'no_provider_available', attempts: 3, cost_usd: 0 },
    ]);
  });

  it('records are listed page by page, newest first, and by day', async () => {
    for (let i = 0; i < 5; i++)
      await gateway.post(chat, hello(), { 'x-client-id': 'pages', 'x-execution-id': String(i) });
    const seen: unknown[] = [];
    let cursor = '';
    for (let page = 0; page < 3; page++) {
      const answer = (await (await gateway.get(`/v1/usage/requests?client_id=pages&limit=2${cursor}`)).json()) as {
        data: Row[];
        next_cursor: string | null;
      };
      seen.push(...answer.data.map((row) => row.execution_id));
      cursor = `&cursor=${answer.next_cursor}`;
      if (page === 2) expect(answer.next_cursor).toBeNull();
    }
    expect(seen).toEqual(['4', '3', '2', '1', '0']);
    expect(await rows('client_id=pages&to=2020-01-01')).toEqual([]);
    for (const query of ['limit=101', 'from=yesterday', 'colour=red', 'cursor=abc'])
      expect((await gateway.get(`/v1/usage/requests?${query}`)).status).toBe(400);
  });
});

describe('a client that disconnects', () => {
  it('pays the input by estimate before the first byte of a stream, and the provider is stopped', async () => {
    gateway.fakes.openai.fault({ kind: 'hang' });
    const stop = new AbortController();
    const call = fetch(gateway.url + chat, {
      method: 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': 'early' },
      body: JSON.stringify(hello({ stream: true })),
      signal: stop.signal,
    });
    await expect.poll(() => gateway.fakes.openai.requests.length).toBe(1);
    stop.abort();
    await expect(call).rejects.toThrow();
    await expect.poll(() => gateway.fakes.openai.requests[0]?.aborted).toBe(true);
    await expect
      .poll(async () => (await rows('client_id=early'))[0])
      .toMatchObject({ status: 'cancelled', estimated: true, input_tokens: 1, output_tokens: 0 });
  });

  it('pays nothing before a provider is asked', async () => {
    const holder = await gateway.database.pool.connect();
    await holder.query('begin; lock table idempotent_answers');
    const stop = new AbortController();
    const call = fetch(gateway.url + chat, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${liveKey}`,
        'content-type': 'application/json',
        'x-client-id': 'unasked',
        'idempotency-key': 'unasked',
      },
      body: JSON.stringify(hello()),
      signal: stop.signal,
    });
    const waiting = `select 1 from pg_locks where not granted and relation = 'idempotent_answers'::regclass`;
    await expect.poll(async () => (await gateway.database.pool.query(waiting)).rowCount).toBe(1);
    stop.abort();
    await expect(call).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await holder.query('commit');
    holder.release();
    await expect
      .poll(async () => (await rows('client_id=unasked'))[0])
      .toMatchObject({ status: 'cancelled', estimated: false, cost_usd: 0 });
    expect(gateway.fakes.openai.requests).toHaveLength(0);
  });

  it('pays no more than its ceiling in the middle of a longer stream', async () => {
    gateway.fakes.openai.reply({ text: 'word '.repeat(400), chunks: 400, chunkDelayMs: 1 });
    const stop = new AbortController();
    const response = await fetch(gateway.url + chat, {
      method: 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': 'flood' },
      body: JSON.stringify(hello({ stream: true, max_tokens: 5 })),
      signal: stop.signal,
    });
    await readUntil(response, (text) => text.split('"content"').length > 50);
    stop.abort();
    await expect
      .poll(async () => (await rows('client_id=flood'))[0])
      .toMatchObject({ status: 'cancelled', estimated: true, output_tokens: 5 });
  });

  it('pays the answer so far in the middle of a stream', async () => {
    gateway.fakes.openai.reply({
      text: 'one two three four five six seven eight nine ten',
      chunks: 10,
      chunkDelayMs: 40,
    });
    const stop = new AbortController();
    const response = await fetch(gateway.url + chat, {
      method: 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': 'middle' },
      body: JSON.stringify(hello({ stream: true })),
      signal: stop.signal,
    });
    await readUntil(response, (text) => text.split('"content"').length > 4);
    stop.abort();
    await expect.poll(() => gateway.fakes.openai.requests[0]?.aborted).toBe(true);
    await expect
      .poll(async () => (await rows('client_id=middle'))[0])
      .toMatchObject({ status: 'cancelled', estimated: true });
    const [row] = await rows('client_id=middle');
    expect(row?.output_tokens).toBeGreaterThanOrEqual(2);
    expect(row?.output_tokens).toBeLessThan(10);
  });

  it('pays the exact usage after the last word', async () => {
    gateway.fakes.openai.reply({ text: 'done', usage: { input: 12, output: 34 }, chunkDelayMs: 100 });
    const stop = new AbortController();
    const response = await fetch(gateway.url + chat, {
      method: 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': 'late' },
      body: JSON.stringify(hello({ stream: true, stream_options: { include_usage: true } })),
      signal: stop.signal,
    });
    await readUntil(response, (text) => text.includes('"completion_tokens":34'));
    stop.abort();
    await expect
      .poll(async () => (await rows('client_id=late'))[0])
      .toMatchObject({ estimated: false, input_tokens: 12, output_tokens: 34 });
  });
});

/** Each event of a response has the number after that of the one before, an error too. */
function expectNumbered(stream: string): void {
  const numbers = [...stream.matchAll(/^data: .*"sequence_number":(\d+)/gm)].map(([, number]) => Number(number));
  expect(numbers.length).toBeGreaterThan(3);
  expect(numbers).toEqual(numbers.map((_, i) => i));
}

describe.each([
  {
    path: chat,
    body: hello({ stream: true }),
    end: 'data: [DONE]',
    error: /data: \{"error":\{[^\n]*"code":"provider_error"[^\n]*\n\n$/,
  },
  {
    path: '/v1/responses',
    body: { model: 'gpt-4o', input: 'Hi', stream: true },
    end: 'response.completed',
    error: /event: error\ndata: \{"type":"error","code":"provider_error"[^\n]*\n\n$/,
  },
  {
    path: '/v1/messages',
    body: hello({ stream: true, max_tokens: 50 }),
    end: 'message_stop',
    error: /event: error\ndata: \{"type":"error","error":\{[^\n]*"code":"provider_error"[^\n]*\n\n$/,
  },
])('a stream on $path', ({ path, body, end, error }) => {
  const text = async (model: string, client: string): Promise<string> =>
    (await gateway.post(path, { ...body, model }, { 'x-client-id': client })).text();

  it.each([
    ['openai', 'gpt-4o'],
    ['anthropic', 'claude-sonnet-4-6'],
    ['gemini', 'gemini-3.5-flash'],
  ] as const)(
    'that %s breaks off relays its whole events, then an error event, and never ends as if it were whole',
    async (provider, model) => {
      gateway.fakes[provider].reply({ text: 'one two three four', chunks: 4 });
      // Anthropic's streams, and OpenAI's of responses, begin with events that have no text.
      const beginsLate = provider === 'anthropic' || (provider === 'openai' && path === '/v1/responses');
      gateway.fakes[provider].fault({ kind: 'cut', afterEvents: beginsLate ? 6 : 4 });
      const client = `cut-${provider}-${path.slice(4)}`;
      const sent = await text(model, client);
      expect(sent).toContain('one');
      expect(sent).not.toContain(end);
      expect(sent).toMatch(error);
      if (path === '/v1/responses') expectNumbered(sent);
      // Gemini reports its count with every event, the others at the end alone.
      expect((await rows(`client_id=${encodeURIComponent(client)}`))[0]).toMatchObject({
        status: 'failed',
        estimated: provider !== 'gemini',
        error_code: 'provider_error',
      });
    },
  );

  it('ends with an error event when its provider reports a failure in the middle', async () => {
    gateway.fakes.anthropic.reply({ text: 'one two three four', chunks: 4 });
    gateway.fakes.anthropic.fault({ kind: 'error-event', afterEvents: 5 });
    const sent = await text('claude-sonnet-4-6', 'error-event');
    expect(sent).not.toContain(end);
    expect(sent).toContain('verloaded');
    if (path === '/v1/responses') expectNumbered(sent);
  });

  it.each([1, 3, 7])('arrives the same when the network cuts it every %i bytes', async (splitBytes) => {
    for (const provider of ['openai', 'anthropic', 'gemini'] as const) gateway.fakes[provider].splitBytes = splitBytes;
    for (const model of ['gpt-4o', 'claude-sonnet-4-6', 'gemini-3.5-flash']) {
      const fake = model.startsWith('gpt') ? 'openai' : model.startsWith('claude') ? 'anthropic' : 'gemini';
      gateway.fakes[fake].reply({ text: 'ü世🌍', chunks: 2, usage: { input: 3, output: 4 } });
      const sent = await text(model, `split-${splitBytes}`);
      expect(sent).toContain(end);
      const said = [...sent.matchAll(/"(?:content|text|delta)":"([^"]*)"/g)].map(([, piece]) => piece).join('');
      expect(said).toContain('ü世');
    }
  });

  it('may use CR LF', async () => {
    gateway.fakes.openai.crlf = true;
    gateway.fakes.anthropic.crlf = true;
    gateway.fakes.openai.reply({ text: 'fine', usage: { input: 3, output: 4 } });
    expect(await text('gpt-4o', 'crlf')).toContain(end);
    expect((await rows('client_id=crlf'))[0]).toMatchObject({ estimated: false, output_tokens: 4 });
  });
});

describe('tags', () => {
  it('come by header, path, body and key, the nearest first, and empty ones count as absent', async () => {
    const { key } = await newKey({ name: 'Tagged', tags: { client_id: 'by-key', project: 'by-key' } });
    const bearer = { authorization: `Bearer ${key}` };
    await gateway.post(
      `/t/client=by-path,scenario=${encodeURIComponent('Müller & Söhne')}${chat}`,
      hello({ metadata: { client_id: 'by-body', execution_id: 'e1' } }),
      { ...bearer, 'x-client-id': '', 'x-scenario-platform': 'n8n' },
    );
    expect((await rows('execution_id=e1'))[0]).toMatchObject({
      client_id: 'by-path',
      project: 'by-key',
      scenario_id: 'Müller & Söhne',
      scenario_platform: 'n8n',
    });
    await gateway.post(`/t/client=by-path${chat}`, hello({ metadata: { execution_id: 'e2' } }), {
      ...bearer,
      'x-client-id': Buffer.from('Zürich').toString('latin1'),
    });
    expect((await rows('execution_id=e2'))[0]).toMatchObject({ client_id: 'Zürich' });
  });

  it('never reach a provider, nor does any other header of the caller', async () => {
    await gateway.post(chat, hello({ metadata: { client_id: 'acme' } }), {
      'x-client-id': 'acme',
      'openai-organization': 'org-secret',
      'openai-platform': 'x',
      'x-stainless-lang': 'js',
      cookie: 'a=b',
      'anthropic-beta': 'some-beta',
    });
    const sentOpenAi = gateway.fakes.openai.requests[0];
    expect(Object.keys(sentOpenAi?.headers ?? {}).sort()).toEqual([
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
    ]);
    expect(sentOpenAi?.json.metadata).toBeUndefined();
    await gateway.post(
      '/v1/messages',
      hello({ model: 'claude-sonnet-4-6', max_tokens: 9, metadata: { client_id: 'acme', user_id: 'u1' } }),
      { 'anthropic-beta': 'some-beta', 'x-client-id': 'acme' },
    );
    const sent = gateway.fakes.anthropic.requests[0];
    expect(sent?.headers['anthropic-beta']).toBe('some-beta');
    expect(sent?.json.metadata).toEqual({ user_id: 'u1' });
  });

  it('cannot be overridden where they are locked, and then show their own calls only', async () => {
    const { key } = await newKey({ name: 'Acme', tags: { client_id: 'locked-acme' }, locked_tags: ['client_id'] });
    const bearer = { authorization: `Bearer ${key}` };
    for (const attempt of [
      gateway.post(chat, hello(), { ...bearer, 'x-client-id': 'rival' }),
      gateway.post(`/t/client=rival${chat}`, hello(), bearer),
      gateway.post(chat, hello({ metadata: { client_id: 'rival' } }), bearer),
    ]) {
      const response = await attempt;
      expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([
        403,
        'tag_forbidden',
      ]);
    }
    expect(gateway.fakes.openai.requests).toHaveLength(0);
    expect((await gateway.post(chat, hello(), bearer)).status).toBe(200);
    expect((await rows('', bearer)).map((row) => row.client_id)).toEqual(['locked-acme']);
    expect((await gateway.get('/v1/usage/requests?client_id=rival', bearer)).status).toBe(403);
  });
});

describe('keys', () => {
  it('are shown once, listed by their last four characters, and revoked at once', async () => {
    const { id, key } = await newKey({ name: 'Short-lived' });
    const bearer = { authorization: `Bearer ${key}` };
    expect((await gateway.post(chat, hello(), bearer)).status).toBe(200);
    const list = await (await gateway.get('/v1/keys')).text();
    expect(list).toContain(`"hint":"${key.slice(-4)}"`);
    expect(list).not.toContain(key);
    expect((await gateway.send('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    expect((await gateway.post(chat, hello(), bearer)).status).toBe(401);
    expect((await gateway.send('DELETE', `/v1/keys/${id}`)).status).toBe(404);
  });

  it('expire', async () => {
    const { key } = await newKey({ name: 'Soon gone', expires_at: new Date(Date.now() + 700).toISOString() });
    const bearer = { authorization: `Bearer ${key}` };
    expect((await gateway.get('/v1/me', bearer)).status).toBe(200);
    await expect.poll(async () => (await gateway.get('/v1/me', bearer)).status, { timeout: 5000 }).toBe(401);
  });

  it('do what their role allows, and make no stronger key', async () => {
    const roles = Object.fromEntries(
      await Promise.all(
        (['member', 'viewer', 'caller'] as const).map(async (role) => [
          role,
          { authorization: `Bearer ${(await newKey({ name: role, role })).key}` },
        ]),
      ),
    ) as Record<string, Record<string, string>>;
    expect((await gateway.post(chat, hello(), roles.viewer)).status).toBe(403);
    expect((await gateway.post(chat, hello(), roles.caller)).status).toBe(200);
    expect((await gateway.get('/v1/models', roles.caller)).status).toBe(200);
    for (const role of ['member', 'viewer', 'caller']) {
      expect([role, (await gateway.post('/v1/keys', { name: 'x', role: 'owner' }, roles[role])).status]).toEqual([
        role,
        403,
      ]);
      expect([role, (await gateway.get('/v1/keys', roles[role])).status]).toEqual([role, 403]);
      expect([role, (await gateway.get('/v1/providers', roles[role])).status]).toEqual([role, 403]);
    }
    expect(
      (await gateway.post('/v1/keys', { name: 'x', mode: 'live' }, { authorization: `Bearer ${testKey}` })).status,
    ).toBe(403);
  });

  it('make no key that outlives them or may call more often', async () => {
    interface Made {
      expires_at: string | null;
      rate_limit: object | null;
    }
    const end = (inMs: number): string => new Date(Date.now() + inMs).toISOString();
    const bounds = { expires_at: end(3_600_000), rate_limit: { calls_per_minute: 500, concurrent: 50 } };
    const { key } = await newKey({ name: 'Bounded', role: 'owner', ...bounds });
    const make = (body: object): Promise<Response> =>
      gateway.post('/v1/keys', { name: 'made', role: 'owner', ...body }, { authorization: `Bearer ${key}` });
    for (const [body, param] of [
      [{ expires_at: end(7_200_000) }, 'expires_at'],
      [{ rate_limit: { calls_per_minute: 501 } }, 'rate_limit.calls_per_minute'],
    ] as const) {
      const refused = await make(body);
      expect([refused.status, await refused.json()]).toMatchObject([403, { error: { code: 'forbidden', param } }]);
    }
    // Fields that are not given are the key's own.
    expect((await (await make({})).json()) as Made).toMatchObject(bounds);
    const sooner = end(60_000);
    const limit = { calls_per_minute: 5, tokens_per_minute: 1_000 };
    expect((await (await make({ expires_at: sooner, rate_limit: limit })).json()) as Made).toMatchObject({
      expires_at: sooner,
      rate_limit: { ...limit, concurrent: 50 },
    });
    expect((await newKey({ name: 'Free' })) as unknown as Made).toMatchObject({ expires_at: null, rate_limit: null });
  });

  it('see nothing of another workspace', async () => {
    const made = await gateway.post(
      '/v1/workspaces',
      { name: 'Other' },
      { authorization: `Bearer gw_operator_${'o'.repeat(32)}` },
    );
    expect(made.status).toBe(201);
    const { live_key: other } = (await made.json()) as { live_key: string };
    const bearer = { authorization: `Bearer ${other}` };
    const { id } = await newKey({ name: 'Mine' });
    await gateway.post(chat, hello(), { 'x-client-id': 'mine' });
    expect(await rows('', bearer)).toEqual([]);
    expect((await gateway.send('DELETE', `/v1/keys/${id}`, undefined, bearer)).status).toBe(404);
    expect((await gateway.post('/v1/workspaces', { name: 'x' })).status).toBe(401);
  });
});

describe('test keys', () => {
  it('are answered by the sandbox with the real model’s price, in a ledger of their own', async () => {
    const bearer = { authorization: `Bearer ${testKey}`, 'x-client-id': 'rehearsal' };
    const first = await gateway.post(chat, hello(), bearer);
    const second = await gateway.post(chat, hello(), bearer);
    const texts = [await first.json(), await second.json()].map(
      (answer) => (answer as { choices: { message: { content: string } }[] }).choices[0]?.message.content,
    );
    expect(texts[0]).toBe(texts[1]);
    expect(Number(first.headers.get('x-gateway-cost-usd'))).toBeGreaterThan(0);
    expect(
      [gateway.fakes.openai, gateway.fakes.anthropic, gateway.fakes.gemini].flatMap(({ requests }) => requests),
    ).toEqual([]);
    expect(await rows('client_id=rehearsal', bearer)).toMatchObject([
      { provider: 'sandbox', livemode: false },
      { provider: 'sandbox', livemode: false },
    ]);
    expect(await rows('client_id=rehearsal')).toEqual([]);
  });

  it('cannot change providers, connections and fallbacks of live calls', async () => {
    const provider = { name: 'mine', kind: 'openai-compatible', base_url: 'https://llm.example/v1', api_key: 'k' };
    const made = await gateway.post('/v1/providers', provider);
    const { id } = (await made.json()) as { id: string };
    const connection = { platform: 'n8n', base_url: 'https://n8n.example', token: 'n8n-token' };
    const connected = (await (await gateway.post('/v1/connections', connection)).json()) as { id: string };
    const bearer = { authorization: `Bearer ${testKey}` };
    for (const [method, path, body] of [
      ['POST', '/v1/providers', { ...provider, name: 'openai', kind: 'openai' }],
      ['PATCH', `/v1/providers/${id}`, { models: [] }],
      ['DELETE', `/v1/providers/${id}`],
      ['POST', '/v1/connections', connection],
      ['DELETE', `/v1/connections/${connected.id}`],
      ['PUT', '/v1/fallbacks', { 'gpt-4o': [] }],
      ['PUT', '/v1/routing/auto', { pool: [] }],
    ] as const) {
      const refused = await gateway.send(method, path, body, bearer);
      expect([method, path, refused.status]).toEqual([method, path, 403]);
      expect(await refused.json()).toMatchObject({ error: { code: 'forbidden' } });
    }
    // It sees what decides its calls, and the owner's live key has the say.
    for (const path of ['/v1/providers', '/v1/connections', '/v1/fallbacks', '/v1/routing/auto'])
      expect((await gateway.get(path, bearer)).status).toBe(200);
    expect((await gateway.send('DELETE', `/v1/connections/${connected.id}`)).status).toBe(204);
    expect((await gateway.send('DELETE', `/v1/providers/${id}`)).status).toBe(204);
  });

  it('fill in schemas, call tools and fail on request', async () => {
    const bearer = { authorization: `Bearer ${testKey}` };
    const schema = {
      type: 'object',
      properties: { label: { type: 'string', enum: ['invoice', 'other'] }, score: { type: 'number', minimum: 3 } },
      required: ['label', 'score'],
    };
    const shaped = (await (
      await gateway.post(
        chat,
        hello({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }),
        bearer,
      )
    ).json()) as { choices: { message: { content: string } }[] };
    expect(JSON.parse(shaped.choices[0]?.message.content ?? '')).toEqual({ label: 'invoice', score: 3 });
    const tools = [{ type: 'function', function: { name: 'file_it', parameters: schema } }];
    expect(await (await gateway.post(chat, hello({ tools, tool_choice: 'required' }), bearer)).json()).toMatchObject({
      choices: [{ finish_reason: 'tool_calls', message: { tool_calls: [{ function: { name: 'file_it' } }] } }],
    });
    expect(
      (
        await gateway.post(
          chat,
          { model: 'gpt-4o', messages: [{ role: 'user', content: 'sandbox:error 429' }] },
          bearer,
        )
      ).status,
    ).toBe(503);
    expect(await (await gateway.post(chat, hello({ max_tokens: 1 }), bearer)).json()).toMatchObject({
      choices: [{ finish_reason: 'length' }],
      usage: { completion_tokens: 1 },
    });
  });
});

it('get embeddings of the requested length, within bounds', async () => {
  const bearer = { authorization: `Bearer ${testKey}` };
  const ask = async (dimensions: number): Promise<number> => {
    const response = await gateway.post(
      '/v1/embeddings',
      { model: 'text-embedding-3-small', input: 'Hi', dimensions },
      bearer,
    );
    return ((await response.json()) as { data: { embedding: number[] }[] }).data[0]?.embedding.length ?? 0;
  };
  expect(await ask(64)).toBe(64);
  expect(await ask(100_000)).toBe(4_096);
});

describe('an Idempotency-Key', () => {
  it('returns the first answer and costs nothing twice, streamed or not', async () => {
    for (const stream of [false, true]) {
      const headers = { 'idempotency-key': `order-${stream}`, 'x-client-id': `once-${stream}` };
      const first = await gateway.post(chat, hello({ stream }), headers);
      const text = await first.text();
      const again = await gateway.post(chat, hello({ stream }), headers);
      expect(await again.text()).toBe(text);
      expect(again.headers.get('x-request-id')).toBe(first.headers.get('x-request-id'));
      expect(await rows(`client_id=once-${stream}`)).toHaveLength(1);
    }
    expect(gateway.fakes.openai.requests).toHaveLength(2);
  });

  it('is a conflict with another body, and while the first call still runs', async () => {
    const headers = { 'idempotency-key': 'shared' };
    await gateway.post(chat, hello(), headers);
    const other = await gateway.post(chat, hello({ temperature: 1 }), headers);
    expect([other.status, ((await other.json()) as { error: { code: string } }).error.code]).toEqual([
      409,
      'idempotency_conflict',
    ]);
    gateway.fakes.openai.fault({ kind: 'delay', ms: 300 });
    const slow = { 'idempotency-key': 'slow' };
    const first = gateway.post(chat, hello(), slow);
    await expect.poll(() => gateway.fakes.openai.requests.length).toBe(2);
    const early = await gateway.post(chat, hello(), slow);
    // The vendors' packages obey `x-should-retry` before they look at the status or at `Retry-After`.
    expect([early.status, early.headers.get('retry-after'), early.headers.get('x-should-retry')]).toEqual([
      409,
      '1',
      'true',
    ]);
    expect(other.headers.get('x-should-retry')).toBe('false');
    expect((await first).status).toBe(200);
  });

  it('is free for the retry after a failed call', async () => {
    const headers = { 'idempotency-key': 'retry', 'x-gateway-fallback': 'none' };
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    expect((await gateway.post(chat, hello(), headers)).status).toBe(502);
    expect((await gateway.post(chat, hello(), headers)).status).toBe(200);
  });

  it('does not keep a stream that broke off', async () => {
    const headers = { 'idempotency-key': 'broken' };
    gateway.fakes.openai.fault({ kind: 'cut', afterEvents: 3 });
    const first = await gateway.post(chat, hello({ stream: true }), headers);
    expect(await first.text()).not.toContain('[DONE]');
    const again = await gateway.post(chat, hello({ stream: true }), headers);
    expect(again.headers.get('idempotent-replayed')).toBeNull();
    expect(await again.text()).toContain('[DONE]');
  });

  it('makes a key once only', async () => {
    const headers = { 'idempotency-key': 'one-key' };
    const [a, b] = [
      await gateway.post('/v1/keys', { name: 'Once' }, headers),
      await gateway.post('/v1/keys', { name: 'Once' }, headers),
    ];
    expect(await a.text()).toBe(await b.text());
  });
});

describe('a completion in the background', () => {
  it('is accepted at once, delivered with a signature, and can be read', async () => {
    const received: { headers: Record<string, string>; body: string }[] = [];
    const receiver = createServer((req, res) => {
      let body = '';
      req.on('data', (chunk) => {
        body += chunk;
      });
      req.on('end', () => {
        received.push({ headers: req.headers as Record<string, string>, body });
        res.end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const callback = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    gateway.fakes.openai.reply({ text: 'Later', usage: { input: 10, output: 5 } });
    const taken = await gateway.post(`${chat}/background`, hello({ callback_url: callback }));
    expect(taken.status).toBe(202);
    const { id, status, secret } = (await taken.json()) as { id: string; status: string; secret: string };
    expect(status).toBe('queued');
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(1);
    const [delivery] = received;
    const reported = new Webhook(secret).verify(delivery?.body ?? '', delivery?.headers ?? {}) as { id: string };
    expect(reported).toMatchObject({
      id,
      status: 'completed',
      response: { choices: [{ message: { content: 'Later' } }] },
    });
    expect(await (await gateway.get(`${chat}/background/${id}`)).json()).toMatchObject({
      id,
      status: 'completed',
      cost_usd: 0.000075,
      provider: 'openai',
      response: { object: 'chat.completion' },
    });
    expect((await gateway.get(`${chat}/background/${id}`, { authorization: `Bearer ${testKey}` })).status).toBe(404);
    receiver.close();
  });

  it('needs a callback address', async () => {
    expect((await gateway.post(`${chat}/background`, hello())).status).toBe(400);
    expect((await gateway.post(`${chat}/background`, hello({ callback_url: 'javascript:alert(1)' }))).status).toBe(400);
  });
});

describe('a provider of the workspace’s own', () => {
  it('is any server that speaks OpenAI’s dialect, and its name precedes the model', async () => {
    const made = await gateway.post('/v1/providers', {
      name: 'local',
      kind: 'openai-compatible',
      base_url: gateway.fakes.openai.baseUrl,
      api_key: 'sk-canary-openai-4711',
      models: [{ id: 'llama-x', input_usd_per_mtok: 1, output_usd_per_mtok: 2 }],
    });
    expect(made.status).toBe(201);
    const text = await made.text();
    expect(text).not.toContain('canary');
    for (const model of ['local/llama-x', 'llama-x']) {
      gateway.fakes.openai.reply({ text: 'Hi', usage: { input: 1000, output: 1000 } });
      const response = await gateway.post('/v1/messages', {
        model,
        max_tokens: 50,
        messages: [{ role: 'user', content: 'Hi' }],
      });
      expect([
        response.status,
        response.headers.get('x-gateway-provider'),
        response.headers.get('x-gateway-cost-usd'),
      ]).toEqual([200, 'local', '0.003']);
    }
    expect(gateway.fakes.openai.requests[0]?.json.model).toBe('llama-x');
    const { id } = JSON.parse(text) as { id: string };
    const moved = await gateway.send('PATCH', `/v1/providers/${id}`, { base_url: 'https://evil.example/v1' });
    expect([moved.status, ((await moved.json()) as { error: { param: string } }).error.param]).toEqual([
      400,
      'api_key',
    ]);
    expect((await gateway.post('/v1/providers', { name: 'local', kind: 'openai', api_key: 'x' })).status).toBe(409);
    expect((await gateway.send('DELETE', `/v1/providers/${id}`)).status).toBe(204);
    expect((await gateway.post(chat, hello({ model: 'local/llama-x' }))).status).toBe(404);
  });
});

it('`auto` gives the true reason for its choice', async () => {
  const response = await gateway.post(chat, hello({ model: 'auto' }));
  expect(response.headers.get('x-gateway-model')).toBe('gpt-6-sol');
  expect(response.headers.get('x-gateway-route')).toBe('auto:balanced, default of the strong class');
  expect((await gateway.post(chat, hello({ model: 'auto:cost' }))).headers.get('x-gateway-model')).toBe('gpt-6-luna');
});

it('no secret is logged, stored in the clear, or answered', async () => {
  const canaries = ['sk-canary-openai-4711', 'sk-ant-api03-canary-4712', 'AIzaCanaryGemini4713', liveKey, testKey];
  const { rows: tables } = await gateway.database.pool.query(
    "select table_name from information_schema.tables where table_schema = 'public'",
  );
  const stored: string[] = [];
  for (const { table_name: name } of tables as { table_name: string }[])
    stored.push(JSON.stringify((await gateway.database.pool.query(`select t::text from ${name} t`)).rows));
  const haystack = [...gateway.logs, ...stored].join('\n');
  for (const canary of canaries) {
    for (const form of [
      canary,
      Buffer.from(canary).toString('base64'),
      encodeURIComponent(canary),
      Buffer.from(canary).toString('hex'),
    ])
      expect(haystack.includes(form)).toBe(false);
  }
});
