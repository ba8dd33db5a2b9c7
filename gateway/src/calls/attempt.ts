import { GatewayError } from '@ai-gateway/shared/errors';
import type { ProviderFailure } from '../providers/adapter.ts';
import type { ExchangeError } from './exchange.ts';

/** Why one try of a call came to nothing. */
export interface AttemptFailure {
  kind: ProviderFailure['kind'] | 'timeout' | 'refused' | 'resting';
  /** For people; a provider's own words only where they concern the caller. */
  message: string;
  status?: number | undefined;
  code?: ProviderFailure['code'] | undefined;
  param?: string | undefined;
  retryAfterSeconds?: number | undefined;
}

export const resting: AttemptFailure = { kind: 'resting', message: 'it failed repeatedly and is resting' };

export interface FailedAttempt {
  provider: string;
  model: string;
  failure: AttemptFailure;
}

/**
 * May the next candidate be tried? What is the caller's fault is told the caller, but only by the model that was asked for:
 * a stand-in that cannot take the request is simply no stand-in. A refused key of ours is ours to mend and told at once.
 */
export function mayGoOn(failure: AttemptFailure, isFirst: boolean): boolean {
  if (failure.kind === 'caller' || failure.kind === 'account') return !isFirst;
  return true;
}

/** The error of a call whose every candidate failed. `tried` holds at least one. */
export function errorOf(tried: readonly FailedAttempt[]): GatewayError {
  const attempts = tried.map(({ provider, model, failure }) => ({
    provider,
    model,
    error: failure.kind,
    ...(failure.status === undefined ? {} : { status: failure.status }),
    message: failure.kind === 'account' ? 'the provider refused the gateway’s own account' : failure.message,
  }));
  const [only] = tried;
  const failure = only?.failure;
  if (only === undefined || failure === undefined)
    return new GatewayError('no_provider_available', 'No provider could take this call.', { details: { attempts } });
  if (failure.kind === 'caller') {
    return new GatewayError(failure.code ?? 'invalid_request', failure.message, {
      status: failure.status,
      param: failure.param,
    });
  }
  const waits = tried.flatMap(({ failure: { retryAfterSeconds } }) =>
    retryAfterSeconds === undefined ? [] : [retryAfterSeconds],
  );
  const details = { attempts };
  if (tried.length > 1 || failure.kind === 'busy' || failure.kind === 'resting') {
    const names = [...new Set(tried.map(({ provider }) => provider))].join(', ');
    return new GatewayError(
      'no_provider_available',
      `No provider could take this call just now (tried: ${names}). Try again shortly.`,
      {
        details,
        retryAfterSeconds: waits.length === 0 ? 5 : Math.min(...waits),
      },
    );
  }
  if (failure.kind === 'timeout') {
    return new GatewayError(
      'provider_timeout',
      `${only.provider} did not answer in time. Try again, or allow a fallback model.`,
      { details },
    );
  }
  if (failure.kind === 'account') {
    return new GatewayError(
      'provider_error',
      `${only.provider} refused the gateway's own account. The gateway's operator has to check its API key.`,
      { details },
    );
  }
  return new GatewayError('provider_error', `${only.provider} failed: ${failure.message}`, { details });
}

export function failureOfExchange(error: ExchangeError): AttemptFailure {
  if (error.kind === 'timeout') return { kind: 'timeout', message: 'no answer in time' };
  if (error.kind === 'refused') return { kind: 'refused', message: 'the connection was refused' };
  return { kind: 'broken', message: 'the connection broke' };
}

/** `Retry-After` in seconds or as a date; bounded, since it rests an account. */
export function retryAfterOf(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : (Date.parse(text) - nowMs) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(Math.ceil(seconds), 3600) : undefined;
}
