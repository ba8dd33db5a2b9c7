import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Request, Response, Router } from 'express';

/** Where the dashboard's build puts its files: beside `src` in a clone, beside `lib` in the package. */
const built = fileURLToPath(new URL('../../dashboard/dist/', import.meta.url));

/** Is there a dashboard to lead people to? */
export function hasApp(): boolean {
  return existsSync(`${built}index.html`);
}

/**
 * The dashboard: its page at every path below `/app`, since the page reads the path, and its files. The page of `/auth/link` is the same one: a
 * token in the fragment reaches the page and no server. The portal of an agency's clients is a page of its own.
 */
export function serveApp(router: Router): void {
  router.get('/app/assets/:name', (req, res) => {
    const name = String(req.params.name);
    if (!/^[\w-][\w.-]*$/.test(name) || !existsSync(`${built}assets/${name}`)) {
      res
        .status(404)
        .type('text/plain')
        .send('This file belongs to another version of the dashboard. Load the page again.\n');
      return;
    }
    // The name holds a hash of the content.
    sendBuilt(req, res, { name, folder: `${built}assets/`, cache: 'public, max-age=31536000, immutable' });
  });
  router.get(['/app', '/app/*path'], (req, res) => {
    // The page would find out by a refused call, which browsers report as a fault.
    if (!hasCookie(req) && req.path !== signIn && hasApp())
      res.setHeader('cache-control', 'no-store').redirect(302, `${signIn}?to=${encodeURIComponent(req.originalUrl)}`);
    else sendPage(req, res, 'index.html');
  });
  router.get('/auth/link', (req, res) => sendPage(req, res, 'index.html'));
  router.get('/portal', (req, res) => sendPage(req, res, 'portal.html'));
}

const signIn = '/app/sign-in';

/** Whether it is still good is the page's question, by `GET /v1/session`. */
function hasCookie({ headers }: Request): boolean {
  return /(?:^|;\s*)(?:__Host-)?gw_session=/.test(headers.cookie ?? '');
}

/** A page of the dashboard's build, with its policy. */
function sendPage(req: Request, res: Response, name: 'index.html' | 'portal.html'): void {
  for (const [header, value] of Object.entries(pageHeaders)) res.setHeader(header, value);
  if (existsSync(`${built}${name}`)) sendBuilt(req, res, { name, folder: built, cache: 'no-cache' });
  else res.status(503).type('text/html').send(notBuilt);
}

/** Nothing but our own files, and no text that becomes a script. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const pageHeaders = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  // A browser heeds it over HTTPS only.
  'strict-transport-security': 'max-age=31536000',
};

interface BuiltFile {
  name: string;
  folder: string;
  cache: string;
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

function sendBuilt(req: Request, res: Response, { name, folder, cache }: BuiltFile): void {
  const zipped = existsSync(`${folder}${name}.gz`) && req.acceptsEncodings(['gzip', 'identity']) === 'gzip';
  res.setHeader('cache-control', cache);
  res.setHeader('x-content-type-options', 'nosniff');
  res.setHeader('content-type', types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream');
  res.vary('accept-encoding');
  if (zipped) res.setHeader('content-encoding', 'gzip');
  res.sendFile(zipped ? `${name}.gz` : name, { root: folder, cacheControl: false });
}

const notBuilt = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>The dashboard is not built · AI Gateway</title></head>
<body><h1>The dashboard is not built</h1>
<p>The gateway works; its dashboard could not be built when it started. The start printed the reason. In a clone, <code>npm start</code> tries again.</p>
<p><a href="/docs">The API</a> · <a href="/status">Health of the providers</a></p>
</body></html>
`;
