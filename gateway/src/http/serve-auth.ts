import { GatewayError } from '@ai-gateway/shared/errors';
import type { Operation } from '@ai-gateway/shared/operation';
import { openLink, signIn as signInOperation, viewLink as viewLinkOperation } from '@ai-gateway/shared/operations/auth';
import type { Request, Response, Router } from 'express';
import type { PoolClient } from 'pg';
import type { z } from 'zod';
import { newId } from '../accounts/new-id.ts';
import { clientAddress, type TrustedProxies } from '../client-address.ts';
import { showSecondFactor } from '../factors/second-factor.ts';
import { mailOwners, type OwnerMailPorts } from '../members/mail-owners.ts';
import { viewLink } from '../members/view-link.ts';
import { closeSession } from '../people/close-session.ts';
import { countUnknownLink, limitTries } from '../people/limit-tries.ts';
import { findResetAddress } from '../people/link-store.ts';
import type { PasswordHasher } from '../people/password-hasher.ts';
import { redeemLink } from '../people/redeem-link.ts';
import { hashToken } from '../people/secret-token.ts';
import type { SessionCache } from '../people/session-cache.ts';
import { sessionCaller } from '../people/session-caller.ts';
import { viewSession } from '../people/session-handlers.ts';
import { endSession, type SignedIn } from '../people/session-store.ts';
import { signInByPassword } from '../people/sign-in.ts';
import type { Visitor } from '../people/visitor.ts';
import { workspaceNameOf } from '../sso/join-store.ts';
import type { BodyShares } from './body-shares.ts';
import { countedAddress } from './counted-address.ts';
import { findSsoRedirect } from './find-sso-redirect.ts';
import { linkRedeemers } from './link-redeemers.ts';
import { type OwnOrigin, requireAppHeader, requireOwnHost, requireOwnPage } from './own-origin.ts';
import { parseBody } from './parse-body.ts';
import { parseInput } from './parse-input.ts';
import { readBody } from './read-body.ts';
import { clearSessionCookie, sessionToken, setSessionCookie } from './session-cookie.ts';

export interface AuthPorts extends OwnerMailPorts {
  now: () => number;
  sessions: SessionCache;
  publicUrl: string;
  /** Seals the secrets of authenticator apps. */
  secret: string;
  passwords: PasswordHasher;
  proxies: TrustedProxies | undefined;
}

/** The door for people: what sets the cookie and what ends it. Everything here comes from a page of ours. */
export function serveAuth(router: Router, services: AuthPorts, bodies: BodyShares): void {
  router.post('/auth/link', async (req, res) => {
    const { own, input, visitor } = await readDoor(services, { req, res, bodies, operation: openLink });
    const old = await findOld(services, req, own);
    const signedIn = old && { personId: old.person.id, sessionId: old.session.id };
    const newOwners: { workspaceId: string; email: string }[] = [];
    const redeemers = linkRedeemers(services, (owner) => newOwners.push(owner));
    const redeem = () => redeemLink({ ...services, redeemers }, input, { visitor, signedIn });
    const guessed = await addressToGuess(services, input);
    const address = countedAddress(req, services.proxies);
    const token = await (guessed === undefined
      ? redeem()
      : limitTries(services, { email: guessed, address, seenFrom: visitor.address }, redeem));
    for (const { workspaceId, email } of newOwners)
      mailOwners(services, {
        workspaceId,
        workspaceName: await workspaceNameOf(services.db, workspaceId),
        change: { kind: 'new-owner', email },
        by: `${email}, by an invitation`,
      });
    if (old !== undefined) services.sessions.forget(old.person.id);
    if (token !== undefined) await signIn(services, { req, res, own, token });
    else await answerSession(services, { res, token: sessionToken(req.headers, own) ?? '' });
  });

  router.post('/auth/link/view', async (req, res) => {
    const { own, input } = await readDoor(services, { req, res, bodies, operation: viewLinkOperation });
    const address = countedAddress(req, services.proxies);
    const view = await viewLink(services, input.token);
    // Only unknown tokens are counted: a token is 256 random bits, so nobody guesses one meanwhile, and its holder never waits for others.
    if (view.state === 'unknown') await countUnknownLink(services, address);
    const signedIn = await findOld(services, req, own);
    res.setHeader('x-request-id', newId('req', services.now()));
    res.json({ ...view, signed_in_as: signedIn?.person.email ?? null });
  });

  router.post('/auth/sign-in', async (req, res) => {
    const { own, input, visitor } = await readDoor(services, { req, res, bodies, operation: signInOperation });
    const { email, password } = input;
    if (password === undefined) {
      res.setHeader('x-request-id', newId('req', services.now())).json({ redirect: await whereTo(services, email) });
      return;
    }
    const ports = {
      ...services,
      showSecondFactor: (tx: PoolClient, given: Parameters<typeof showSecondFactor>[2]) =>
        showSecondFactor(tx, services, given),
    };
    const counted = countedAddress(req, services.proxies);
    const token = await signInByPassword(ports, { ...input, password }, { visitor, countedAddress: counted });
    await signIn(services, { req, res, own, token });
  });

  router.post('/auth/sign-out', async (req, res) => {
    const own = requireOwnHost(req.headers, services.publicUrl);
    requireOwnPage(req.headers, own);
    requireAppHeader(req.headers);
    const old = await findOld(services, req, own);
    if (old !== undefined) {
      const visitor = { address: clientAddress(req, services.proxies), agent: req.headers['user-agent'] };
      await closeSession(services.db, old, visitor);
      services.sessions.forget(old.person.id);
    }
    clearSessionCookie(res, own);
    res.setHeader('x-request-id', newId('req', services.now())).status(204).end();
  });
}

