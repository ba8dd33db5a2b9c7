import { GatewayError } from '@ai-gateway/shared/errors';
import { firstFault, plainWords } from '@ai-gateway/shared/field-fault';
import type { Request, Response, Router } from 'express';
import { z } from 'zod';
import { newId } from '../accounts/new-id.ts';
import { type OpenPortalPorts, openPortal } from '../portal/open-portal.ts';
import { type PortalBudgetPorts, portalBudgets } from '../portal/portal-budgets.ts';
import { type InvoiceForm, portalInvoice, portalInvoiceFile, portalInvoices } from '../portal/portal-invoices.ts';
import { hashPortalToken, type PortalViewer } from '../portal/portal-link.ts';
import { portalOverview } from '../portal/portal-overview.ts';
import { portalScenarios } from '../portal/portal-scenarios.ts';
import { deleteSession, findSession } from '../portal/portal-store.ts';
import type { BodyShares } from './body-shares.ts';
import { parseBody } from './parse-body.ts';
import { readBody } from './read-body.ts';
import { sendText } from './send-text.ts';

interface PortalServicePorts extends OpenPortalPorts, PortalBudgetPorts {
  publicUrl: string;
}

type Answer = (viewer: PortalViewer, req: Request, res: Response) => Promise<unknown>;

/** The portal of an agency's client, by the cookie that its link was swapped for. No key opens it, and its cookie opens nothing else. */
export function servePortal(router: Router, services: PortalServicePorts, { bodies }: { bodies: BodyShares }): void {
  router.post('/portal/session', async (req, res) => {
    privately(res);
    const given = await readJson(req, res, bodies);
    const { session, expiresAt } = await openPortal(services, given);
    res.setHeader('set-cookie', cookieOf(services, session, expiresAt));
    res.json({ expires_at: expiresAt.toISOString() });
  });

  router.delete('/portal/session', async (req, res) => {
    privately(res);
    const session = sessionOf(services, req);
    if (session !== undefined) await deleteSession(services.db, hashPortalToken(session));
    res.setHeader('set-cookie', cookieOf(services, '', new Date(0)));
    res.status(204).end();
  });

  const get = (path: string, answer: Answer): void => {
    router.get(`/portal/api/${path}`, async (req, res) => {
      privately(res);
      const viewer = await viewerOf(services, req);
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

async function viewerOf(services: PortalServicePorts, req: Request): Promise<PortalViewer> {
  const session = sessionOf(services, req);
  const viewer =
    session === undefined
      ? undefined
      : await findSession(services.db, hashPortalToken(session), new Date(services.now()));
  if (viewer === undefined)
    throw new GatewayError(
      'invalid_credentials',
      'The portal is not open here, or its link is over. Open your link again.',
    );
  return viewer;
}

/** Throws `forbidden` where the link leaves this part out. */
function shown(viewer: PortalViewer, part: PortalViewer['shows'][number]): PortalViewer {
  if (!viewer.shows.includes(part))
    throw new GatewayError('forbidden', 'This link does not show that part of the portal.');
  return viewer;
}

/** On https a browser sends it to https only, whatever another page of the host sets. */
function cookieName({ publicUrl }: PortalServicePorts): string {
  return publicUrl.startsWith('https://') ? '__Secure-gw_portal' : 'gw_portal';
}

function cookieOf(services: PortalServicePorts, value: string, expiresAt: Date): string {
  const name = cookieName(services);
  const secure = name.startsWith('__Secure-') ? '; Secure' : '';
  return `${name}=${value}; Path=/portal; Expires=${expiresAt.toUTCString()}; HttpOnly; SameSite=Lax${secure}`;
}

function sessionOf(services: PortalServicePorts, req: Request): string | undefined {
  const start = `${cookieName(services)}=`;
  const found = (req.headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(start));
  // Two of one name: one of them is not ours.
  return found.length === 1 ? found[0]?.slice(start.length) : undefined;
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

/** For one reader: into no cache, no frame and no search engine. */
function privately(res: Response): void {
  res.setHeader('cache-control', 'private, no-store');
  res.setHeader('referrer-policy', 'no-referrer');
  res.setHeader('x-robots-tag', 'noindex');
  res.setHeader('x-content-type-options', 'nosniff');
  res.vary('cookie');
}
