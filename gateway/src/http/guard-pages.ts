import type { NextFunction, Request, Response, Router } from 'express';
import { requireOwnHost } from './own-origin.ts';

/** Pages and calls that sessions count for: only by a host of ours, in no frame, and without a word to other sites. */
export function guardPages(router: Router, services: { publicUrl: string }): void {
  router.use(['/app', '/auth', '/portal'], (req: Request, res: Response, next: NextFunction) => {
    const { isHttps } = requireOwnHost(req.headers, services.publicUrl);
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
    next();
  });
}
