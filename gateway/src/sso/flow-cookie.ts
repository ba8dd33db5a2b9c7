import { seal, unseal } from '../accounts/seal.ts';

/**
 * Over https the prefix keeps every other host from setting the cookie, also one of the same domain: it could hand a visitor the state of its own sign-in
 * (https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix). The prefix asks for the path `/`.
 */
const names = { https: '__Host-gw_sso', http: 'gw_sso' } as const;
export const flowMs = 10 * 60_000;

interface Cookie {
  secret: string;
  slug: string;
  /** Over https the browser sends it by https only. */
  isSecure: boolean;
}

/**
 * The state of a sign-in, in the browser that began it and nowhere else: sealed, for ten minutes. Lax: it comes along
 * when the identity provider sends the browser back by a link, and never with a form of another site.
 */
export function flowCookie<Flow>({ secret, slug, isSecure }: Cookie, flow: Flow, nowMs: number): string {
  const sealed = seal(secret, JSON.stringify({ flow, until: nowMs + flowMs }), context(slug)).toString('base64url');
  return cookieOf(isSecure, `${sealed}; Max-Age=${flowMs / 1_000}`);
}

export function endFlowCookie({ isSecure }: Pick<Cookie, 'isSecure'>): string {
  return cookieOf(isSecure, '; Max-Age=0');
}

function cookieOf(isSecure: boolean, value: string): string {
  return isSecure
    ? `${names.https}=${value}; Path=/; HttpOnly; SameSite=Lax; Secure`
    : `${names.http}=${value}; Path=/auth/sso/; HttpOnly; SameSite=Lax`;
}

/** Undefined: there is none, it is over, or another connection's. */
export function readFlowCookie<Flow>(
  { secret, slug, isSecure }: Cookie,
  header: string | undefined,
  nowMs: number,
): Flow | undefined {
  const name = isSecure ? names.https : names.http;
  const sealed = new RegExp(`(?:^|;\\s*)${name}=([A-Za-z0-9_-]+)`).exec(header ?? '')?.[1];
  if (sealed === undefined) return undefined;
  try {
    const { flow, until } = JSON.parse(unseal(secret, Buffer.from(sealed, 'base64url'), context(slug)).toString()) as {
      flow: Flow;
      until: number;
    };
    return until > nowMs ? flow : undefined;
  } catch {
    return undefined;
  }
}

function context(slug: string): readonly string[] {
  return ['sso-flow', slug];
}
