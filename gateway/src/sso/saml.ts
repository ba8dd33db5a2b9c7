import { GatewayError } from '@ai-gateway/shared/errors';
import type { Profile, SAML } from '@node-saml/node-saml';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { type Identity, readEmail, refused } from './claims.ts';
import { flowMs } from './flow-cookie.ts';
import { readSamlDocument } from './saml-document.ts';
import { newRequestId, requestedAtMs } from './saml-request-id.ts';
import type { SsoConnection } from './sso-connection.ts';
import type { ssoUrls } from './sso-urls.ts';
import { useOnce } from './used-store.ts';

export interface SamlPorts {
  db: Pool;
  secret: string;
  log: Logger;
  now: () => number;
}

/** The state that the browser keeps, sealed, until the answer has come. */
export interface SamlFlow {
  requestId: string;
}

type Urls = ReturnType<typeof ssoUrls>;

const skewMs = 60_000;

/** Loaded with the first connection that needs it: the library and its parsers are 3 MB that most gateways never use. */
async function samlOf(ports: SamlPorts, connection: SsoConnection, urls: Urls, requestId?: string): Promise<SAML> {
  const { SAML: Saml, ValidateInResponseTo } = await import('@node-saml/node-saml');
  return new Saml({
    callbackUrl: urls.callback,
    issuer: urls.metadata,
    audience: urls.metadata,
    entryPoint: connection.ssoUrl ?? '',
    idpCert: connection.certificate ?? '',
    identifierFormat: null,
    disableRequestedAuthnContext: true,
    wantAssertionsSigned: true,
    // Entra signs the assertion alone. The response around it is not believed in anything.
    wantAuthnResponseSigned: false,
    signatureAlgorithm: 'sha256',
    acceptedClockSkewMs: skewMs,
    maxAssertionAgeMs: flowMs,
    validateInResponseTo: ValidateInResponseTo.always,
    requestIdExpirationPeriodMs: flowMs,
    cacheProvider: {
      saveAsync: async (_key, value) => ({ value, createdAt: ports.now() }),
      getAsync: async (key) => {
        const at = requestedAtMs(ports.secret, connection.slug, key);
        return at === undefined || at + flowMs < ports.now() ? null : new Date(at).toISOString();
      },
      removeAsync: async (key) => key,
    },
    ...(requestId === undefined ? {} : { generateUniqueId: () => requestId }),
  });
}

export async function startSaml(
  ports: SamlPorts,
  connection: SsoConnection,
  urls: Urls,
): Promise<{ url: URL; flow: SamlFlow }> {
  const requestId = newRequestId(ports.secret, connection.slug, ports.now());
  const saml = await samlOf(ports, connection, urls, requestId);
  return { url: new URL(await saml.getAuthorizeUrlAsync('', undefined, {})), flow: { requestId } };
}

export async function samlMetadata(ports: SamlPorts, connection: SsoConnection, urls: Urls): Promise<string> {
  return (await samlOf(ports, connection, urls)).generateServiceProviderMetadata(null, null);
}

/** The person, by a response that came with a form. Throws `invalid_credentials` for what proves nothing. */
export async function endSaml(
  ports: SamlPorts,
  connection: SsoConnection,
  { urls, response }: { urls: Urls; response: string },
): Promise<{ identity: Identity; requestId: string }> {
  const proved = (why: unknown): GatewayError => {
    ports.log.warn({ err: why, connection: connection.id, slug: connection.slug }, 'a SAML response was refused');
    return new GatewayError(
      'invalid_credentials',
      `The answer of ${connection.name} proves nothing${typeof why === 'string' ? `: ${why}` : ''}. Sign in again; if that fails too, ask the administrator of ${connection.name}.`,
    );
  };
  const document = readSamlDocument(response);
  if ('fault' in document) throw proved(document.fault);
  let profile: Profile | null;
  try {
    const saml = await samlOf(ports, connection, urls);
    ({ profile } = await saml.validatePostResponseAsync({
      SAMLResponse: Buffer.from(document.xml).toString('base64'),
    }));
  } catch (error) {
    throw proved(error);
  }
  if (profile === null) throw proved('it has no assertion');
  const { fault, requestId, assertionId } = readBinding(profile, connection, urls);
  if (fault !== undefined) throw proved(fault);
  const identity = readProfile(profile, connection);
  // Each counts once: the same assertion under another request, and another assertion for the same request.
  const until = new Date(ports.now() + 2 * flowMs + 2 * skewMs);
  for (const id of [requestId, assertionId])
    if (!(await useOnce(ports.db, ['saml', connection.id, id], until))) throw proved('it was used before');
  return { identity, requestId };
}

