import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { App, AppComponent } from './load-app.ts';
import { createMakeRuntime, type PollState } from './make-runtime.ts';

// The runtime itself, by an app of a few lines and a server that answers what a test tells it to.
interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}
interface Reply {
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  text?: string;
  afterMs?: number;
}

let server: Server;
let url = '';
const received: Received[] = [];
const replies: Reply[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    received.push({ method, url: path, headers, body: await text(request) });
    const { status = 200, headers: more = {}, json, text: plain = '', afterMs = 0 } = replies.shift() ?? { json: {} };
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    const type = json === undefined ? 'text/plain' : 'application/json';
    response
      .writeHead(status, { 'content-type': type, ...more })
      .end(json === undefined ? plain : JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  received.length = 0;
  replies.length = 0;
});

const base = {
  baseUrl: '{{connection.url}}',
  headers: { authorization: 'Bearer {{connection.key}}', 'x-scenario': '{{scenario.id}}', 'x-run': '{{executionId}}' },
  response: {
    error: {
      message: '[{{statusCode}}] {{body.why}}',
      type: 'RuntimeError',
      429: { message: 'Wait', type: 'RateLimitError' },
    },
  },
  log: { sanitize: ['request.headers.authorization'] },
};

const component = (id: string, code: object, about: object = {}): AppComponent =>
  ({ id, label: id, connection: 'account', ...about, code }) as AppComponent;

const app = (parts: Partial<App>): App => ({
  base,
  groups: [],
  connection: {
    account: component(
      'account',
      {
        communication: {
          url: '{{parameters.url}}/me',
          response: { data: { team: '{{body.team}}' }, metadata: { value: '{{body.name}}' } },
        },
        params: [
          { name: 'url', type: 'url', required: true },
          { name: 'key', type: 'password', required: true },
        ],
      },
      { connection: null },
    ),
  },
  webhook: {},
  module: {},
  rpc: {},
  ...parts,
});

const connection = () => ({ values: { url, key: 'secret' }, label: 'x' });
const withModule = (communication: object, more: object = {}, settings: object = {}) => {
  const runtime = createMakeRuntime({
    app: app({ module: { mine: component('mine', { communication, ...more }) } }),
    scenario: { id: 7, organizationId: 8 },
    executionId: 'run',
    ...settings,
  });
  return { runtime, run: (parameters = {}) => runtime.run('mine', { connection: connection(), parameters }) };
};

describe('a connection', () => {
  test('asks who it is, keeps what was filled in and what the answer adds, and has a name', async () => {
    replies.push({ json: { name: 'Ada', team: 3 } });
    const runtime = createMakeRuntime({ app: app({}) });
    expect(await runtime.connect('account', { url, key: 'k' })).toEqual({
      values: { url, key: 'k', team: 3 },
      label: 'Ada',
    });
    // Connections do not inherit the base of modules.
    expect(received[0]?.headers.authorization).toBeUndefined();
  });
});

