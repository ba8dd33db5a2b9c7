import type { IncomingHttpHeaders } from 'node:http';
import { seal, unseal } from '../accounts/seal.ts';
import { plainAddress } from '../client-address.ts';
import { isForwarded, isLoopbackHost } from './own-origin.ts';

/**
 * Does a page of another site open this address? Browsers say so by a header that no page can choose (https://www.w3.org/TR/fetch-metadata/). An address that is typed,
 * a bookmark and a link of a mail program are `none`; a link of a webmail page is another site's. Programs send no such header.
 */
export function isLedByOtherSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

const hopMs = 60_000;

interface Proving {
  secret: string;
  publicUrl: string;
  /** Of the connection: a proof for one begins no sign-in by another. */
  slug: string;
  nowMs: number;
}

/**
 * On one machine people open `localhost`, and the identity provider leads back to `127.0.0.1`: another site to the browser. The proof goes along in the address.
 * Only a connection from this machine gets one, since anybody can write `localhost` into a Host header, and only where PUBLIC_URL is this machine itself.
 */
export function loopbackProof(
  { secret, publicUrl, slug, nowMs }: Proving,
  { headers, socket }: { headers: IncomingHttpHeaders; socket: { remoteAddress?: string | undefined } },
): string | undefined {
  const isHere = isLoopbackAddress(socket.remoteAddress) && !isForwarded(headers) && !isLedByOtherSite(headers);
  if (!isHere || !isLoopbackUrl(publicUrl)) return undefined;
  return seal(secret, String(nowMs + hopMs), contextOf(slug)).toString('base64url');
}

export function isLoopbackProof({ secret, publicUrl, slug, nowMs }: Proving, proof: unknown): boolean {
  if (typeof proof !== 'string' || !isLoopbackUrl(publicUrl)) return false;
  try {
    return Number(unseal(secret, Buffer.from(proof, 'base64url'), contextOf(slug)).toString()) > nowMs;
  } catch {
    return false;
  }
}

function contextOf(slug: string): readonly string[] {
  return ['sso-loopback-hop', slug];
}

function isLoopbackUrl(publicUrl: string): boolean {
  return isLoopbackHost(new URL(publicUrl).host);
}

function isLoopbackAddress(peer: string | undefined): boolean {
  const address = peer === undefined ? undefined : plainAddress(peer);
  return address === '::1' || (address?.startsWith('127.') ?? false);
}
