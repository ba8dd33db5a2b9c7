import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { browser, firstPerson, type Person, tokenOf } from '../support/person.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

/** Everybody who may come to the door of a portal, and those who may not. */
let gateway: TestGateway;
let ada: Person;
let token: string;

const newToken = async (client: string): Promise<string> => {
  const { url } = await json<{ url: string }>(gateway.post(`/v1/clients/${client}/links`, { name: 'Jane' }), 201);
  return new URL(url).hash.slice(1);
};
const open = (body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${gateway.url}/portal/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const cookieOf = (answer: Response): string => answer.headers.get('set-cookie')?.split(';')[0] ?? '';

/** By a Host header that `fetch` does not let through. */
function statusAt(host: string, path: string, cookie = ''): Promise<number | undefined> {
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers: { host, cookie } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

beforeAll(async () => {
  gateway = await startTestGateway();
  for (const client of ['acme', 'globex']) {
    await json(gateway.post(chat, hello(), { 'x-client-id': client }));
    await json(gateway.send('PUT', `/v1/clients/${client}`, { name: `${client} Ltd`, markup_percent: 20 }));
  }
  ada = await firstPerson(gateway);
  token = await newToken('acme');
});
afterAll(() => gateway.stop());

describe('a person of a client', () => {
  let jane: Person;
  beforeAll(async () => {
    const invitation = { email: 'jane@acme.example', role: 'client', client_id: 'acme' };
    const { url } = await json<{ url: string }>(gateway.post('/v1/invitations', invitation), 201);
    jane = browser(gateway);
    await json(jane.send('POST', '/auth/link', { token: tokenOf(url), name: 'Jane' }));
  });

  it('sees the portal of that client, all parts of it, and nothing on /v1 but the session', async () => {
    expect(await json(jane.get('/portal/api/overview'))).toMatchObject({
      client: { id: 'acme', name: 'acme Ltd' },
      shows: ['usage', 'scenarios', 'budget', 'invoices'],
      usage: { calls: 1 },
    });
    for (const part of ['scenarios', 'budget', 'invoices'])
      expect(await (await jane.get(`/portal/api/${part}`)).text()).not.toContain('globex');
    await json(jane.get('/v1/session'));
    for (const path of ['/v1/clients', '/v1/usage/clients', '/v1/invoices', '/v1/budgets', '/v1/clients/acme/links'])
      expect([path, (await jane.get(path)).status]).toEqual([path, 403]);
  });

  it('sees the portal of a link in the place of their own while it is open', async () => {
    const link = cookieOf(await open({ token: await newToken('globex') }));
    const both = { cookie: `${jane.cookie()}; ${link}` };
    expect(await json(jane.get('/portal/api/overview', both))).toMatchObject({ client: { id: 'globex' } });
  });

  it('sees no portal once they are signed out', async () => {
    expect((await jane.send('POST', '/auth/sign-out')).status).toBe(204);
    expect((await jane.get('/portal/api/overview')).status).toBe(401);
  });
});

describe('a link with a password', () => {
  const password = 'correct horse';
  let guarded: { id: string; url: string; has_password: boolean };
  let guardedToken: string;
  const refusal = async (given: object): Promise<[number, string, unknown]> => {
    const answer = await open({ token: guardedToken, ...given });
    const { error } = (await answer.json()) as { error: { code: string; details?: { password_required?: boolean } } };
    return [answer.status, error.code, error.details?.password_required];
  };
  beforeAll(async () => {
    guarded = await json(gateway.post('/v1/clients/acme/links', { name: 'Jane', password }), 201);
    guardedToken = new URL(guarded.url).hash.slice(1);
  });

  it('opens by the password alone, and asks for it where it is missing', async () => {
    expect(guarded.has_password).toBe(true);
    for (const given of [{}, { password: '' }, { password: 'wrong horse' }])
      expect(await refusal(given)).toEqual([401, 'invalid_credentials', true]);
    const answer = await open({ token: guardedToken, password });
    await json(answer);
    const seen = await fetch(`${gateway.url}/portal/api/overview`, { headers: { cookie: cookieOf(answer) } });
    expect(await json(seen)).toMatchObject({ client: { id: 'acme' } });
  });

  it('keeps its password as a hash of Argon2id, which no answer shows', async () => {
    const list = JSON.stringify(await json(gateway.get('/v1/clients/acme/links')));
    expect(list).toContain('"has_password":true');
    for (const secret of [password, 'salt', 'hash']) expect(list).not.toContain(secret);
    const { rows } = await gateway.database.pool.query('select password from portal_links where id = $1', [guarded.id]);
    expect(rows).toMatchObject([{ password: { parameters: { memory: expect.any(Number) } } }]);
    expect(JSON.stringify(rows)).not.toContain(password);
  });

  it('makes a guesser wait after the fifth wrong password, and does not make other links wait', async () => {
    // On a slow machine a first wait may be over before the next guess; each is twice as long as the one before.
    const tries: number[] = [];
    while (tries.length < 15 && !tries.includes(429))
      tries.push((await refusal({ password: `guess ${tries.length}` }))[0]);
    expect(tries.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(tries).toContain(429);
    const waiting = await open({ token: guardedToken, password });
    if (waiting.status === 429) expect(Number(waiting.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await open({ token })).status).toBe(200);
    // The wait ends by itself; here the clock of the table is turned forward.
    await gateway.database.pool.query("update sign_in_failures set wait_until = now() - interval '1 second'");
    expect((await open({ token: guardedToken, password })).status).toBe(200);
  });

  it('notes a wrong password of a test link in the audit log of test mode', async () => {
    const asTest = { authorization: `Bearer ${testKey}` };
    await json(gateway.post(chat, hello(), { ...asTest, 'x-client-id': 'acme' }));
    const link = await json<{ id: string; url: string }>(
      gateway.post('/v1/clients/acme/links', { name: 'Test', password }, asTest),
      201,
    );
    expect((await open({ token: new URL(link.url).hash.slice(1), password: 'wrong horse' })).status).toBe(401);
    await expect
      .poll(
        async () => {
          const { rows } = await gateway.database.pool.query(
            `select livemode from audit_log where operation = 'auth.sign-in.failed' and target_id = $1`,
            [link.id],
          );
          return rows;
        },
        { timeout: 10_000 },
      )
      .toEqual([{ livemode: false }]);
  });
});

it('people of the agency see no portal by their session: it belongs to no client', async () => {
  expect((await ada.get('/portal/api/overview')).status).toBe(403);
});

it('the cookie of a portal is no session: /v1 refuses it', async () => {
  const cookie = cookieOf(await open({ token }));
  const value = cookie.split('=')[1];
  for (const path of ['/v1/session', '/v1/clients', '/v1/usage/clients', '/v1/me'])
    for (const sent of [cookie, `gw_session=${value}`])
      expect([path, (await fetch(`${gateway.url}${path}`, { headers: { cookie: sent } })).status]).toEqual([path, 401]);
});

describe('a page of another site', () => {
  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['a page without an origin', { origin: 'null' }],
    ['a frame of another site', { 'sec-fetch-site': 'cross-site' }],
    ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
  ])('opens and closes no portal: %s', async (_who, headers) => {
    const answer = await open({ token }, headers);
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([403, null]);
    const cookie = cookieOf(await open({ token }));
    const close = await fetch(`${gateway.url}/portal/session`, { method: 'DELETE', headers: { cookie, ...headers } });
    expect(close.status).toBe(403);
    await json(fetch(`${gateway.url}/portal/api/overview`, { headers: { cookie } }));
  });

  it('opens no portal by a form, which sends no JSON', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
      expect((await open({ token }, { 'content-type': type })).status).toBe(415);
  });

  it('reads nothing of a portal: no answer has CORS headers', async () => {
    const answer = await fetch(`${gateway.url}/portal/api/overview`, { headers: { origin: 'https://evil.example' } });
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('puts no page of the portal into a frame', async () => {
    for (const path of ['/portal', '/portal/api/overview', '/portal/session']) {
      const { headers } = await fetch(`${gateway.url}${path}`);
      expect([path, headers.get('x-frame-options'), headers.get('content-security-policy')]).toEqual([
        path,
        'DENY',
        expect.stringContaining("frame-ancestors 'none'"),
      ]);
    }
  });
});

it('another host name that leads here gets nothing of a portal', async () => {
  const cookie = cookieOf(await open({ token }));
  const { port } = new URL(gateway.url);
  for (const path of ['/portal', '/portal/api/overview']) {
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      `127.0.0.1.evil.example:${port}`,
    ])
      expect([host, path, await statusAt(host, path, cookie)]).toEqual([host, path, 421]);
  }
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`])
    expect([host, await statusAt(host, '/portal/api/overview', cookie)]).toEqual([host, 200]);
});

it('over HTTPS the cookie of a portal is sent to HTTPS only', async () => {
  const { services } = gateway.gateway;
  const before = services.publicUrl;
  services.publicUrl = 'https://ai.agency.example';
  try {
    const { url } = await json<{ url: string }>(gateway.post('/v1/clients/acme/links', { name: 'Jane' }), 201);
    expect(url).toMatch(/^https:\/\/ai\.agency\.example\/portal#/);
    const proxied = { 'x-forwarded-proto': 'https' };
    const cookie = (await open({ token: new URL(url).hash.slice(1) }, proxied)).headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(
      /^__Secure-gw_portal=[\w-]{43}; Path=\/portal; Expires=[^;]+; HttpOnly; SameSite=Lax; Secure$/,
    );
    const see = (sent: string): Promise<Response> =>
      fetch(`${gateway.url}/portal/api/overview`, { headers: { cookie: sent, ...proxied } });
    const [pair = ''] = cookie.split(';');
    expect((await see(pair)).status).toBe(200);
    // A page over plain HTTP may have set the plain name.
    expect((await see(pair.replace('__Secure-', ''))).status).toBe(401);
  } finally {
    services.publicUrl = before;
  }
});
