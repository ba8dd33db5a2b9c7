import type { NextFunction, Request, Response } from 'express';
import type { TaggedRequest } from './serve-model.ts';

/**
 * `/t/client=acme,scenario=42/v1/chat/completions` → `/v1/chat/completions`, with the tags kept aside: for tools that can set
 * a base URL and no header.
 */
export function tagPath(req: Request, _res: Response, next: NextFunction): void {
  const { tags, url } = withoutTagPath(req.url);
  if (tags !== undefined) {
    (req as TaggedRequest).tagPath = tags;
    req.url = url;
  }
  next();
}

/** A URL without its `/t/…` prefix, and the tags that were in it, still encoded. */
export function withoutTagPath(url: string): { url: string; tags: string | undefined } {
  const start = /^\/+t\//.exec(url)?.[0].length;
  const end = start === undefined ? -1 : url.indexOf('/', start);
  return start === undefined || end < 0
    ? { url, tags: undefined }
    : { url: url.slice(end), tags: url.slice(start, end) };
}
