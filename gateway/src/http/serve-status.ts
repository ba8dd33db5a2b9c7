import { timingSafeEqual } from 'node:crypto';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Request, Router } from 'express';
import type { Pool } from 'pg';
import { hashKey } from '../accounts/api-key.ts';
import { installationHeader, installationId } from '../accounts/installation-id.ts';
import { ping } from '../db/ping.ts';
import type { Metrics } from '../telemetry/metrics.ts';

interface StatusPorts {
  db: Pool;
  secret: string;
  metrics: Metrics;
  metricsToken: string | undefined;
  /** The body of `/metrics`. */
  scrape: () => Promise<string>;
  journal: { readonly available: boolean };
  workspaces: { readonly operators: readonly { id: string }[] };
  circuits: { statusOf(account: string): keyof typeof statusTexts };
}

/** Health for machines and for people: `/healthz`, `/readyz`, `/metrics`, `/status`. */
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
  router.get('/status', (req, res) => {
    const providers = operatorsHealth(services);
    if (req.accepts(['html', 'json']) === 'json') res.json({ providers });
    else
      res
        .setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
        .type('text/html')
        .send(statusPage(providers));
  });
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

/** The operator's accounts alone: what workspaces bring along is their own affair. */
function operatorsHealth(services: StatusPorts): { id: string; status: keyof typeof statusTexts }[] {
  return services.workspaces.operators.map(({ id }) => ({
    id,
    status: services.circuits.statusOf(id),
  }));
}

const statusTexts = {
  ok: 'working',
  resting: 'cooling down after failures',
  refused: 'refuses the gateway’s account',
} as const;

function statusPage(providers: readonly { id: string; status: keyof typeof statusTexts }[]): string {
  const rows = providers
    .map(({ id, status }) => `<tr><td>${id}</td><td class="${status}">${statusTexts[status]}</td></tr>`)
    .join('');
  const none = '<tr><td colspan="2">No provider account is set up; test keys are answered by the sandbox.</td></tr>';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>AI Gateway: status</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}td{padding:.5rem;border-bottom:1px solid #ddd}.ok{color:#0a7a3c}.resting,.refused{color:#b3261e}</style></head>
<body><h1>Providers</h1><table>${rows === '' ? none : rows}</table></body></html>
`;
}
