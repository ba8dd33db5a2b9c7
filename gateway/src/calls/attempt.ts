import { GatewayError } from '@ai-gateway/shared/errors';
import type { ProviderFailure } from '../providers/adapter.ts';
import { maskAccount } from '../providers/mask-account.ts';
import { providerName } from '../providers/providers.ts';
import type { ExchangeError } from './exchange.ts';

/** Why one try of a call came to nothing. */
export interface AttemptFailure {
  kind: ProviderFailure['kind'] | 'timeout' | 'refused' | 'resting' | 'unaffordable';
  /** For people; a provider's own words only where they concern the caller. */
  message: string;
  status?: number | undefined;
  code?: ProviderFailure['code'] | undefined;
  param?: string | undefined;
  retryAfterSeconds?: number | undefined;
  /** The part that the provider refuses, where `kind` is `account`. */
  refusal?: ProviderFailure['refusal'];
}

export const coolingDown: AttemptFailure = { kind: 'resting', message: 'cooling down after failures' };

/** The attempts before it were paid for, and what is left does not pay for another. */
export const unaffordable: AttemptFailure = {
  kind: 'unaffordable',
  message: 'the budget has too little left for another attempt',
};

export interface FailedAttempt {
  provider: string;
  model: string;
  failure: AttemptFailure;
}

/**
 * May the next candidate be tried? The caller's own fault is reported to the caller, but only by the model that was asked for:
 * a fallback that cannot take the request is passed over. A refused account of ours is no reason to leave the caller
 * without an answer.
 */
export function mayGoOn(failure: AttemptFailure, isFirst: boolean): boolean {
  return failure.kind !== 'caller' || !isFirst;
}

/** The error of a call whose every candidate failed. `tried` holds at least one. */
export function errorOf(tried: readonly FailedAttempt[]): GatewayError {
  const attempts = tried.map(({ provider, model, failure }) => ({
    provider,
    model,
    error: failure.kind,
    ...(failure.status === undefined ? {} : { status: failure.status }),
    message: shown(failure),
  }));
  const details = { attempts };
  const [only] = tried;
  if (only === undefined)
    return new GatewayError('no_provider_available', 'No provider is available for this call.', { details });
  if (tried.length > 1) return allFailed(tried, details);
  const { failure } = only;
  const provider = providerName(only.provider);
  switch (failure.kind) {
    case 'caller':
      return new GatewayError(failure.code ?? 'invalid_request', shown(failure), {
        status: failure.status,
        param: failure.param,
      });
    case 'busy':
    case 'resting':
      return allFailed(tried, details);
    case 'timeout':
      return new GatewayError(
        'provider_timeout',
        `${provider} did not answer in time. Try again, or allow a fallback model.`,
        { details },
      );
    case 'account':
      return new GatewayError(
        'provider_error',
        failure.refusal?.ofModel === true
          ? `${provider} rejected this model for the gateway's account. Choose another model. The gateway's operator finds the reason in the log.`
          : `${provider} rejected the gateway's account. The gateway's operator has to check its API key and billing; the log has the reason.`,
        { details, headers: noRetry },
      );
    default:
      return new GatewayError('provider_error', `${provider} failed: ${shown(failure)}`, { details });
  }
}

/** `503` only where waiting helps; where every cause stays, a retry is wasted. */
function allFailed(tried: readonly FailedAttempt[], details: { attempts: unknown[] }): GatewayError {
  const causes = tried.map(({ provider, failure }) => `${providerName(provider)}: ${inShort(failure)}`).join('; ');
  if (tried.every(({ failure: { kind } }) => kind === 'account' || kind === 'caller'))
    return new GatewayError('provider_error', `All providers failed (${causes}).`, { details, headers: noRetry });
  const waits = tried.flatMap(({ failure: { kind, retryAfterSeconds } }) =>
    retryAfterSeconds === undefined || kind === 'account' ? [] : [retryAfterSeconds],
  );
  return new GatewayError(
    'no_provider_available',
    `${tried.length === 1 ? 'The provider' : 'All providers'} failed (${causes}). Try again shortly.`,
    { details, retryAfterSeconds: waits.length === 0 ? 5 : Math.min(...waits) },
  );
}

/** The vendors' packages obey this header before they look at the status. */
const noRetry = { 'x-should-retry': 'false' };

function inShort(failure: AttemptFailure): string {
  return failure.kind === 'busy' ? 'busy' : shown(failure).replace(/\.$/, '').slice(0, 160);
}

/** The message that callers see: a vendor's words about our account are the operator's, and so are the account's names elsewhere. */
function shown({ kind, message, refusal }: AttemptFailure): string {
  if (kind !== 'account') return maskAccount(message);
  return refusal?.ofModel === true
    ? 'the provider rejected this model for the gateway’s account'
    : 'the provider rejected the gateway’s account';
}

export function failureOfExchange(error: ExchangeError): AttemptFailure {
  if (error.kind === 'timeout') return { kind: 'timeout', message: 'no answer in time' };
  // A connection reset after sending may be the call's own doing; a refused connection is nobody's.
  if (error.kind === 'refused' && !error.sent) return { kind: 'refused', message: 'the connection was refused' };
  return { kind: 'broken', message: 'the connection broke' };
}

/** `Retry-After` in seconds or as a date; bounded, since it rests an account. */
export function retryAfterOf(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : (Date.parse(text) - nowMs) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(Math.ceil(seconds), 3600) : undefined;
}
