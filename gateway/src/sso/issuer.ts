import { GatewayError } from '@ai-gateway/shared/errors';
import { isPublicAddress } from '../http-pools/address.ts';
import { badUrl, readUrl } from '../http-pools/given-url.ts';
import type { SsoProvider } from './sso-connection.ts';

const anyTenant = new Set(['common', 'organizations', 'consumers', '9188040d-6c67-4c5b-b112-36a304b66dad']);
const microsoftHosts =
  /(^|\.)(login\.microsoftonline\.(com|us)|login\.partner\.microsoftonline\.cn|sts\.windows\.net)$/;
const tenantId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

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
  if (provider === 'entra') {
    const segments = url.pathname.split('/').filter((segment) => segment !== '');
    /*
     * "common" and its like sign anybody in, of every tenant, each free to name any address of its people ("nOAuth", Descope 2023).
     * https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
     */
    const isOpen = segments.some((segment) => anyTenant.has(segment.toLowerCase()));
    const isNamed = !microsoftHosts.test(url.hostname) || tenantId.test(segments[0] ?? '');
    if (isOpen || !isNamed)
      throw new GatewayError(
        'invalid_request',
        '`issuer` must name one tenant of Microsoft Entra: https://login.microsoftonline.com/TENANT-ID/v2.0, with your Directory (tenant) ID.',
        { param: 'issuer' },
      );
  }
  if (
    provider === 'google' &&
    url.protocol === 'https:' &&
    url.hostname !== 'accounts.google.com' &&
    !isPrivateHost(url.hostname)
  )
    throw badUrl('issuer', 'must be https://accounts.google.com for Google Workspace');
  return text;
}

function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (/^[\d.]+$/.test(host) || host.includes(':')) return !isPublicAddress(host);
  return !host.includes('.') || /\.(localhost|local|internal|localdomain|test)$/i.test(host);
}
