import { addressForPeople } from '../accounts/address-for-people.ts';
import type { Db } from '../db/transaction.ts';
import { insertLink, type SignInLink } from './link-store.ts';
import { hashToken, newToken } from './secret-token.ts';

/** Sign-in links are for now: somebody has just asked for one, and opens it. */
export const linkMs = 15 * 60_000;

/** Makes a link and returns its token, which is stored nowhere. */
export async function makeLink(
  db: Db,
  link: Pick<SignInLink, 'purpose'> & Partial<SignInLink> & { lifeMs?: number },
): Promise<string> {
  const token = newToken();
  const hash = hashToken(token);
  if (hash === undefined) throw new Error('a token has no hash');
  await insertLink(db, { ...link, hash, lifeMs: link.lifeMs ?? linkMs });
  return token;
}

/** The address of a link. In the fragment the token reaches no log, no proxy and no referrer. */
export function linkUrl(baseUrl: string, token: string): string {
  return `${addressForPeople(baseUrl)}/auth/link#${token}`;
}

/**
 * Where a person on this machine opens the gateway: PUBLIC_URL, else `localhost`, since passkeys take no IP address. A gateway that listens
 * on one address of the network alone is not there.
 */
export function urlForPeople({
  publicUrl,
  host,
  port,
}: {
  publicUrl: string | undefined;
  host: string;
  port: number;
}): string {
  if (publicUrl !== undefined) return publicUrl;
  const isHere = ['127.0.0.1', '::1', '0.0.0.0', '::', 'localhost'].includes(host);
  return `http://${isHere ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;
}
