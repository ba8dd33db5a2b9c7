import { isIP } from 'node:net';
import { GatewayError } from '@ai-gateway/shared/errors';

/** Whom a passkey belongs to: a host name, and the origins of the pages that may ask for it. */
export interface RelyingParty {
  id: string;
  origins: readonly string[];
}

/**
 * PUBLIC_URL's host, and `localhost` on loopback. WebAuthn, section 5.1.3: the id is "a valid domain string", so that an IP address is none,
 * and the API exists in secure contexts only: https, or a loopback name. Throws `conflict` where browsers offer no passkeys.
 */
export function relyingParty(publicUrl: string): RelyingParty {
  const { protocol, hostname, port, origin } = new URL(publicUrl);
  if (isLoopback(hostname))
    return { id: 'localhost', origins: [`${protocol}//localhost${port === '' ? '' : `:${port}`}`] };
  if (protocol !== 'https:' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0)
    throw new GatewayError(
      'conflict',
      'Browsers offer passkeys on https addresses with a host name only. Set PUBLIC_URL to such an address.',
    );
  return { id: hostname, origins: [origin] };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
