import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { firstPerson } from '../support/person.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

const operatorKey = `gw_operator_${'b'.repeat(40)}`;
const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
const host = 'ai.agency.example';

interface Refusal {
  error: { code: string; param: string | null; message: string };
}
interface Branding {
  name: string | null;
  logo: string | null;
  accent: string | null;
  accent_note?: string;
  reply_to: string | null;
  host: string | null;
}

let gateway: TestGateway;
let dns: DnsServer;
beforeAll(async () => {
  dns = await startDnsServer();
  gateway = await startTestGateway({ GATEWAY_OPERATOR_KEY: operatorKey, DOMAIN_RESOLVER: dns.address });
  await json(gateway.post(chat, hello(), { 'x-client-id': 'acme' }));
});
afterAll(async () => {
  await gateway.stop();
  await dns.stop();
});

const brand = (branding: object, headers = {}): Promise<Response> =>
  gateway.send('PATCH', '/v1/workspace', { branding }, headers);
const set = async (branding: object, headers = {}): Promise<Branding> =>
  (await json<{ branding: Branding }>(brand(branding, headers))).branding;
const read = async (headers = {}): Promise<Branding> =>
  (await json<{ branding: Branding }>(gateway.get('/v1/workspace', headers))).branding;

/** A request by another name than the gateway's own, as a browser at that name sends it. */
function at(
  name: string,
  path: string,
  { method = 'GET', cookie = '', body }: { method?: string; cookie?: string; body?: object } = {},
): Promise<{ status: number | undefined; location: string | undefined; cookie: string; text: string }> {
  const { hostname, port } = new URL(gateway.url);
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const origin = method === 'GET' ? {} : { origin: `http://${name}:${port}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const headers = { host: `${name}:${port}`, cookie, accept: 'text/html', ...origin };
    request({ hostname, port, path, method, headers }, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += String(chunk);
      const [given = ''] = answer.headers['set-cookie'] ?? [];
      resolve({
        status: answer.statusCode,
        location: answer.headers.location,
        cookie: given.split(';')[0] ?? '',
        text,
      });
    })
      .on('error', reject)
      .end(sent);
  });
}

const picture = (type: string, head: Buffer, size: number): string =>
  `data:image/${type};base64,${Buffer.concat([head, Buffer.alloc(Math.max(0, size - head.length))]).toString('base64')}`;
const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
const webp = Buffer.from('RIFF....WEBP', 'latin1');

describe('the branding of a workspace', () => {
  it('takes a logo that is a PNG, JPEG or WebP of at most 200 kB, and no drawing', async () => {
    for (const logo of [picture('jpeg', jpeg, 200_000), picture('webp', webp, 3_000)])
      expect((await set({ logo })).logo).toBe(logo);
    const refused = [
      picture('jpeg', jpeg, 200_001),
      picture('webp', jpeg, 3_000),
      picture('gif', Buffer.from('GIF89a'), 3_000),
      `data:image/svg+xml;base64,${Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64')}`,
      'https://cdn.agency.example/logo.svg?v=2',
      'http://cdn.agency.example/logo.png',
    ];
    for (const logo of refused)
      expect([logo.slice(0, 40), await json<Refusal>(brand({ logo }), 400)]).toMatchObject([
        logo.slice(0, 40),
        { error: { code: 'invalid_request', param: 'branding.logo' } },
      ]);
    // A drawing that an earlier version took stays where the whole branding is sent back.
    const earlier = `data:image/svg+xml;base64,${Buffer.from('<svg/>').toString('base64')}`;
    await gateway.database.pool.query(
      `update workspace_settings set branding = branding || jsonb_build_object('logo', $1::text)`,
      [earlier],
    );
    expect((await set({ ...(await read()), logo: earlier, name: 'South' })).logo).toBe(earlier);
    expect((await set({ logo: null, name: null })).logo).toBeNull();
    expect((await brand({ logo: earlier })).status).toBe(400);
  });

  it('shows a colour that is hard to read in another one, and says so with its contrast', async () => {
    expect(await set({ accent: '#ffcc00' })).toMatchObject({
      accent: '#ffcc00',
      accent_note:
        'Text is readable from a contrast of 4.5 to 1. #ffcc00 has 1.4 to 1 on white, shown as #806600 there.',
    });
    expect(await read()).not.toHaveProperty('accent_note');
    // Readable on white; a darker or lighter one is on dark.
    expect((await set({ accent: '#1a56db' })).accent_note).toMatch(/on dark, shown as #[0-9a-f]{6} there\.$/);
    // A body that was read can be sent again, and so can the answer to a change.
    await set(await read());
    await set(await set({ accent: '#ffcc00' }));
    expect(await read()).toMatchObject({ accent: '#ffcc00' });
    expect(await read()).not.toHaveProperty('accent_note');
    await set({ accent: '#1a56db' });
  });

  it('takes an address for answers and a name, and refuses what is neither', async () => {
    expect(await set({ reply_to: 'Billing@Agency.example', name: ' North ' })).toMatchObject({
      reply_to: 'billing@agency.example',
      name: 'North',
    });
    for (const [field, value] of [
      ['reply_to', 'billing'],
      ['reply_to', 'a@b.example\r\nBcc: all@c.example'],
      ['name', 'North\r\nBcc: all@c.example'],
      ['name', 'North \u202eevil'],
      ['host', 'https://ai.agency.example'],
      ['host', 'localhost'],
      ['host', '127.0.0.1'],
      ['colour', '#fff'],
    ])
      expect(await json<Refusal>(brand({ [field as string]: value }), 400)).toMatchObject({
        error: { param: `branding.${field}` },
      });
    expect(await set({ name: '', reply_to: null })).toMatchObject({ name: null, reply_to: null });
  });
});

