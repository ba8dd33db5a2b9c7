import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, json } from '../support/ask.ts';
import { BrowserJar } from '../support/browser-jar.ts';
import { type OidcIdp, startOidcIdp } from '../support/fakes/oidc-idp.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { browser, firstPerson, invited, type Person, tokenOf } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const operatorKey = `gw_operator_${randomBytes(24).toString('hex')}`;
const password = 'three random words';
let gateway: TestGateway;
let idp: OidcIdp;
let mailbox: Mailbox;
let owner: Person;
let member: Person;
let domainId: string;

beforeAll(async () => {
  mailbox = await startMailbox();
  gateway = await startTestGateway({
    ALLOW_PRIVATE_NETWORK: 'true',
    GATEWAY_OPERATOR_KEY: operatorKey,
    SMTP_URL: mailbox.url,
  });
  idp = await startOidcIdp('okta', [`${gateway.url}/auth/sso/req/callback`]);
  owner = await firstPerson(gateway, 'ada@req.example');
  member = await invited(gateway, owner, { email: 'bob@req.example', role: 'member' });
  // As a mailed link shows it: a first sign-in through the identity provider ends the sessions of an unconfirmed account.
  await gateway.database.pool.query(`update people set email_verified_at = now() where email = 'bob@req.example'`);
  for (const person of [owner, member]) await person.send('PUT', '/v1/me/password', { password });
  const made = await owner.send('POST', '/v1/sso-connections', {
    name: 'Okta',
    slug: 'req',
    provider: 'okta',
    issuer: idp.issuer,
    client_id: idp.clientId,
    client_secret: idp.clientSecret,
    domains: ['req.example'],
    default_role: 'viewer',
  });
  expect(made.status).toBe(201);
  const { data } = await json<{ data: { id: string }[] }>(owner.get('/v1/domains'));
  domainId = data[0]?.id ?? '';
});
afterAll(async () => {
  await gateway.stop();
  await idp.stop();
  await mailbox.stop();
});

const signIn = (body: object): Promise<Response> => browser(gateway).send('POST', '/auth/sign-in', body);
const workspaces = async (person: Person): Promise<number> =>
  (await json<{ workspaces: unknown[] }>(person.get('/v1/session'))).workspaces.length;

it('an address alone leads to the identity provider once its domain is verified', async () => {
  expect((await signIn({ email: 'anybody@req.example' })).status).toBe(400);
  await json(gateway.post(`/v1/domains/${domainId}/verify`, {}, { authorization: `Bearer ${operatorKey}` }));
  expect(await json(signIn({ email: 'Anybody@REQ.example' }))).toEqual({ redirect: '/auth/sso/req' });
  expect((await signIn({ email: 'anybody@elsewhere.example' })).status).toBe(400);
});

it('a required domain ends the sessions and the passwords of all but owners, whose sign-in is on record', async () => {
  expect(await workspaces(member)).toBe(1);
  expect((await signIn({ email: 'bob@req.example', password })).status).toBe(200);
  await json(owner.send('PATCH', `/v1/domains/${domainId}`, { sso_required: true }));
  await eventually(async () => expect(await workspaces(member)).toBe(0));
  // The session is read from the database; what the process remembers of it goes a moment later.
  await eventually(async () => expect((await member.get('/v1/budgets')).status).toBe(403));
  expect(await json(signIn({ email: 'bob@req.example', password }), 403)).toMatchObject({
    error: { code: 'forbidden', details: { redirect: '/auth/sso/req' } },
  });
  expect((await signIn({ email: 'ada@req.example', password })).status).toBe(200);
  const log = JSON.stringify(await json(owner.get('/v1/audit?limit=20')));
  expect([log.includes('auth.sign-in'), log.includes('sso_required')]).toEqual([true, true]);
});

it('a member of a required domain cannot change their address to leave it; an owner can', async () => {
  const sql = (text: string) => gateway.database.pool.query(text);
  const mia = await invited(gateway, owner, { email: 'mia@req.example', role: 'owner' });
  expect((await mia.send('POST', '/v1/me/email', { email: 'mia@elsewhere.example' })).status).toBe(202);
  const [link] = /http\S+auth\/link#[\w-]+/.exec(await mailbox.newest('mia@elsewhere.example')) ?? [];
  await sql(
    `with changed as (update members set role = 'viewer' where person_id = (select id from people where email = 'mia@req.example') returning person_id)
     select pg_notify('sessions', person_id) from changed`,
  );
  for (const answer of [
    await mia.send('POST', '/auth/link', { token: tokenOf(link) }),
    await mia.send('POST', '/v1/me/email', { email: 'mia@other.example' }),
  ])
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('single sign-on')]);
  const { rows } = await sql(`select email from people where email like 'mia@%'`);
  expect(rows).toEqual([{ email: 'mia@req.example' }]);
});

