import type { IncomingMessage } from 'node:http';
import { clientAddress, type TrustedProxies } from '../client-address.ts';
import { isPublicAddress } from '../http-pools/address.ts';

/**
 * The address whose failed sign-ins are counted. Undefined where it may be that of a proxy that TRUST_PROXY does not name: everybody comes from
 * there, so a guesser behind it delays the account that is attacked, and nobody else.
 */
export function countedAddress(
  req: { headers: IncomingMessage['headers']; socket: { remoteAddress?: string | undefined } },
  proxies: TrustedProxies | undefined,
): string | undefined {
  const address = clientAddress(req, proxies);
  if (proxies !== undefined || address === undefined) return address;
  const isForwarded = req.headers['x-forwarded-for'] !== undefined || req.headers.forwarded !== undefined;
  return isForwarded || !isPublicAddress(address) ? undefined : address;
}
