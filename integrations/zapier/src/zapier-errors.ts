import { type GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import { isRecord } from '@ai-gateway/shared/json';
import { networkCodes, unreachableText } from '@ai-gateway/shared/steps/connection-check';
import type { ZObject } from 'zapier-platform-core';

/** Does the work. A failure is thrown as the error that makes Zapier stop softly, wait, ask for another key, or fail. */
export async function asZapierErrors<Value>(
  z: ZObject,
  work: () => Promise<Value>,
  options: { whenSlow?: string } = {},
): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    throw isGatewayError(error) ? zapierError(z, error) : networkError(z, error, options);
  }
}

function zapierError({ errors }: ZObject, error: GatewayError): Error {
  const { code, status, message, retryAfterSeconds } = error;
  switch (code) {
    // Halted runs are no errors: they are not counted, and never switch the Zap off.
    case 'budget_exceeded':
      return new errors.HaltedError(message);
    case 'scenario_paused':
      return new errors.HaltedError(withResumeLink(error));
    case 'rate_limited':
      return new errors.ThrottledError(message, Math.max(1, Math.ceil(retryAfterSeconds ?? 60)));
    case 'service_unavailable':
    case 'no_provider_available':
      // "If the API’s outage duration is known …": https://docs.zapier.com/platform/manage/api-outage
      return retryAfterSeconds === undefined || !isKnownWait(error)
        ? new errors.Error(message, code, status)
        : new errors.ThrottledError(message, Math.max(leastWaitSeconds, Math.ceil(retryAfterSeconds)));
    case 'invalid_api_key':
      return new errors.ExpiredAuthError(`${message} Reconnect AI Gateway with a key that is still valid.`);
    default:
      return new errors.Error(message, code, status);
  }
}

/** A restart ends, and so does the limit of a vendor; a provider that fails may fail for hours, and people want to hear of it. */
function isKnownWait({ code, details = {} }: GatewayError): boolean {
  if (code === 'service_unavailable') return true;
  const attempts: unknown = details.attempts;
  return Array.isArray(attempts) && attempts.every((attempt) => isRecord(attempt) && attempt.error === 'busy');
}

/** The gateway says after how long a program may ask again, often two seconds; a run of a Zap has more time. */
const leastWaitSeconds = 30;

function withResumeLink({ message, details = {} }: GatewayError): string {
  const link = details.resume_url;
  return typeof link === 'string' && !message.includes(link) ? `${message} Resume it at ${link}` : message;
}

/** A request that never arrived, as an error that people can read. Zapier's own errors (a test step that asks too often) pass unchanged. */
export function networkError(
  { errors }: ZObject,
  error: unknown,
  { whenSlow = 'Try again in a moment.' }: { whenSlow?: string } = {},
): unknown {
  if (isTimeout(error))
    return new errors.Error(`The gateway took longer than Zapier waits for a step. ${whenSlow}`, 'timeout', 504);
  const code = codeOf(error);
  if (code === undefined) return error;
  return new errors.Error(
    `${unreachableText(code, 'zapier')} Zapier must be able to reach it over the internet.`,
    'unreachable',
    503,
  );
}

export function isTimeout(error: unknown): boolean {
  const { type, message } = partsOf(error);
  return (
    type === 'aborted' || type === 'request-timeout' || type === 'body-timeout' || /network timeout at/.test(message)
  );
}

/** node-fetch keeps the code of the system beside its own words for it. */
function codeOf(error: unknown): string | undefined {
  const { type, code, message } = partsOf(error);
  if (code !== '') return code;
  const named = networkCodes.find((name) => message.includes(name));
  return named ?? (type === 'system' || /request to \S+ failed/.test(message) ? 'default' : undefined);
}

function partsOf(error: unknown): { type: string; code: string; message: string } {
  const { type, code, message } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  return {
    type: typeof type === 'string' ? type : '',
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? message : '',
  };
}
