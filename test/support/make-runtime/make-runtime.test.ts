import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { App, AppComponent } from './load-app.ts';
import { createMakeRuntime, type PollState } from './make-runtime.ts';

let answer: (request: IncomingMessage, response: ServerResponse) => void;
let url: string;
let heard: string[];
const server = createServer((request, response) => {
  heard.push(`${request.method} ${request.url}`);
  answer(request, response);
});

beforeEach(async () => {
  heard = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const send = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

/** An app of one module. */
function appOf(communication: unknown, more: Partial<AppComponent> & { code?: object } = {}): App {
  const { code, ...about } = more;
  const module: AppComponent = { id: 'm', label: 'M', ...about, code: { communication, ...code } };
  const base = { baseUrl: url, response: { error: { message: '[{{statusCode}}] {{body.why}}' } } };
  return { base, groups: [], connection: {}, webhook: {}, module: { m: module }, rpc: { m: module } };
}
const run = (communication: unknown, parameters = {}, code = {}) =>
  createMakeRuntime({ app: appOf(communication, { code }) }).run('m', { parameters });
const form = (...names: string[]) => ({ mappableParams: names.map((name) => ({ name, type: 'any' })) });

describe('a module', () => {
  test('joins the base’s address, headers and query with its own', async () => {
    let headers = {};
    answer = (request, response) => {
      headers = request.headers;
      send(response, { ok: true });
    };
    const app = appOf({
      url: '/a//b',
      headers: { 'X-B': '2', 'X-Gone': '{{undefined}}' },
      qs: { q: 'x y', none: '{{undefined}}' },
    });
    Object.assign(app.base, { headers: { 'X-A': '1', 'X-B': '1' } });
    expect(await createMakeRuntime({ app }).run('m', {})).toEqual([{ ok: true }]);
    expect(heard).toEqual(['GET /a/b?q=x+y']);
    expect(headers).toMatchObject({ 'x-a': '1', 'x-b': '2' });
    expect(headers).not.toHaveProperty('x-gone');
  });

  test('makes several requests in a row, with what it kept in between; the last gives the output', async () => {
    answer = (request, response) => send(response, { at: request.url });
    const steps = [
      { temp: { start: '{{parameters.x}}' } },
      { url: '/{{temp.start}}', response: { temp: { first: '{{body.at}}' } } },
      { url: '/skipped', condition: '{{temp.first == undefined}}' },
      { url: '{{temp.first}}/again', response: { output: { first: '{{temp.first}}', last: '{{body.at}}' } } },
    ];
    expect(await run(steps, { x: 'one' }, form('x'))).toEqual([{ first: '/one', last: '/one/again' }]);
    expect(heard).toEqual(['GET /one', 'GET /one/again']);
  });

  test('goes through pages until it has enough, or there is no more', async () => {
    answer = (request, response) => {
      const page = Number(new URL(request.url ?? '', url).searchParams.get('cursor') ?? 0);
      send(response, { data: [page * 2, page * 2 + 1], next: page < 2 ? page + 1 : null });
    };
    const communication = {
      url: '/',
      qs: { size: 2 },
      response: { iterate: '{{body.data}}', output: { n: '{{item}}' }, limit: '{{parameters.limit}}' },
      pagination: { condition: '{{body.next}}', qs: { cursor: '{{body.next}}' } },
    };
    expect(await run(communication, { limit: 3 }, form('limit'))).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
    expect(heard).toEqual(['GET /?size=2', 'GET /?size=2&cursor=1']);
    expect(await run(communication, {}, form('limit'))).toHaveLength(6);
    await expect(run(communication, { limit: 0 }, form('limit'))).rejects.toMatchObject({
      type: 'InvalidConfigurationError',
    });
  });

  test('gives up on pages that never end', async () => {
    answer = (_, response) => send(response, { data: [1] });
    const endless = { url: '/', response: { iterate: '{{body.data}}' }, pagination: { condition: true } };
    await expect(run(endless)).rejects.toThrow(/More than 50 pages/);
  });

  test('turns a status into the error the app has for it, or else into Make’s own', async () => {
    const error = {
      message: 'other: {{body.why}}',
      type: 'DataError',
      402: { message: 'money', type: '{{body.type}}' },
    };
    const status = (code: number, body: object) => {
      answer = (_, response) => send(response, body, code);
      return run({ url: '/', response: { error } });
    };
    await expect(status(400, { why: 'w' })).rejects.toMatchObject({ type: 'DataError', message: 'other: w' });
    await expect(status(402, { type: 'OutOfSpaceError' })).rejects.toMatchObject({
      type: 'OutOfSpaceError',
      message: 'money',
    });
    await expect(status(402, { type: 'Nonsense' })).rejects.toThrow(/no error type Nonsense/);
    answer = (_, response) => send(response, { ok: false });
    await expect(run({ url: '/', response: { valid: '{{body.ok}}' } })).rejects.toMatchObject({ message: '[200] ' });
    const bare = { ...appOf({ url: '/' }), base: { baseUrl: url } };
    for (const [code, type] of [
      [429, 'RateLimitError'],
      [503, 'ConnectionError'],
      [404, 'RuntimeError'],
    ] as const) {
      answer = (_, response) => send(response, {}, code);
      await expect(createMakeRuntime({ app: bare }).run('m', {})).rejects.toMatchObject({ type });
    }
  });

  test('waits forty seconds unless the base says otherwise', async () => {
    answer = (_, response) => void setTimeout(() => send(response, 1), 300);
    const app = appOf({ url: '/' });
    const hurried = { app, secondMs: 2 };
    await expect(createMakeRuntime(hurried).run('m', {})).rejects.toMatchObject({ type: 'ConnectionError' });
    Object.assign(app.base, { timeout: 300_000 });
    expect(await createMakeRuntime(hurried).run('m', {})).toEqual([1]);
  });

  test('follows redirects with all its headers, unless the app forbids it', async () => {
    const keys: unknown[] = [];
    answer = (request, response) => {
      keys.push(request.headers.authorization);
      if (request.url === '/') response.writeHead(302, { location: '/there' }).end();
      else send(response, 'there');
    };
    const communication = { url: '/', headers: { Authorization: 'key' } };
    expect(await run(communication)).toEqual(['there']);
    expect(keys).toEqual(['key', 'key']);
    const held = { ...communication, followRedirects: false, response: { output: '{{statusCode}}' } };
    expect(await run(held)).toEqual([302]);
    expect(keys).toHaveLength(3);
  });

  test('hides from the log what it is told to', async () => {
    answer = (_, response) => send(response, { token: 't0ken', deep: { secret: 's3cret' } });
    const app = appOf({
      url: '/',
      headers: { Authorization: 'k3y' },
      log: {
        sanitize: [
          'request.headers.authorization',
          'response.body.token',
          'response.body.deep.secret',
          'response.body.no.such',
        ],
      },
    });
    const make = createMakeRuntime({ app });
    expect(await make.run('m', {})).toEqual([{ token: 't0ken', deep: { secret: 's3cret' } }]);
    expect(JSON.stringify(make.log)).not.toMatch(/k3y|t0ken|s3cret/);
  });
});

describe('a polling trigger', () => {
  const communication = {
    url: '/',
    response: {
      iterate: { container: '{{body}}', condition: "{{item.kind == 'yes'}}" },
      output: { id: '{{item.id}}' },
      limit: '{{parameters.limit}}',
      trigger: { type: 'date', order: 'desc', id: '{{item.id}}', date: '{{item.at}}' },
    },
  };
  const at = (second: number) => `2026-11-01T08:00:0${second}.000Z`;

  test('gives what is new, oldest first, never twice, also of one moment, and passes over nothing', async () => {
    const rows = [
      { id: 'd', at: at(2), kind: 'yes' },
      { id: 'c', at: at(2), kind: 'yes' },
      { id: 'b', at: at(1), kind: 'no' },
      { id: 'a', at: at(0), kind: 'yes' },
    ];
    answer = (_, response) => send(response, rows);
    const make = createMakeRuntime({ app: appOf(communication, { code: form('limit') }) });
    const state: PollState = {};
    const poll = async (limit: number) =>
      ((await make.poll('m', { parameters: { limit }, state })) as { id: string }[]).map(({ id }) => id);
    expect(await poll(1)).toEqual(['a']);
    const [first] = await poll(1);
    const [second] = await poll(1);
    expect([first, second].toSorted()).toEqual(['c', 'd']);
    expect(await poll(5)).toEqual([]);
    rows.unshift({ id: 'e', at: at(3), kind: 'yes' });
    expect(await poll(5)).toEqual(['e']);
  });
});

describe('an app that is wrong', () => {
  test('has no such module, or a form without the field', async () => {
    await expect(createMakeRuntime({ app: appOf({}) }).run('n', {})).rejects.toThrow(/no component n/);
    await expect(run({}, { x: 1 })).rejects.toThrow(/no field x/);
  });

  test('sends what Make’s way of sending is not known for', async () => {
    answer = (_, response) => send(response, {});
    await expect(run({ url: '/', qs: { list: '{{emptyarray}}' } })).rejects.toThrow(/"list".*not established/);
    await expect(run({ url: '/', method: 'POST', type: 'multipart/form-data', body: {} })).rejects.toThrow(
      /multipart\/form-data/,
    );
    await expect(run({ url: '/', response: { iterate: '{{body}}' } })).rejects.toThrow(/is no list/);
  });
});