describe('a module', () => {
  test('inherits address and headers, sends JSON, and leaves out what is undefined', async () => {
    replies.push({ json: { id: 1 } });
    const { run } = withModule(
      {
        url: '/things',
        method: 'POST',
        qs: { a: 'b c', none: '{{undefined}}' },
        body: { name: '{{parameters.name}}', x: '{{undefined}}' },
      },
      { mappableParams: [{ name: 'name', type: 'text' }] },
    );
    expect(await run({ name: 'Ada' })).toEqual([{ id: 1 }]);
    expect(received[0]).toMatchObject({
      method: 'POST',
      url: '/things?a=b+c',
      body: '{"name":"Ada"}',
      headers: {
        authorization: 'Bearer secret',
        'x-scenario': '7',
        'x-run': 'run',
        'content-type': 'application/json',
      },
    });
  });

  test('of several requests the last gives the output; what the others put aside is there', async () => {
    replies.push({ json: { token: 't' } }, { json: { ok: true } });
    const { run } = withModule([
      { temp: { word: 'hi' } },
      { url: '/login', response: { temp: { token: '{{body.token}}' } } },
      {
        url: '/do',
        qs: { token: '{{temp.token}}', word: '{{temp.word}}' },
        response: { output: { done: '{{body.ok}}' } },
      },
    ]);
    expect(await run()).toEqual([{ done: true }]);
    expect(received.map((request) => request.url)).toEqual(['/login', '/do?token=t&word=hi']);
  });

  test('asks for pages until it has enough', async () => {
    const { run } = withModule(
      {
        url: '/rows',
        response: {
          iterate: { container: '{{body.data}}', condition: '{{item.n != 2}}' },
          output: '{{item.n}}',
          limit: '{{parameters.limit}}',
        },
        pagination: { condition: '{{body.next}}', qs: { cursor: '{{body.next}}' } },
      },
      { mappableParams: [{ name: 'limit', type: 'uinteger' }] },
    );
    const pages: Reply[] = [
      { json: { data: [{ n: 1 }, { n: 2 }], next: 'p2' } },
      { json: { data: [{ n: 3 }], next: 'p3' } },
      { json: { data: [{ n: 4 }] } },
    ];
    replies.push(...pages);
    expect(await run()).toEqual([1, 3, 4]);
    expect(received.map((request) => request.url)).toEqual(['/rows', '/rows?cursor=p2', '/rows?cursor=p3']);
    received.length = 0;
    replies.push(...pages);
    expect(await run({ limit: 2 })).toEqual([1, 3]);
    expect(received).toHaveLength(2);
    replies.length = 0;
  });

  test('whose condition does not hold asks nothing', async () => {
    expect(await withModule({ url: '/x', condition: '{{1 > 2}}' }).run()).toEqual([]);
    expect(received).toEqual([]);
  });

  test('fails by the type and the words of its app; 429 its own', async () => {
    const { run } = withModule({ url: '/x' });
    replies.push({ status: 500, json: { why: 'Broken' } }, { status: 429, json: {} });
    await expect(run()).rejects.toMatchObject({ type: 'RuntimeError', message: '[500] Broken', deactivates: false });
    await expect(run()).rejects.toMatchObject({ type: 'RateLimitError', message: 'Wait' });
    const choosy = withModule({
      url: '/x',
      response: { valid: '{{body.ok}}', error: { message: 'No', type: 'InvalidConfigurationError' } },
    });
    replies.push({ json: { ok: false } });
    await expect(choosy.run()).rejects.toMatchObject({ type: 'InvalidConfigurationError', deactivates: true });
  });

  test('takes a type Make does not have for a mistake of the app', async () => {
    replies.push({ status: 400, json: {} });
    const { run } = withModule({ url: '/x', response: { error: { message: 'No', type: 'BudgetError' } } });
    await expect(run()).rejects.toThrow(/no error type BudgetError/);
  });

  test('waits as long as its app says, and not longer', async () => {
    replies.push({ afterMs: 200, json: {} });
    const { run } = withModule({ url: '/slow' }, {}, { secondMs: 1 });
    await expect(run()).rejects.toMatchObject({
      type: 'ConnectionError',
      message: expect.stringMatching(/timed out after 40 ms/),
    });
  });

  test('follows a redirect with all its headers, unless its app says no', async () => {
    replies.push({ status: 302, headers: { location: '/there' } }, { json: { at: 'there' } });
    expect(await withModule({ url: '/here' }).run()).toEqual([{ at: 'there' }]);
    expect(received[1]?.headers.authorization).toBe('Bearer secret');
    replies.push({ status: 302, headers: { location: '/there' }, text: 'moved' });
    expect(await withModule({ url: '/here', followRedirect: false, followRedirects: false }).run()).toEqual(['moved']);
    // Which of the two spellings Make reads is not established: one alone holds nothing back.
    for (const one of ['followRedirect', 'followRedirects']) {
      replies.push({ status: 302, headers: { location: '/there' } }, { json: { at: 'there' } });
      expect(await withModule({ url: '/here', [one]: false }).run()).toEqual([{ at: 'there' }]);
    }
  });

  test('keeps out of the log what its app says', async () => {
    const { runtime, run } = withModule({ url: '/x', log: { sanitize: ['response.body.token'] } });
    replies.push({ json: { token: 't-1', other: 'shown' } });
    expect(await run()).toEqual([{ token: 't-1', other: 'shown' }]);
    expect(JSON.stringify(runtime.log)).not.toMatch(/secret|t-1/);
    expect(JSON.stringify(runtime.log)).toContain('shown');
  });

  test('is over at a page without records', async () => {
    const paged = {
      url: '/',
      response: { iterate: { container: '{{body.data}}', condition: '{{item.mine}}' } },
      pagination: { condition: '{{body.next}}', qs: { cursor: '{{body.next}}' } },
    };
    replies.push({ json: { data: [{ mine: false }], next: 'p2' } });
    expect(await withModule(paged).run()).toEqual([]);
    expect(received).toHaveLength(1);
  });

  test('repeats the name of a list in the query', async () => {
    await withModule({ url: '/', qs: { type: ['a b', 'c'], none: '{{emptyarray}}' } }).run();
    expect(received[0]?.url).toBe('/?type=a+b&type=c');
  });

  test.each(['{{undefined}}', '{{null}}', '{{0}}', "{{''}}", false])(
    'is over where its base says that %s is valid, also in a step that asks nothing',
    async (valid) => {
      const strict = { ...base, response: { ...base.response, valid } };
      const steps = [{ temp: { a: 'b' } }, { url: '/x' }];
      const runtime = createMakeRuntime({
        app: { ...app({ module: { mine: component('mine', { communication: steps }) } }), base: strict },
      });
      await expect(runtime.run('mine', { connection: connection() })).rejects.toMatchObject({ type: 'RuntimeError' });
      expect(received).toEqual([]);
    },
  );

  test('may say in `valid` itself what went wrong', async () => {
    const own = { condition: '{{body.ok}}', message: 'Not ok', type: 'DataError' };
    replies.push({ json: { ok: false } });
    await expect(withModule({ url: '/', response: { valid: own } }).run()).rejects.toMatchObject({
      type: 'DataError',
      message: 'Not ok',
    });
  });

  test('that spreads a name and sets it is a mistake of the app', async () => {
    replies.push({ json: { a: 1 } });
    const both = { url: '/', response: { output: { '{{...}}': '{{body}}', a: 2 } } };
    await expect(withModule(both).run()).rejects.toThrow(/"a" is spread and set/);
  });

  test('gives up on pages that never end', async () => {
    const endless = { url: '/', response: { iterate: '{{body.data}}' }, pagination: { condition: true } };
    replies.push(...Array.from({ length: 60 }, () => ({ json: { data: [1] } })));
    await expect(withModule(endless).run()).rejects.toThrow(/More than 50 pages/);
  });

  test('that sends what Make’s way of sending is not known for is a mistake of the app', async () => {
    await expect(withModule({ url: '/', qs: { one: '{{temp}}' } }).run()).rejects.toThrow(/"one".*not established/);
    const form = { url: '/', method: 'POST', type: 'multipart/form-data', body: {} };
    await expect(withModule(form).run()).rejects.toThrow(/multipart\/form-data/);
    replies.push({ json: { no: 'list' } });
    await expect(withModule({ url: '/', response: { iterate: '{{body}}' } }).run()).rejects.toThrow(/is no list/);
  });

  test('takes a status below 400 for good, unless its app says no', async () => {
    replies.push({ json: { ok: false } }, { json: { ok: false, why: 'not today' } });
    expect(await withModule({ url: '/' }).run()).toEqual([{ ok: false }]);
    const strict = { url: '/', response: { valid: '{{body.ok}}' } };
    await expect(withModule(strict).run()).rejects.toThrow('[200] not today');
  });

  test('without a connection, or without a component of that name, is a mistake of the test', async () => {
    const { runtime } = withModule({ url: '/x' });
    await expect(runtime.run('mine', {})).rejects.toThrow(/needs a connection/);
    await expect(runtime.run('other', {})).rejects.toThrow(/no component other/);
  });
});