/** The library reads these off the response where the assertion, which alone is signed, leaves them out; here they are asked for. */
function readBinding(
  profile: Profile,
  connection: SsoConnection,
  urls: Urls,
): { fault?: string; requestId: string; assertionId: string } {
  const assertion = firstOf(profile.getAssertion?.(), 'Assertion');
  const data = firstOf(firstOf(firstOf(assertion, 'Subject'), 'SubjectConfirmation'), 'SubjectConfirmationData');
  const requestId = attributeOf(data, 'InResponseTo');
  const assertionId = attributeOf(assertion, 'ID');
  const found = { requestId: requestId ?? '', assertionId: assertionId ?? '' };
  if (profile.issuer !== connection.idpEntityId) return { ...found, fault: 'another identity provider has issued it' };
  if (assertionId === undefined) return { ...found, fault: 'its assertion has no id' };
  if (requestId === undefined || requestId !== profile.inResponseTo)
    return { ...found, fault: 'it does not answer a request of this gateway' };
  if (attributeOf(data, 'Recipient') !== urls.callback) return { ...found, fault: 'it is meant for another address' };
  if (attributeOf(data, 'NotOnOrAfter') === undefined) return { ...found, fault: 'it has no end' };
  return found;
}

/** As xml2js has it: children are lists by name, attributes are under `$`. */
function firstOf(node: unknown, name: string): unknown {
  const child = (node as Record<string, unknown> | undefined)?.[name];
  return Array.isArray(child) ? (child.length === 1 ? child[0] : undefined) : child;
}

function attributeOf(node: unknown, name: string): string | undefined {
  const value = (node as { $?: Record<string, unknown> } | undefined)?.$?.[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const emailNames = [
  'email',
  'mail',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  'urn:oid:0.9.2342.19200300.100.1.3',
];
const groupNames = ['groups', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/groups'];
const nameNames = ['name', 'displayName', 'http://schemas.microsoft.com/identity/claims/displayname'];
const overage = 'http://schemas.microsoft.com/claims/groups.link';

function readProfile(profile: Profile, connection: SsoConnection): Identity {
  const attributes = (profile.attributes ?? {}) as Record<string, unknown>;
  if (profile.nameID === undefined || profile.nameID === '') throw refused(`${connection.name} sent no name id.`);
  if (profile.nameIDFormat?.endsWith(':transient') === true)
    throw refused(
      `${connection.name} sends another name id at every sign-in (transient). Ask its administrator for a persistent one.`,
    );
  if (attributes[overage] !== undefined && connection.groupRoles.length > 0)
    throw refused(
      `You are in more than 150 groups, and Microsoft Entra sends none then. Ask the administrator of ${connection.name} to send only groups assigned to the application.`,
    );
  const given = textsOf(attributes, emailNames);
  const text = given[0] ?? (profile.nameIDFormat?.endsWith(':emailAddress') === true ? profile.nameID : undefined);
  const email = given.length > 1 || text === undefined ? undefined : readEmail(text);
  if (email === undefined)
    throw refused(`${connection.name} sent no e-mail address. Ask its administrator to send the attribute \`email\`.`);
  return {
    subject: profile.nameID,
    email,
    name: textsOf(attributes, nameNames)[0] ?? '',
    groups: textsOf(attributes, groupNames),
  };
}

/** The values of the first of these attributes that is there. */
function textsOf(attributes: Record<string, unknown>, names: readonly string[]): string[] {
  const name = names.find((one) => attributes[one] !== undefined);
  const value = name === undefined ? [] : attributes[name];
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string' && one !== '');
}
