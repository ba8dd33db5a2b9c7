import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

const operatorKey = `gw_operator_${randomBytes(24).toString('hex')}`;
const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

interface Connection {
  id: string;
  issuer: string;
  domains: string[];
  client_secret_set: boolean;
}
interface Domain {
  id: string;
  domain: string;
  verified: boolean;
  verified_by: string | null;
  txt_name: string;
  txt_value: string;
}

let gateway: TestGateway;
let dns: DnsServer;
beforeAll(async () => {
  dns = await startDnsServer();
  gateway = await startTestGateway({ GATEWAY_OPERATOR_KEY: operatorKey, DOMAIN_RESOLVER: dns.address });
});
afterAll(async () => {
  await gateway.stop();
  await dns.stop();
});

let slugs = 0;
const given = (more: object = {}): object => ({
  name: 'Okta',
  slug: `okta-${++slugs}`,
  protocol: 'oidc',
  provider: 'okta',
  issuer: 'https://acme.okta.com',
  client_id: 'client',
  client_secret: 'very-secret-0001',
  ...more,
});
const connect = (more: object = {}): Promise<Connection> =>
  json<Connection>(gateway.post('/v1/sso-connections', given(more)), 201);
const refusal = async (
  answer: Promise<Response>,
): Promise<{ status: number; message: string; param: string | null }> => {
  const response = await answer;
  const { error } = (await response.json()) as { error: { message: string; param: string | null } };
  return { status: response.status, message: error.message, param: error.param };
};

