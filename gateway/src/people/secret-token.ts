import { hash, randomBytes } from 'node:crypto';

/** The secret of a cookie or a link: 256 random bits in base64url. Only its hash is stored. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** SHA-256: tokens are random, so nothing slower is needed. Undefined for what cannot be one, before anything is looked up. */
export function hashToken(token: string): Buffer | undefined {
  return /^[A-Za-z0-9_-]{43}$/.test(token) ? Buffer.from(hash('sha256', token, 'base64'), 'base64') : undefined;
}
