import type { Request, Response, Router } from 'express';
import { findIncident, selectIncidents } from '../status/incident-store.ts';
import { statusFeed } from '../status/status-feed.ts';
import { statusJson } from '../status/status-json.ts';
import { historyPage, incidentPage, statusPage, style, stylePath } from '../status/status-page.ts';
import { type ReportPorts, reportStatus, type StatusReport } from '../status/status-report.ts';

const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Everybody may ask, as often as they like: the database is asked this seldom. */
const rememberMs = 2_000;
const feedDays = 90;

/** The public status page, for people, programs and feed readers. Nothing of it needs a key, and it names no customer. */
export function serveStatusPage(router: Router, services: ReportPorts): void {
  let known: { report: Promise<StatusReport>; until: number } | undefined;
  const report = (): Promise<StatusReport> => {
    if (known === undefined || known.until < services.now())
      known = { report: reportStatus(services), until: services.now() + rememberMs };
    return known.report;
  };
  router.get('/status', async (req, res) => {
    if (req.accepts(['html', 'json']) === 'json') res.json(await forPrograms(services, await report()));
    else sendPage(res, statusPage(await report()));
  });
  router.get('/status.json', async (_req, res) => {
    res.setHeader('cache-control', 'public, max-age=30').setHeader('access-control-allow-origin', '*');
    res.json(await forPrograms(services, await report()));
  });
  router.get(stylePath, (_req, res) => {
    res
      .setHeader('cache-control', 'public, max-age=300')
      .setHeader('x-content-type-options', 'nosniff')
      .type('text/css')
      .send(style);
  });
  router.get('/status/feed.atom', async (_req, res) => {
    const atMs = services.now();
    const [from, to] = [new Date(atMs - feedDays * 86_400_000), new Date(atMs + 60_000)];
    // An entry that was there stays, and says where it goes on.
    const incidents = await selectIncidents(services.db, { from, to, withMerged: true });
    res
      .setHeader('cache-control', 'public, max-age=60')
      .type('application/atom+xml')
      .send(statusFeed(incidents, { publicUrl: services.publicUrl, atMs }));
  });
  router.get('/status/history', (_req, res) => {
    res.redirect(302, `/status/history/${monthAt(services.now())}`);
  });
  router.get('/status/history/:month', async (req: Request, res) => {
    const month = String(req.params.month);
    if (!/^20\d\d-(0[1-9]|1[0-2])$/.test(month)) return notFound(res);
    const [from, to] = [Date.parse(`${month}-01T00:00:00Z`), nextMonth(month)];
    sendPage(
      res,
      historyPage(month, await incidentsOf(services, from, to), {
        isLast: month >= monthAt(services.now()),
        atMs: services.now(),
      }),
    );
  });
  router.get('/status/incidents/:id', async (req: Request, res) => {
    const id = String(req.params.id);
    const incident = /^inc_[0-9a-z]{1,40}$/.test(id) ? await findIncident(services.db, id) : undefined;
    if (incident === undefined) notFound(res);
    else if (incident.mergedInto !== null) res.redirect(302, `/status/incidents/${incident.mergedInto}`);
    else sendPage(res, incidentPage(incident, services.now()));
  });
}

/** `providers` is all that earlier versions answered. */
async function forPrograms(services: ReportPorts, report: StatusReport): Promise<object> {
  return {
    ...statusJson(report, services.publicUrl),
    providers: services.workspaces.operators.map(({ id }) => ({ id, status: services.circuits.statusOf(id) })),
  };
}

function incidentsOf({ db }: ReportPorts, fromMs: number, toMs: number) {
  return selectIncidents(db, { from: new Date(fromMs), to: new Date(toMs) });
}

function sendPage(res: Response, text: string): void {
  res
    .setHeader('content-security-policy', policy)
    .setHeader('x-content-type-options', 'nosniff')
    .setHeader('referrer-policy', 'no-referrer')
    .type('text/html')
    .send(text);
}

function notFound(res: Response): void {
  res.status(404).type('text/plain').send('There is no such page. See /status.\n');
}

function monthAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 7);
}

function nextMonth(month: string): number {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return Date.UTC(year, number, 1);
}
