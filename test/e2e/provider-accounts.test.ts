import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chat, eventsOf, eventually, json } from '../support/ask.ts';
import type { Fault } from '../support/fakes/script.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await startTestGateway({ GATEWAY_OPERATOR_KEY: operatorKey });
});
afterEach(() => gateway.stop());

const operatorKey = `gw_operator_${'o'.repeat(40)}`;
const hello = (model: string, more: object = {}) => ({ model, messages: [{ role: 'user', content: 'Hi' }], ...more });
const none = { 'x-gateway-fallback': 'none' };
const status = (code: number, body: unknown, headers?: Record<string, string>): Fault => ({
  kind: 'status',
  status: code,
  body,
  ...(headers && { headers }),
});
const noCredit = status(400, {
  type: 'error',
  error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the Anthropic API.' },
});
const noQuota = status(
  429,
  { error: { message: 'You exceeded your current quota.', type: 'insufficient_quota', code: 'insufficient_quota' } },
  { 'retry-after': '3' },
);
const badKey = status(401, {
  error: { message: 'Incorrect API key provided: sk-canary-openai-4711.', code: 'invalid_api_key' },
});

/** A live key of another workspace. */
async function anotherWorkspace(name: string): Promise<Record<string, string>> {
  const { live_key: key } = await json<{ live_key: string }>(
    gateway.send('POST', '/v1/workspaces', { name }, { authorization: `Bearer ${operatorKey}` }),
    201,
  );
  return { authorization: `Bearer ${key}` };
}

const statuses = async (headers: Record<string, string> = {}) =>
  Object.fromEntries(
    (await json<{ providers: { id: string; status: string }[] }>(gateway.get('/v1/me', headers))).providers.map(
      (one) => [one.id, one.status],
    ),
  );