test('a drop-down is filled where no scenario runs: there are no tags', async () => {
  replies.push({ json: { data: [{ id: 1 }] } });
  const rpc = component('things', {
    communication: {
      url: '/things',
      response: { iterate: '{{body.data}}', output: { label: 'No. {{item.id}}', value: '{{item.id}}' } },
    },
  });
  const runtime = createMakeRuntime({ app: app({ rpc: { things: rpc } }), scenario: { id: 7, organizationId: 8 } });
  expect(await runtime.options('things', { connection: connection() })).toEqual([{ label: 'No. 1', value: 1 }]);
  expect(received[0]?.headers['x-scenario']).toBeUndefined();
});

describe('polling', () => {
  const trigger = {
    communication: {
      url: '/events',
      response: {
        iterate: '{{body.data}}',
        output: '{{item.id}}',
        limit: '{{parameters.limit}}',
        trigger: { type: 'date', order: 'desc', id: '{{item.id}}', date: '{{item.at}}' },
      },
      pagination: { condition: '{{body.next}}', qs: { cursor: '{{body.next}}' } },
    },
    staticParams: [{ name: 'limit', type: 'uinteger', default: 10 }],
    epoch: { response: { limit: 300, output: { label: 'Event {{item.id}}', date: '{{item.at}}' } } },
  };
  const events = (...ids: string[]) => ids.map((id) => ({ id, at: `2026-11-01T08:00:0${id[1]}.000Z` }));

  test('gives what is new, oldest first; two of the same moment are told apart', async () => {
    const { runtime } = withModule(trigger.communication, trigger);
    const state: PollState = {};
    const poll = (limit = 10) => runtime.poll('mine', { connection: connection(), parameters: { limit }, state });
    replies.push({ json: { data: events('c2', 'b1', 'a1') } });
    const first = await poll();
    expect(first.toSorted()).toEqual(['a1', 'b1', 'c2']);
    expect(first.at(-1)).toBe('c2');
    replies.push({ json: { data: events('d2', 'c2', 'b1', 'a1') } });
    expect(await poll()).toEqual(['d2']);
    replies.push({ json: { data: events('d2', 'c2', 'b1', 'a1'), next: 'p2' } });
    expect(await poll()).toEqual([]);
    // Newest first: where an old one is met there is nothing new behind it.
    expect(received).toHaveLength(3);
  });

  test('gives no more in a run than asked for, and the rest in the next', async () => {
    const { runtime } = withModule(trigger.communication, trigger);
    const state: PollState = {};
    const poll = () => runtime.poll('mine', { connection: connection(), parameters: { limit: 1 }, state });
    const all = { json: { data: events('c3', 'b2', 'a1') } };
    replies.push(all, all, all, all);
    expect([await poll(), await poll(), await poll(), await poll()]).toEqual([['a1'], ['b2'], ['c3'], []]);
  });

  // It went wrong: the runtime stopped at the first item it knew, and never came to the other one of that moment.
  test('gives both of one moment, also one at a time, and passes over what its condition leaves out', async () => {
    const iterate = { container: '{{body.data}}', condition: "{{item.id != 'b1'}}" };
    const response = { ...trigger.communication.response, iterate };
    const communication = { ...trigger.communication, response };
    const { runtime } = withModule(communication, { ...trigger, communication });
    const state: PollState = {};
    const poll = () => runtime.poll('mine', { connection: connection(), parameters: { limit: 1 }, state });
    const all = { json: { data: events('d2', 'c2', 'b1', 'a0') } };
    replies.push(all, all, all, all);
    const found = [await poll(), await poll(), await poll(), await poll()];
    expect(found.map((ids) => ids.length)).toEqual([1, 1, 1, 0]);
    expect(found[0]).toEqual(['a0']);
    expect(found.flat().toSorted()).toEqual(['a0', 'c2', 'd2']);
  });

  test('offers a list to choose the start from', async () => {
    const { runtime } = withModule(trigger.communication, trigger);
    replies.push({ json: { data: events('a1') } });
    expect(await runtime.epoch('mine', { connection: connection() })).toEqual([
      { label: 'Event a1', date: '2026-11-01T08:00:01.000Z' },
    ]);
  });
});

