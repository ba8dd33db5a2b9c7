import { seal, unseal } from '../accounts/seal.ts';

const name = 'gw_sso';
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
  return `${name}=${sealed}; Path=/auth/sso/; Max-Age=${flowMs / 1_000}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
}

export function endFlowCookie({ isSecure }: Pick<Cookie, 'isSecure'>): string {
  return `${name}=; Path=/auth/sso/; Max-Age=0; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
}

/** Undefined: there is none, it is over, or another connection's. */
export function readFlowCookie<Flow>(
  { secret, slug }: Pick<Cookie, 'secret' | 'slug'>,
  header: string | undefined,
  nowMs: number,
): Flow | undefined {
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
