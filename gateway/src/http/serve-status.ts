import { timingSafeEqual } from 'node:crypto';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Request, Router } from 'express';
import { hashKey } from '../accounts/api-key.ts';
import { installationHeader, installationId } from '../accounts/installation-id.ts';
import { ping } from '../db/ping.ts';
import type { ReportPorts } from '../status/status-report.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { serveStatusPage } from './serve-status-page.ts';

interface StatusPorts extends ReportPorts {
  secret: string;
  metrics: Metrics;
  metricsToken: string | undefined;
  /** The body of `/metrics`. */
  scrape: () => Promise<string>;
}

/** Health for machines and for people: `/healthz`, `/readyz`, `/metrics`, and the status page. */
export function serveStatus(router: Router, services: StatusPorts, isDraining: () => boolean): void {
  const installation = installationId(services.secret);
  router.get('/healthz', (_req, res) => {
    res.setHeader(installationHeader, installation).type('text/plain').send('ok\n');
  });
  router.get('/readyz', async (_req, res) => {
    const fault = isDraining() ? 'draining' : await databaseFault(services);
    res
      .status(fault === undefined ? 200 : 503)
      .type('text/plain')
      .send(fault === undefined ? 'ready\n' : `${fault}\n`);
  });
  router.get('/metrics', async (req, res) => {
    mayScrape(req, services.metricsToken);
    res.type(services.metrics.registry.contentType).send(await services.scrape());
  });
  serveStatusPage(router, services);
}

/** Anybody may, unless there is a token for it; then nothing else counts. */
function mayScrape(req: Request, token: string | undefined): void {
  if (token === undefined) return;
  const [, given] = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '') ?? [];
  if (given !== undefined && timingSafeEqual(hashKey(given), hashKey(token))) return;
  throw new GatewayError(
    'invalid_api_key',
    'The metrics need their own token. Send "Authorization: Bearer …" with the value of METRICS_TOKEN.',
    { headers: { 'www-authenticate': 'Bearer' } },
  );
}

async function databaseFault(services: StatusPorts): Promise<string | undefined> {
  if (!services.journal.available) return 'the database does not accept records of calls';
  try {
    await ping(services.db, 2_000);
    return undefined;
  } catch {
    return 'the database does not answer';
  }
}