describe('a webhook', () => {
  const hooked = () =>
    createMakeRuntime({
      app: app({
        webhook: {
          hook: component('hook', {
            params: [{ name: 'client', type: 'text' }],
            attach: {
              url: '{{connection.url}}/hooks',
              method: 'POST',
              body: { url: '{{webhook.url}}', client: '{{parameters.client}}' },
              response: { data: { remote: '{{body.id}}', token: '{{body.token}}' } },
            },
            detach: { url: '{{connection.url}}/hooks/{{webhook.remote}}', method: 'DELETE' },
            communication: {
              verification: {
                condition: '{{if(body.challenge, true, false)}}',
                respond: { status: 202, body: 'here' },
              },
              condition: "{{headers.token == data.token && body.type == 'mine'}}",
              output: { what: '{{body.what}}' },
              respond: { status: 202, body: { ok: true } },
            },
          }),
        },
        module: {
          plain: component('plain', { communication: {} }, { connection: null, webhook: 'hook' }),
          shaped: component(
            'shaped',
            { communication: { response: { output: 'It was {{payload.what}}' } } },
            { connection: null, webhook: 'hook' },
          ),
          deaf: component('deaf', { communication: {} }, { connection: null, webhook: 'another' }),
        },
      }),
    });

  test('is attached, delivered to and detached', async () => {
    const runtime = hooked();
    replies.push({ json: { id: 9, token: 'tok' } });
    const hook = await runtime.attach('hook', {
      connection: connection(),
      url: 'https://hook.example.com/1',
      parameters: { client: 'acme' },
    });
    expect(hook.values).toMatchObject({ remote: 9, token: 'tok', url: 'https://hook.example.com/1' });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ url: 'https://hook.example.com/1', client: 'acme' });

    const body = { type: 'mine', what: 'good' };
    const headers = { token: 'tok' };
    expect(await runtime.deliver('plain', hook, { headers, body })).toEqual({
      response: { status: 202, body: { ok: true } },
      bundles: [{ what: 'good' }],
    });
    expect((await runtime.deliver('shaped', hook, { headers, body })).bundles).toEqual(['It was good']);
    for (const [sent, kind] of [
      [{ token: 'other' }, 'mine'],
      [headers, 'ping'],
    ] as const)
      expect(await runtime.deliver('plain', hook, { headers: sent, body: { type: kind } })).toEqual({
        response: { status: 200, body: 'Accepted' },
        bundles: [],
      });
    // A handshake is answered, and starts nothing.
    expect(await runtime.deliver('plain', hook, { headers, body: { ...body, challenge: 'x' } })).toEqual({
      response: { status: 202, body: 'here' },
      bundles: [],
    });
    await expect(runtime.deliver('deaf', hook, { headers, body })).rejects.toThrow(/does not listen/);

    replies.push({ status: 204 });
    await runtime.detach(hook);
    expect(received.at(-1)).toMatchObject({ method: 'DELETE', url: '/hooks/9' });
  });

  test('that was refused is not there', async () => {
    replies.push({ status: 403, json: {} });
    await expect(hooked().attach('hook', { connection: connection(), url: 'https://x' })).rejects.toMatchObject({
      type: 'RuntimeError',
    });
  });
});