it('an invoice has the brand’s name, and the accent in a colour that is readable on paper', async () => {
  await set({ name: 'North <Brand>', accent: '#ffcc00', logo: null });
  const { url } = await json<{ url: string }>(
    gateway.post('/v1/invoices', { client_id: 'acme', from: '2026-01-01', to: new Date().toISOString() }),
    201,
  );
  const page = await (await fetch(url)).text();
  expect(page).toContain('North &lt;Brand&gt;');
  expect(page).toContain('--accent: #806600');
  expect((await fetch(`${url}/pdf`)).status).toBe(200);
  await set({ name: null });
  await json(gateway.post(chat, hello(), { 'x-client-id': 'globex' }));
});

describe('a host name of a workspace’s own', () => {
  let otherKey: string;
  const newLink = async (headers = {}): Promise<URL> =>
    new URL((await json<{ url: string }>(gateway.post('/v1/clients/acme/links', { name: 'Jane' }, headers), 201)).url);
  const open = (name: string, link: URL) =>
    at(name, '/portal/session', { method: 'POST', body: { token: link.hash.slice(1) } });

  beforeAll(async () => {
    ({ live_key: otherKey } = await json<{ live_key: string }>(
      gateway.post('/v1/workspaces', { name: 'Other agency' }, bearer(operatorKey)),
      201,
    ));
  });

  it('is refused until its domain is verified, by its TXT record or the operator', async () => {
    const refused = await json<Refusal>(brand({ host }), 409);
    expect(refused.error).toMatchObject({ code: 'conflict', param: 'branding.host' });
    expect(refused.error.message).toContain('POST /v1/domains');
    expect((await at(host, '/portal')).status).toBe(421);
    const domain = await json<{ id: string; txt_name: string; txt_value: string }>(
      gateway.post('/v1/domains', { domain: 'agency.example' }),
      201,
    );
    dns.records.set(domain.txt_name, ['ai-gateway-verification=another']);
    expect((await gateway.post(`/v1/domains/${domain.id}/verify`, {})).status).toBe(409);
    expect((await brand({ host })).status).toBe(409);
    dns.records.set(domain.txt_name, [domain.txt_value]);
    await json(gateway.post(`/v1/domains/${domain.id}/verify`, {}));
    // Only names at that domain and below it.
    for (const other of ['agency.example.evil.example', 'notagency.example', 'other.example'])
      expect([other, (await brand({ host: other })).status]).toEqual([other, 409]);
    expect((await set({ host: 'AI.Agency.example' })).host).toBe(host);
    // The operator vouches for another workspace's.
    const own = await json<{ id: string }>(
      gateway.post('/v1/domains', { domain: 'other.example' }, bearer(otherKey)),
      201,
    );
    await json(gateway.post(`/v1/domains/${own.id}/verify`, {}, bearer(operatorKey)));
    expect((await set({ host: 'portal.other.example' }, bearer(otherKey))).host).toBe('portal.other.example');
  });

  it('belongs to one workspace, also where two have a right to it, and is not the gateway’s own', async () => {
    const below = await json<{ id: string }>(gateway.post('/v1/domains', { domain: host }, bearer(otherKey)), 201);
    await json(gateway.post(`/v1/domains/${below.id}/verify`, {}, bearer(operatorKey)));
    const taken = await json<Refusal>(brand({ host }, bearer(otherKey)), 409);
    expect(taken.error).toMatchObject({ param: 'branding.host' });
    expect(taken.error.message).toContain('in use');
    expect((await read(bearer(otherKey))).host).toBe('portal.other.example');
    const { services } = gateway.gateway;
    const before = services.publicUrl;
    services.publicUrl = 'https://gw.agency.example';
    try {
      expect((await brand({ host: 'gw.agency.example' })).status).toBe(409);
    } finally {
      services.publicUrl = before;
    }
  });

  it('is in the links of the portal and of invoices', async () => {
    const { port } = new URL(gateway.url);
    expect((await newLink()).host).toBe(`${host}:${port}`);
    expect((await newLink(bearer(testKey))).host).toBe(`${host}:${port}`);
    const invoice = await json<{ url: string }>(
      gateway.post('/v1/invoices', { client_id: 'globex', from: '2026-01-01', to: new Date().toISOString() }),
      201,
    );
    const { host: shown, pathname } = new URL(invoice.url);
    expect(shown).toBe(`${host}:${port}`);
    expect((await at(host, pathname)).status).toBe(200);
    const { services } = gateway.gateway;
    const before = services.publicUrl;
    services.publicUrl = 'https://gateway.example';
    try {
      expect((await newLink()).origin).toBe(`https://${host}`);
    } finally {
      services.publicUrl = before;
    }
  });

  it('shows the portal of its workspace, and nothing of another one', async () => {
    const own = await open(host, await newLink());
    expect(own.status).toBe(200);
    expect(await at(host, '/portal/api/overview', own)).toMatchObject({ status: 200 });
    await json(gateway.post(chat, hello(), { ...bearer(testKey), 'x-client-id': 'acme' }));
    const others = await newLink(bearer(otherKey));
    expect((await open(host, others)).status).toBe(410);
    // A cookie of the other workspace's portal, brought along.
    const elsewhere = await open('portal.other.example', others);
    expect((await at('portal.other.example', '/portal/api/overview', elsewhere)).status).toBe(200);
    expect((await at(host, '/portal/api/overview', elsewhere)).status).toBe(401);
    expect(JSON.parse((await at(host, '/portal/session', elsewhere)).text)).toEqual({
      open: false,
      sign_in_url: `${gateway.url}/app`,
    });
    const closed = await at(host, '/portal/session', { method: 'DELETE', cookie: own.cookie });
    expect(closed.status).toBe(204);
  });

  it('leads to the portal, and signs nobody in', async () => {
    expect(await at(host, '/')).toMatchObject({ status: 302, location: '/portal' });
    expect(await at(host, '/app/clients?search=a')).toMatchObject({
      status: 302,
      location: `${gateway.url}/app/clients?search=a`,
    });
    const ada = await firstPerson(gateway);
    const session = { cookie: ada.cookie() };
    expect((await at(host, '/v1/session', session)).status).toBe(421);
    expect((await at(host, '/portal/api/overview', session)).status).toBe(401);
    for (const path of ['/auth/sign-in', '/auth/link', '/auth/sign-out'])
      expect([path, (await at(host, path, { method: 'POST', body: {} })).status]).toEqual([path, 421]);
    // A form of another site's page does not open the portal there.
    const { hostname, port } = new URL(gateway.url);
    const forged = await fetch(`http://${hostname}:${port}/portal/session`, {
      method: 'POST',
      headers: { origin: `http://${host}:${port}`, 'content-type': 'application/json' },
      body: JSON.stringify({ token: (await newLink()).hash.slice(1) }),
    });
    expect(forged.status).toBe(403);
  });

  it('is known to a proxy that asks before it gets a certificate', async () => {
    const known = async (name: string): Promise<number> =>
      (await fetch(`${gateway.url}/hosts/known?domain=${name}`)).status;
    expect([await known(host), await known('AI.agency.EXAMPLE'), await known(new URL(gateway.url).hostname)]).toEqual([
      200, 200, 200,
    ]);
    for (const name of ['agency.example', 'evil.example', '', `${host}.evil.example`, `${host}/x`])
      expect([name, await known(name)]).toEqual([name, 404]);
  });

  it('is live mode’s: test mode shows it and has none of its own', async () => {
    expect((await read(bearer(testKey))).host).toBe(host);
    const refused = await json<Refusal>(brand({ host: 'test.agency.example' }, bearer(testKey)), 400);
    expect(refused.error.param).toBe('branding.host');
    await set(await read(bearer(testKey)), bearer(testKey));
  });

  it('is on record in the audit log, and leads nowhere once it or its domain is removed', async () => {
    const { data } = await json<{ data: { operation: string; after: { branding?: Branding } | null }[] }>(
      gateway.get('/v1/audit?limit=100'),
    );
    expect(
      data.some(({ operation, after }) => operation === 'workspace.update' && after?.branding?.host === host),
    ).toBe(true);
    await set({ host: null });
    expect((await at(host, '/portal')).status).toBe(421);
    await set({ host });
    expect((await at(host, '/portal')).status).not.toBe(421);
    const { data: domains } = await json<{ data: { id: string; domain: string }[] }>(gateway.get('/v1/domains'));
    const id = domains.find(({ domain }) => domain === 'agency.example')?.id;
    expect((await gateway.send('DELETE', `/v1/domains/${id}`)).status).toBe(204);
    await eventually(async () => expect((await at(host, '/portal')).status).toBe(421));
    expect((await newLink()).host).not.toContain(host);
    // The name is free for the other workspace, which has proven a domain that covers it; the log says who gave it up.
    expect((await read()).host).toBeNull();
    expect((await set({ host }, bearer(otherKey))).host).toBe(host);
    const { data: removed } = await json<{ data: object[] }>(gateway.get('/v1/audit?operation=domains.remove'));
    expect(removed).toMatchObject([{ before: { domain: 'agency.example', branding: { host } }, after: null }]);
    await set({ host: 'portal.other.example' }, bearer(otherKey));
  });

  it('stays where another verified domain covers it, and leads there again once its domain is verified again', async () => {
    const prove = async (domain: string): Promise<string> => {
      const { id } = await json<{ id: string }>(gateway.post('/v1/domains', { domain }), 201);
      await json(gateway.post(`/v1/domains/${id}/verify`, {}, bearer(operatorKey)));
      return id;
    };
    const ids = [await prove('north.example'), await prove('ai.north.example')];
    const name = 'portal.ai.north.example';
    await set({ host: name });
    await json(gateway.send('DELETE', `/v1/domains/${ids[0]}`), 204);
    expect([(await read()).host, (await at(name, '/portal')).status]).toEqual([name, 200]);
    await json(gateway.send('DELETE', `/v1/domains/${ids[1]}`), 204);
    expect((await at(name, '/portal')).status).toBe(421);
    // Names that were set before removals released them are still there.
    const { db, brandedHosts } = gateway.gateway.services;
    await db.query(
      `update workspace_settings set branding = jsonb_set(branding, '{host}', to_jsonb($1::text)) where livemode and branding ? 'name' and branding ->> 'host' is distinct from $2`,
      [name, 'portal.other.example'],
    );
    brandedHosts.forget();
    expect((await at(name, '/portal')).status).toBe(421);
    await prove('north.example');
    await eventually(async () => expect((await at(name, '/portal')).status).toBe(200));
  });
});
