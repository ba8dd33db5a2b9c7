import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../support/fakes/script.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

// Health is remembered by a gateway, so every story gets its own.
beforeEach(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.stop());

const hello = (model: string, more: object = {}) => ({ model, messages: [{ role: 'user', content: 'Hi' }], ...more });

async function body(response: Response): Promise<Record<string, never>> {
  return (await response.json()) as Record<string, never>;
}

/** The headers by which every answer says who was asked, how often, and why. */
function tryOf({ headers }: Response): (string | null)[] {
  return ['provider', 'model', 'attempts', 'route'].map((name) => headers.get(`x-gateway-${name}`));
}

describe('a call that no provider answers', () => {
  it.each([
    ['/v1/chat/completions', hello('gpt-4o')],
    ['/v1/chat/completions', hello('gpt-4o', { stream: true })],
    ['/v1/messages', hello('gpt-4o', { max_tokens: 50 })],
    ['/v1/responses', { model: 'gpt-4o', input: 'Hi' }],
    ['/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi' }],
  ])('names the provider, the model, the attempts and the reason on %s', async (path, request) => {
    gateway.fakes.openai.fault({ kind: 'status', status: 400 });
    const refused = await gateway.post(path, request);
    expect(refused.status).toBe(400);
    const { model } = request as { model: string };
    expect(tryOf(refused)).toEqual(['openai', model, '1', 'asked for']);
  });

  it('counts every attempt and names the last', async () => {
    for (const fake of [gateway.fakes.openai, gateway.fakes.anthropic]) fake.fault({ kind: 'status', status: 500 });
    const failed = await gateway.post(
      '/v1/chat/completions',
      hello('gpt-4o', { fallback_models: ['claude-haiku-4-5'] }),
    );
    expect(failed.status).toBe(503);
    expect(tryOf(failed)).toEqual(['anthropic', 'claude-haiku-4-5', '2', 'fallback of gpt-4o']);
  });

  it('names the last that was asked, not a fallback that cannot take the call, and so does the record', async () => {
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    const call = hello('gpt-4o', { fallback_models: ['gpt-5.5'], temperature: 0.2 });
    const failed = await gateway.post('/v1/chat/completions', call, { 'x-gateway-strict': 'true' });
    expect(failed.status).toBe(502);
    expect(gateway.fakes.openai.requests).toHaveLength(1);
    expect(tryOf(failed)).toEqual(['openai', 'gpt-4o', '1', 'asked for']);
    const id = failed.headers.get('x-request-id') ?? '';
    await expect
      .poll(async () => body(await gateway.get(`/v1/usage/requests/${id}`)))
      .toMatchObject({ status: 'failed', model: 'gpt-4o', provider: 'openai', attempts: 1, route: 'asked for' });
  });

  it('names nobody where no request went out', async () => {
    const call = hello('gpt-5.5', { temperature: 0.2 });
    const refused = await gateway.post('/v1/chat/completions', call, { 'x-gateway-strict': 'true' });
    expect(refused.status).toBe(400);
    expect(gateway.fakes.openai.requests).toHaveLength(0);
    expect(tryOf(refused)).toEqual([null, null, null, null]);
  });
});

describe('a provider that fails is followed by the next', () => {
  const faults: [string, Fault][] = [
    ['408', { kind: 'status', status: 408 }],
    ['409', { kind: 'status', status: 409 }],
    ['429', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }],
    ['500', { kind: 'status', status: 500 }],
    ['529', { kind: 'status', status: 529 }],
    ['a cut connection', { kind: 'reset' }],
    ['silence', { kind: 'hang' }],
    ['an HTML page', { kind: 'body', body: '<html>Bad gateway</html>', contentType: 'text/html' }],
    ['half a JSON', { kind: 'body', body: '{"id":"chatcmpl-1","choi' }],
    ['an error under a 200', { kind: 'body', body: '{"error":{"message":"overloaded"}}' }],
    ['nonsense', { kind: 'body', body: '[1,2,3]' }],
  ];
  it.each(faults)('is followed after %s, plain', async (_name, fault) => {
    gateway.fakes.openai.fault(fault);
    const response = await gateway.post('/v1/chat/completions', hello('gpt-4o'));
    expect(response.status).toBe(200);
    expect(response.headers.get('x-gateway-provider')).toBe('anthropic');
    expect(response.headers.get('x-gateway-model')).toBe('claude-sonnet-5');
    expect(response.headers.get('x-gateway-attempts')).toBe('2');
    expect(response.headers.get('x-gateway-route')).toBe('fallback of gpt-4o');
    expect(await body(response)).toMatchObject({
      object: 'chat.completion',
      model: 'claude-sonnet-5',
      choices: [{ message: { content: 'You said: Hi' } }],
    });
  });

  it.each([...faults, ['an error as its first event', { kind: 'error-event', afterEvents: 0 }] as [string, Fault]])(
    'after %s, streamed',
    async (_name, fault) => {
      gateway.fakes.openai.fault(fault);
      const response = await gateway.post('/v1/chat/completions', hello('gpt-4o', { stream: true }));
      expect(response.headers.get('x-gateway-provider')).toBe('anthropic');
      expect(await response.text()).toMatch(/data: \[DONE\]\n\n$/);
    },
  );

  it('is followed when its address refuses connections', async () => {
    await gateway.fakes.openai.stop();
    expect((await gateway.post('/v1/chat/completions', hello('gpt-4o-mini'))).headers.get('x-gateway-model')).toBe(
      'claude-haiku-4-5',
    );
  });

  it('is followed by the third where the second fails too', async () => {
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    gateway.fakes.anthropic.fault({ kind: 'status', status: 529 });
    const response = await gateway.post('/v1/messages', { ...hello('gpt-4o'), max_tokens: 50 });
    expect(response.headers.get('x-gateway-provider')).toBe('gemini');
    expect(await body(response)).toMatchObject({ type: 'message', content: [{ type: 'text', text: 'You said: Hi' }] });
  });
});

