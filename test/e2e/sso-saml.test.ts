import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import { BrowserJar } from '../support/browser-jar.ts';
import {
  assertionXml,
  makeSamlIdp,
  readAuthnRequest,
  responseXml,
  type SamlAssertion,
  type SamlIdp,
  signXml,
} from '../support/fakes/saml-idp.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const operatorKey = `gw_operator_${randomBytes(24).toString('hex')}`;
let gateway: TestGateway;
let idp: SamlIdp;
let stranger: SamlIdp;

beforeAll(async () => {
  gateway = await startTestGateway({ GATEWAY_OPERATOR_KEY: operatorKey });
  [idp, stranger] = [makeSamlIdp(), makeSamlIdp('stranger')];
  for (const slug of ['saml', 'other']) {
    const made = await gateway.post('/v1/sso-connections', {
      name: 'SAML',
      slug,
      protocol: 'saml',
      provider: 'other',
      idp_entity_id: idp.entityId,
      sso_url: idp.ssoUrl,
      certificate: idp.certificate,
      domains: ['saml.example'],
      default_role: 'viewer',
      group_roles: [{ group: 'Builders', role: 'member' }],
    });
    expect(made.status).toBe(201);
  }
  const { data } = await json<{ data: { id: string }[] }>(gateway.get('/v1/domains'));
  await json(gateway.post(`/v1/domains/${data[0]?.id}/verify`, {}, { authorization: `Bearer ${operatorKey}` }));
});
afterAll(() => gateway.stop());

/** A browser at the identity provider, and the assertion that would sign it in. */
const begin = async (
  slug = 'saml',
  change: Partial<SamlAssertion> = {},
): Promise<{ jar: BrowserJar; given: SamlAssertion }> => {
  const jar = new BrowserJar();
  const { url } = await jar.open(`${gateway.url}/auth/sso/${slug}`, { stopAt: idp.ssoUrl });
  const { id, acs, issuer } = readAuthnRequest(url);
  const nameId = randomBytes(6).toString('hex');
  const given = {
    idp,
    inResponseTo: id,
    recipient: acs,
    audience: issuer,
    nameId,
    email: `${nameId}@saml.example`,
    ...change,
  };
  return { jar, given };
};
const signed = (given: SamlAssertion): string => responseXml(given, signXml(assertionXml(given), idp));
const post = (
  jar: BrowserJar,
  xml: string,
  slug = 'saml',
): Promise<{ response: Response; url: string; text: string }> =>
  jar.open(`${gateway.url}/auth/sso/${slug}/callback`, {
    method: 'POST',
    form: { SAMLResponse: Buffer.from(xml).toString('base64'), RelayState: '' },
    crossSite: true,
    stopAt: `${gateway.url}/app`,
  });
const isSignedIn = (jar: BrowserJar): boolean => jar.cookie(gateway.url, 'gw_session') !== undefined;

describe('a SAML sign-in', () => {
  it('signs the person of a signed assertion in, with the role of their groups', async () => {
    const { jar, given } = await begin('saml', { groups: ['Everyone', 'Builders'] });
    expect((await post(jar, signed(given))).url).toBe(`${gateway.url}/app`);
    const session = await json(fetch(`${gateway.url}/v1/session`, { headers: { cookie: jar.cookies(gateway.url) } }));
    expect(session).toMatchObject({ person: { email: given.email }, role: 'member' });
    // The next time it is the same person, found by the name id.
    const again = await begin('saml', { nameId: given.nameId, email: `other-${given.email}` });
    await post(again.jar, signed(again.given));
    expect(
      await json(fetch(`${gateway.url}/v1/session`, { headers: { cookie: again.jar.cookies(gateway.url) } })),
    ).toMatchObject({ person: { email: given.email }, role: 'viewer' });
  });

  it('takes a response that is signed around its signed assertion', async () => {
    const { jar, given } = await begin();
    await post(jar, signXml(signed(given), idp));
    expect(isSignedIn(jar)).toBe(true);
  });

  it('has metadata for the identity provider', async () => {
    const answer = await fetch(`${gateway.url}/auth/sso/saml/metadata`);
    const xml = await answer.text();
    expect(answer.headers.get('content-type')).toContain('application/samlmetadata+xml');
    expect(xml).toContain(`entityID="${gateway.url}/auth/sso/saml/metadata"`);
    expect(xml).toContain(`Location="${gateway.url}/auth/sso/saml/callback"`);
    expect(xml).toContain('WantAssertionsSigned="true"');
  });

  it('ends in the browser that began it and nowhere else', async () => {
    const { jar, given } = await begin();
    const elsewhere = new BrowserJar();
    expect((await post(elsewhere, signed(given))).response.status).toBe(400);
    const third = await begin();
    expect((await post(third.jar, signed((await begin()).given))).response.status).toBe(400);
    expect([isSignedIn(jar), isSignedIn(elsewhere), isSignedIn(third.jar)]).toEqual([false, false, false]);
  });

  it('counts once: neither the response nor its assertion is taken again', async () => {
    const { jar, given } = await begin('saml', { id: '_once' });
    const copy = new BrowserJar();
    const xml = signed(given);
    await post(jar, xml);
    expect(isSignedIn(jar)).toBe(true);
    expect((await post(copy, xml)).response.status).toBe(401);
    const next = await begin('saml', { id: '_once' });
    expect((await post(next.jar, signed(next.given))).response.status).toBe(401);
  });
});

