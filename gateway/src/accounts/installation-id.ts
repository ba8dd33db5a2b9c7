import { createHmac } from 'node:crypto';

/**
 * The same for every process with this secret and for no other installation; says nothing of the secret. `/healthz` shows it, so that
 * `doctor` can tell this gateway from another one at the same address.
 */
export function installationId(secret: string): string {
  return createHmac('sha256', Buffer.from(secret, 'hex')).update('installation').digest('hex').slice(0, 16);
}

export const installationHeader = 'x-gateway-installation';
