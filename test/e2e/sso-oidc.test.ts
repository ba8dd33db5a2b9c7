import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, json } from '../support/ask.ts';
import { BrowserJar } from '../support/browser-jar.ts';
import { entraTenant, type IdpAccount, type OidcIdp, startOidcIdp } from '../support/fakes/oidc-idp.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const operatorKey = `gw_operator_${randomBytes(24).toString('hex')}`;
const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

let gateway: TestGateway;
let idps: OidcIdp[];
let entra: OidcIdp;
let google: OidcIdp;
let okta: OidcIdp;

interface Session {
  person: { id: string; email: string; name: string; is_operator: boolean };
  workspace: { id: string } | null;
  workspaces: { id: string }[];
  role: string | null;
}

const session = async (jar: BrowserJar): Promise<Session> =>
  json<Session>(fetch(`${gateway.url}/v1/session`, { headers: { cookie: jar.cookies(`${gateway.url}/v1/session`) } }));

/** Signs an account in, in a browser of its own. */
const signIn = async (
  slug: string,
  idp: OidcIdp,
  account: IdpAccount,
  jar = new BrowserJar(),
): Promise<{ jar: BrowserJar; status: number; url: string; text: string }> => {
  idp.account = account;
  const { response, url, text } = await jar.open(`${gateway.url}/auth/sso/${slug}`, { stopAt: `${gateway.url}/app` });
  return { jar, status: response.status, url, text };
};
const signedIn = async (slug: string, idp: OidcIdp, account: IdpAccount): Promise<Session & { jar: BrowserJar }> => {
  const { jar, url, text } = await signIn(slug, idp, account);
  expect(text).toBe('');
  expect(url).toBe(`${gateway.url}/app`);
  return { ...(await session(jar)), jar };
};

const connect = async (slug: string, idp: OidcIdp, more: object, as: Record<string, string> = {}): Promise<string> => {
  const body = {
    name: slug,
    slug,
    issuer: idp.issuer,
    client_id: idp.clientId,
    client_secret: idp.clientSecret,
    ...more,
  };
  const { id, domains } = await json<{ id: string; domains: string[] }>(
    gateway.post('/v1/sso-connections', body, as),
    201,
  );
  const { data } = await json<{ data: { id: string; domain: string }[] }>(gateway.get('/v1/domains', as));
  for (const domain of data.filter((one) => domains.includes(one.domain)))
    await json(gateway.post(`/v1/domains/${domain.id}/verify`, {}, bearer(operatorKey)));
  return id;
};

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true', GATEWAY_OPERATOR_KEY: operatorKey });
  const callbacks = ['entra', 'google', 'okta', 'other', 'wide', 'theirs'].map(
    (slug) => `${gateway.url}/auth/sso/${slug}/callback`,
  );
  idps = await Promise.all((['entra', 'google', 'okta'] as const).map((dress) => startOidcIdp(dress, callbacks)));
  [entra, google, okta] = idps as [OidcIdp, OidcIdp, OidcIdp];
  await connect('entra', entra, {
    provider: 'entra',
    domains: ['entra.example'],
    group_roles: [
      { group: 'a1a1a1a1-0000-4000-8000-000000000001', role: 'viewer' },
      { group: 'a1a1a1a1-0000-4000-8000-000000000002', role: 'member' },
    ],
  });
  await connect('google', google, { provider: 'google', domains: ['google.example'], default_role: 'viewer' });
  await connect('okta', okta, {
    provider: 'okta',
    domains: ['okta.example'],
    group_roles: [
      { group: 'Builders', role: 'member' },
      { group: 'Heads', role: 'owner' },
    ],
    default_role: 'viewer',
    session_hours: 3,
  });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all(idps.map((idp) => idp.stop()));
});

let people = 0;
const someone = (domain: string): { sub: string; email: string; name: string } => {
  people += 1;
  return { sub: `subject-${people}`, email: `person${people}@${domain}`, name: `Person ${people}` };
};

