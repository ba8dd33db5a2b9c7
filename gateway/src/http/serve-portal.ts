import { GatewayError } from '@ai-gateway/shared/errors';
import { firstFault, plainWords } from '@ai-gateway/shared/field-fault';
import { portalParts } from '@ai-gateway/shared/operations/portal-links';
import type { Request, Response, Router } from 'express';
import { z } from 'zod';
import { newId } from '../accounts/new-id.ts';
import { hashToken } from '../people/secret-token.ts';
import { type OpenPortalPorts, openPortal } from '../portal/open-portal.ts';
import { type PortalBudgetPorts, portalBudgets } from '../portal/portal-budgets.ts';
import { type InvoiceForm, portalInvoice, portalInvoiceFile, portalInvoices } from '../portal/portal-invoices.ts';
import type { PortalViewer } from '../portal/portal-link.ts';
import { portalOverview } from '../portal/portal-overview.ts';
import { portalScenarios } from '../portal/portal-scenarios.ts';
import { deleteSession, findSession } from '../portal/portal-store.ts';
import type { BodyShares } from './body-shares.ts';
import { countedAddress } from './counted-address.ts';
import { callerOfCookie, type IdentifyPorts } from './identify-caller.ts';
import { type HostPorts, type PortalOrigin, requireOwnPage, requirePortalHost } from './own-origin.ts';
import { parseBody } from './parse-body.ts';
import { clearPortalCookie, portalToken, setPortalCookie } from './portal-cookie.ts';
import { readBody } from './read-body.ts';
import { sendText } from './send-text.ts';
import { hasSessionCookie } from './session-cookie.ts';

interface PortalServicePorts extends OpenPortalPorts, PortalBudgetPorts, IdentifyPorts, HostPorts {}

type Answer = (viewer: PortalViewer, req: Request, res: Response) => Promise<unknown>;

/** The portal of an agency's client, by the cookie that its link was swapped for. No key opens it, and its cookie opens nothing else. */
export function servePortal(router: Router, services: PortalServicePorts, { bodies }: { bodies: BodyShares }): void {
  router.post('/portal/session', async (req, res) => {
    privately(res);
    const own = await requirePortalHost(req.headers, services);
    // A program has no page and no cookies: the token of the link is all that counts.
    if (isOfPage(req)) requireOwnPage(req.headers, own);
    const given = await readJson(req, res, bodies);
    const { session, expiresAt } = await openPortal(services, given, {
      countedAddress: countedAddress(req, services.proxies),
      onlyWorkspace: own.workspaceId,
    });
    setPortalCookie(res, own, { token: session, expiresAt });
    res.json({ expires_at: expiresAt.toISOString() });
  });

  // The page asks first: browsers report every refused call as a fault.
  router.get('/portal/session', async (req, res) => {
    privately(res);
    const own = await requirePortalHost(req.headers, services);
    const open = isSignedIn(req, own) || (await linkViewer(services, req, own)) !== undefined;
    // Nobody signs in at a host name of a workspace's own.
    res.json({ open, sign_in_url: own.workspaceId === undefined ? '/app' : `${services.publicUrl}/app` });
  });

  router.delete('/portal/session', async (req, res) => {
    privately(res);
    const own = await requirePortalHost(req.headers, services);
    requireOwnPage(req.headers, own);
    const hash = hashToken(portalToken(req.headers, own) ?? '');
    if (hash !== undefined) await deleteSession(services.db, hash);
    clearPortalCookie(res, own);
    res.status(204).end();
  });

  const get = (path: string, answer: Answer): void => {
    router.get(`/portal/api/${path}`, async (req, res) => {
      privately(res);
      const viewer = await viewerOf(services, req, res);
      const body = await answer(viewer, req, res);
      if (body !== undefined) res.json(body);
    });
  };
  get('overview', (viewer, req) => portalOverview(services, viewer, monthIn(req)));
  get('scenarios', (viewer, req) => portalScenarios(services, shown(viewer, 'scenarios'), monthIn(req)));
  get('budget', (viewer) => portalBudgets(services, shown(viewer, 'budget')));
  get('invoices', (viewer, req) => portalInvoices(services, shown(viewer, 'invoices'), textIn(req, 'cursor')));
  get('invoices/:id', async (viewer, req, res) => {
    const asked = String(req.params.id);
    const form = formIn(req);
    if (form === undefined) return portalInvoice(services, shown(viewer, 'invoices'), asked);
    const file = await portalInvoiceFile(services, shown(viewer, 'invoices'), { asked, form });
    await sendText(res, { ...file, requestId: newId('req', services.now()) });
    return undefined;
  });
}

