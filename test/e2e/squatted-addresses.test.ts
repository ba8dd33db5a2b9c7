import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeInvitation } from '../../gateway/src/members/invitation-store.ts';
import { lockAddress } from '../../gateway/src/members/person-store.ts';
import { eventually, json } from '../support/ask.ts';
import { codeOf } from '../support/authenticator-app.ts';
import { BrowserJar } from '../support/browser-jar.ts';
import { type OidcIdp, startOidcIdp } from '../support/fakes/oidc-idp.ts';
import {
  assertionXml,
  makeSamlIdp,
  readAuthnRequest,
  responseXml,
  type SamlIdp,
  signXml,
} from '../support/fakes/saml-idp.ts';
import { browser, type Person, tokenOf } from '../support/person.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/*
 * Account pre-hijacking (https://www.usenix.org/conference/usenixsecurity22/presentation/sudhodanan): somebody makes an account with the address of another person, leaves a
 * password, an authenticator app, a passkey and a session there, and waits for that person to come.
 */
const operatorKey = `gw_operator_${randomBytes(24).toString('hex')}`;
const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
const password = 'a quiet river of nine stones';

let gateway: TestGateway;
let oidc: OidcIdp;
let saml: SamlIdp;
let scimToken: string;
/** The key of a workspace of somebody else, who squats. */
let mallory: Record<string, string>;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true', GATEWAY_OPERATOR_KEY: operatorKey });
  const other = await json<{ live_key: string }>(
    gateway.post('/v1/workspaces', { name: 'Mallory' }, bearer(operatorKey)),
    201,
  );
  mallory = bearer(other.live_key);
  oidc = await startOidcIdp('okta', [`${gateway.url}/auth/sso/oidc/callback`]);
  saml = makeSamlIdp();
});
afterAll(async () => {
  await gateway.stop();
  await oidc.stop();
});

const sql = (text: string, values: unknown[] = []) => gateway.database.pool.query(text, values);

/** Somebody has an account of this address, by an invitation whose link the inviter opens. */
async function squat(email: string, as: Record<string, string> = mallory): Promise<{ id: string; squatter: Person }> {
  const { url } = await json<{ url: string }>(gateway.post('/v1/invitations', { email, role: 'member' }, as), 201);
  const squatter = browser(gateway);
  const { person } = await json<{ person: { id: string } }>(
    squatter.send('POST', '/auth/link', { token: tokenOf(url) }),
  );
  await json(squatter.send('PUT', '/v1/me/password', { password }), 204);
  const { secret } = await json<{ secret: string }>(squatter.send('POST', '/v1/me/totp', {}));
  await json(squatter.send('POST', '/v1/me/totp/verify', { code: codeOf(secret, Date.now()) }));
  await sql(`insert into passkeys (id, person_id, public_key, name) values ($1, $2, 'x', 'Key')`, [
    `key-${person.id}`,
    person.id,
  ]);
  return { id: person.id, squatter };
}

/** The company shows that the domain is its own, after the squatter came. */
async function connect(slug: string, domain: string, more: object): Promise<string> {
  const body = { name: slug, slug, domains: [domain], default_role: 'viewer', ...more };
  const { id } = await json<{ id: string }>(gateway.post('/v1/sso-connections', body), 201);
  const { data } = await json<{ data: { id: string; domain: string }[] }>(gateway.get('/v1/domains'));
  const found = data.find((one) => one.domain === domain);
  await json(gateway.post(`/v1/domains/${found?.id}/verify`, {}, bearer(operatorKey)));
  return id;
}
const connectOidc = (): Promise<string> =>
  connect('oidc', 'oidc.example', {
    provider: 'okta',
    issuer: oidc.issuer,
    client_id: oidc.clientId,
    client_secret: oidc.clientSecret,
  });
const connectSaml = (): Promise<string> =>
  connect('saml', 'saml.example', {
    protocol: 'saml',
    provider: 'other',
    idp_entity_id: saml.entityId,
    sso_url: saml.ssoUrl,
    certificate: saml.certificate,
  });

