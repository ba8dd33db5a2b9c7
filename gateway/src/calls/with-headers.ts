import { GatewayError } from '@ai-gateway/shared/errors';
import { answerHeaders, type RunningCall } from './settle-call.ts';

/** The same error, which brings these headers too. Its own come first. */
export function withHeaders(error: GatewayError, headers: Readonly<Record<string, string>>): GatewayError {
  const { code, message, status, param, details, retryAfterSeconds, cause } = error;
  return Object.keys(headers).length === 0
    ? error
    : new GatewayError(code, message, {
        status,
        param,
        details,
        retryAfterSeconds,
        cause,
        headers: { ...headers, ...error.headers },
      });
}

/**
 * The error of a call that no candidate answered: it names the last one asked, the reason for it, and the number of attempts.
 * Where no request went out there is nobody to name.
 */
export function withRoute(error: GatewayError, running: RunningCall): GatewayError {
  if (running.attempts === 0) return error;
  const headers = Object.entries(answerHeaders(running, '', [])).filter(([name]) => name.startsWith('x-gateway-'));
  return withHeaders(error, Object.fromEntries(headers));
}