describe('a single sign-on connection', () => {
  it('is created, changed, listed and removed, and never shows its secret', async () => {
    const made = await gateway.post('/v1/sso-connections', given({ slug: 'acme', domains: ['acme.com', 'ACME.com'] }));
    const text = await made.text();
    expect([made.status, text.includes('very-secret')]).toEqual([201, false]);
    const connection = JSON.parse(text) as Connection;
    expect(connection).toMatchObject({
      domains: ['acme.com'],
      client_secret_set: true,
      sign_in_url: `${gateway.url}/auth/sso/acme`,
      callback_url: `${gateway.url}/auth/sso/acme/callback`,
    });
    const changed = await json(gateway.send('PATCH', `/v1/sso-connections/${connection.id}`, { session_hours: 8 }));
    expect(changed).toMatchObject({ session_hours: 8, issuer: 'https://acme.okta.com' });
    const listed = await (await gateway.get('/v1/sso-connections')).text();
    expect([listed.includes(connection.id), listed.includes('very-secret')]).toEqual([true, false]);
    // Its domain is the workspace's from now on, still to be verified.
    expect((await json<{ data: Domain[] }>(gateway.get('/v1/domains'))).data).toMatchObject([
      { domain: 'acme.com', verified: false },
    ]);
    const { rows } = await gateway.database.pool.query('select sealed_secret::text as sealed from sso_connections');
    expect(JSON.stringify(rows)).not.toContain(Buffer.from('very-secret').toString('hex'));
    expect((await gateway.send('DELETE', `/v1/sso-connections/${connection.id}`)).status).toBe(204);
    expect((await gateway.send('DELETE', `/v1/sso-connections/${connection.id}`)).status).toBe(404);
  });

  it('has a slug that no other has, in any workspace', async () => {
    await connect({ slug: 'one-only' });
    expect(await refusal(gateway.post('/v1/sso-connections', given({ slug: 'one-only' })))).toMatchObject({
      status: 409,
      param: 'slug',
    });
  });

  // CVE-2025-61928 and the better-auth advisories of June 2026: SSO registration without right, and with SSRF.
  it.each([
    ['http://acme.okta.com', 'https'],
    ['https://127.0.0.1', 'private'],
    ['https://localhost:8443', 'private'],
    ['https://169.254.169.254/latest/meta-data', 'private'],
    ['https://[::1]/', 'private'],
    ['https://user:pass@acme.okta.com', 'password'],
    ['https://acme.okta.com/?tenant=1', 'query'],
  ])('is refused with the issuer %s', async (issuer, why) => {
    const { status, message, param } = await refusal(gateway.post('/v1/sso-connections', given({ issuer })));
    expect([status, param, message]).toEqual([400, 'issuer', expect.stringContaining(why)]);
  });

  it.each(['https://127.0.0.1/saml', 'http://idp.example.com/saml'])(
    'is refused with the sign-on URL %s',
    async (url) => {
      const saml = { protocol: 'saml', idp_entity_id: 'idp', sso_url: url, certificate: 'x' };
      expect(await refusal(gateway.post('/v1/sso-connections', given({ ...saml, issuer: undefined })))).toMatchObject({
        status: 400,
        param: 'sso_url',
      });
    },
  );

  it.each([
    'https://login.microsoftonline.com/common/v2.0',
    'https://login.microsoftonline.com/organizations/v2.0',
    'https://login.microsoftonline.com/consumers/v2.0',
    'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0',
    'https://login.microsoftonline.com/v2.0',
  ])('at Entra names one tenant: %s is refused', async (issuer) => {
    const { status, message } = await refusal(
      gateway.post('/v1/sso-connections', given({ provider: 'entra', issuer })),
    );
    expect([status, message]).toEqual([400, expect.stringContaining('one tenant')]);
  });

  // openid-client does not compare the issuer there, so that every tenant would sign in.
  it.each([
    'https://login.microsoftonline.com/common/v2.0',
    'https://login.microsoftonline.com./organizations/v2.0',
    'https://login.microsoftonline.us/common/v2.0',
    'https://login.microsoft.com/common/v2.0',
    'https://login.windows.net/common',
    'https://sts.windows.net/common',
  ])('of another provider keeps the rules of Entra at its hosts: %s is refused', async (issuer) => {
    for (const provider of ['other', 'okta']) {
      const { status, message } = await refusal(gateway.post('/v1/sso-connections', given({ provider, issuer })));
      expect([status, message]).toEqual([400, expect.stringContaining('one tenant')]);
    }
  });

  it('at Entra takes the issuer of a tenant, and at Google only Google’s own', async () => {
    await connect({
      provider: 'entra',
      issuer: 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0',
    });
    await connect({ provider: 'google', issuer: 'https://accounts.google.com' });
    expect((await refusal(gateway.post('/v1/sso-connections', given({ provider: 'google' })))).status).toBe(400);
  });

  it('asks for the secret again when its issuer changes, and refuses settings of the other protocol', async () => {
    const { id } = await connect();
    const issuer = 'https://evil.example.com';
    expect(await refusal(gateway.send('PATCH', `/v1/sso-connections/${id}`, { issuer }))).toMatchObject({
      status: 400,
      param: 'client_secret',
    });
    await json(gateway.send('PATCH', `/v1/sso-connections/${id}`, { issuer, client_secret: 'other' }));
    expect(await refusal(gateway.send('PATCH', `/v1/sso-connections/${id}`, { certificate: 'x' }))).toMatchObject({
      status: 400,
      param: 'certificate',
    });
  });

  it('is for owners with a live key only', async () => {
    for (const role of ['member', 'viewer', 'caller']) {
      const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: 'k', role }), 201);
      for (const [method, path, body] of [
        ['POST', '/v1/sso-connections', given()],
        ['GET', '/v1/sso-connections', undefined],
        ['POST', '/v1/domains', { domain: 'acme.com' }],
        ['POST', '/v1/scim-tokens', { connection_id: 'x' }],
      ] as const)
        expect([role, path, (await gateway.send(method, path, body, bearer(key))).status]).toEqual([role, path, 403]);
    }
    expect((await gateway.post('/v1/sso-connections', given(), bearer(testKey))).status).toBe(403);
    expect((await gateway.post('/v1/sso-connections', given(), { authorization: '' })).status).toBe(401);
  });
});

