import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, SocketAddress } from 'node:net';

/** The proxies of `TRUST_PROXY`: what these say about where a request comes from is believed. */
export interface TrustedProxies {
  /** `address` is one that `plainAddress` has made. */
  has(address: string): boolean;
}

/**
 * The address of the client that sent a request: the peer of its connection or, where that is a trusted proxy, the right-most
 * address of `X-Forwarded-For` that is not one too. Ask when the request arrives: a closed connection has forgotten its peer, and
 * the answer is then undefined.
 */
export function clientAddress(
  req: { headers: IncomingMessage['headers']; socket: { remoteAddress?: string | undefined } },
  proxies: TrustedProxies | undefined,
): string | undefined {
  // Node joins several headers of this name by commas, in the order in which they came.
  return forwardedAddress(req.socket.remoteAddress, req.headers['x-forwarded-for'], proxies);
}

/**
 * Each proxy appends the address it was called from, so entries are believed from the right, as long as the hop that wrote them is
 * trusted; what is to the left of the first other address was written by that one, and may be anything. An entry that is no address
 * (`unknown`, `unix:`) ends the search at the hop that wrote it. Where every hop is trusted, the client is the first of them.
 */
export function forwardedAddress(
  peer: string | undefined,
  forwardedFor: string | readonly string[] | undefined,
  proxies: TrustedProxies | undefined,
): string | undefined {
  let client = peer === undefined ? undefined : plainAddress(peer);
  if (client === undefined || proxies === undefined || forwardedFor === undefined) return client;
  const entries = (typeof forwardedFor === 'string' ? forwardedFor : forwardedFor.join()).split(',');
  for (let at = entries.length - 1; at >= 0 && proxies.has(client); at -= 1) {
    const entry = entries[at]?.trim() ?? '';
    if (entry === '') continue;
    const address = plainAddress(withoutPort(entry));
    if (address === undefined) break;
    client = address;
  }
  return client;
}

/**
 * One spelling for each address: no zone, IPv4 where IPv6 wraps it, IPv6 shortened and in lower case. Undefined for all that is no
 * IP address, the spellings that only some programs take for one (`0x7f.1`, `010.0.0.1`) among it.
 */
export function plainAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family === 4) return text;
  if (family !== 6) return undefined;
  const { address } = new SocketAddress({ address: text.replace(/%.*$/, ''), family: 'ipv6' });
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1] ?? address;
}

/** `192.0.2.1:4711` and `[2001:db8::1]:4711`, as Azure's gateways write them. */
function withoutPort(entry: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(entry)?.[1];
  return bracketed ?? /^([\d.]+):\d{1,5}$/.exec(entry)?.[1] ?? entry;
}

/** Reads `TRUST_PROXY`: addresses and CIDRs, comma separated. `faults` are the entries that are neither. */
export function readProxies(text: string): { proxies: TrustedProxies; faults: readonly string[] } {
  const list = new BlockList();
  const faults = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && !addTo(list, entry));
  return { proxies: { has: (address) => list.check(address, address.includes(':') ? 'ipv6' : 'ipv4') }, faults };
}

function addTo(list: BlockList, entry: string): boolean {
  const [, written = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const address = plainAddress(written);
  if (address === undefined) return false;
  const isWrapped = written.includes(':') && !address.includes(':');
  const bitsMax = address.includes(':') ? 128 : 32;
  const prefix = bits === undefined ? bitsMax : Number(bits) - (isWrapped ? 96 : 0);
  if (prefix < 0 || prefix > bitsMax) return false;
  list.addSubnet(address, prefix, bitsMax === 128 ? 'ipv6' : 'ipv4');
  return true;
}