/** The account whose codes a link of a reset lets somebody try. */
async function addressToGuess(
  { db }: AuthPorts,
  { token, code, recovery_code: recoveryCode }: z.output<typeof openLink.input>,
): Promise<string | undefined> {
  const hash = code === undefined && recoveryCode === undefined ? undefined : hashToken(token);
  return hash && findResetAddress(db, hash);
}

/** The same refusal for every address that single sign-on does not know. */
async function whereTo({ db }: AuthPorts, email: string): Promise<string> {
  const redirect = await findSsoRedirect(db, email);
  if (redirect !== undefined) return redirect;
  throw new GatewayError('invalid_request', '`password` is missing: this address signs in with one.', {
    param: 'password',
  });
}

/** The checks that come before a body is believed, and its fields. */
export async function readDoor<Input extends z.ZodType>(
  services: AuthPorts,
  { req, res, bodies, operation }: { req: Request; res: Response; bodies: BodyShares; operation: Operation<Input> },
): Promise<{ own: OwnOrigin; input: z.output<Input>; visitor: Visitor }> {
  const own = requireOwnHost(req.headers, services.publicUrl);
  requireOwnPage(req.headers, own);
  const address = clientAddress(req, services.proxies);
  const room = bodies.forKey(address ?? '');
  res.once('close', () => room.end());
  const body = await readBody(req, room, { bytesMax: 64 * 1024 });
  const bounds = { values: 100, keys: 100, keyBytes: 10_000, strings: 100, plainBytes: 64 * 1024 };
  const input = parseInput(operation, req, parseBody(body, bounds).json) as z.output<Input>;
  return { own, input, visitor: { address, agent: req.headers['user-agent'] } };
}

/** Sets the cookie and answers who is signed in. The session this browser had before is over. */
export async function signIn(
  services: AuthPorts,
  { req, res, own, token }: { req: Request; res: Response; own: OwnOrigin; token: string },
): Promise<void> {
  await endOld(services, req, own);
  setSessionCookie(res, token, own);
  await answerSession(services, { res, token });
}

/** Answers as GET /v1/session does. */
async function answerSession(
  { db, now, sessions }: AuthPorts,
  { res, token }: { res: Response; token: string },
): Promise<void> {
  const signedIn = await sessions.find(token);
  if (signedIn === undefined) throw new Error('a session ended before it was answered');
  res.setHeader('x-request-id', newId('req', now()));
  res.json(await viewSession(db, sessionCaller(signedIn, true)));
}

/** The session that the browser has already. */
async function findOld({ sessions }: AuthPorts, req: Request, own: OwnOrigin): Promise<SignedIn | undefined> {
  const token = sessionToken(req.headers, own);
  return token === undefined ? undefined : sessions.find(token);
}

async function endOld(services: AuthPorts, req: Request, own: OwnOrigin): Promise<void> {
  const old = await findOld(services, req, own);
  if (old === undefined) return;
  await endSession(services.db, old.session.id);
  services.sessions.forget(old.person.id);
}
