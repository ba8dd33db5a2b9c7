import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { sessionDays } from '../people/open-session.ts';
import type { OwnOrigin } from './own-origin.ts';

/**
 * Over HTTPS the prefix keeps every other host, also one of the same domain, from setting the cookie
 * (https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix).
 */
const names = { https: '__Host-gw_session', http: 'gw_session' } as const;

/** Has a browser sent one, under either name? */
export function hasSessionCookie(headers: IncomingHttpHeaders): boolean {
  return /(?:^|;\s*)(?:__Host-)?gw_session=/.test(headers.cookie ?? '');
}

/** The cookie's secret; only the name that belongs to the way the request came counts. Of two the first, which is the one of the nearer path. */
export function sessionToken(headers: IncomingHttpHeaders, { isHttps }: OwnOrigin): string | undefined {
  const name = isHttps ? names.https : names.http;
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value !== undefined && value !== '') return value;
  }
  return undefined;
}

export function setSessionCookie(res: ServerResponse, token: string, own: OwnOrigin): void {
  setCookie(res, own, `${token}; Max-Age=${sessionDays * 86_400}`);
}

export function clearSessionCookie(res: ServerResponse, own: OwnOrigin): void {
  setCookie(res, own, '; Max-Age=0');
}

function setCookie(res: ServerResponse, { isHttps }: OwnOrigin, value: string): void {
  const name = isHttps ? names.https : names.http;
  res.appendHeader('set-cookie', `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${isHttps ? '; Secure' : ''}`);
}
