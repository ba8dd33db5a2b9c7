import type { NextFunction, Request, Response } from 'express';
import type { TaggedRequest } from './serve-model.ts';

/**
 * `/t/client=acme,scenario=42/v1/chat/completions` → `/v1/chat/completions`, with the tags kept aside: for tools that can set
 * a base URL and no header.
 */
export function tagPath(req: Request, _res: Response, next: NextFunction): void {
  if (req.url.startsWith('/t/')) {
    const end = req.url.indexOf('/', 3);
    if (end > 0) {
      (req as TaggedRequest).tagPath = req.url.slice(3, end);
      req.url = req.url.slice(end);
    }
  }
  next();
}
