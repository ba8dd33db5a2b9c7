import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM: nonce, tag, ciphertext. `context` names where the secret belongs (workspace, account, origin); opened under
 * any other context it fails, so a row that was copied or whose origin was changed gives up nothing.
 */
export function seal(secretHex: string, plain: Buffer | string, context: readonly string[]): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(secretHex, 'hex'), nonce);
  cipher.setAAD(Buffer.from(JSON.stringify(context)));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** Throws when the secret, the context or a single bit differs. */
export function unseal(secretHex: string, sealed: Buffer, context: readonly string[]): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(secretHex, 'hex'), sealed.subarray(0, nonceBytes));
  decipher.setAAD(Buffer.from(JSON.stringify(context)));
  decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]);
}
