import { GatewayError } from '@ai-gateway/shared/errors';
import type { Operation } from '@ai-gateway/shared/operation';
import type { Request, Response } from 'express';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import { clientAddress, type TrustedProxies } from '../client-address.ts';
import { hashToken, newToken } from '../people/secret-token.ts';
import type { SessionCache } from '../people/session-cache.ts';
import { sessionCaller } from '../people/session-caller.ts';
import { renewSession, type SignedIn } from '../people/session-store.ts';
import { type Authenticator, keyOf } from './authenticate.ts';
import { type OwnOrigin, requireAppHeader, requireOwnHost, requireOwnPage } from './own-origin.ts';
import { clearSessionCookie, hasSessionCookie, sessionToken, setSessionCookie } from './session-cookie.ts';

export interface IdentifyPorts {
  db: Pool;
  sessions: SessionCache;
  publicUrl: string;
  proxies: TrustedProxies | undefined;
}

/**
 * The caller of an operation: the bearer of a key or, without one, the person of the cookie. A key counts more than a cookie: a program that
 * sends one means it. Model endpoints do not come here, so no cookie pays for a call.
 */
export async function identifyCaller(
  services: IdentifyPorts,
  {
    authenticator,
    operation,
    req,
    res,
  }: { authenticator: Authenticator; operation: Operation; req: Request; res: Response },
): Promise<Caller> {
  if (keyOf(req.headers) === undefined && (hasSessionCookie(req.headers) || isForPeople(operation)))
    return callerOfCookie(services, { req, res, isRead: operation.method === 'GET' });
  return authenticator.authenticate(req.headers);
}

/** A request for it without a key and a cookie is that of a person who is not signed in. */
function isForPeople({ access }: Operation): boolean {
  return access === 'person' || access === 'session';
}

/** Throws unless a person is signed in; what changes something must come from a page of ours. */
export async function callerOfCookie(
  services: IdentifyPorts,
  { req, res, isRead }: { req: Request; res: Response; isRead: boolean },
): Promise<Caller> {
  const own = requireOwnHost(req.headers, services.publicUrl);
  // Answers to a session are for this person only, and for no store on the way.
  res.setHeader('cache-control', 'no-store').setHeader('x-content-type-options', 'nosniff').vary('cookie');
  const token = sessionToken(req.headers, own);
  if (token !== undefined && !isRead) {
    requireOwnPage(req.headers, own);
    requireAppHeader(req.headers);
  }
  const signedIn =
    token === undefined ? undefined : await services.sessions.find(token, clientAddress(req, services.proxies));
  if (signedIn === undefined || token === undefined) {
    if (token !== undefined) clearSessionCookie(res, own);
    throw new GatewayError('invalid_credentials', 'Nobody is signed in, or the session is over. Sign in.');
  }
  if (signedIn.isToRenew) await renew(services, { signedIn, token, own, res });
  return sessionCaller(signedIn, readMode(req.headers['x-gateway-mode']));
}

/** Another cookie after a change of role: one that was stolen before does not share in it. */
async function renew(
  { db, sessions }: IdentifyPorts,
  { signedIn, token, own, res }: { signedIn: SignedIn; token: string; own: OwnOrigin; res: Response },
): Promise<void> {
  const next = newToken();
  const [hash, oldHash] = [hashToken(next), hashToken(token)];
  if (hash === undefined || oldHash === undefined) return;
  const { session, person } = signedIn;
  if (await renewSession(db, { id: session.id, personId: person.id, hash, oldHash })) setSessionCookie(res, next, own);
  sessions.forget(person.id);
}

function readMode(header: string | string[] | undefined): boolean {
  if (header === undefined || header === 'live') return true;
  if (header === 'test') return false;
  throw new GatewayError('invalid_request', 'The header x-gateway-mode is `live` or `test`.', {
    param: 'x-gateway-mode',
  });
}
