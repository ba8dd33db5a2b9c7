import { type GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import type { Response } from 'express';
import type { Logger } from 'pino';
import { isConnectionFault } from '../db/connection-fault.ts';
import { databaseAway } from '../db/unavailable.ts';
import { ScimError, scimErrorBody } from '../scim/scim-error.ts';

export const scimType = 'application/scim+json';

export function sendScim(res: Response, status: number, body: Record<string, unknown> | undefined): void {
  res.status(status).setHeader('cache-control', 'no-store');
  const location = (body?.meta as { location?: unknown } | undefined)?.location;
  if (status === 201 && typeof location === 'string') res.setHeader('location', location);
  if (body === undefined) res.end();
  else res.setHeader('content-type', scimType).end(JSON.stringify(body));
}

export function sendScimError(res: Response, error: unknown, log: Logger): void {
  const known = asScimError(isConnectionFault(error) ? databaseAway() : error);
  if (known === undefined) log.error({ err: error }, 'a SCIM request failed unexpectedly');
  const sent = known ?? new ScimError(500, 'Something went wrong inside the gateway. Try again.');
  if (sent.status === 401) res.setHeader('www-authenticate', 'Bearer');
  // A body that was not read makes the connection unusable for another request.
  if (!res.req.complete) res.setHeader('connection', 'close');
  sendScim(res, sent.status, scimErrorBody(sent));
}

function asScimError(error: unknown): ScimError | undefined {
  if (error instanceof ScimError) return error;
  if (!isGatewayError(error)) return undefined;
  const { status, message }: GatewayError = error;
  return new ScimError(status, message, status === 400 ? 'invalidSyntax' : undefined);
}
