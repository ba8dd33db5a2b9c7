import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seal } from '../../gateway/src/accounts/seal.ts';
import { secretContext } from '../../gateway/src/sso/sso-connection.ts';
import { json } from '../support/ask.ts';
import { BrowserJar } from '../support/browser-jar.ts';
import { startWrongIdp, type WrongIdp, wrongIdpClient } from '../support/fakes/wrong-idp.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const operatorKey = `gw_operator_${randomBytes(24).toString('hex')}`;
let gateway: TestGateway;
let made = 0;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true', GATEWAY_OPERATOR_KEY: operatorKey });
  const { id } = await json<{ id: string }>(gateway.post('/v1/domains', { domain: 'wrong.example' }), 201);
  await json(gateway.post(`/v1/domains/${id}/verify`, {}, { authorization: `Bearer ${operatorKey}` }));
});
afterAll(() => gateway.stop());

/** A connection of its own for each: metadata is remembered. */
const withIdp = async (work: (idp: WrongIdp, slug: string) => Promise<void>): Promise<void> => {
  const idp = await startWrongIdp();
  try {
    const slug = `wrong-${++made}`;
    const body = {
      name: 'IdP',
      slug,
      issuer: idp.issuer,
      ...wrongIdpClient,
      domains: ['wrong.example'],
      default_role: 'viewer',
    };
    await json(gateway.post('/v1/sso-connections', body), 201);
    await work(idp, slug);
  } finally {
    await idp.stop();
  }
};
const signIn = async (slug: string): Promise<{ status: number; text: string; jar: BrowserJar }> => {
  const jar = new BrowserJar();
  const { response, text } = await jar.open(`${gateway.url}/auth/sso/${slug}`, { stopAt: `${gateway.url}/app` });
  return { status: response.status, text, jar };
};
const isSignedIn = (jar: BrowserJar): boolean => jar.cookie(gateway.url, 'gw_session') !== undefined;

it('an honest answer of the same identity provider signs in', () =>
  withIdp(async (_idp, slug) => {
    expect(isSignedIn((await signIn(slug)).jar)).toBe(true);
  }));

type Change = (idp: WrongIdp) => void;
const claim =
  (change: object): Change =>
  (idp) => {
    idp.claims = (claims) => ({ ...claims, ...change });
  };
const forged: Record<string, Change> = {
  'without a signature (alg none)': (idp) => {
    idp.signature = 'none';
  },
  'signed by another key': (idp) => {
    idp.signature = 'other';
  },
  'with a broken signature': (idp) => {
    idp.signature = 'broken';
  },
  'with another algorithm in its header': (idp) => {
    idp.header = { alg: 'HS256' };
  },
  'of another issuer': claim({ iss: 'https://evil.example' }),
  'for another client': claim({ aud: 'somebody-else' }),
  'for several clients, by another': claim({ aud: ['gateway', 'other'], azp: 'other' }),
  'with another nonce': claim({ nonce: 'of-another-sign-in' }),
  'without a nonce': claim({ nonce: undefined }),
  'that is over': claim({ iat: 1_000_000_000, exp: 1_000_000_060 }),
  'without an end': claim({ exp: undefined }),
  'without a subject': claim({ sub: undefined }),
};

describe('an ID token', () => {
  it.each(Object.entries(forged))('%s signs nobody in', (_how, change) =>
    withIdp(async (idp, slug) => {
      change(idp);
      const { status, text, jar } = await signIn(slug);
      expect([status, isSignedIn(jar)]).toEqual([401, false]);
      expect(text).toContain('proves nothing');
    }),
  );
});

const answer =
  (status: number, body: string): ((res: ServerResponse) => void) =>
  (res) =>
    res.writeHead(status, { 'content-type': 'application/json' }).end(body);

describe('an identity provider', () => {
  it('that is down is named, and signs in again when it is back', () =>
    withIdp(async (idp, slug) => {
      for (const fault of [answer(503, '{}'), answer(200, '<html>'), (res: ServerResponse) => res.destroy()]) {
        idp.override.set('/.well-known/openid-configuration', fault);
        const { status, text } = await signIn(slug);
        expect([status, text]).toEqual([502, expect.stringContaining(idp.issuer)]);
      }
      idp.override.clear();
      expect(isSignedIn((await signIn(slug)).jar)).toBe(true);
    }));

  it('that cannot be connected to is named', () =>
    withIdp(async (idp, slug) => {
      await idp.stop();
      expect((await signIn(slug)).status).toBe(502);
    }));

  it('that accepts the connection and never answers is named, and signs in again when it answers', () =>
    withIdp(async (idp, slug) => {
      idp.override.set('/.well-known/openid-configuration', () => {});
      const { status, text } = await signIn(slug);
      expect([status, text]).toEqual([502, expect.stringContaining(idp.issuer)]);
      idp.override.clear();
      expect(isSignedIn((await signIn(slug)).jar)).toBe(true);
    }));

  it('that does not accept the secret says so to the owner', () =>
    withIdp(async (idp, slug) => {
      idp.override.set('/token', answer(401, '{"error":"invalid_client"}'));
      const { status, text } = await signIn(slug);
      expect([status, text]).toEqual([502, expect.stringContaining('client id and secret')]);
    }));

  it.each([
    ['of another issuer', { issuer: 'https://evil.example' }, 502],
    ['without a token endpoint', { token_endpoint: undefined }, 401],
    ['with keys elsewhere', { jwks_uri: 'http://127.0.0.1:9/keys' }, 502],
  ])('with metadata %s signs nobody in', (_what, change, status) =>
    withIdp(async (idp, slug) => {
      idp.metadata = (metadata) => ({ ...metadata, ...change });
      const answered = await signIn(slug);
      expect([answered.status, isSignedIn(answered.jar)]).toEqual([status, false]);
    }),
  );

  it('that sends the browser’s secrets along a redirect gets no second request', () =>
    withIdp(async (idp, slug) => {
      idp.override.set('/token', (res) => res.writeHead(307, { location: `${idp.issuer}/stolen` }).end());
      expect(isSignedIn((await signIn(slug)).jar)).toBe(false);
      expect(idp.requests.map(({ path }) => path)).not.toContain('/stolen');
    }));
});

// SSRF by registration (better-auth, June 2026): an issuer that was stored while private addresses were allowed obeys the flag as it is now.
it('an issuer that resolves to a private address is not asked', async () => {
  const strict = await startTestGateway();
  const idp = await startWrongIdp();
  try {
    await json(
      strict.post('/v1/sso-connections', {
        name: 'IdP',
        slug: 'private',
        issuer: 'https://idp.example',
        ...wrongIdpClient,
      }),
      201,
    );
    const { pool } = strict.database;
    const { rows } = await pool.query('select workspace_id as "workspaceId", id from sso_connections');
    const [row] = rows as { workspaceId: string; id: string }[];
    const sealed = seal(
      strict.gateway.services.secret,
      's',
      secretContext({ workspaceId: '', id: '', ...row, issuer: idp.issuer }),
    );
    await pool.query('update sso_connections set issuer = $1, sealed_secret = $2', [idp.issuer, sealed]);
    const { response } = await new BrowserJar().open(`${strict.url}/auth/sso/private`);
    expect([response.status, idp.requests]).toEqual([502, []]);
  } finally {
    await idp.stop();
    await strict.stop();
  }
});
