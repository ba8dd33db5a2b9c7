import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { BrandedHosts } from '../accounts/branded-hosts.ts';

/** Where people meet this gateway, as their browser writes it. */
export interface OwnOrigin {
  origin: string;
  isHttps: boolean;
}

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;

export function isLoopbackHost(host: string): boolean {
  return loopback.test(host);
}

/**
 * The origin that a request was made to, by its Host header. Undefined where the host is not ours: somebody's name that leads here (DNS
 * rebinding) is another site to the browser, and must get nothing that a session sees.
 */
function ownOrigin(headers: IncomingHttpHeaders, publicUrl: string): OwnOrigin | undefined {
  const ours = new URL(publicUrl);
  const isHttps = ours.protocol === 'https:';
  const host = (headers.host ?? '').toLowerCase();
  const isOurs = host === ours.host || host === `${ours.hostname}:${isHttps ? 443 : 80}`;
  // A proxy on this machine may put its own way here in the place of the name that people use.
  const isProxied = isHttps && isLoopbackHost(host) && isForwarded(headers);
  if (isOurs || isProxied) return { origin: ours.origin, isHttps };
  return isLoopbackHost(host) ? { origin: `http://${host}`, isHttps: false } : undefined;
}

/** No page can add these to a request for another site without asking that site first. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  return ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded'].some(
    (name) => headers[name] !== undefined,
  );
}

/** Throws `misdirected_request` where the host is not ours. */
export function requireOwnHost(headers: IncomingHttpHeaders, publicUrl: string): OwnOrigin {
  const own = ownOrigin(headers, publicUrl);
  if (own === undefined) throw misdirected(publicUrl);
  return own;
}

export interface PortalOrigin extends OwnOrigin {
  /** The host name is this workspace's own, and shows nothing of others. Undefined: PUBLIC_URL's, or loopback. */
  workspaceId?: string;
}

export interface HostPorts {
  publicUrl: string;
  brandedHosts: Pick<BrandedHosts, 'workspaceOf'>;
}

/**
 * The same for the portal, which a workspace may have at a host name of its own. Nobody signs in there: the name's owner decides where it leads,
 * and would read what is typed. Throws `misdirected_request`.
 */
export async function requirePortalHost(headers: IncomingHttpHeaders, services: HostPorts): Promise<PortalOrigin> {
  const own = ownOrigin(headers, services.publicUrl);
  if (own !== undefined) return own;
  const workspaceId = await workspaceAtHost(headers, services);
  if (workspaceId === undefined) throw misdirected(services.publicUrl);
  const { protocol } = new URL(services.publicUrl);
  return { origin: new URL(`${protocol}//${headers.host}`).origin, isHttps: protocol === 'https:', workspaceId };
}

/** The workspace whose own host name a request was made to. */
export async function workspaceAtHost(
  { host = '' }: IncomingHttpHeaders,
  { brandedHosts }: Pick<HostPorts, 'brandedHosts'>,
): Promise<string | undefined> {
  const [, name] = /^([a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host) ?? [];
  return name === undefined ? undefined : brandedHosts.workspaceOf(name);
}

export function misdirected(publicUrl: string): GatewayError {
  return new GatewayError(
    'misdirected_request',
    `This address is not the gateway's. Open ${new URL(publicUrl).origin}, or set PUBLIC_URL to the address that people use.`,
  );
}

/**
 * Throws `forbidden` unless a page of ours sends the request. Browsers send Origin with every POST, and no page can choose it or Sec-Fetch-Site
 * (https://fetch.spec.whatwg.org/#origin-header, https://www.w3.org/TR/fetch-metadata/).
 */
export function requireOwnPage(headers: IncomingHttpHeaders, { origin }: OwnOrigin): void {
  const from = headers.origin;
  const site = headers['sec-fetch-site'];
  const isOurs = (from ?? origin) === origin && (site ?? 'same-origin') === 'same-origin';
  if (isOurs && (from !== undefined || site !== undefined)) return;
  throw new GatewayError(
    'forbidden',
    `Only the gateway's own pages may do this: the request comes from ${from === undefined ? 'no page' : 'another one'}. Programs use an API key.`,
  );
}

/** Throws `forbidden` unless the request says that it is the dashboard's: no form and no plain link can send this header. */
export function requireAppHeader(headers: IncomingHttpHeaders): void {
  if (headers['x-gateway-app'] === '1') return;
  throw new GatewayError('forbidden', 'The header "x-gateway-app: 1" is missing. Programs use an API key.', {
    param: 'x-gateway-app',
  });
}
