import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import { browser, firstPerson, type Person, tokenOf } from '../support/person.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
let ada: Person;

beforeAll(async () => {
  gateway = await startTestGateway();
  ada = await firstPerson(gateway);
});
afterAll(() => gateway.stop());

interface Raw {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Headers as they are given: fetch writes Host by itself. */
function raw(
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
    at = gateway.url,
  }: { method?: string; headers?: Record<string, string>; body?: string; at?: string },
): Promise<Raw> {
  const { hostname, port } = new URL(at);
  return new Promise((resolve, reject) => {
    const req = request({ hostname, port, path, method, headers, setHost: headers.host === undefined }, (res) => {
      let text = '';
      res.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      res.once('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
    });
    req.once('error', reject);
    req.end(body);
  });
}

const change = (headers: Record<string, string>, cookie = ada.cookie()): Promise<Raw> =>
  raw('/v1/budgets', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(cookie === '' ? {} : { cookie }), ...headers },
    body: JSON.stringify({ name: 'forged', limit_usd: 1, scope: {} }),
  });

describe('a change by cookie', () => {
  it('is taken from a page of ours only', async () => {
    const app = { 'x-gateway-app': '1' };
    const port = new URL(gateway.url).port;
    const refused: Record<string, string>[] = [
      app,
      { ...app, origin: 'https://evil.example' },
      { ...app, origin: `http://127.0.0.1:${Number(port) + 1}` },
      { ...app, origin: `http://localhost:${port}` },
      { ...app, origin: `https://127.0.0.1:${port}` },
      { ...app, origin: 'null' },
      { ...app, 'sec-fetch-site': 'cross-site' },
      { ...app, 'sec-fetch-site': 'same-site' },
      { ...app, 'sec-fetch-site': 'none' },
      { ...app, origin: gateway.url, 'sec-fetch-site': 'cross-site' },
      { ...app, origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      { origin: gateway.url },
      { origin: gateway.url, 'x-gateway-app': '0' },
    ];
    for (const headers of refused) expect([headers, (await change(headers)).status]).toEqual([headers, 403]);
    expect((await change({ ...app, origin: gateway.url, 'content-type': 'text/plain' })).status).toBe(415);
    expect((await change({ ...app, origin: gateway.url })).status).toBe(201);
    expect((await change({ ...app, 'sec-fetch-site': 'same-origin' })).status).toBe(201);
    expect(JSON.stringify(await json(ada.get('/v1/budgets')))).toContain('forged');
  });

  it('is not asked where a key comes along: a program means the key', async () => {
    expect((await change({ authorization: `Bearer ${liveKey}` })).status).toBe(201);
  });

  it('is never allowed to a page of another site', async () => {
    const preflight = await raw('/v1/budgets', {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBeGreaterThanOrEqual(400);
    for (const { headers } of [preflight, await change({ origin: 'https://evil.example' })])
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('a sign-in', () => {
  it.each(['/auth/link', '/auth/link/view', '/auth/sign-in', '/auth/sign-out'])(
    'at %s is taken from a page of ours only',
    async (path) => {
      const body = JSON.stringify({ token: 'x'.repeat(43), email: 'ada@agency.example', password: 'x' });
      const json = { 'content-type': 'application/json', 'x-gateway-app': '1' };
      for (const headers of [json, { ...json, origin: 'https://evil.example' }])
        expect((await raw(path, { method: 'POST', headers, body })).status).toBe(403);
    },
  );

  it('needs JSON: no form of another site can send it', async () => {
    const headers = { origin: gateway.url, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await raw('/auth/sign-in', { method: 'POST', headers, body: 'email=a' })).status).toBe(415);
  });

  it('replaces the session that the browser had, so that nobody chooses it for another', async () => {
    const before = ada.cookie();
    const { makeLink } = await import('../../gateway/src/people/sign-in-link.ts');
    const { rows } = await gateway.database.pool.query('select id from people');
    const personId = (rows[0] as { id: string }).id;
    const token = await makeLink(gateway.database.pool as never, { purpose: 'sign-in', personId });
    await json(ada.send('POST', '/auth/link', { token }));
    expect(ada.cookie()).not.toBe(before);
    expect((await browser(gateway, before).get('/v1/session')).status).toBe(401);
  });
});

describe('another host', () => {
  it('gets 421 with a cookie and on pages of people, and an answer with a key', async () => {
    const host = `evil.example:${new URL(gateway.url).port}`;
    const cookie = ada.cookie();
    expect((await raw('/v1/session', { headers: { host, cookie } })).status).toBe(421);
    expect((await raw('/v1/keys', { headers: { host, cookie } })).status).toBe(421);
    for (const path of ['/app', '/app/clients', '/auth/link', '/portal', '/AUTH/link'])
      expect([path, (await raw(path, { headers: { host } })).status]).toEqual([path, 421]);
    expect((await raw('/v1/keys', { headers: { host, authorization: `Bearer ${liveKey}` } })).status).toBe(200);
    for (const name of ['localhost', '127.0.0.1', '[::1]'])
      expect((await raw('/v1/session', { headers: { host: `${name}:9`, cookie } })).status).toBe(200);
    for (const name of ['localhost.evil.example', '127.0.0.1.evil.example', '127.0.0.2', '2130706433'])
      expect([name, (await raw('/v1/session', { headers: { host: name, cookie } })).status]).toEqual([name, 421]);
  });

  it('of a request is not what links show', async () => {
    const headers = { host: 'evil.example', authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ email: 'bob@agency.example', role: 'viewer' });
    const { status, text } = await raw('/v1/invitations', { method: 'POST', headers, body });
    expect(status).toBe(201);
    expect(text).toContain('/auth/link#');
    expect(text).not.toContain('evil.example');
  });
});

describe('over HTTPS', () => {
  it('the cookie is bound to the host, and to HTTPS', async () => {
    const own = await startTestGateway();
    const at = own.url;
    // As PUBLIC_URL sets it; a proxy ends HTTPS.
    own.gateway.services.publicUrl = 'https://gateway.example';
    const headers = { host: 'gateway.example', origin: 'https://gateway.example', 'content-type': 'application/json' };
    const body = JSON.stringify({ token: tokenOf(own.gateway.signInUrl), email: 'ada@agency.example' });
    const answer = await raw('/auth/link', { at, method: 'POST', headers, body });
    expect(answer.status).toBe(200);
    const [cookie = ''] = answer.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Host-gw_session=[\w-]{43}; Max-Age=1209600; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
    const secret = /=([\w-]{43})/.exec(cookie)?.[1];
    const get = (name: string) =>
      raw('/v1/session', { at, headers: { host: 'gateway.example', cookie: `${name}=${secret}` } });
    expect((await get('__Host-gw_session')).status).toBe(200);
    // Another host of the domain can set this one.
    expect((await get('gw_session')).status).toBe(401);
    await own.stop();
  });
});

it('pages and calls of people are for no frame, no other site and no store', async () => {
  const answer = await ada.send('POST', '/auth/link', { token: 'x'.repeat(43) });
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
    'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
  });
  expect((await ada.get('/v1/session')).headers.get('cache-control')).toBe('no-store');
});