describe('fields that an RPC gives', () => {
  const choosing = {
    name: 'thing',
    type: 'select',
    options: {
      store: 'rpc://things',
      nested: [{ name: 'values', type: 'collection', spec: ['rpc://fields'] }],
    },
  };
  const fields = component('fields', {
    communication: {
      url: '/things/{{parameters.thing}}/fields',
      response: { iterate: '{{body.data}}', output: '{{item}}' },
    },
  });
  const runtime = () =>
    createMakeRuntime({
      app: app({
        module: {
          mine: component('mine', {
            communication: { url: '/run', method: 'POST', body: '{{parameters.values}}' },
            mappableParams: [choosing],
          }),
        },
        rpc: { fields },
      }),
    });
  const size = { name: 'size', type: 'number', required: true };

  test('appear once something is chosen, are asked for with what is chosen, and are read by their types', async () => {
    const make = runtime();
    expect(await make.form('mine', { connection: connection(), parameters: {} })).toMatchObject([
      { name: 'thing', options: { store: 'rpc://things', nested: [] } },
    ]);
    expect(received).toEqual([]);
    replies.push({ json: { data: [size] } }, { json: {} });
    await make.run('mine', { connection: connection(), parameters: { thing: 'a', values: { size: '5' } } });
    expect(received).toMatchObject([{ url: '/things/a/fields' }, { url: '/run', body: '{"size":5}' }]);
  });

  test('are refused where Make refuses them: a value that is missing, a field that is not theirs', async () => {
    for (const [values, message] of [
      [{}, /Missing value of required parameter 'size'/],
      [{ size: 1, colour: 'red' }, /no field colour/],
    ] as const) {
      replies.push({ json: { data: [size] } });
      const run = runtime().run('mine', { connection: connection(), parameters: { thing: 'a', values } });
      await expect(run).rejects.toThrow(message);
    }
  });

  test.each([
    [{ name: 'size', type: 'string' }, /type string, which Make does not have/],
    [{ type: 'text' }, /without a name/],
    [{ name: 'kind', type: 'select', options: [] as string[] | undefined }, undefined],
    [{ name: 'kind', type: 'select' }, /nothing to choose/],
  ])('need a name and a type of Make’s: %j', async (field, message) => {
    replies.push({ json: { data: [field] } });
    const form = runtime().form('mine', { connection: connection(), parameters: { thing: 'a' } });
    if (message === undefined) await expect(form).resolves.toHaveLength(1);
    else await expect(form).rejects.toThrow(message);
  });
});