const sessionInput = z.strictObject({ token: z.string().min(1).max(200), password: z.string().max(1_000).optional() });

const bodyBytesMax = 1024 * 1024;

async function readJson(req: Request, res: Response, bodies: BodyShares): Promise<z.output<typeof sessionInput>> {
  const room = bodies.forKey('portal');
  res.once('close', () => room.end());
  const body = parseBody(await readBody(req, room, { bytesMax: bodyBytesMax })).json;
  const parsed = sessionInput.safeParse(body, { error: plainWords });
  if (parsed.success) return parsed.data;
  const { path, message, unknown } = firstFault(parsed.error);
  const param = [...path, ...unknown.slice(0, 1)].join('.');
  throw new GatewayError(
    'invalid_request',
    unknown.length > 0
      ? `Unknown field \`${param}\`. Known fields: \`token\`, \`password\`.`
      : `\`${param}\` ${message}.`,
    { param },
  );
}

function isOfPage({ headers }: Request): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
}

/** By the cookie of a link, else by the session of a person of the client, who sees every part. */
async function viewerOf(services: PortalServicePorts, req: Request, res: Response): Promise<PortalViewer> {
  const own = await requirePortalHost(req.headers, services);
  const viewer = await linkViewer(services, req, own);
  if (viewer !== undefined) return viewer;
  if (!isSignedIn(req, own))
    throw new GatewayError(
      'invalid_credentials',
      'The portal is not open here, or its link is expired or revoked. Open your link again.',
    );
  const { role, workspaceId, livemode, tags } = await callerOfCookie(services, { req, res, isRead: true });
  if (role !== 'client' || !tags.client_id)
    throw new GatewayError('forbidden', 'The portal is for people of a client. Open /app instead.');
  return { workspaceId, livemode, clientId: tags.client_id, shows: portalParts, isSignedIn: true };
}

/** Sessions are those of the gateway's own address. */
function isSignedIn({ headers }: Request, { workspaceId }: PortalOrigin): boolean {
  return workspaceId === undefined && hasSessionCookie(headers);
}

/** Undefined at a host name of another workspace. */
async function linkViewer(
  services: PortalServicePorts,
  { headers }: Request,
  own: PortalOrigin,
): Promise<PortalViewer | undefined> {
  const hash = hashToken(portalToken(headers, own) ?? '');
  const viewer = hash && (await findSession(services.db, hash, new Date(services.now())));
  return own.workspaceId === undefined || viewer?.workspaceId === own.workspaceId ? viewer : undefined;
}

/** Throws `forbidden` where the link leaves this part out. */
function shown(viewer: PortalViewer, part: PortalViewer['shows'][number]): PortalViewer {
  if (!viewer.shows.includes(part))
    throw new GatewayError('forbidden', 'This link does not show that part of the portal.');
  return viewer;
}

function textIn(req: Request, name: string): string | undefined {
  const values = new URL(req.url, 'http://gateway').searchParams.getAll(name);
  if (values.length > 1 || (values[0]?.length ?? 0) > 500)
    throw new GatewayError('invalid_request', `\`${name}\` is not valid.`, { param: name });
  return values[0];
}

function monthIn(req: Request): string | undefined {
  const month = textIn(req, 'month');
  if (month !== undefined && !/^20\d\d-(0[1-9]|1[0-2])$/.test(month))
    throw new GatewayError('invalid_request', '`month` must be a month such as 2026-11.', { param: 'month' });
  return month;
}

const forms: readonly InvoiceForm[] = ['pdf', 'html', 'csv'];

function formIn(req: Request): InvoiceForm | undefined {
  const asked = textIn(req, 'format');
  if (asked !== undefined) {
    const form = forms.find((one) => one === asked);
    if (form === undefined && asked !== 'json')
      throw new GatewayError('invalid_request', '`format` must be one of pdf, html, csv, json.', { param: 'format' });
    return form;
  }
  const type = req.accepts(['application/json', 'text/html', 'application/pdf', 'text/csv']);
  return forms.find((form) => typeof type === 'string' && type.endsWith(`/${form}`));
}

/** For one reader: into no cache and no search engine. */
function privately(res: Response): void {
  res.setHeader('cache-control', 'private, no-store');
  res.setHeader('x-robots-tag', 'noindex');
  res.vary('cookie');
}
