import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { refusalNoter } from '../../gateway/src/sso/note-refusal.ts';
import { findConnectionBySlug } from '../../gateway/src/sso/sso-connection-store.ts';
import { json } from '../support/ask.ts';
import { BrowserJar } from '../support/browser-jar.ts';
import { type OidcIdp, startOidcIdp } from '../support/fakes/oidc-idp.ts';
import { firstPerson, type Person } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const operatorKey = `gw_operator_${randomBytes(24).toString('hex')}`;
let gateway: TestGateway;
let idp: OidcIdp;
let ada: Person;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true', GATEWAY_OPERATOR_KEY: operatorKey });
  ada = await firstPerson(gateway);
  idp = await startOidcIdp('okta', [`${gateway.url}/auth/sso/evil/callback`]);
  await json(gateway.send('PATCH', '/v1/workspace', { name: '<img src=x onerror=alert(1)>' }));
  await json(
    gateway.post('/v1/sso-connections', {
      name: 'Evil & Co',
      slug: 'evil',
      provider: 'okta',
      issuer: idp.issuer,
      client_id: idp.clientId,
      client_secret: idp.clientSecret,
      domains: ['evil.example'],
      default_role: 'viewer',
    }),
    201,
  );
  await json(
    gateway.post('/v1/sso-connections', {
      name: 'Other',
      slug: 'other',
      provider: 'okta',
      issuer: idp.issuer,
      client_id: idp.clientId,
      client_secret: idp.clientSecret,
      domains: ['other.example'],
      default_role: 'viewer',
    }),
    201,
  );
  const { data } = await json<{ data: { id: string }[] }>(gateway.get('/v1/domains'));
  const as = { authorization: `Bearer ${operatorKey}` };
  await json(gateway.post(`/v1/domains/${data[0]?.id}/verify`, {}, as));
});
afterAll(async () => {
  await gateway.stop();
  await idp.stop();
});

interface Answer {
  status: number;
  location: string | undefined;
  cookies: string[];
  text: string;
}

/** By hand: a browser adds these headers by itself, and `fetch` lets no program choose the host. */
const open = (path: string, headers: Record<string, string>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request(`${gateway.url}${path}`, { headers: { accept: 'text/html', ...headers } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => {
        text += piece;
      });
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          location: answer.headers.location,
          cookies: answer.headers['set-cookie'] ?? [],
          text,
        }),
      );
    });
    asked.on('error', reject).end();
  });

it.each(['cross-site', 'same-site'])(
  'a sign-in that a %s page begins asks first, and begins nothing by itself',
  async (site) => {
    const answer = await open('/auth/sso/evil?return_to=/app/keys', { 'sec-fetch-site': site, cookie: ada.cookie() });
    expect([answer.status, answer.location, answer.cookies]).toEqual([200, undefined, []]);
    expect(answer.text).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(answer.text).toContain('Evil &amp; Co');
    expect(answer.text).toContain('ada@agency.example');
    expect(answer.text).not.toContain('<img');
    // The link of that page is ours, and leads on.
    const next = /<a href="([^"]+)">Continue<\/a>/.exec(answer.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(next).toBe(`${gateway.url}/auth/sso/evil?return_to=%2Fapp%2Fkeys`);
    const begun = await open(next.slice(gateway.url.length), { 'sec-fetch-site': 'same-origin' });
    expect([begun.status, begun.location]).toEqual([302, expect.stringContaining(idp.issuer)]);
    expect((await ada.get('/v1/session')).status).toBe(200);
  },
);

it.each([undefined, 'none', 'same-origin'])(
  'a sign-in from the address bar, a bookmark, our own page or a program begins at once (%s)',
  async (site) => {
    const answer = await open('/auth/sso/evil', site === undefined ? {} : { 'sec-fetch-site': site });
    expect([answer.status, answer.location]).toEqual([302, expect.stringContaining(idp.issuer)]);
  },
);

it('a sign-in that begins at localhost goes on at the address that the identity provider leads back to', async () => {
  const { port } = new URL(gateway.url);
  const own = { host: `localhost:${port}` };
  const hop = await open('/auth/sso/evil?return_to=/app/keys', { ...own, 'sec-fetch-site': 'same-origin' });
  expect(hop.location).toContain(`${gateway.url}/auth/sso/evil?return_to=%2Fapp%2Fkeys&here=`);
  const path = hop.location?.slice(gateway.url.length) ?? '';
  // To the browser it is another site now.
  const begun = await open(path, { 'sec-fetch-site': 'cross-site' });
  expect([begun.status, begun.location]).toEqual([302, expect.stringContaining(idp.issuer)]);
  // A page of another site gets no such proof, and cannot make one.
  const forged = await open('/auth/sso/evil', { ...own, 'sec-fetch-site': 'cross-site' });
  expect(forged.location).not.toContain('here=');
  expect((await open('/auth/sso/evil?here=AAAA', { 'sec-fetch-site': 'cross-site' })).status).toBe(200);
  // A proof is for the connection it was made for.
  expect((await open(path.replace('/evil?', '/other?'), { 'sec-fetch-site': 'cross-site' })).status).toBe(200);
});

