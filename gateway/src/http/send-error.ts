import type { ServerResponse } from 'node:http';
import { errorCatalogue, GatewayError, isGatewayError, toErrorBody } from '@ai-gateway/shared/errors';
import type { Logger } from 'pino';
import { isConnectionFault } from '../db/connection-fault.ts';
import { databaseAway } from '../db/unavailable.ts';
import { messages } from '../dialects/messages.ts';
import { endUnread } from './end-unread.ts';

/**
 * Every refusal as JSON in the caller's dialect. Anything but a GatewayError becomes a 500 without details, and a log line that has
 * them. Answers with the error that was sent. `anthropic`: in Anthropic's shape, with the header `request-id` that its packages read.
 */
export function sendError(
  res: ServerResponse,
  options: { error: unknown; requestId: string; log: Logger; anthropic?: boolean },
): GatewayError {
  const { requestId, log, anthropic = false } = options;
  const error = isGatewayError(options.error)
    ? options.error
    : isConnectionFault(options.error)
      ? databaseAway()
      : internal(options.error, log, requestId);
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return error;
  }
  const body = Buffer.from(JSON.stringify(anthropic ? messages.error(error, requestId) : toErrorBody(error)));
  res.statusCode = error.status;
  res.setHeader('content-type', 'application/json');
  res.setHeader('content-length', body.length);
  res.setHeader('x-request-id', requestId);
  if (anthropic) res.setHeader('request-id', requestId);
  // The vendors' SDKs obey this header before they look at the status. An error that says how long to wait is worth another try.
  const isWorthAnother = errorCatalogue[error.code].retry || error.retryAfterSeconds !== undefined;
  res.setHeader('x-should-retry', String(isWorthAnother));
  if (error.retryAfterSeconds !== undefined) res.setHeader('retry-after', String(error.retryAfterSeconds));
  for (const [name, value] of Object.entries(error.headers ?? {})) res.setHeader(name, value);
  // A body that was not read to its end makes the connection unusable for another request.
  const { req } = res;
  const isUnread = !req.complete && (unreadStatuses.has(error.status) || req.readableDidRead);
  if (isUnread || unreadStatuses.has(error.status)) res.setHeader('connection', 'close');
  if (isUnread) endUnread(req, res, body);
  else res.end(body);
  return error;
}

/** Said before the body is read. */
const unreadStatuses: ReadonlySet<number> = new Set([401, 413, 415]);

function internal(cause: unknown, log: Logger, requestId: string): GatewayError {
  log.error({ err: cause, requestId }, 'a request failed unexpectedly');
  return new GatewayError(
    'internal_error',
    'Something went wrong inside the gateway. Try again; if the error persists, report the x-request-id.',
    { cause },
  );
}
