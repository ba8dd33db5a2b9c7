import { execFileSync } from 'node:child_process';
import { createHash, createSign, randomBytes } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';

/**
 * A SAML identity provider that signs by hand. Its documents are in canonical form as they are written (namespaces where they are used, attributes in order,
 * no empty-element tags), so that digests are taken of the very text: an assertion of the tests is what it looks like.
 */
export interface SamlIdp {
  entityId: string;
  ssoUrl: string;
  certificate: string;
  key: string;
}

export function makeSamlIdp(name = 'idp'): SamlIdp {
  const made = execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      '-',
      '-out',
      '-',
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const part = (label: string): string =>
    new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`).exec(made)?.[0] ?? '';
  return {
    entityId: `https://${name}.example/saml`,
    ssoUrl: `https://${name}.example/sso`,
    certificate: part('CERTIFICATE'),
    key: part('PRIVATE KEY'),
  };
}

/** The request that the browser carries to the identity provider. */
export function readAuthnRequest(url: string): { id: string; acs: string; issuer: string; xml: string } {
  const xml = inflateRawSync(Buffer.from(new URL(url).searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
  return {
    id: / ID="([^"]+)"/.exec(xml)?.[1] ?? '',
    acs: /AssertionConsumerServiceURL="([^"]+)"/.exec(xml)?.[1] ?? '',
    issuer: /<saml:Issuer[^>]*>([^<]+)</.exec(xml)?.[1] ?? '',
    xml,
  };
}

export interface SamlAssertion {
  idp: SamlIdp;
  inResponseTo: string;
  recipient: string;
  audience: string;
  nameId: string;
  email?: string;
  groups?: readonly string[];
  id?: string;
  nameIdFormat?: string;
  /** Seconds from now. */
  from?: number;
  until?: number;
  issuer?: string;
}

const saml = 'urn:oasis:names:tc:SAML:2.0:assertion';
const samlp = 'urn:oasis:names:tc:SAML:2.0:protocol';
const ds = 'http://www.w3.org/2000/09/xmldsig#';
const at = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();

/** Without a signature. */
export function assertionXml(given: SamlAssertion): string {
  const { id = newId(), from = -5, until = 300, groups = [], email, issuer = given.idp.entityId } = given;
  const format = given.nameIdFormat ?? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
  const attribute = (name: string, values: readonly string[]): string =>
    values.length === 0
      ? ''
      : `<saml:Attribute Name="${name}">${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join('')}</saml:Attribute>`;
  const answers = given.inResponseTo === '' ? '' : ` InResponseTo="${given.inResponseTo}"`;
  const audience =
    given.audience === ''
      ? ''
      : `<saml:AudienceRestriction><saml:Audience>${given.audience}</saml:Audience></saml:AudienceRestriction>`;
  return (
    `<saml:Assertion xmlns:saml="${saml}" ID="${id}" IssueInstant="${at(from)}" Version="2.0"><saml:Issuer>${issuer}</saml:Issuer>` +
    `<saml:Subject><saml:NameID Format="${format}">${given.nameId}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData${answers} NotOnOrAfter="${at(until)}" Recipient="${given.recipient}"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${at(from)}" NotOnOrAfter="${at(until)}">${audience}</saml:Conditions>` +
    `<saml:AuthnStatement AuthnInstant="${at(from)}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
    `<saml:AttributeStatement>${attribute('email', email === undefined ? [] : [email])}${attribute('groups', groups)}</saml:AttributeStatement></saml:Assertion>`
  );
}

/** Puts an enveloped signature behind the issuer of an element. */
export function signXml(xml: string, { key }: SamlIdp, hash: 'sha256' | 'sha1' = 'sha256'): string {
  const id = / ID="([^"]+)"/.exec(xml)?.[1] ?? '';
  const names = {
    sha256: ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'http://www.w3.org/2001/04/xmlenc#sha256'],
    sha1: ['http://www.w3.org/2000/09/xmldsig#rsa-sha1', 'http://www.w3.org/2000/09/xmldsig#sha1'],
  }[hash];
  const digest = createHash(hash).update(xml).digest('base64');
  const c14n = 'http://www.w3.org/2001/10/xml-exc-c14n#';
  const info =
    `<ds:SignedInfo xmlns:ds="${ds}"><ds:CanonicalizationMethod Algorithm="${c14n}"></ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="${names[0]}"></ds:SignatureMethod><ds:Reference URI="#${id}"><ds:Transforms>` +
    `<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform><ds:Transform Algorithm="${c14n}"></ds:Transform></ds:Transforms>` +
    `<ds:DigestMethod Algorithm="${names[1]}"></ds:DigestMethod><ds:DigestValue>${digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`;
  const value = createSign(hash).update(info).sign(key, 'base64');
  const signature = `<ds:Signature xmlns:ds="${ds}">${info}<ds:SignatureValue>${value}</ds:SignatureValue></ds:Signature>`;
  return xml.replace('</saml:Issuer>', `</saml:Issuer>${signature}`);
}

export function responseXml(given: SamlAssertion, content: string): string {
  const answers = given.inResponseTo === '' ? '' : ` InResponseTo="${given.inResponseTo}"`;
  return (
    `<samlp:Response xmlns:samlp="${samlp}" Destination="${given.recipient}" ID="${newId()}"${answers} IssueInstant="${at(-5)}" Version="2.0">` +
    `<saml:Issuer xmlns:saml="${saml}">${given.issuer ?? given.idp.entityId}</saml:Issuer>` +
    `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>${content}</samlp:Response>`
  );
}

function newId(): string {
  return `_${randomBytes(16).toString('hex')}`;
}
