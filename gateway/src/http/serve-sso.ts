import { GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import { escapeHtml } from '@ai-gateway/shared/escape-html';
import express, { type Request, type Response, type Router } from 'express';
import { newId } from '../accounts/new-id.ts';
import { seal, unseal } from '../accounts/seal.ts';
import { clientAddress, type TrustedProxies } from '../client-address.ts';
import type { SessionCache } from '../people/session-cache.ts';
import { endSession, type SignedIn } from '../people/session-store.ts';
import type { Identity } from '../sso/claims.ts';
import { endFlowCookie, flowCookie, flowMs, readFlowCookie } from '../sso/flow-cookie.ts';
import { workspaceNameOf } from '../sso/join-store.ts';
import { refusalNoter } from '../sso/note-refusal.ts';
import type { OidcClient, OidcFlow } from '../sso/oidc.ts';
import { endSaml, type SamlFlow, type SamlPorts, samlMetadata, startSaml } from '../sso/saml.ts';
import { type SignInPorts, signInBySso } from '../sso/sign-in.ts';
import type { SsoConnection } from '../sso/sso-connection.ts';
import { findConnectionBySlug } from '../sso/sso-connection-store.ts';
import { ssoUrls } from '../sso/sso-urls.ts';
import { useOnce } from '../sso/used-store.ts';
import { isLedByOtherSite, isLoopbackProof, loopbackProof } from './led-by-other-site.ts';
import { type OwnOrigin, requireOwnHost } from './own-origin.ts';
import { sendError } from './send-error.ts';
import { sessionToken, setSessionCookie } from './session-cookie.ts';
import { sendSsoPage, sendStartPage } from './sso-pages.ts';

interface SsoPorts extends SignInPorts, SamlPorts {
  publicUrl: string;
  oidc: OidcClient;
  sessions: SessionCache;
  proxies: TrustedProxies | undefined;
}

interface Flow {
  oidc?: OidcFlow;
  saml?: SamlFlow;
  /** Where in the dashboard the person wanted to go. */
  returnTo: string;
}

/** The identity that goes from a form of the identity provider to the browser that began, by one link of ours. */
interface Hop {
  identity: Identity;
  requestId: string;
  until: number;
}

interface Serving {
  services: SsoPorts;
  req: Request;
  res: Response;
  connection: SsoConnection;
  urls: ReturnType<typeof ssoUrls>;
  isHttps: boolean;
}

/** The pages that lead to the identity provider and back. */
export function serveSso(router: Router, services: SsoPorts): void {
  const noteRefusal = refusalNoter(services);
  const serve =
    (answer: (serving: Serving) => Promise<void>) =>
    async (req: Request, res: Response): Promise<void> => {
      let connection: SsoConnection | undefined;
      try {
        const { isHttps } = requireOwnHost(req.headers, services.publicUrl);
        connection = await findConnectionBySlug(services.db, String(req.params.slug));
        if (connection === undefined)
          throw new GatewayError(
            'not_found',
            'There is no single sign-on at this address. Check it with your administrator.',
          );
        const urls = ssoUrls(services.publicUrl, connection.slug);
        await answer({ services, req, res, connection, urls, isHttps });
      } catch (error) {
        if (connection !== undefined && isRefused(error)) noteRefusal(connection, clientAddress(req, services.proxies));
        sendRefusal(services, { req, res, error });
      }
    };
  router.get('/auth/sso/:slug', serve(start));
  router.get('/auth/sso/:slug/callback', serve(endByLink));
  router.post(
    '/auth/sso/:slug/callback',
    express.urlencoded({ extended: false, limit: '400kb', parameterLimit: 10 }),
    serve(takeForm),
  );
  router.get('/auth/sso/:slug/finish', serve(finish));
  router.get('/auth/sso/:slug/metadata', serve(sendMetadata));
}

/** Nobody is signed in, by the identity provider's word or for want of its proof. */
function isRefused(error: unknown): boolean {
  return isGatewayError(error) && (error.code === 'forbidden' || error.code === 'invalid_credentials');
}

async function start(serving: Serving): Promise<void> {
  const { services, req, res, connection, urls, isHttps } = serving;
  const own = requireOwnHost(req.headers, services.publicUrl);
  const { secret, publicUrl } = services;
  const proving = { secret, publicUrl, slug: connection.slug, nowMs: services.now() };
  const returnTo = returnToOf(req.query.return_to);
  // The identity provider leads back to PUBLIC_URL, where a cookie of another host of ours would be missing.
  if (own.origin !== new URL(services.publicUrl).origin) {
    const here = loopbackProof(proving, req);
    const query = new URLSearchParams({ return_to: returnTo, ...(here === undefined ? {} : { here }) });
    res.redirect(302, `${urls.start}?${query}`);
    return;
  }
  if (isLedByOtherSite(req.headers) && !isLoopbackProof(proving, req.query.here)) {
    await askFirst(serving, { own, returnTo });
    return;
  }
  const begun =
    connection.protocol === 'oidc'
      ? await services.oidc.start(connection, urls.callback)
      : await startSaml(services, connection, urls);
  const flow = { [connection.protocol]: begun.flow, returnTo };
  const cookie = { secret: services.secret, slug: connection.slug, isSecure: isHttps };
  res.appendHeader('set-cookie', flowCookie(cookie, flow, services.now()));
  res.redirect(302, begun.url.href);
}

async function askFirst(
  { services, req, res, connection, urls }: Serving,
  { own, returnTo }: { own: OwnOrigin; returnTo: string },
): Promise<void> {
  const old = await findOld(services, req, own);
  sendStartPage(res, {
    workspace: await workspaceNameOf(services.db, connection.workspaceId),
    connection: connection.name,
    domains: connection.domains,
    signedInAs: old?.person.email,
    continueUrl: `${urls.start}?${new URLSearchParams({ return_to: returnTo })}`,
  });
}

/** A path of the dashboard and nothing else: an address of another site would be an open redirect. */
function returnToOf(given: unknown): string {
  return typeof given === 'string' && given.length < 1_000 && /^\/app(?:[/?#][\x21-\x7e]*)?$/.test(given)
    ? given
    : '/app';
}

async function endByLink(serving: Serving): Promise<void> {
  const { services, req, connection, urls } = serving;
  const flow = readFlow(serving);
  if (flow?.oidc === undefined) throw otherBrowser();
  const currentUrl = new URL(urls.callback);
  currentUrl.search = req.originalUrl.includes('?') ? req.originalUrl.slice(req.originalUrl.indexOf('?')) : '';
  await useFlow(serving, flow.oidc.state);
  const identity = await services.oidc.end(connection, { currentUrl, flow: flow.oidc });
  await signIn(serving, { identity, returnTo: flow.returnTo });
}

/** A form of another site brings no cookie of ours, so nobody is signed in by it: the answer goes on to the browser that began. */
async function takeForm(serving: Serving): Promise<void> {
  const { services, req, res, connection, urls } = serving;
  const { SAMLResponse: response } = (req.body ?? {}) as { SAMLResponse?: unknown };
  if (connection.protocol !== 'saml' || typeof response !== 'string')
    throw new GatewayError(
      'invalid_request',
      'This address takes the answer of a SAML identity provider. Begin to sign in again.',
    );
  const { identity, requestId } = await endSaml(services, connection, { urls, response });
  const mapped = new Set(connection.groupRoles.map(({ group }) => group.trim().toLowerCase()));
  // Of some people the groups are more than an address can hold; those that give no role count for nothing.
  const groups = identity.groups.filter((group) => mapped.has(group.trim().toLowerCase()));
  const hop: Hop = { identity: { ...identity, groups }, requestId, until: services.now() + 60_000 };
  const sealed = seal(services.secret, JSON.stringify(hop), hopContext(connection)).toString('base64url');
  res.redirect(303, `${urls.finish}?answer=${sealed}`);
}

async function finish(serving: Serving): Promise<void> {
  const { services, req, connection } = serving;
  const flow = readFlow(serving);
  const hop = readHop(services, connection, req.query.answer);
  if (hop === undefined || hop.until < services.now() || flow?.saml?.requestId !== hop.requestId) throw otherBrowser();
  await useFlow(serving, hop.requestId);
  await signIn(serving, { identity: hop.identity, returnTo: flow.returnTo });
}

async function sendMetadata({ services, res, connection, urls }: Serving): Promise<void> {
  if (connection.protocol !== 'saml')
    throw new GatewayError('not_found', 'This connection signs in by OpenID Connect, which has no metadata of SAML.');
  res.type('application/samlmetadata+xml').send(await samlMetadata(services, connection, urls));
}

async function signIn(
  { services, req, res, connection, isHttps }: Serving,
  { identity, returnTo }: { identity: Identity; returnTo: string },
): Promise<void> {
  const own = requireOwnHost(req.headers, services.publicUrl);
  const visitor = { address: clientAddress(req, services.proxies), agent: req.headers['user-agent'] };
  const token = await signInBySso(services, { connection, identity, visitor });
  const old = await findOld(services, req, own);
  if (old !== undefined) {
    await endSession(services.db, old.session.id);
    services.sessions.forget(old.person.id);
  }
  res.appendHeader('set-cookie', endFlowCookie({ isSecure: isHttps }));
  setSessionCookie(res, token, own);
  res.redirect(303, returnTo);
}

/** The session that the browser has already. */
async function findOld({ sessions }: SsoPorts, req: Request, own: OwnOrigin): Promise<SignedIn | undefined> {
  const token = sessionToken(req.headers, own);
  return token === undefined ? undefined : sessions.find(token);
}

function readFlow({ services, req, connection, isHttps }: Serving): Flow | undefined {
  const cookie = { secret: services.secret, slug: connection.slug, isSecure: isHttps };
  return readFlowCookie<Flow>(cookie, req.headers.cookie, services.now());
}

/** A second return with the same state is refused, on any process. */
async function useFlow({ services, connection }: Serving, id: string): Promise<void> {
  const until = new Date(services.now() + 2 * flowMs);
  if (!(await useOnce(services.db, ['flow', connection.id, id], until)))
    throw new GatewayError('link_used', 'This sign-in is over. Begin to sign in again.');
}

function readHop({ secret }: SsoPorts, connection: SsoConnection, sealed: unknown): Hop | undefined {
  if (typeof sealed !== 'string') return undefined;
  try {
    return JSON.parse(unseal(secret, Buffer.from(sealed, 'base64url'), hopContext(connection)).toString()) as Hop;
  } catch {
    return undefined;
  }
}

function hopContext({ id }: SsoConnection): readonly string[] {
  return ['sso-hop', id];
}

function otherBrowser(): GatewayError {
  return new GatewayError(
    'invalid_request',
    'This browser did not begin this sign-in, or began it more than ten minutes ago. Begin to sign in again.',
  );
}

/** As a page for people, as JSON for programs. */
function sendRefusal(services: SsoPorts, { req, res, error }: { req: Request; res: Response; error: unknown }): void {
  const requestId = newId('req', services.now());
  if (!isGatewayError(error) || !(req.headers.accept ?? '').includes('text/html')) {
    sendError(res, { error, requestId, log: services.log });
    return;
  }
  res.setHeader('x-request-id', requestId);
  sendSsoPage(res, error.status, {
    title: 'Sign-in failed',
    parts: [escapeHtml(error.message), '<a href="/app">Back to the sign-in page</a>'],
  });
}
