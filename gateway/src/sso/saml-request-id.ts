import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The id of a sign-in request: when, chance, and a proof that it is ours and this connection's. An answer to a request that nobody
 * made (IdP-initiated sign-in, an answer carried over from another connection) names none.
 */
export function newRequestId(secretHex: string, slug: string, nowMs: number): string {
  const body = `${Math.floor(nowMs).toString(16).padStart(12, '0')}${randomBytes(16).toString('hex')}`;
  return `_${body}${proof(secretHex, slug, body)}`;
}

/** When it was made; undefined where it is not ours. */
export function requestedAtMs(secretHex: string, slug: string, id: string): number | undefined {
  const [, body = '', given = ''] = /^_([0-9a-f]{44})([0-9a-f]{32})$/.exec(id) ?? [];
  const wanted = proof(secretHex, slug, body);
  if (given.length !== wanted.length || !timingSafeEqual(Buffer.from(given), Buffer.from(wanted))) return undefined;
  return Number.parseInt(body.slice(0, 12), 16);
}

function proof(secretHex: string, slug: string, body: string): string {
  return createHmac('sha256', Buffer.from(secretHex, 'hex'))
    .update(`saml request ${slug} ${body}`)
    .digest('hex')
    .slice(0, 32);
}
