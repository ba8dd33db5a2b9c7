import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ChatChunk, type Client, createClient, type Receipt } from './client.ts';
import { isGatewayError } from './errors.ts';
import type { Transport } from './transport.ts';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

let server: Server;
let origin: string;
let seen: Seen[];
let answer: (res: ServerResponse) => void;
let client: Client;

beforeAll(async () => {
  server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += String(chunk);
    seen.push({ method: req.method, url: req.url, headers: req.headers, body });
    answer(res);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
  seen = [];
  answer = json(200, { data: [], next_cursor: null });
  client = createClient({ baseUrl: origin, apiKey: 'gw_test_key' });
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function json(status: number, body: unknown, headers: Record<string, string> = {}) {
  return (res: ServerResponse) =>
    res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

const question = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hi' }] };
const chunk = (content: string) =>
  `data: ${JSON.stringify({ id: 'c', model: 'gpt-4o', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;

describe('a call', () => {
  test('puts what names a thing into the path, and the rest into the query of a GET', async () => {
    await client.call('usage.requests', { client_id: 'Müller & Söhne', limit: 10, status: undefined });
    expect(seen[0]).toMatchObject({
      method: 'GET',
      url: `/v1/usage/requests?client_id=${encodeURIComponent('Müller & Söhne')}&limit=10`,
      body: '',
    });
    expect(seen[0]?.headers['content-type']).toBeUndefined();
  });

  test('puts what is left of a change into its body', async () => {
    await client.call('providers.update', { id: 'prov_1', api_key: 'secret' });
    expect(seen[0]).toMatchObject({ method: 'PATCH', url: '/v1/providers/prov_1' });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ api_key: 'secret' });
  });

  test('gives the headers of a good answer to a caller that asks for them', async () => {
    answer = json(200, { data: [], next_cursor: null }, { 'X-Gateway-Cost-USD': '0.25' });
    const reported: Readonly<Record<string, string | undefined>>[] = [];
    await client.call('clients.list', {}, { onHeaders: (headers) => reported.push(headers) });
    expect(reported).toMatchObject([{ 'x-gateway-cost-usd': '0.25' }]);
  });

  test('tells no headers of a refusal', async () => {
    answer = json(402, { error: { message: 'Spent.', code: 'budget_exceeded' } });
    const reported: unknown[] = [];
    await expect(
      client.call('clients.list', {}, { onHeaders: (headers) => reported.push(headers) }),
    ).rejects.toMatchObject({ code: 'budget_exceeded' });
    expect(reported).toEqual([]);
  });

  test('carries the key, and the headers it was given: the nearest win', async () => {
    const tagged = createClient({
      baseUrl: origin,
      apiKey: ' gw_live_key\n',
      headers: { 'X-Client-ID': 'acme', 'X-Project': 'x' },
    });
    await tagged.call('me.get', {}, { headers: { 'X-Project': 'y' } });
    expect(seen[0]?.headers).toMatchObject({
      authorization: 'Bearer gw_live_key',
      'x-client-id': 'acme',
      'x-project': 'y',
    });
  });

  test('sends no key of its own where the transport signs', async () => {
    await createClient({ baseUrl: origin }).call('me.get', {});
    expect(seen[0]?.headers.authorization).toBeUndefined();
  });

  test('keeps a model’s name whole, slash and all', async () => {
    await client.call('models.get', { id: 'openai/gpt-4o' });
    expect(seen[0]?.url).toBe('/v1/models/openai%2Fgpt-4o');
  });

  test.each(['', '.', '..'])('with the id %j is not sent: it would be another path', async (id) => {
    await expect(client.call('keys.revoke', { id })).rejects.toMatchObject({ code: 'invalid_request', param: 'id' });
    expect(seen).toEqual([]);
  });

  test('with a map for a body sends the map', async () => {
    await client.call('fallbacks.set', { 'gpt-4o': ['claude-sonnet-5'] });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ 'gpt-4o': ['claude-sonnet-5'] });
  });

  test('that answers nothing gives null', async () => {
    answer = (res) => res.writeHead(204).end();
    expect(await client.call('keys.revoke', { id: 'key_1' })).toBeNull();
  });

  test('gives the answer as it came, newer fields included', async () => {
    answer = json(200, { data: [], next_cursor: null, totals: { cost_usd: 0.000000001 } });
    expect(await client.call('usage.requests', {})).toEqual({
      data: [],
      next_cursor: null,
      totals: { cost_usd: 1e-9 },
    });
  });
});

describe('the base URL', () => {
  test.each(['', '/', '/v1', '/v1/', '///', '/v1//'])('may end in %j', async (end) => {
    await createClient({ baseUrl: ` ${origin}${end} `, apiKey: 'k' }).call('me.get', {});
    expect(seen[0]?.url).toBe('/v1/me');
  });

  test('may carry tags', async () => {
    await createClient({ baseUrl: `${origin}/t/client=acme,scenario=42/v1`, apiKey: 'k' }).call('me.get', {});
    expect(seen[0]?.url).toBe('/t/client=acme,scenario=42/v1/me');
  });

  test.each(['', 'gateway.example', 'ftp://gateway.example', 'https://', 'https://host/?a=1', 'https://a b'])(
    '%j is refused before anything is sent',
    (baseUrl) => {
      expect(() => createClient({ baseUrl, apiKey: 'k' })).toThrow(/https:\/\/HOST/);
    },
  );
});

describe('a refusal', () => {
  test('is thrown as the error it is, with what helps to act on it', async () => {
    answer = json(
      429,
      {
        error: {
          message: 'Wait.',
          type: 'rate_limit_error',
          param: null,
          code: 'rate_limited',
          details: { per: 'key' },
        },
      },
      { 'retry-after': '7', 'x-request-id': 'req_1' },
    );
    const error = await client.call('chat.complete', question).catch((thrown: unknown) => thrown);
    expect(isGatewayError(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'rate_limited',
      status: 429,
      message: 'Wait.',
      details: { per: 'key' },
      retryAfterSeconds: 7,
      requestId: 'req_1',
    });
  });

  test('in Anthropic’s shape is read as well', async () => {
    answer = json(404, {
      type: 'error',
      error: { type: 'not_found_error', message: 'No such model.', code: 'model_not_found' },
      request_id: 'req_2',
    });
    await expect(
      client.call('messages.create', { model: 'x', max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] }),
    ).rejects.toMatchObject({ code: 'model_not_found', message: 'No such model.' });
  });

  test('of a proxy in between is one of the gateway’s codes too', async () => {
    answer = (res) => res.writeHead(503, { 'content-type': 'text/html' }).end('<h1>Service unavailable</h1>');
    await expect(client.call('me.get', {})).rejects.toMatchObject({ code: 'service_unavailable', status: 503 });
  });

  test('is told of a web page that is no gateway', async () => {
    answer = (res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>');
    await expect(client.call('me.get', {})).rejects.toThrow(/Is the base URL right\?/);
  });

  test('of the network comes through as it is', async () => {
    const down: Transport = () => Promise.reject(new TypeError('fetch failed'));
    const thrown = createClient({ baseUrl: origin, transport: down }).call('me.get', {});
    await expect(thrown).rejects.toThrow(TypeError);
  });
});

describe('a stream', () => {
  async function readAll(from: AsyncIterable<ChatChunk>): Promise<string> {
    let text = '';
    for await (const { choices } of from) text += choices[0]?.delta.content ?? '';
    return text;
  }

  test('gives its chunks, and tells what they cost', async () => {
    answer = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(chunk('Hel'));
      res.end(`${chunk('lo')}: gateway {"cost_usd":0.0001,"budget_remaining_usd":4.2}\n\ndata: [DONE]\n\n`);
    };
    const receipts: Receipt[] = [];
    expect(await readAll(client.stream(question, { onReceipt: (receipt) => receipts.push(receipt) }))).toBe('Hello');
    expect(receipts).toEqual([{ cost_usd: 0.0001, budget_remaining_usd: 4.2 }]);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ ...question, stream: true });
  });

  test('reads the same from a transport that has the whole text at once', async () => {
    const whole: Transport = () =>
      Promise.resolve({ status: 200, headers: {}, body: `${chunk('Hello')}data: [DONE]\n\n` });
    expect(await readAll(createClient({ baseUrl: origin, transport: whole }).stream(question))).toBe('Hello');
  });

  test('that breaks off is not taken for a whole answer', async () => {
    answer = (res) => res.writeHead(200, { 'content-type': 'text/event-stream' }).end(chunk('Hel'));
    await expect(readAll(client.stream(question))).rejects.toMatchObject({ code: 'provider_error' });
  });

  test('that says it failed throws what it says', async () => {
    answer = (res) =>
      res
        .writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_3' })
        .end(
          `${chunk('Hel')}data: {"error":{"message":"Silent.","type":"server_error","param":null,"code":"provider_timeout"}}\n\n`,
        );
    await expect(readAll(client.stream(question))).rejects.toMatchObject({
      code: 'provider_timeout',
      status: 504,
      message: 'Silent.',
      requestId: 'req_3',
    });
  });

  test('that is refused throws before its first chunk', async () => {
    answer = json(402, { error: { message: 'No money left.', type: 'x', param: null, code: 'budget_exceeded' } });
    await expect(readAll(client.stream(question))).rejects.toMatchObject({ code: 'budget_exceeded', status: 402 });
  });

  test('that nobody reads on hangs up, so that the rest is not paid for', async () => {
    const hungUp = new Promise<void>((resolve) => {
      answer = (res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.write(chunk('Hel'));
        res.once('close', () => resolve());
      };
    });
    for await (const first of client.stream(question)) {
      expect(first.choices[0]?.delta.content).toBe('Hel');
      break;
    }
    await hungUp;
  });
});

describe('a request the contract does not know', () => {
  test('goes to the same gateway with the same key', async () => {
    answer = json(200, { fine: true });
    expect(await client.request({ method: 'PUT', path: '/v1/tomorrow?x=1', body: { a: 1 } })).toEqual({ fine: true });
    expect(seen[0]).toMatchObject({ method: 'PUT', url: '/v1/tomorrow?x=1', body: '{"a":1}' });
    expect(seen[0]?.headers.authorization).toBe('Bearer gw_test_key');
  });

  test('answers null where there is no body', async () => {
    answer = (res) => res.writeHead(204).end();
    expect(await client.request({ method: 'DELETE', path: '/v1/budgets/bud_1' })).toBeNull();
  });

  test('is refused as any other', async () => {
    answer = json(423, { error: { message: 'Paused.', code: 'scenario_paused' } });
    await expect(client.request({ method: 'GET', path: '/v1/x' })).rejects.toMatchObject({ code: 'scenario_paused' });
  });

  test.each(['v1/models', '@evil.example/v1', '.evil.example', '', '/v1/a b'])(
    'never leaves the gateway: %j is no path',
    async (path) => {
      await expect(client.request({ method: 'GET', path })).rejects.toMatchObject({
        code: 'invalid_request',
        param: 'path',
      });
      expect(seen).toEqual([]);
    },
  );
});
