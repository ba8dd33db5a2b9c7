import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SignedDelivery {
  id: string | undefined;
  /** Seconds since 1970, as the header has it. */
  timestamp: string | undefined;
  /** `v1,BASE64`, several with spaces between while a secret is being changed. */
  signature: string | undefined;
  body: Uint8Array;
}

const toleranceSeconds = 300;

/** Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, compared in constant time, no older than five minutes. */
export function isSigned(delivery: SignedDelivery, secret: string, now: Date): boolean {
  const { id, timestamp, signature, body } = delivery;
  if (!id || !timestamp || !signature || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > toleranceSeconds) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  return signature
    .split(' ')
    .filter((part) => part.startsWith('v1,'))
    .map((part) => Buffer.from(part.slice(3), 'base64'))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected));
}
