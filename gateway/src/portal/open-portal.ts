import { dateForPeople } from '@ai-gateway/shared/date-for-people';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { limitTries } from '../people/limit-tries.ts';
import type { PasswordHasher } from '../people/password-hasher.ts';
import { hashToken, newToken } from '../people/secret-token.ts';
import { type PortalLink, sessionMs } from './portal-link.ts';
import { deleteOverSessions, findLink, openLink } from './portal-store.ts';

export interface OpenPortalPorts {
  db: Pool;
  log: Logger;
  now: () => number;
  passwords: PasswordHasher;
}

interface Given {
  token: string;
  password?: string | undefined;
}

/**
 * Swaps a link's token for a session of a day. Throws `link_used` where the link is expired, revoked or unknown, `invalid_credentials` for a
 * missing or wrong password, and `rate_limited` after many wrong ones. `countedAddress` is undefined where it may be that of a proxy.
 */
export async function openPortal(
  services: OpenPortalPorts,
  { token, password }: Given,
  { countedAddress, onlyWorkspace }: { countedAddress: string | undefined; onlyWorkspace: string | undefined },
): Promise<{ session: string; expiresAt: Date }> {
  const { db, now } = services;
  const at = new Date(now());
  const hash = hashToken(token);
  const link = hash && (await findLink(db, hash));
  if (link === undefined || (onlyWorkspace ?? link.workspaceId) !== link.workspaceId) throw linkOver();
  if (link.expiresAt <= at) throw linkExpired(link.expiresAt);
  await checkPassword(services, link, { password, countedAddress });
  const session = newToken();
  const tokenHash = hashToken(session);
  if (tokenHash === undefined) throw new Error('a token has no hash');
  const expiresAt = new Date(Math.min(at.getTime() + sessionMs, link.expiresAt.getTime()));
  await deleteOverSessions(db, at);
  if (!(await openLink(db, link, { tokenHash, now: at, expiresAt }))) throw linkOver();
  return { session, expiresAt };
}

/** A request without a password is how the page learns that there is one: it is no try. */
async function checkPassword(
  services: OpenPortalPorts,
  { id, workspaceId, livemode, password: stored }: PortalLink,
  { password, countedAddress }: { password: string | undefined; countedAddress: string | undefined },
): Promise<void> {
  if (stored === undefined) return;
  if (password === undefined) throw refused('This link has a password. Send it as `password`.');
  const thing = { workspaceId, livemode, target: { type: 'portal_link', id } };
  await limitTries(services, { email: `portal link ${id}`, address: countedAddress, thing }, async () => {
    if (!(await services.passwords.matches(password, stored))) throw refused('The password is wrong.');
  });
}

function refused(message: string): GatewayError {
  return new GatewayError('invalid_credentials', message, { param: 'password', details: { password_required: true } });
}

function linkOver(): GatewayError {
  return new GatewayError(
    'link_used',
    'This link was withdrawn or is not complete. Open it again, whole, from the message that it came with, or ask the person who sent it for a new link.',
  );
}

function linkExpired(at: Date): GatewayError {
  return new GatewayError(
    'link_used',
    `This link worked until ${dateForPeople(at, 'UTC')}. Ask the person who sent it for a new link.`,
    { details: { expired: true } },
  );
}
