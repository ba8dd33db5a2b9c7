import { escapeHtml } from '@ai-gateway/shared/escape-html';
import type { Router } from 'express';
import { type HostPorts, workspaceAtHost } from './own-origin.ts';

/**
 * `/`: a browser gets to the dashboard, or to a page that says how to begin where there is none; a program gets the addresses it may want. At a host
 * name of a workspace's own everybody gets to its portal.
 */
export function serveRoot(
  router: Router,
  options: {
    publicUrl: () => string;
    version: string;
    hasApp: () => boolean;
    services: Pick<HostPorts, 'brandedHosts'>;
  },
): void {
  router.get('/', async (req, res) => {
    res.vary('accept');
    const { publicUrl, version, hasApp, services } = options;
    if ((await workspaceAtHost(req.headers, services)) !== undefined) return res.redirect(302, '/portal');
    const isPerson = req.accepts(['json', 'html']) === 'html';
    if (isPerson && hasApp()) res.redirect(302, '/app');
    else if (isPerson)
      res
        .setHeader('content-security-policy', policy)
        .setHeader('x-content-type-options', 'nosniff')
        .type('text/html')
        .send(page(publicUrl()));
    else
      res.json({
        name: 'AI Gateway',
        version,
        base_url: `${publicUrl()}/v1`,
        docs: `${publicUrl()}/docs`,
        openapi: `${publicUrl()}/openapi.json`,
        status: `${publicUrl()}/status`,
      });
  });
}

const policy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function page(url: string): string {
  const at = escapeHtml(url);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>AI Gateway</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#1c1e21}pre{background:#f4f4f2;padding:1rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}</style></head>
<body><h1>AI Gateway runs</h1>
<p>The first start printed two keys. The test key (<code>gw_test_…</code>) costs nothing; put it in the place of <code>YOUR_KEY</code>:</p>
<pre>curl ${at}/v1/chat/completions -H "Authorization: Bearer YOUR_KEY" -H "Content-Type: application/json" -d '{"model":"auto","messages":[{"role":"user","content":"Hello"}]}'</pre>
<p>In a client that has a base URL, set <code>${at}/v1</code> and the same key.</p>
<p><a href="/docs">Every call, to try out</a> · <a href="/status">Health of the providers</a> · <a href="/openapi.json">OpenAPI document</a></p>
</body></html>
`;
}