type Outcome = { jar: BrowserJar; status: number; text: string };
const byOidc = async (email: string): Promise<Outcome> => {
  oidc.account = { sub: `subject of ${email}`, email };
  const jar = new BrowserJar();
  const { response, text } = await jar.open(`${gateway.url}/auth/sso/oidc`, { stopAt: `${gateway.url}/app` });
  return { jar, status: response.status, text };
};
const bySaml = async (email: string): Promise<Outcome> => {
  const jar = new BrowserJar();
  const { url } = await jar.open(`${gateway.url}/auth/sso/saml`, { stopAt: saml.ssoUrl });
  const { id, acs, issuer } = readAuthnRequest(url);
  const given = { idp: saml, inResponseTo: id, recipient: acs, audience: issuer, nameId: `name of ${email}`, email };
  const { response, text } = await jar.open(acs, {
    method: 'POST',
    form: { SAMLResponse: Buffer.from(responseXml(given, signXml(assertionXml(given), saml))).toString('base64') },
    crossSite: true,
    stopAt: `${gateway.url}/app`,
  });
  return { jar, status: response.status, text };
};
const sessionOf = (jar: BrowserJar): Promise<{ person: { id: string }; role: string }> =>
  json(fetch(`${gateway.url}/v1/session`, { headers: { cookie: jar.cookies(gateway.url) } }));
const factorsOf = async (id: string): Promise<number> => {
  const { rows } = await sql(
    `select (select count(*) from passwords where person_id = $1) + (select count(*) from passkeys where person_id = $1)
       + (select count(*) from totp where person_id = $1) + (select count(*) from recovery_codes where person_id = $1) as n`,
    [id],
  );
  return Number((rows as { n: string }[])[0]?.n);
};
/** Nothing that the squatter has left opens the account. */
const expectOut = async ({ id, squatter, email }: { id: string; squatter: Person; email: string }): Promise<void> => {
  await eventually(async () => expect((await squatter.get('/v1/session')).status).toBe(401));
  expect((await browser(gateway).send('POST', '/auth/sign-in', { email, password })).status).toBe(401);
  expect(await factorsOf(id)).toBe(0);
  const { data } = await json<{ data: { after: object }[] }>(
    gateway.get(`/v1/audit?operation=auth.sso.link&target_id=${id}`),
  );
  expect(data).toMatchObject([{ after: { factors: 'removed' } }]);
};

describe.each([
  ['OpenID Connect', 'oidc.example', connectOidc, byOidc],
  ['SAML', 'saml.example', connectSaml, bySaml],
])('an address that somebody has taken before its company comes, by %s,', (_protocol, domain, connectIt, signIn) => {
  const [stranger, early, proven] = [`stranger@${domain}`, `early@${domain}`, `proven@${domain}`];
  let taken: { id: string; squatter: Person };
  let colleague: { id: string; squatter: Person };
  let verified: { id: string; squatter: Person };

  beforeAll(async () => {
    taken = await squat(stranger);
    // Of the company itself, before the domain is verified: the link went through an inviter's hands.
    colleague = await squat(early, {});
    verified = await squat(proven);
    await sql('update people set email_verified_at = now() where id = $1', [verified.id]);
    await connectIt();
  });

  it('is refused until an owner here invites it; then the stranger’s password, passkey, app and sessions are over', async () => {
    const refused = await signIn(stranger);
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('not invited')]);
    // A refused sign-in takes nothing from anybody.
    expect((await taken.squatter.get('/v1/session')).status).toBe(200);
    await json(gateway.post('/v1/invitations', { email: stranger, role: 'member' }), 201);
    const { jar } = await signIn(stranger);
    expect(await sessionOf(jar)).toMatchObject({ person: { id: taken.id }, role: 'member' });
    await expectOut({ ...taken, email: stranger });
  });

  it('is linked where it is a member already, and what was set up before is over', async () => {
    expect(await factorsOf(colleague.id)).toBeGreaterThan(3);
    const { jar } = await signIn(early);
    expect(await sessionOf(jar)).toMatchObject({ person: { id: colleague.id }, role: 'member' });
    await expectOut({ ...colleague, email: early });
  });

  it('keeps the factors of a person who had confirmed it', async () => {
    await json(gateway.post('/v1/invitations', { email: proven, role: 'viewer' }), 201);
    const { jar } = await signIn(proven);
    expect(await sessionOf(jar)).toMatchObject({ person: { id: verified.id }, role: 'viewer' });
    expect((await verified.squatter.get('/v1/session')).status).toBe(200);
    expect(await factorsOf(verified.id)).toBeGreaterThan(3);
  });
});