describe('fallbacks are the caller’s to choose', () => {
  it('get a ceiling that their model can answer', async () => {
    gateway.fakes.anthropic.fault({ kind: 'status', status: 529 });
    const asked = hello('claude-sonnet-4-6', { max_tokens: 32_000 });
    const response = await gateway.post('/v1/chat/completions', asked, { 'x-gateway-fallback': 'gpt-4o' });
    expect(response.headers.get('x-gateway-model')).toBe('gpt-4o');
    expect(gateway.fakes.openai.requests.map(({ json }) => json.max_tokens)).toEqual([16_384]);
  });

  it('are chosen by header', async () => {
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    const response = await gateway.post('/v1/chat/completions', hello('gpt-4o'), {
      'x-gateway-fallback': 'gemini-3.5-flash-lite, claude-haiku-4-5',
    });
    expect(response.headers.get('x-gateway-model')).toBe('gemini-3.5-flash-lite');
  });

  it('are chosen in the body, in a field that reaches no provider', async () => {
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    const response = await gateway.post(
      '/v1/chat/completions',
      hello('gpt-4o', { fallback_models: ['openai/gpt-4o-mini'] }),
    );
    expect(response.headers.get('x-gateway-model')).toBe('gpt-4o-mini');
    expect(gateway.fakes.openai.requests.map(({ json }) => json.fallback_models)).toEqual([undefined, undefined]);
  });

  it('are switched off by none, and the failure is answered as it is', async () => {
    gateway.fakes.openai.fault(
      { kind: 'status', status: 500 },
      { kind: 'hang' },
      { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
    );
    const none = { 'x-gateway-fallback': 'none' };
    const broken = await gateway.post('/v1/chat/completions', hello('gpt-4o'), none);
    expect(tryOf(broken)).toEqual(['openai', 'gpt-4o', '1', 'asked for']);
    expect([broken.status, (await body(broken)).error]).toMatchObject([
      502,
      { code: 'provider_error', details: { attempts: [{ provider: 'openai', model: 'gpt-4o', status: 500 }] } },
    ]);
    const silent = await gateway.post('/v1/chat/completions', hello('gpt-4o'), none);
    expect([silent.status, (await body(silent)).error]).toMatchObject([504, { code: 'provider_timeout' }]);
    const busy = await gateway.post('/v1/chat/completions', hello('gpt-4o'), none);
    expect([busy.status, busy.headers.get('retry-after'), (await body(busy)).error]).toMatchObject([
      503,
      '7',
      { code: 'no_provider_available' },
    ]);
    // The provider said to stay away for seven seconds: it is not asked again.
    const asked = gateway.fakes.openai.requests.length;
    expect((await gateway.post('/v1/chat/completions', hello('gpt-4o'), none)).status).toBe(503);
    expect(gateway.fakes.openai.requests).toHaveLength(asked);
  });

  it('are the workspace’s where the call names none', async () => {
    expect((await gateway.get('/v1/fallbacks')).status).toBe(200);
    const put = await gateway.send('PUT', '/v1/fallbacks', { 'gpt-4o': ['gemini-3.8-flash'] });
    expect(put.status).toBe(200);
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    expect((await gateway.post('/v1/chat/completions', hello('gpt-4o'))).headers.get('x-gateway-provider')).toBe(
      'gemini',
    );
  });
});

it('a caller’s mistake is answered as such, and is not tried elsewhere', async () => {
  gateway.fakes.openai.fault({
    kind: 'status',
    status: 400,
    body: {
      error: {
        message: "This model's maximum context length is 128000 tokens.",
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      },
    },
  });
  const response = await gateway.post('/v1/chat/completions', hello('gpt-4o'));
  expect(response.status).toBe(400);
  expect((await body(response)).error).toMatchObject({
    code: 'context_length_exceeded',
    param: 'messages',
    message: expect.stringContaining('128000'),
  });
  expect(gateway.fakes.anthropic.requests).toHaveLength(0);
});

it('a refused key of the gateway is the gateway’s fault, and its error hides the provider’s words', async () => {
  gateway.fakes.openai.fault({
    kind: 'status',
    status: 401,
    body: { error: { message: 'Incorrect API key provided: sk-canary-openai-4711', code: 'invalid_api_key' } },
  });
  const response = await gateway.post('/v1/chat/completions', hello('gpt-4o'), { 'x-gateway-fallback': 'none' });
  const text = await response.text();
  expect(response.status).toBe(502);
  expect(response.headers.get('x-should-retry')).toBe('false');
  expect(response.headers.get('retry-after')).toBeNull();
  expect(text).toContain('provider_error');
  expect(text).not.toMatch(/canary|Incorrect/);
});

it('five failures in a row open the circuit of an account, and its calls go elsewhere at once', async () => {
  gateway.fakes.openai.always({ kind: 'status', status: 500 });
  for (let i = 0; i < 5; i++) await gateway.post('/v1/chat/completions', hello('gpt-4o'));
  const asked = gateway.fakes.openai.requests.length;
  expect(asked).toBe(5);
  const response = await gateway.post('/v1/chat/completions', hello('gpt-4o'));
  expect(response.headers.get('x-gateway-provider')).toBe('anthropic');
  expect(response.headers.get('x-gateway-attempts')).toBe('1');
  expect(gateway.fakes.openai.requests).toHaveLength(asked);
  const me = await body(await gateway.get('/v1/me'));
  expect(me.providers).toMatchObject([
    { id: 'openai', status: 'resting' },
    { id: 'anthropic', status: 'ok' },
    { id: 'gemini', status: 'ok' },
  ]);
});

it('when every provider fails, providers get hardly more attempts than there are calls', async () => {
  for (const fake of [gateway.fakes.openai, gateway.fakes.anthropic, gateway.fakes.gemini])
    fake.always({ kind: 'status', status: 500 });
  const calls = 200;
  const statuses = await Promise.all(
    Array.from({ length: calls }, async () => (await gateway.post('/v1/chat/completions', hello('gpt-6-sol'))).status),
  );
  // 502 from the last account left, 503 once all are resting.
  expect(statuses.filter((status) => status !== 502 && status !== 503)).toEqual([]);
  const tries =
    gateway.fakes.openai.requests.length +
    gateway.fakes.anthropic.requests.length +
    gateway.fakes.gemini.requests.length;
  expect(tries).toBeLessThanOrEqual(calls * 1.2);
});

describe('an account whose streams break off', () => {
  it('opens its circuit after five in a row, though the streams begin well', async () => {
    for (let i = 0; i < 5; i++) {
      gateway.fakes.openai.fault({ kind: 'cut', afterEvents: 3 });
      const broken = await gateway.post('/v1/chat/completions', hello('gpt-4o', { stream: true }));
      expect(broken.headers.get('x-gateway-provider')).toBe('openai');
      expect(await broken.text()).not.toContain('[DONE]');
    }
    const next = await gateway.post('/v1/chat/completions', hello('gpt-4o', { stream: true }));
    expect(next.headers.get('x-gateway-provider')).toBe('anthropic');
    expect(await next.text()).toContain('[DONE]');
  });
});

describe('an account that has cooled down', () => {
  const asked = (): number => gateway.fakes.openai.requests.length;
  /** Fails five times in a row, asking for a second each time; a call within it is not sent on. */
  async function rest(path: string, call: object): Promise<void> {
    const busy = { kind: 'status', status: 429, headers: { 'retry-after': '1' } } as const;
    gateway.fakes.openai.fault(...Array.from({ length: 5 }, () => busy));
    for (const all = asked() + 5; asked() < all; await sleep(1_050))
      await Promise.all(
        Array.from({ length: all - asked() }, () => gateway.post(path, call, { 'x-gateway-fallback': 'none' })),
      );
  }

  it('is tried by one of many concurrent embeddings', async () => {
    const text = { model: 'text-embedding-3-small', input: 'Hi' };
    await rest('/v1/embeddings', text);
    const before = asked();
    gateway.fakes.openai.always({ kind: 'delay', ms: 200 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.post('/v1/embeddings', text)));
    expect(asked()).toBe(before + 1);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 503)).toHaveLength(19);
    expect((await gateway.post('/v1/embeddings', text)).status).toBe(200);
  });

  it('is tried by one call at a time, also when waiting clients disconnect', async () => {
    await gateway.stop();
    gateway = await startTestGateway({ FIRST_BYTE_TIMEOUT_MS: '10000' });
    const call = hello('gpt-4o');
    gateway.fakes.openai.fault({ kind: 'hang' });
    const hangsUp = new AbortController();
    const waiting = fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...call, stream: true }),
      signal: hangsUp.signal,
    });
    await expect.poll(asked).toBe(1);
    await rest('/v1/chat/completions', call);
    gateway.fakes.openai.fault({ kind: 'delay', ms: 500 });
    const probe = gateway.post('/v1/chat/completions', call);
    await expect.poll(asked).toBe(7);
    hangsUp.abort();
    await expect(waiting).rejects.toThrow();
    await expect.poll(() => gateway.fakes.openai.requests[0]?.aborted).toBe(true);
    const next = await gateway.post('/v1/chat/completions', call);
    expect(next.headers.get('x-gateway-provider')).toBe('anthropic');
    expect((await probe).headers.get('x-gateway-provider')).toBe('openai');
    expect(asked()).toBe(7);
  });
});
