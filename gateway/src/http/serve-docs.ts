import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contract } from '@ai-gateway/shared/contract';
import { openApi } from '@ai-gateway/shared/openapi';
import type { Router } from 'express';

/** `/openapi.json`, and `/docs` which shows it. */
export function serveDocs(router: Router, options: { publicUrl: () => string; version: string }): void {
  let document: string | undefined;
  router.get('/openapi.json', (_req, res) => {
    document ??= JSON.stringify(
      openApi({ operations: contract, serverUrl: options.publicUrl(), version: options.version }),
    );
    res.setHeader('access-control-allow-origin', '*');
    res.type('application/json').send(document);
  });
  router.get('/docs', (_req, res) => {
    res.setHeader('content-security-policy', policy);
    res.setHeader('referrer-policy', 'no-referrer');
    res.type('text/html').send(page);
  });
  router.get('/docs/start.js', (_req, res) => {
    res.setHeader('x-content-type-options', 'nosniff');
    res.type('text/javascript').send(start);
  });
  const root = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));
  for (const name of assets) {
    router.get(`/docs/assets/${name}`, (_req, res) => {
      res.setHeader('x-content-type-options', 'nosniff');
      res.sendFile(name, { root, maxAge: '1d' });
    });
  }
}

/** All of Swagger UI's package that the page needs; the rest of it (source maps, its own index page) is not served. */
const assets = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'] as const;

/** The page asks this gateway and nobody else. Swagger UI sets styles on elements, hence the one exception. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AI Gateway: API</title>
<link rel="icon" href="/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** "Try it out" goes to the server that showed the page: the policy lets it go nowhere else, and PUBLIC_URL may be another origin. */
const start = `fetch('/openapi.json')
  .then((answer) => answer.json())
  .then((document) => SwaggerUIBundle({
    spec: { ...document, servers: [{ url: location.origin }] },
    dom_id: '#docs',
    deepLinking: true,
    validatorUrl: null,
    tryItOutEnabled: true,
  }));
`;
