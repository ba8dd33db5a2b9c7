import type { Router } from 'express';
import { type HostPorts, workspaceAtHost } from './own-origin.ts';

/**
 * Is a host name one of the gateway's? A proxy asks before it gets a certificate for it: Caddy's `on_demand_tls` wants an address that answers
 * 200 for `?domain=` and anything else to refuse (https://caddyserver.com/docs/caddyfile/options#on-demand-tls).
 */
export function serveHosts(router: Router, services: HostPorts): void {
  router.get('/hosts/known', async (req, res) => {
    const host = new URL(req.url, 'http://gateway').searchParams.get('domain')?.toLowerCase() ?? '';
    const isKnown =
      host === new URL(services.publicUrl).hostname || (await workspaceAtHost({ host }, services)) !== undefined;
    res
      .status(isKnown ? 200 : 404)
      .setHeader('cache-control', 'no-store')
      .type('text/plain')
      .send(isKnown ? 'known\n' : 'unknown\n');
  });
}
