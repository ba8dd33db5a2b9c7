import type { NextFunction, Request, Response } from 'express';
import { withoutTagPath } from './tag-path.ts';

/**
 * The paths that the vendors' packages build from a base URL, as Express would match them. OpenAI's package expects a base URL that
 * ends in `/v1`, Anthropic's adds `/v1` itself, so people give each of them the other's.
 */
const vendorPaths = /^\/(chat|responses|messages|embeddings|models)(?=[/?]|$)/;
const repeatedVersion = /^(?:\/v1){2,}(?=[/?]|$)/;

/**
 * `/v1//chat/completions`, `/chat/completions` and `/v1/v1/chat/completions` all mean `/v1/chat/completions`. A query string is
 * left as it is.
 */
function plainPath(url: string): string {
  const query = url.indexOf('?');
  const path = (query < 0 ? url : url.slice(0, query)).replace(/\/{2,}/g, '/').replace(repeatedVersion, '/v1');
  const versioned = vendorPaths.test(path) ? `/v1${path}` : path;
  return query < 0 ? versioned : versioned + url.slice(query);
}

/** The path of an endpoint as `plainPath` has it, without tags and query: for answers before Express has a request. */
export function endpointOf(url: string): string {
  return plainPath(withoutTagPath(url).url).split('?')[0] ?? '';
}

/** Express middleware: later handlers see the plain path only. */
export function toPlainPath(req: Request, _res: Response, next: NextFunction): void {
  req.url = plainPath(req.url);
  next();
}

/** Do answers and errors of this path have Anthropic's shape? */
export function speaksAnthropic(path: string): boolean {
  return path === messagesPath || path.startsWith(`${messagesPath}/`);
}

const messagesPath = '/v1/messages';