describe('a person of Microsoft Entra', () => {
  const groups = ['a1a1a1a1-0000-4000-8000-000000000001', 'a1a1a1a1-0000-4000-8000-000000000002'];

  it('joins with the strongest role of their groups, without email_verified', async () => {
    const account = { ...someone('entra.example'), tid: entraTenant, groups };
    expect(await signedIn('entra', entra, account)).toMatchObject({
      person: { email: account.email, name: account.name, is_operator: false },
      role: 'member',
    });
  });

  it('is known by the address they sign in with where there is no other', async () => {
    const { email, ...account } = { ...someone('entra.example'), tid: entraTenant, groups };
    expect(await signedIn('entra', entra, { ...account, preferred_username: email.toUpperCase() })).toMatchObject({
      person: { email },
    });
  });

  it.each([
    ['of another tenant', { tid: 'b2b2b2b2-0000-4000-8000-000000000000', groups }, 'another tenant'],
    ['in over 200 groups', { tid: entraTenant, _claim_names: { groups: 'src1' } }, 'more than 200 groups'],
    ['in no group of the map', { tid: entraTenant, groups: ['c3c3c3c3-0000-4000-8000-000000000000'] }, 'Ask an owner'],
  ])('is refused when %s, with the reason', async (_who, claims, why) => {
    const { status, text } = await signIn('entra', entra, { ...someone('entra.example'), ...claims });
    expect([status, text]).toEqual([403, expect.stringContaining(why)]);
  });
});

describe('a person of Google Workspace', () => {
  it('joins with the default role where `hd` is a domain of the connection', async () => {
    const account = { ...someone('google.example'), hd: 'google.example', email_verified: true };
    const { person, role } = await signedIn('google', google, account);
    expect(role).toBe('viewer');
    // Google sends no groups: a role that an owner chooses stays.
    await json(gateway.send('PATCH', `/v1/members/${person.id}`, { role: 'member' }));
    expect((await signedIn('google', google, account)).role).toBe('member');
  });

  it('keeps the role of the invitation they joined with', async () => {
    const account = { ...someone('google.example'), hd: 'google.example', email_verified: true };
    await json(gateway.post('/v1/invitations', { email: account.email, role: 'member' }), 201);
    for (const _time of ['first', 'second']) expect((await signedIn('google', google, account)).role).toBe('member');
  });

  it.each([
    ['another Workspace', { hd: 'other.example', email_verified: true }],
    ['no Workspace at all', { email_verified: true }],
    ['an address that is not verified', { hd: 'google.example', email_verified: false }],
  ])('is refused with %s', async (_what, claims) => {
    expect((await signIn('google', google, { ...someone('google.example'), ...claims })).status).toBe(403);
  });
});

