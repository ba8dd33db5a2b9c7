import ipaddr from 'ipaddr.js';

/**
 * Is this IP address one of the public internet's? Private, loopback, link-local, metadata, multicast and every other special
 * range are not, also when an IPv6 address wraps an IPv4 one.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const ip = ipaddr.process(address);
  if (ip.range() !== 'unicast') return false;
  return ip.kind() === 'ipv6' ? ip.match(givenOut) : !ip.match(azureAgent);
}

/** All of IPv6 that is given out to hosts; of the rest, `::127.0.0.1` among it, ipaddr.js takes for unicast what it has no name for. */
const givenOut = ipaddr.parseCIDR('2000::/3');
/** Public by its number alone: Azure answers there from the host a machine runs on, with that machine's secrets. */
const azureAgent = ipaddr.parseCIDR('168.63.129.16/32');

/**
 * Why a URL may not be called, or undefined when it may. WHATWG parsing has already turned every spelling of an IPv4
 * address (decimal, octal, hex) into dotted form, so the one object that is checked is the one that is used. Names are
 * checked again at every connection, by the address connected to.
 */
export function urlFault(url: URL, allowPrivateNetwork: boolean): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be an http or https URL';
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password';
  if (allowPrivateNetwork) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
  if (ipaddr.isValid(host) && !isPublicAddress(host)) return privateAddress;
  if (/(^|\.)(localhost|local|internal|localdomain|home\.arpa)$/i.test(host)) return privateAddress;
  return undefined;
}

export const privateAddress =
  'leads to a private, loopback, link-local or metadata address; set ALLOW_PRIVATE_NETWORK=true on the gateway to allow that';