describe('a provider that refuses the gateway’s account', () => {
  it.each<[string, 'openai' | 'anthropic', Fault, string, string]>([
    ['no credit, in Anthropic’s words', 'anthropic', noCredit, 'claude-sonnet-4-6', 'gemini-1.5-flash'],
    ['a used up quota, in OpenAI’s', 'openai', noQuota, 'gpt-4o', 'gemini-1.5-flash'],
    ['a key that is refused', 'openai', badKey, 'gpt-4o', 'gemini-1.5-flash'],
    [
      'an error under a 200',
      'openai',
      { kind: 'body', body: JSON.stringify((noQuota as { body: unknown }).body) },
      'gpt-4o',
      'gemini-1.5-flash',
    ],
  ])('is followed by the fallback, plain and streamed: %s', async (_name, vendor, fault, model, fallback) => {
    for (const stream of [false, true]) {
      gateway.fakes[vendor].fault(fault);
      const response = await gateway.post(chat, hello(model, { stream }), { 'x-gateway-fallback': fallback });
      expect([
        response.status,
        response.headers.get('x-gateway-provider'),
        response.headers.get('x-gateway-attempts'),
      ]).toEqual([200, 'gemini', '2']);
      await response.text();
    }
  });

  it('is followed by one that refused before and answers now', async () => {
    gateway.fakes.openai.always(badKey);
    for (let i = 0; i < 5; i++) expect((await gateway.post(chat, hello('gpt-4o'), none)).status).toBe(502);
    gateway.fakes.openai.always(undefined);
    gateway.fakes.anthropic.fault(noCredit);
    const response = await gateway.post(chat, hello('claude-haiku-4-5'), { 'x-gateway-fallback': 'gpt-4o' });
    expect([response.status, response.headers.get('x-gateway-provider')]).toEqual([200, 'openai']);
  });

  it.each(['chat', 'messages'] as const)(
    'is followed by the fallback where its first event says so, %s',
    async (dialect) => {
      const event =
        'event: error\ndata: {"type":"error","error":{"type":"billing_error","message":"canary: no credit"}}\n\n';
      gateway.fakes.anthropic.fault({ kind: 'body', body: event, contentType: 'text/event-stream' });
      const response = await gateway.post(
        dialect === 'chat' ? chat : '/v1/messages',
        hello('claude-sonnet-4-6', { stream: true, max_tokens: 50 }),
        { 'x-gateway-fallback': 'gpt-4o' },
      );
      expect(response.headers.get('x-gateway-provider')).toBe('openai');
      expect(await response.text()).not.toContain('canary');
      await eventually(async () => expect(await eventsOf(gateway, '&type=provider.refused_account')).toHaveLength(1));
    },
  );

  it.each(['/v1/chat/completions', '/v1/messages'])(
    'in the middle of a stream is told the operator, and the caller without its words: %s',
    async (path) => {
      const start = {
        type: 'message_start',
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'claude-sonnet-4-6',
          content: [],
          usage: { input_tokens: 3, output_tokens: 1 },
        },
      };
      const events = [
        start,
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
        { type: 'error', error: { type: 'billing_error', message: 'canary: no credit' } },
      ];
      const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
      gateway.fakes.anthropic.fault({ kind: 'body', body, contentType: 'text/event-stream' });
      const response = await gateway.post(path, hello('claude-sonnet-4-6', { stream: true, max_tokens: 50 }), none);
      const text = await response.text();
      expect(text).toContain('Hello');
      expect(text).toContain('rejected the gateway’s account');
      expect(text).not.toContain('canary');
      await eventually(async () =>
        expect(await eventsOf(gateway, '&type=provider.refused_account')).toMatchObject([
          { data: { provider: 'anthropic', reason: 'credit', message: 'canary: no credit' } },
        ]),
      );
    },
  );

  it('is reported to the operator by event, log and status, in the vendor’s words and without the key', async () => {
    gateway.fakes.openai.fault(badKey);
    await gateway.post(chat, hello('gpt-4o'));
    await eventually(async () => {
      const [event] = await eventsOf(gateway, '&type=provider.refused_account');
      expect(event?.data).toMatchObject({
        provider: 'openai',
        reason: 'key',
        status: 401,
        message: 'Incorrect API key provided: [key].',
      });
      expect(await eventsOf(gateway, '&type=provider.down')).toMatchObject([
        { data: { provider: 'openai', message: 'Incorrect API key provided: [key].' } },
      ]);
    });
    expect(await statuses()).toMatchObject({ openai: 'refused', anthropic: 'ok' });
    expect(await json(gateway.get('/status', { accept: 'application/json' }))).toMatchObject({
      providers: [{ id: 'openai', status: 'refused' }, {}, {}],
    });
    expect(await (await gateway.get('/status', { accept: 'text/html' })).text()).toContain('refuses the gateway');
    const log = gateway.logs.join('');
    expect(log).toContain('Incorrect API key provided: [key]');
    expect(log).toContain('Check OPENAI_API_KEY');
    expect(log).not.toContain('canary-openai');
    // And is well again with the first answer.
    expect((await gateway.post(chat, hello('gpt-4o'), none)).status).toBe(200);
    expect(await statuses()).toMatchObject({ openai: 'ok' });
    await eventually(async () => expect(await eventsOf(gateway, '&type=provider.recovered')).toHaveLength(1));
    expect(await eventsOf(gateway, '&type=provider.down')).toHaveLength(1);
  });

  it('is passed over after five times, asked where no other candidate is left, and promises no quick return', async () => {
    gateway.fakes.openai.always(noQuota);
    for (let i = 0; i < 5; i++) await gateway.post(chat, hello('gpt-4o'));
    const passed = await gateway.post(chat, hello('gpt-4o'));
    expect([passed.headers.get('x-gateway-provider'), passed.headers.get('x-gateway-attempts')]).toEqual([
      'anthropic',
      '1',
    ]);
    const refused = await gateway.post(chat, hello('gpt-4o'), none);
    const text = await refused.text();
    expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('x-should-retry')]).toEqual([
      502,
      null,
      'false',
    ]);
    expect(text).not.toMatch(/shortly|quota/);
    const embedding = await gateway.post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi' });
    expect([embedding.status, embedding.headers.get('retry-after')]).toEqual([502, null]);
    gateway.fakes.openai.always(undefined);
    expect((await gateway.post(chat, hello('gpt-4o'), none)).status).toBe(200);
    expect((await gateway.post(chat, hello('gpt-4o'))).headers.get('x-gateway-provider')).toBe('openai');
  });

  it('is 502 without Retry-After where every provider refuses', async () => {
    gateway.fakes.openai.always(badKey);
    gateway.fakes.anthropic.always(noCredit);
    const response = await gateway.post(chat, hello('gpt-4o'), { 'x-gateway-fallback': 'claude-sonnet-4-6' });
    const { error } = await json<{ error: { code: string; message: string; details: { attempts: object[] } } }>(
      Promise.resolve(response),
      502,
    );
    expect(error.code).toBe('provider_error');
    expect(error.message).toMatch(/^All providers failed \(OpenAI: .*; Anthropic: .*\)\.$/);
    expect(error.message).not.toMatch(/shortly|credit|Incorrect/);
    expect(error.details.attempts).toMatchObject([{ error: 'account' }, { error: 'account' }]);
    expect(response.headers.get('retry-after')).toBeNull();
    expect(response.headers.get('x-should-retry')).toBe('false');
  });

  it('is 503 with the busy provider’s Retry-After where another provider is busy', async () => {
    gateway.fakes.openai.fault(badKey);
    gateway.fakes.anthropic.fault({ kind: 'status', status: 529, headers: { 'retry-after': '9' } });
    const response = await gateway.post(chat, hello('gpt-4o'), { 'x-gateway-fallback': 'claude-sonnet-4-6' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '9']);
  });

  it('shows the vendor’s words to the operator’s workspace only', async () => {
    const other = await anotherWorkspace('other');
    await gateway.post(chat, hello('gpt-4o'), other);
    gateway.fakes.openai.fault(badKey);
    await gateway.post(chat, hello('gpt-4o'), other);
    await eventually(async () => expect(await eventsOf(gateway, '&type=provider.refused_account')).toHaveLength(1));
    const { data } = await json<{ data: { type: string; data: object }[] }>(gateway.get('/v1/events', other));
    expect(data.map(({ type }) => type)).not.toContain('provider.refused_account');
    expect(JSON.stringify(data)).not.toContain('Incorrect');
  });

  it('refuses one model without closing the others', async () => {
    gateway.fakes.openai.always(
      status(403, {
        error: { message: 'Project `proj_x` does not have access to model `gpt-6-sol`', code: 'model_not_found' },
      }),
    );
    for (let i = 0; i < 7; i++)
      await gateway.post(chat, hello('gpt-6-sol'), { 'x-gateway-fallback': 'claude-sonnet-4-6' });
    gateway.fakes.openai.always(undefined);
    expect(await statuses()).toMatchObject({ openai: 'ok' });
    expect((await gateway.post(chat, hello('gpt-4o-mini'))).headers.get('x-gateway-provider')).toBe('openai');
    await eventually(async () =>
      expect(await eventsOf(gateway, '&type=provider.refused_account')).toMatchObject([
        { data: { model: 'gpt-6-sol' } },
      ]),
    );
  });
});