describe('an address that somebody has taken before its company comes, by SCIM,', () => {
  const provision = (userName: string): Promise<Response> =>
    fetch(`${gateway.url}/scim/v2/Users`, {
      method: 'POST',
      headers: { ...bearer(scimToken), 'content-type': 'application/scim+json' },
      body: JSON.stringify({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, active: true }),
    });
  let taken: { id: string; squatter: Person };
  let colleague: { id: string; squatter: Person };
  let connectionId: string;

  beforeAll(async () => {
    taken = await squat('stranger@scim.example');
    colleague = await squat('early@scim.example', {});
    connectionId = await connect('scim', 'scim.example', {
      provider: 'okta',
      issuer: oidc.issuer,
      client_id: oidc.clientId,
      client_secret: oidc.clientSecret,
    });
    ({ token: scimToken } = await json<{ token: string }>(
      gateway.post('/v1/scim-tokens', { connection_id: connectionId }),
      201,
    ));
  });

  it('is refused until an owner here invites it; then the stranger is out before the person has ever signed in', async () => {
    expect((await provision('stranger@scim.example')).status).toBe(409);
    expect((await taken.squatter.get('/v1/session')).status).toBe(200);
    await json(gateway.post('/v1/invitations', { email: 'stranger@scim.example', role: 'member' }), 201);
    expect((await provision('stranger@scim.example')).status).toBe(201);
    await expectOut({ ...taken, email: 'stranger@scim.example' });
  });

  it('is the person’s who is a member already, and what was set up before is over', async () => {
    expect((await provision('early@scim.example')).status).toBe(201);
    await expectOut({ ...colleague, email: 'early@scim.example' });
  });
});

it('an operator’s account is opened by its own factors only: an unconfirmed address links it to nobody', async () => {
  const { id, squatter } = await squat('operator@oidc.example');
  await sql('update people set is_operator = true where id = $1', [id]);
  await json(gateway.post('/v1/invitations', { email: 'operator@oidc.example', role: 'owner' }), 201);
  const { status, text } = await byOidc('operator@oidc.example');
  expect([status, text]).toEqual([403, expect.stringContaining('not confirmed')]);
  expect((await squatter.get('/v1/session')).status).toBe(200);
});

describe('a member who is added by hand', () => {
  const add = (email: string, role = 'member', as: Record<string, string> = {}): Promise<Response> =>
    gateway.post('/v1/members', { email, role }, as);

  it('is of a verified domain of the workspace, and signs in by it with the role that was given', async () => {
    const added = await json<{ id: string; person_id: string; role: string }>(add('new@oidc.example'), 201);
    expect(added).toMatchObject({ email: 'new@oidc.example', role: 'member', source: 'invite' });
    expect((await add('new@oidc.example')).status).toBe(409);
    const { jar } = await byOidc('new@oidc.example');
    expect(await sessionOf(jar)).toMatchObject({ person: { id: added.person_id }, role: 'member' });
  });

  it('is added while the invitation to the same address is accepted: neither waits for the other for ever', async () => {
    const email = 'both@oidc.example';
    const { id } = await json<{ id: string }>(gateway.post('/v1/invitations', { email, role: 'viewer' }), 201);
    const { rows } = await sql('select workspace_id from invitations where id = $1', [id]);
    const workspaceId = (rows as { workspace_id: string }[])[0]?.workspace_id ?? '';
    const tx = await gateway.database.pool.connect();
    try {
      await tx.query('begin');
      expect(await takeInvitation(tx, { workspaceId, id, now: new Date() })).toMatchObject({ email });
      const added = add(email);
      await eventually(async () => {
        const waiting = await sql(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' limit 1`,
        );
        expect(waiting.rows).toHaveLength(1);
      });
      // As somebody who accepts does: the invitation, then the address.
      await lockAddress(tx, email);
      await tx.query('commit');
      expect((await added).status).toBe(201);
    } finally {
      await tx.query('rollback');
      tx.release();
    }
  });

  it('is of no other domain, whether the address has an account or not, and of no other workspace’s', async () => {
    const { message } = (await json<{ error: { message: string } }>(add('ada@elsewhere.example'), 403)).error;
    expect(message).toContain('POST /v1/invitations');
    expect((await add('next@oidc.example', 'member', mallory)).status).toBe(403);
  });

  it('gets an account that somebody else had made with the address, and that person is out', async () => {
    const taken = await squat('later@oidc.example');
    await json(add('later@oidc.example'), 201);
    await expectOut({ ...taken, email: 'later@oidc.example' });
  });
});