/** Each is a document that a library has believed once, or that a careless one would. */
const forged: Record<string, (given: SamlAssertion) => string> = {
  'without a signature': (given) => responseXml(given, assertionXml(given)),
  'signed by somebody else': (given) => responseXml(given, signXml(assertionXml(given), stranger)),
  'signed with SHA-1': (given) => responseXml(given, signXml(assertionXml(given), idp, 'sha1')),
  'signed around an unsigned assertion': (given) => signXml(responseXml(given, assertionXml(given)), idp),
  'changed after it was signed': (given) => signed(given).replaceAll(`${given.nameId}@`, 'ceo@'),
  'with a comment in its name (CVE-2017-11427)': (given) =>
    signed({ ...given, email: `ceo@saml.example.evil.example` }).replace('.evil', '<!---->.evil'),
  'with a comment in its digest (CVE-2025-29775)': (given) =>
    signed(given).replace('<ds:DigestValue>', '<ds:DigestValue><!--x-->'),
  'with two SignedInfo (CVE-2025-29774)': (given) => {
    const other = signXml(assertionXml({ ...given, email: 'ceo@saml.example' }), stranger);
    const info = /<ds:SignedInfo.*<\/ds:SignedInfo>/.exec(other)?.[0] ?? '';
    return signed(given).replace('<ds:SignatureValue>', `${info}<ds:SignatureValue>`);
  },
  'with a forged assertion before the signed one (CVE-2025-47949)': (given) =>
    responseXml(
      given,
      assertionXml({ ...given, email: 'ceo@saml.example', id: '_evil' }) + signXml(assertionXml(given), idp),
    ),
  'with a forged assertion after the signed one': (given) =>
    responseXml(
      given,
      signXml(assertionXml(given), idp) + assertionXml({ ...given, email: 'ceo@saml.example', id: '_evil' }),
    ),
  'with the signed assertion wrapped in a forged one (CVE-2025-54419)': (given) => {
    const evil = assertionXml({ ...given, email: 'ceo@saml.example', id: '_evil' });
    return responseXml(given, evil.replace('</saml:Issuer>', `</saml:Issuer>${signXml(assertionXml(given), idp)}`));
  },
  'with the signature moved to a forged assertion': (given) => {
    const good = signXml(assertionXml(given), idp);
    const signature = /<ds:Signature .*<\/ds:Signature>/.exec(good)?.[0] ?? '';
    const evil = assertionXml({ ...given, email: 'ceo@saml.example', id: '_evil' });
    const holder = signature.replace(
      '</ds:Signature>',
      `<ds:Object>${good.replace(signature, '')}</ds:Object></ds:Signature>`,
    );
    return responseXml(given, evil.replace('</saml:Issuer>', `</saml:Issuer>${holder}`));
  },
  'with two elements of the signed id': (given) =>
    responseXml({ ...given }, signXml(assertionXml({ ...given, id: '_twice' }), idp)).replace(
      '<samlp:Status>',
      '<samlp:Extensions ID="_twice"></samlp:Extensions><samlp:Status>',
    ),
  'with a document type': (given) => `<!DOCTYPE x [<!ENTITY e "ceo">]>${signed(given)}`,
  'with an encrypted assertion': (given) =>
    responseXml(
      given,
      '<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"></saml:EncryptedAssertion>',
    ),
  'for another audience': (given) => signed({ ...given, audience: 'https://other.example' }),
  'for no audience': (given) => signed({ ...given, audience: '' }),
  'for another address': (given) => signed({ ...given, recipient: 'https://other.example/acs' }),
  'that is over': (given) => signed({ ...given, from: -1_000, until: -300 }),
  'that is from tomorrow': (given) => signed({ ...given, from: 86_400, until: 87_000 }),
  'of another identity provider': (given) => signed({ ...given, issuer: stranger.entityId }),
  'that nobody asked for (IdP-initiated)': (given) => signed({ ...given, inResponseTo: '' }),
  'that nobody asked for, in a response that somebody did': (given) =>
    responseXml(given, signXml(assertionXml({ ...given, inResponseTo: '' }), idp)),
  'for a request that is not ours': (given) => signed({ ...given, inResponseTo: `_${'0'.repeat(76)}` }),
  'that is no XML': () => 'Hello',
  'that is empty': () => '',
};

describe('a SAML response', () => {
  it.each(Object.entries(forged))('%s signs nobody in', async (_how, forge) => {
    const { jar, given } = await begin();
    const { response, url } = await post(jar, forge(given));
    expect([response.status, url]).toEqual([401, `${gateway.url}/auth/sso/saml/callback`]);
    expect(isSignedIn(jar)).toBe(false);
    // The same browser gets in by the honest document: the forged one was the reason.
    await post(jar, signed(given));
    expect(isSignedIn(jar)).toBe(true);
  });

  it('to a request of another connection signs nobody in', async () => {
    const { jar, given } = await begin('other');
    const moved = {
      ...given,
      recipient: given.recipient.replace('other', 'saml'),
      audience: given.audience.replace('other', 'saml'),
    };
    expect((await post(jar, signed(moved))).response.status).toBe(401);
  });

  it.each([
    ['an address of another domain', { email: 'ceo@elsewhere.example' }],
    ['a name id that changes each time', { nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' }],
  ])('with %s is refused, with the reason', async (_what, change) => {
    const { jar, given } = await begin('saml', change);
    expect((await post(jar, signed(given))).response.status).toBe(403);
  });

  it('comes by POST only, and to a connection by SAML', async () => {
    const { jar } = await begin();
    expect((await jar.open(`${gateway.url}/auth/sso/saml/callback?SAMLResponse=x`)).response.status).toBe(400);
    expect((await jar.open(`${gateway.url}/auth/sso/saml/finish?answer=x`)).response.status).toBe(400);
  });
});
