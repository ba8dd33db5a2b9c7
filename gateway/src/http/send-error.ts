import type { ServerResponse } from 'node:http';
import { errorCatalogue, GatewayError, isGatewayError, toErrorBody } from '@ai-gateway/shared/errors';
import type { Logger } from 'pino';
import { databaseAway } from '../budgets/journal.ts';
import { isConnectionFault } from '../db/connection-fault.ts';

export type ErrorBodyWriter = (error: GatewayError, requestId: string) => unknown;

/** Every refusal as JSON in the caller's dialect; anything that is no GatewayError becomes a 500 that says nothing and a log line that does. */
export function sendError(
  res: ServerResponse,
  options: { error: unknown; requestId: string; log: Logger; write?: ErrorBodyWriter },
): void {
  const { requestId, log, write = toErrorBody } = options;
  const error = isGatewayError(options.error)
    ? options.error
    : isConnectionFault(options.error)
      ? databaseAway()
      : internal(options.error, log, requestId);
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  const body = Buffer.from(JSON.stringify(write(error, requestId)));
  res.statusCode = error.status;
  res.setHeader('content-type', 'application/json');
  res.setHeader('content-length', body.length);
  res.setHeader('x-request-id', requestId);
  // The vendors' SDKs obey this header before they look at the status.
  res.setHeader('x-should-retry', String(errorCatalogue[error.code].retry));
  if (error.retryAfterSeconds !== undefined) res.setHeader('retry-after', String(error.retryAfterSeconds));
  for (const [name, value] of Object.entries(error.headers ?? {})) res.setHeader(name, value);
  // A body that was not read to its end makes the connection unusable for another request.
  if (error.status === 413 || error.status === 415 || error.status === 401) res.setHeader('connection', 'close');
  res.end(body);
}

function internal(cause: unknown, log: Logger, requestId: string): GatewayError {
  log.error({ err: cause, requestId }, 'a request failed in a way nobody foresaw');
  return new GatewayError(
    'internal_error',
    'Something went wrong inside the gateway. Try again; if it stays, report the x-request-id.',
    { cause },
  );
}
