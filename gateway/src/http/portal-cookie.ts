import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { OwnOrigin } from './own-origin.ts';

/**
 * The prefix of a host's own cookies wants the path `/` (RFC 6265bis, section 4.1.3.2), and this one goes to the portal alone: over HTTPS it has
 * the prefix of a cookie that no page sets over plain HTTP.
 */
const names = { https: '__Secure-gw_portal', http: 'gw_portal' } as const;

function nameFor({ isHttps }: OwnOrigin): string {
  return isHttps ? names.https : names.http;
}

/** The cookie's secret. Undefined where there are two: one of them is not ours. */
export function portalToken(headers: IncomingHttpHeaders, own: OwnOrigin): string | undefined {
  const start = `${nameFor(own)}=`;
  const found = (headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(start));
  return found.length === 1 ? found[0]?.slice(start.length) : undefined;
}

export function setPortalCookie(
  res: ServerResponse,
  own: OwnOrigin,
  session: { token: string; expiresAt: Date },
): void {
  const { token, expiresAt } = session;
  const secure = own.isHttps ? '; Secure' : '';
  res.appendHeader(
    'set-cookie',
    `${nameFor(own)}=${token}; Path=/portal; Expires=${expiresAt.toUTCString()}; HttpOnly; SameSite=Lax${secure}`,
  );
}

export function clearPortalCookie(res: ServerResponse, own: OwnOrigin): void {
  setPortalCookie(res, own, { token: '', expiresAt: new Date(0) });
}
