import type { IncomingHttpHeaders } from 'node:http';
import { seal, unseal } from '../accounts/seal.ts';

/**
 * Does a page of another site open this address? Browsers say so by a header that no page can choose (https://www.w3.org/TR/fetch-metadata/). An address that is typed,
 * a bookmark and a link of a mail program are `none`; a link of a webmail page is another site's. Programs send no such header.
 */
export function isLedByOtherSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

const hopMs = 60_000;
const context = ['sso-loopback-hop'];

/**
 * On one machine people open `localhost`, and the identity provider leads back to `127.0.0.1`: another site to the browser. The proof goes along in the address. Nobody
 * elsewhere can ask this machine's loopback address for one.
 */
export function loopbackProof(secret: string, nowMs: number): string {
  return seal(secret, String(nowMs + hopMs), context).toString('base64url');
}

export function isLoopbackProof(secret: string, proof: unknown, nowMs: number): boolean {
  if (typeof proof !== 'string') return false;
  try {
    return Number(unseal(secret, Buffer.from(proof, 'base64url'), context).toString()) > nowMs;
  } catch {
    return false;
  }
}