it('people of a required domain get in through the identity provider, with the role that an owner gave them', async () => {
  idp.account = { sub: 'bob', email: 'bob@req.example' };
  const jar = new BrowserJar();
  const { url } = await jar.open(`${gateway.url}/auth/sso/req`, { stopAt: `${gateway.url}/app` });
  expect(url).toBe(`${gateway.url}/app`);
  const session = await json(fetch(`${gateway.url}/v1/session`, { headers: { cookie: jar.cookies(gateway.url) } }));
  expect(session).toMatchObject({ person: { email: 'bob@req.example' }, role: 'member' });
});

it('an operator who signs in through an identity provider is not the operator there', async () => {
  idp.account = { sub: 'ada', email: 'ada@req.example' };
  const jar = new BrowserJar();
  await jar.open(`${gateway.url}/auth/sso/req`, { stopAt: `${gateway.url}/app` });
  const session = await json(fetch(`${gateway.url}/v1/session`, { headers: { cookie: jar.cookies(gateway.url) } }));
  expect(session).toMatchObject({ person: { email: 'ada@req.example', is_operator: false }, role: 'owner' });
});

it('the last owner keeps the role at a sign-in with lower groups, and loses it once there is another', async () => {
  const { pool } = gateway.database;
  const { data } = await json<{ data: { id: string }[] }>(owner.get('/v1/sso-connections'));
  const groups = (group_roles: object[]): Promise<unknown> =>
    json(owner.send('PATCH', `/v1/sso-connections/${data[0]?.id}`, { group_roles }));
  await groups([{ group: 'Readers', role: 'viewer' }]);
  idp.account = { sub: 'ada', email: 'ada@req.example', groups: ['Readers'] };
  const roleAtSignIn = async (): Promise<string> => {
    const jar = new BrowserJar();
    await jar.open(`${gateway.url}/auth/sso/req`, { stopAt: `${gateway.url}/app` });
    const cookie = jar.cookies(gateway.url);
    return (await json<{ role: string }>(fetch(`${gateway.url}/v1/session`, { headers: { cookie } }))).role;
  };
  const make = (email: string, role: string): Promise<unknown> =>
    pool.query(
      `with changed as (update members m set role = $2 from people p where p.id = m.person_id and p.email = $1 returning person_id)
       select pg_notify('sessions', person_id) from changed`,
      [email, role],
    );
  expect(await roleAtSignIn()).toBe('owner');
  await make('bob@req.example', 'owner');
  expect(await roleAtSignIn()).toBe('viewer');
  await make('ada@req.example', 'owner');
  await make('bob@req.example', 'member');
  await eventually(() => groups([]));
});

it('owners get a mail when a connection changes, and when an identity provider makes an owner', async () => {
  const { data } = await json<{ data: { id: string }[] }>(owner.get('/v1/sso-connections'));
  const id = data[0]?.id ?? '';
  await json(owner.send('PATCH', `/v1/sso-connections/${id}`, { group_roles: [{ group: 'Heads', role: 'owner' }] }));
  expect(await mailbox.with('ada@req.example', 'was changed')).toContain('Okta');
  const { token } = await json<{ token: string }>(owner.send('POST', '/v1/scim-tokens', { connection_id: id }), 201);
  const scim = (path: string, body: object): Promise<{ id: string }> =>
    json(
      fetch(`${gateway.url}/scim/v2${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
        body: JSON.stringify(body),
      }),
      201,
    );
  const user = await scim('/Users', { userName: 'cleo@req.example' });
  await scim('/Groups', { displayName: 'Heads', members: [{ value: user.id }] });
  await mailbox.with('ada@req.example', 'cleo@req.example is now an owner');
});

it('a domain that no connection has any longer is required of nobody, on every session at once', async () => {
  expect(await workspaces(member)).toBe(0);
  const { data } = await json<{ data: { id: string }[] }>(owner.get('/v1/sso-connections'));
  await json(owner.send('PATCH', `/v1/sso-connections/${data[0]?.id}`, { domains: [] }));
  await eventually(async () => expect(await workspaces(member)).toBe(1));
});