it('a server that writes localhost into its request gets no proof to hand to its visitors', async () => {
  const { port } = new URL(gateway.url);
  const host = `localhost:${port}`;
  const forwarded = await open('/auth/sso/evil', { host, 'x-forwarded-for': '203.0.113.9' });
  expect([forwarded.status, forwarded.location]).toEqual([302, expect.not.stringContaining('here=')]);
  const proof = (await open('/auth/sso/evil', { host })).location?.split('?')[1];
  expect(proof).toContain('here=');
  gateway.gateway.services.publicUrl = `http://gw.lan:${port}`;
  try {
    const asked = await open('/auth/sso/evil', { host });
    expect([asked.status, asked.location]).toEqual([302, `http://gw.lan:${port}/auth/sso/evil?return_to=%2Fapp`]);
    const led = await open(`/auth/sso/evil?${proof}`, { host: `gw.lan:${port}`, 'sec-fetch-site': 'cross-site' });
    expect([led.status, led.location, led.cookies]).toEqual([200, undefined, []]);
  } finally {
    gateway.gateway.services.publicUrl = gateway.url;
  }
});

it('over HTTPS no other host of the domain can set the state of a sign-in', async () => {
  gateway.gateway.services.publicUrl = 'https://gateway.example';
  try {
    const { cookies } = await open('/auth/sso/evil', { host: 'gateway.example' });
    expect(cookies).toEqual([
      expect.stringMatching(/^__Host-gw_sso=[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/),
    ]);
    const value = /=([\w-]+)/.exec(cookies[0] ?? '')?.[1];
    const back = (name: string): Promise<Answer> =>
      open('/auth/sso/evil/callback?error=access_denied&state=x', {
        host: 'gateway.example',
        cookie: `${name}=${value}`,
      });
    expect((await back('gw_sso')).text).toContain('did not begin this sign-in');
    expect((await back('__Host-gw_sso')).text).not.toContain('did not begin this sign-in');
  } finally {
    gateway.gateway.services.publicUrl = gateway.url;
  }
});

it('a sign-in that is refused is in the audit log of the connection’s workspace, a few times only', async () => {
  for (let tries = 0; tries < 7; tries++) {
    idp.account = { sub: `stranger-${tries}`, email: 'x@elsewhere.example' };
    const { response } = await new BrowserJar().open(`${gateway.url}/auth/sso/evil`);
    expect(response.status).toBe(403);
  }
  interface Row {
    actor: object;
    target: { type: string; name: string };
    after: { failed_tries: number };
    address: string;
  }
  await expect
    .poll(
      async () => {
        const { data } = await json<{ data: Row[] }>(gateway.get('/v1/audit?operation=auth.sign-in.failed'));
        return data.map(({ after }) => after.failed_tries).sort();
      },
      { timeout: 10_000 },
    )
    .toHaveLength(2);
  const { data } = await json<{ data: Row[] }>(gateway.get('/v1/audit?operation=auth.sign-in.failed'));
  expect(data[0]).toMatchObject({
    actor: { type: 'system', id: 'sign-in' },
    target: { type: 'SSO connection', name: 'Evil & Co' },
    address: '127.0.0.1',
  });
});

it('refused sign-ins that come at once take one connection to the database, and are all counted', async () => {
  const { services } = gateway.gateway;
  const { db } = services;
  const connection = await findConnectionBySlug(db, 'other');
  if (connection === undefined) throw new Error('the connection is not there');
  const note = refusalNoter(services);
  const used = (): number => db.totalCount - db.idleCount + db.waitingCount;
  const before = used();
  for (let refusals = 0; refusals < 30; refusals++) note(connection, '203.0.113.9');
  expect(used() - before).toBe(1);
  const noted = async (): Promise<number[]> => {
    const { rows } = await db.query(
      `select (after ->> 'failed_tries')::int as tries from audit_log where operation = 'auth.sign-in.failed' and target_id = $1 order by tries`,
      [connection.id],
    );
    return (rows as { tries: number }[]).map(({ tries }) => tries);
  };
  await expect.poll(noted, { timeout: 10_000 }).toEqual([1, 5, 10]);
  const { rows } = await db.query('select failures from sign_in_failures where subject = $1', [`sso ${connection.id}`]);
  expect(rows).toEqual([{ failures: 30 }]);
});
