import { GatewayError } from '@ai-gateway/shared/errors';

/** The answer to a call while the database does not answer: no call is made that could not be recorded. */
export function databaseAway(): GatewayError {
  return new GatewayError(
    'service_unavailable',
    'The gateway cannot reach its database, so it sends no call that it could not record. Try again in a few seconds.',
    {
      retryAfterSeconds: 2,
    },
  );
}
