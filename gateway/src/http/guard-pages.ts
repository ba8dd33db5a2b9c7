import type { NextFunction, Request, Response, Router } from 'express';
import { type HostPorts, misdirected, requirePortalHost } from './own-origin.ts';

/**
 * Pages and calls that sessions count for: only by a host of ours, in no frame, and without a word to other sites. A host name of a workspace's
 * own has the portal and its files; people who open another page there get to the gateway's address.
 */
export function guardPages(router: Router, services: HostPorts): void {
  router.use(['/app', '/auth', '/portal'], async (req: Request, res: Response, next: NextFunction) => {
    const { isHttps, workspaceId } = await requirePortalHost(req.headers, services);
    res
      .setHeader('x-content-type-options', 'nosniff')
      .setHeader('x-frame-options', 'DENY')
      .setHeader(
        'content-security-policy',
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      )
      .setHeader('referrer-policy', 'no-referrer')
      .setHeader('cross-origin-opener-policy', 'same-origin')
      .setHeader('cross-origin-resource-policy', 'same-origin')
      .setHeader('cache-control', 'no-store');
    if (isHttps) res.setHeader('strict-transport-security', 'max-age=31536000');
    if (workspaceId === undefined || isOfPortal(req)) next();
    else if (req.method === 'GET') res.redirect(302, `${services.publicUrl}${req.originalUrl}`);
    else throw misdirected(services.publicUrl);
  });
}

function isOfPortal({ baseUrl, path }: Request): boolean {
  return /^\/(portal$|app\/assets\/)/i.test(`${baseUrl}${/^\/portal$/i.test(baseUrl) ? '' : path}`);
}