describe('a domain', () => {
  const add = (domain: string, as = {}): Promise<Domain> =>
    json<Domain>(gateway.post('/v1/domains', { domain }, as), 201);

  it('is verified by its TXT record', async () => {
    const domain = await add('Beta.example');
    expect(domain).toMatchObject({ domain: 'beta.example', verified: false, txt_name: '_ai-gateway.beta.example' });
    expect((await gateway.post('/v1/domains', { domain: 'beta.example' })).status).toBe(200);
    const verify = (): Promise<Response> => gateway.post(`/v1/domains/${domain.id}/verify`, {});
    expect(await refusal(verify())).toMatchObject({ status: 409, message: expect.stringContaining('no TXT record') });
    dns.records.set('_ai-gateway.beta.example', ['v=spf1 -all', `x${domain.txt_value}`]);
    expect(await refusal(verify())).toMatchObject({ status: 409, message: expect.stringContaining(domain.txt_value) });
    dns.records.set('_ai-gateway.beta.example', ['v=spf1 -all', domain.txt_value]);
    expect(await json(verify())).toMatchObject({ verified: true, verified_by: 'dns' });
  });

  it('is vouched for by the operator, and verified in one workspace only', async () => {
    const { live_key } = await json<{ live_key: string }>(
      gateway.post('/v1/workspaces', { name: 'Other' }, bearer(operatorKey)),
      201,
    );
    const mine = await add('gamma.example');
    const theirs = await add('gamma.example', bearer(live_key));
    const vouch = (id: string): Promise<Response> => gateway.post(`/v1/domains/${id}/verify`, {}, bearer(operatorKey));
    expect((await gateway.post(`/v1/domains/${mine.id}/verify`, {}, bearer(live_key))).status).toBe(404);
    const answers = await Promise.all([vouch(mine.id), vouch(theirs.id)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await answers.find(({ status }) => status === 200)?.json()).toMatchObject({ verified_by: 'operator' });
    const wrong = `gw_operator_${randomBytes(24).toString('hex')}`;
    expect((await gateway.post(`/v1/domains/${theirs.id}/verify`, {}, bearer(wrong))).status).toBe(401);
  });

  it('requires single sign-on only once it is verified and belongs to a connection', async () => {
    const domain = await add('delta.example');
    const require = (): Promise<Response> => gateway.send('PATCH', `/v1/domains/${domain.id}`, { sso_required: true });
    expect((await require()).status).toBe(409);
    await json(gateway.post(`/v1/domains/${domain.id}/verify`, {}, bearer(operatorKey)));
    expect((await require()).status).toBe(409);
    await connect({ domains: ['delta.example'] });
    expect(await json(require())).toMatchObject({ sso_required: true });
    expect((await gateway.send('DELETE', `/v1/domains/${domain.id}`)).status).toBe(204);
  });

  it.each(['', 'acme', '*.acme.com', 'acme.com/x', '-acme.com', '127.0.0.1'])('is refused as "%s"', async (domain) => {
    expect((await gateway.post('/v1/domains', { domain })).status).toBe(400);
  });
});

describe('SCIM tokens', () => {
  it('are two for a connection at most, are shown once, and end at once', async () => {
    const { id } = await connect();
    const create = (): Promise<Response> => gateway.post('/v1/scim-tokens', { connection_id: id });
    const statuses = (await Promise.all([create(), create(), create(), create()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 201, 409, 409]);
    const listed = await json<{ data: { id: string; connection_id: string }[] }>(gateway.get('/v1/scim-tokens'));
    const theirs = listed.data.filter(({ connection_id }) => connection_id === id);
    expect([theirs.length, JSON.stringify(listed).includes('gw_scim_')]).toEqual([2, false]);
    expect((await gateway.send('DELETE', `/v1/scim-tokens/${theirs[0]?.id}`)).status).toBe(204);
    const { token } = await json<{ token: string }>(create(), 201);
    expect(token).toMatch(/^gw_scim_[A-Za-z0-9_-]{43}$/);
    const { rows } = await gateway.database.pool.query('select hash from scim_tokens');
    expect(JSON.stringify(rows)).not.toContain(token);
    expect((await gateway.post('/v1/scim-tokens', { connection_id: 'sso_unknown' })).status).toBe(404);
  });
});