it('is announced as recovered after a restart, and may be announced as down again', async () => {
  const secret = { GATEWAY_SECRET: 'ab'.repeat(32) };
  const first = await startTestGateway(secret);
  let second: TestGateway | undefined;
  try {
    first.fakes.openai.fault(badKey);
    await first.post(chat, hello('gpt-4o'));
    await eventually(async () => expect(await eventsOf(first, '&type=provider.down')).toHaveLength(1));
    await first.gateway.stop();
    second = await startTestGateway({ ...secret, DATABASE_URL: first.database.url });
    const after = second;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await eventsOf(after, '&type=provider.recovered')).toHaveLength(0);
    expect((await after.post(chat, hello('gpt-4o'), none)).status).toBe(200);
    await eventually(async () => expect(await eventsOf(after, '&type=provider.recovered')).toHaveLength(1));
    after.fakes.openai.fault(badKey);
    await after.post(chat, hello('gpt-4o'));
    await eventually(async () => expect(await eventsOf(after, '&type=provider.down')).toHaveLength(2));
    expect(await eventsOf(after, '&type=provider.refused_account')).toHaveLength(2);
  } finally {
    await second?.stop();
    await first.stop();
  }
});

describe('each key is tried once at the start', () => {
  it('a refusal is reported before any call meets it', async () => {
    const wrong = await startTestGateway({ OPENAI_API_KEY: 'sk-wrong-9999', GEMINI_API_KEY: 'AIzaWrong9999' });
    try {
      await eventually(async () => {
        const { providers } = await json<{ providers: object[] }>(wrong.get('/v1/me'));
        expect(providers).toEqual([
          { id: 'openai', status: 'refused' },
          { id: 'anthropic', status: 'ok' },
          { id: 'gemini', status: 'refused' },
        ]);
      });
      expect(wrong.logs.join('')).toMatch(
        /OpenAI rejected the gateway's account \(401: Incorrect API key provided: .*\[key\]/,
      );
      for (const fake of [wrong.fakes.openai, wrong.fakes.anthropic, wrong.fakes.gemini]) {
        expect(fake.lists).toHaveLength(1);
        expect(fake.requests).toEqual([]);
      }
    } finally {
      await wrong.stop();
    }
  });
});