describe('a person of Okta', () => {
  it('gets the role of their groups again at each sign-in, which ends after the hours of the connection', async () => {
    const account = someone('okta.example');
    const first = await signedIn('okta', okta, { ...account, groups: ['Everyone', 'Builders'] });
    expect(first.role).toBe('member');
    // A change by hand would be lost at the next sign-in.
    const change = (role: string): Promise<Response> =>
      gateway.send('PATCH', `/v1/members/${first.person.id}`, { role });
    const { error } = await json<{ error: { code: string; param: string; message: string } }>(change('owner'), 409);
    expect(error).toMatchObject({ code: 'conflict', param: 'role' });
    expect(error.message).toMatch(/^The groups of okta give .*`group_roles` of PATCH \/v1\/sso-connections\//);
    expect((await change('member')).status).toBe(200);
    expect((await session(first.jar)).role).toBe('member');
    const { rows } = await gateway.database.pool.query(
      `select extract(epoch from expires_at - created_at) / 3600 as hours, method from sessions where person_id = $1`,
      [first.person.id],
    );
    expect(rows).toMatchObject([{ method: 'sso' }]);
    expect(Number((rows as { hours: string }[])[0]?.hours)).toBeCloseTo(3, 1);
    const second = await signedIn('okta', okta, { ...account, groups: [] });
    expect([second.person.id, second.role]).toEqual([first.person.id, 'viewer']);
    const log = await json<{ data: object[] }>(
      gateway.get(`/v1/audit?operation=auth.sso.role&target_id=${first.person.id}`),
    );
    expect(log.data).toMatchObject([
      { actor: { type: 'system', name: 'okta' }, before: { role: 'member' }, after: { role: 'viewer' } },
      { before: null, after: { role: 'member' } },
    ]);
    // The session of before has the new role at once.
    expect((await session(first.jar)).role).toBe('viewer');
  });

  it('is found by subject: a changed address is the same person', async () => {
    const account = someone('okta.example');
    const first = await signedIn('okta', okta, account);
    const second = await signedIn('okta', okta, { ...account, email: `married.${account.email}` });
    expect(second.person).toMatchObject({ id: first.person.id, email: account.email });
  });

  it('is refused where their address belongs to another subject already', async () => {
    const account = someone('okta.example');
    await signedIn('okta', okta, account);
    const { status, text } = await signIn('okta', okta, { ...account, sub: 'the-next-employee' });
    expect([status, text]).toEqual([403, expect.stringContaining('another account')]);
  });

  it.each([
    'person@elsewhere.example',
    'person@okta.example.evil.example',
    'person@evil.example,x@okta.example',
    '"x@okta.example"@evil.example',
  ])('is refused with the address %s', async (email) => {
    expect((await signIn('okta', okta, { ...someone('okta.example'), email })).status).toBe(403);
  });

  it('is the same person when two browsers sign in at once', async () => {
    const account = { ...someone('okta.example'), groups: ['Builders'] };
    const both = await Promise.all([signedIn('okta', okta, account), signedIn('okta', okta, account)]);
    expect(new Set(both.map(({ person }) => person.id)).size).toBe(1);
  });
});

// June 2026, better-auth: OAuth link to an unverified address. An administrator of one identity provider could otherwise be any person of the gateway.
describe('an address that has an account already', () => {
  let other: { id: string; live_key: string };
  beforeAll(async () => {
    other = await json(gateway.post('/v1/workspaces', { name: 'Other agency' }, bearer(operatorKey)), 201);
    await connect('theirs', okta, { domains: ['theirs.example'], default_role: 'owner' }, bearer(other.live_key));
    await connect('other', okta, { domains: ['mine.example'], default_role: 'viewer' });
  });
  const personHere = async (email: string, verified: boolean, workspaceId?: string): Promise<string> => {
    const id = `per_${++people}`;
    await gateway.database.pool.query(
      'insert into people (id, email, name, email_verified_at) values ($1, $2, $1, case when $3 then now() end)',
      [id, email, verified],
    );
    if (workspaceId !== undefined)
      await gateway.database.pool.query(
        `insert into members (workspace_id, id, person_id, role, source) values ($1, $2, $2, 'member', 'invite')`,
        [workspaceId, id],
      );
    return id;
  };

  it('is refused where that person was not invited here: never merged, never a second person', async () => {
    await personHere('victim@mine.example', true, other.id);
    const { status, text } = await signIn('other', okta, { sub: 'evil', email: 'victim@mine.example' });
    expect([status, text]).toEqual([403, expect.stringContaining('not invited')]);
    const { rows } = await gateway.database.pool.query(
      `select (select count(*)::int from people where email = 'victim@mine.example') as people, (select count(*)::int from identities where subject = 'evil') as identities`,
    );
    expect(rows).toEqual([{ people: 1, identities: 0 }]);
  });

  it('is linked where that person is invited here, and the invitation is accepted', async () => {
    const id = await personHere('guest@mine.example', true, other.id);
    await json(gateway.post('/v1/invitations', { email: 'guest@mine.example', role: 'member' }), 201);
    const signed = await signedIn('other', okta, { sub: 'guest', email: 'guest@mine.example' });
    expect(signed).toMatchObject({ person: { id }, role: 'member' });
    // An identity provider speaks for its own workspace alone.
    expect(signed.workspaces).toHaveLength(1);
    const switched = await fetch(`${gateway.url}/v1/session`, {
      method: 'PATCH',
      headers: {
        cookie: signed.jar.cookies(gateway.url),
        origin: gateway.url,
        'content-type': 'application/json',
        'x-gateway-app': '1',
      },
      body: JSON.stringify({ workspace_id: other.id }),
    });
    expect(switched.status).toBe(404);
    const { data } = await json<{ data: unknown[] }>(gateway.get('/v1/invitations'));
    expect(JSON.stringify(data)).not.toContain('guest@mine.example');
  });

  it('keeps the role that an owner gave by hand where no group says otherwise', async () => {
    const { rows } = await gateway.database.pool.query('select id from workspaces where id <> $1', [other.id]);
    await personHere('colleague@mine.example', true, (rows as { id: string }[])[0]?.id);
    const colleague = { sub: 'colleague', email: 'colleague@mine.example' };
    const { person, role } = await signedIn('other', okta, colleague);
    expect(role).toBe('member');
    await json(gateway.send('PATCH', `/v1/members/${person.id}`, { role: 'viewer' }));
    expect((await signedIn('other', okta, colleague)).role).toBe('viewer');
  });

  it('does not come back once its person is removed, but for an invitation, also with another subject', async () => {
    const account = { sub: 'leaver', email: 'leaver@mine.example' };
    const { person } = await signedIn('other', okta, account);
    expect((await gateway.send('DELETE', `/v1/members/${person.id}`)).status).toBe(204);
    const { status, text } = await signIn('other', okta, account);
    expect([status, text]).toEqual([403, expect.stringContaining('not invited')]);
    // Of a removal that a version before has made, the subject is known.
    const { rows } = await gateway.database.pool.query(
      `insert into identities (workspace_id, connection_id, subject, person_id)
       select workspace_id, id, 'leaver', $1 from sso_connections where slug = 'other' returning connection_id`,
      [person.id],
    );
    expect((await signIn('other', okta, account)).status).toBe(403);
    await gateway.database.pool.query(`delete from identities where subject = 'leaver'`);
    expect(rows).toHaveLength(1);
    await json(gateway.post('/v1/invitations', { email: account.email, role: 'member' }), 201);
    const successor = await signedIn('other', okta, { ...account, sub: 'successor' });
    expect(successor).toMatchObject({ person: { id: person.id }, role: 'member' });
  });

  it('shows a session by single sign-on none of its person’s sessions in other workspaces, and lets it end none', async () => {
    const { person, workspace, jar } = await signedIn('other', okta, {
      sub: 'traveller',
      email: 'traveller@mine.example',
    });
    const elsewhere = 'ses_elsewhere';
    for (const [id, workspaceId] of [
      [elsewhere, other.id],
      ['ses_here', workspace?.id],
    ])
      await gateway.database.pool.query(
        `insert into sessions (id, hash, person_id, workspace_id, method, expires_at)
         values ($1::text, sha256(convert_to($1::text, 'UTF8')), $2, $3, 'password', now() + interval '1 day')`,
        [id, person.id, workspaceId],
      );
    const ask = (method: string, path: string): Promise<Response> =>
      fetch(`${gateway.url}${path}`, {
        method,
        headers: { cookie: jar.cookies(gateway.url), origin: gateway.url, 'x-gateway-app': '1' },
      });
    const { data } = await json<{ data: { id: string }[] }>(ask('GET', '/v1/sessions'));
    expect(data).toHaveLength(2);
    expect(data.map(({ id }) => id)).toContain('ses_here');
    expect((await ask('DELETE', `/v1/sessions/${elsewhere}`)).status).toBe(404);
    expect((await ask('DELETE', '/v1/sessions')).status).toBe(204);
    const { rows } = await gateway.database.pool.query('select id from sessions where person_id = $1', [person.id]);
    expect(rows).toEqual([{ id: elsewhere }]);
  });

  it('signs in through its own workspace’s connection only', async () => {
    expect((await signIn('theirs', okta, { sub: 'stranger', email: 'x@mine.example' })).status).toBe(403);
  });
});

describe('a sign-in', () => {
  const account = { sub: 'flow', email: 'flow@okta.example' };
  let jar: BrowserJar;
  beforeEach(() => {
    jar = new BrowserJar();
    okta.account = account;
  });
  const callback = async (): Promise<string> =>
    (await jar.open(`${gateway.url}/auth/sso/okta`, { stopAt: `${gateway.url}/auth/sso/okta/callback` })).url;

  it('asks for a code by PKCE, with state and nonce', async () => {
    const { url } = await jar.open(`${gateway.url}/auth/sso/okta`, { stopAt: okta.issuer });
    const asked = Object.fromEntries(new URL(url).searchParams);
    expect(asked).toMatchObject({ response_type: 'code', code_challenge_method: 'S256' });
    expect([asked.code_challenge?.length, (asked.state?.length ?? 0) > 40, (asked.nonce?.length ?? 0) > 40]).toEqual([
      43,
      true,
      true,
    ]);
  });

  it('ends in the browser that began it and nowhere else, and once', async () => {
    const url = await callback();
    expect((await new BrowserJar().open(url)).response.status).toBe(400);
    const copy = jar.cookies(url);
    const { url: end } = await jar.open(url, { stopAt: `${gateway.url}/app` });
    expect(end).toBe(`${gateway.url}/app`);
    const again = await fetch(url, { redirect: 'manual', headers: { cookie: copy, accept: 'application/json' } });
    expect(again.status).toBe(410);
  });

  it('is refused with another state, another connection, a refusal of the identity provider, or no code', async () => {
    for (const change of [
      (url: URL) => url.searchParams.set('state', 'x'),
      (url: URL) => url.searchParams.delete('code'),
      (url: URL) => url.searchParams.set('code', 'x'),
      (url: URL) => {
        url.pathname = '/auth/sso/google/callback';
      },
      (url: URL) => {
        url.searchParams.delete('code');
        url.searchParams.set('error', '<script>alert(1)</script>');
      },
    ]) {
      const url = new URL(await callback());
      change(url);
      const { response, text } = await jar.open(url.href);
      expect([400, 401]).toContain(response.status);
      expect(text).not.toContain('<script>');
      expect(jar.cookie(gateway.url, 'gw_session')).toBeUndefined();
    }
  });

  it('goes back into the dashboard, and never to another site', async () => {
    const open = (to: string): Promise<{ url: string }> =>
      jar.open(`${gateway.url}/auth/sso/okta?return_to=${encodeURIComponent(to)}`, { stopAt: `${gateway.url}/app` });
    expect((await open('/app/settings?tab=sso')).url).toBe(`${gateway.url}/app/settings?tab=sso`);
    for (const to of ['https://evil.example', '//evil.example', '/app@evil.example', '/apps', '/app\\..\\x'])
      expect((await open(to)).url).toBe(`${gateway.url}/app`);
  });

  it('finds nothing at an unknown address', async () => {
    expect((await jar.open(`${gateway.url}/auth/sso/nobody`)).response.status).toBe(404);
    expect((await jar.open(`${gateway.url}/auth/sso/okta/metadata`)).response.status).toBe(404);
  });

  it.each(['another issuer', 'another client id', 'a domain less', 'its domain removed'])(
    'is over for everybody once the connection has %s',
    async (change) => {
      const id = await connect('wide', okta, { domains: ['wide.example'], default_role: 'viewer' });
      const { jar: own } = await signedIn('wide', okta, { sub: 'wide', email: 'w@wide.example' });
      const ask = (): Promise<Response> =>
        fetch(`${gateway.url}/v1/session`, { headers: { cookie: own.cookies(gateway.url) } });
      const path = `/v1/sso-connections/${id}`;
      await json(gateway.send('PATCH', path, { name: 'Another name' }));
      expect((await ask()).status).toBe(200);
      const { data } = await json<{ data: { id: string; domain: string }[] }>(gateway.get('/v1/domains'));
      const domain = data.find((one) => one.domain === 'wide.example');
      if (change === 'another issuer')
        await json(gateway.send('PATCH', path, { issuer: google.issuer, client_secret: google.clientSecret }));
      else if (change === 'another client id') await json(gateway.send('PATCH', path, { client_id: 'another' }));
      else if (change === 'a domain less') await json(gateway.send('PATCH', path, { domains: [] }));
      else expect((await gateway.send('DELETE', `/v1/domains/${domain?.id}`)).status).toBe(204);
      await eventually(async () => expect((await ask()).status).toBe(401));
      expect((await gateway.send('DELETE', path)).status).toBe(204);
    },
  );

  it('is over for everybody when the connection is removed or has another issuer', async () => {
    const id = await connect('wide', okta, { domains: ['wide.example'], default_role: 'viewer' });
    const first = await signedIn('wide', okta, { sub: 'wide', email: 'w@wide.example' });
    const change = { issuer: google.issuer, client_secret: google.clientSecret };
    await json(gateway.send('PATCH', `/v1/sso-connections/${id}`, change));
    // The same subject of another issuer is another person, whose address is known here already: it is linked by membership.
    const { rows } = await gateway.database.pool.query(
      'select count(*)::int as n from identities where connection_id = $1',
      [id],
    );
    expect(rows).toEqual([{ n: 0 }]);
    expect((await gateway.send('DELETE', `/v1/sso-connections/${id}`)).status).toBe(204);
    const after = await fetch(`${gateway.url}/v1/session`, { headers: { cookie: first.jar.cookies(gateway.url) } });
    expect(after.status).toBe(401);
  });
});
