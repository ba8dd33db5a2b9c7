import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { hashToken, newToken } from '../people/secret-token.ts';
import { sessionMs } from './portal-link.ts';
import { deleteOverSessions, findLink, openLink } from './portal-store.ts';

export interface OpenPortalPorts {
  db: Pool;
  now: () => number;
}

/** Swaps a link's token for a session of a day. Throws `link_used` where the link is expired, revoked or unknown. */
export async function openPortal(
  { db, now }: OpenPortalPorts,
  { token }: { token: string },
): Promise<{ session: string; expiresAt: Date }> {
  const at = new Date(now());
  const hash = hashToken(token);
  const link = hash && (await findLink(db, hash, at));
  if (link === undefined) throw linkOver();
  const session = newToken();
  const tokenHash = hashToken(session);
  if (tokenHash === undefined) throw new Error('a token has no hash');
  const expiresAt = new Date(Math.min(at.getTime() + sessionMs, link.expiresAt.getTime()));
  await deleteOverSessions(db, at);
  if (!(await openLink(db, link, { tokenHash, now: at, expiresAt }))) throw linkOver();
  return { session, expiresAt };
}

function linkOver(): GatewayError {
  return new GatewayError(
    'link_used',
    'This link is expired, revoked or not complete. Ask the person who sent it for a new link.',
  );
}