describe('limits are per model', () => {
  it.each<['openai' | 'anthropic' | 'gemini', string, string, number]>([
    ['anthropic', 'claude-opus-4-8', 'claude-haiku-4-5', 429],
    ['anthropic', 'claude-opus-4-8', 'claude-haiku-4-5', 529],
    ['openai', 'gpt-4o', 'gpt-4o-mini', 429],
    ['gemini', 'gemini-3.8-flash', 'gemini-3.5-flash-lite', 429],
  ])('%s: a wait for %s is none for %s (%i)', async (vendor, busy, free, code) => {
    gateway.fakes[vendor].fault({ kind: 'status', status: code, headers: { 'retry-after': '12' } });
    expect((await gateway.post(chat, hello(busy), none)).status).toBe(503);
    const coolingDown = await gateway.post(chat, hello(busy), none);
    expect(coolingDown.status).toBe(503);
    expect(Number(coolingDown.headers.get('retry-after'))).toBeGreaterThan(5);
    expect(gateway.fakes[vendor].requests).toHaveLength(1);
    expect((await gateway.post(chat, hello(free), none)).status).toBe(200);
    expect(await statuses()).toMatchObject({ [vendor]: 'ok' });
  });

  it('embeddings and chat do not hold each other up', async () => {
    const embed = () => gateway.post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi' });
    gateway.fakes.openai.fault({ kind: 'status', status: 429, headers: { 'retry-after': '12' } });
    expect((await gateway.post(chat, hello('gpt-4o'), none)).status).toBe(503);
    gateway.fakes.openai.fault({ kind: 'status', status: 429, headers: { 'retry-after': '12' } });
    expect((await embed()).status).toBe(503);
    expect((await embed()).status).toBe(503);
    expect((await gateway.post(chat, hello('gpt-4o-mini'), none)).status).toBe(200);
    expect(gateway.fakes.openai.requests).toHaveLength(3);
  });

  it('five failures of one model leave the others alone', async () => {
    gateway.fakes.openai.fault(...Array.from({ length: 5 }, () => ({ kind: 'status', status: 500 }) as const));
    for (let i = 0; i < 5; i++) await gateway.post(chat, hello('gpt-4o'), none);
    expect((await gateway.post(chat, hello('gpt-4o'), none)).status).toBe(503);
    expect((await gateway.post(chat, hello('gpt-4o-mini'), none)).status).toBe(200);
  });
});

describe('one workspace’s failures are its own', () => {
  it.each<[string, Fault]>([
    ['time-outs', { kind: 'hang' }],
    ['failures', { kind: 'status', status: 500 }],
    ['cut connections', { kind: 'reset' }],
    ['429s that name no wait', { kind: 'status', status: 429 }],
  ])('its %s rest the model for it, and for nobody else', async (_name, fault) => {
    const mallory = await anotherWorkspace('mallory');
    gateway.fakes.openai.fault(...Array.from({ length: 5 }, () => fault));
    await Promise.all(Array.from({ length: 5 }, () => gateway.post(chat, hello('gpt-4o'), { ...mallory, ...none })));
    const asked = gateway.fakes.openai.requests.length;
    expect((await gateway.post(chat, hello('gpt-4o'), { ...mallory, ...none })).status).toBe(503);
    expect(gateway.fakes.openai.requests).toHaveLength(asked);
    expect((await gateway.post(chat, hello('gpt-4o'), none)).status).toBe(200);
    expect(await statuses()).toMatchObject({ openai: 'ok' });
  });

  it('failures of three workspaces open the circuit for all', async () => {
    const others = await Promise.all(['a', 'b', 'c'].map(anotherWorkspace));
    gateway.fakes.openai.always({ kind: 'status', status: 500 });
    for (const other of others)
      for (let i = 0; i < 2; i++) await gateway.post(chat, hello('gpt-4o'), { ...other, ...none });
    const asked = gateway.fakes.openai.requests.length;
    expect((await gateway.post(chat, hello('gpt-4o'), none)).status).toBe(503);
    expect(gateway.fakes.openai.requests).toHaveLength(asked);
    expect(await statuses()).toMatchObject({ openai: 'resting' });
  });

  it('refused connections open the circuit of the account for all', async () => {
    const other = await anotherWorkspace('other');
    await gateway.fakes.openai.stop();
    for (let i = 0; i < 5; i++) await gateway.post(chat, hello('gpt-4o'), { ...other, ...none });
    const response = await gateway.post(chat, hello('gpt-4o-mini'), none);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^(29|30)$/)]);
  });
});
