import { GatewayError } from '@ai-gateway/shared/errors';
import { isPublicAddress } from '../http-pools/address.ts';
import { badUrl, readUrl } from '../http-pools/given-url.ts';
import type { SsoProvider } from './sso-connection.ts';

const anyTenant = new Set(['common', 'organizations', 'consumers', '9188040d-6c67-4c5b-b112-36a304b66dad']);
/** Of all clouds, with the names of before. https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud */
const microsoftHosts =
  /(^|\.)(microsoftonline\.(com|us|de|cn)|login\.microsoft\.com|login\.windows\.net|sts\.windows\.net|chinacloudapi\.cn)$/;
const googleHost = 'accounts.google.com';
const tenantId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The identity provider whose rules hold: at Microsoft's and Google's hosts theirs, whatever the connection says. Both sign in people of everybody, and
 * openid-client does not compare the issuer at login.microsoftonline.com.
 */
export function ruledBy({ provider, issuer }: { provider: SsoProvider; issuer: string | null }): SsoProvider {
  const host = hostOf(issuer);
  if (host === undefined) return provider;
  if (microsoftHosts.test(host)) return 'entra';
  return host === googleHost ? 'google' : provider;
}

/** Is an issuer of Entra that of one tenant? "common" and its like, and no tenant at all, are everybody's. */
export function isOneTenant(issuer: string): boolean {
  const segments = new URL(issuer).pathname.split('/').filter((segment) => segment !== '');
  const isOpen = segments.some((segment) => anyTenant.has(segment.toLowerCase()));
  return !isOpen && (!microsoftHosts.test(hostOf(issuer) ?? '') || tenantId.test(segments[0] ?? ''));
}

/** Without the dot that a name may end with. */
function hostOf(issuer: string | null): string | undefined {
  return issuer === null || !URL.canParse(issuer) ? undefined : new URL(issuer).hostname.replace(/\.$/, '');
}

/**
 * An address of an identity provider, as it was given. Throws `invalid_request`. It is reached by https: anybody on the way could
 * otherwise sign in as anybody. Only a private address, where ALLOW_PRIVATE_NETWORK allows it, may be plain http.
 */
export function readIdpUrl(text: string, param: string, allowPrivateNetwork: boolean): string {
  const url = readUrl({ text, param, allowPrivateNetwork });
  if (url.protocol !== 'https:' && !(allowPrivateNetwork && isPrivateHost(url.hostname)))
    throw badUrl(param, 'must begin with https://');
  if (url.hash !== '') throw badUrl(param, 'must not contain a fragment');
  return text;
}

/** An issuer's name is compared to the letter with the tokens' `iss`, so it stays as it was given. */
export function readIssuer(text: string, provider: SsoProvider, allowPrivateNetwork: boolean): string {
  readIdpUrl(text, 'issuer', allowPrivateNetwork);
  const url = new URL(text);
  if (url.search !== '') throw badUrl('issuer', 'must not contain a query');
  const rules = ruledBy({ provider, issuer: text });
  /*
   * "common" and its like sign anybody in, of every tenant, each free to name any address of its people ("nOAuth", Descope 2023).
   * https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
   */
  if (rules === 'entra' && !isOneTenant(text))
    throw new GatewayError(
      'invalid_request',
      '`issuer` must name one tenant of Microsoft Entra: https://login.microsoftonline.com/TENANT-ID/v2.0, with your Directory (tenant) ID.',
      { param: 'issuer' },
    );
  if (rules === 'google' && url.protocol === 'https:' && url.hostname !== googleHost && !isPrivateHost(url.hostname))
    throw badUrl('issuer', 'must be https://accounts.google.com for Google Workspace');
  return text;
}

function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (/^[\d.]+$/.test(host) || host.includes(':')) return !isPublicAddress(host);
  return !host.includes('.') || /\.(localhost|local|internal|localdomain|test)$/i.test(host);
}
