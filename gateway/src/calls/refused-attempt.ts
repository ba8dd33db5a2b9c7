import { GatewayError } from '@ai-gateway/shared/errors';
import type { Adapter } from '../providers/adapter.ts';
import type { Candidate } from '../routing/candidate.ts';
import { type AttemptFailure, retryAfterOf } from './attempt.ts';
import type { AttemptPorts } from './attempt-outcome.ts';
import type { Exchange } from './exchange.ts';
import { errorBytesMax } from './read-answer.ts';

export async function refusal(
  services: Pick<AttemptPorts, 'now'>,
  adapter: Adapter,
  exchange: Exchange,
): Promise<AttemptFailure> {
  const retryAfterSeconds = retryAfterOf(exchange.headers['retry-after'], services.now());
  const status = exchange.status;
  if (status >= 300 && status < 400) {
    // A redirect is a failure: following one would carry the key to an address nobody checked.
    exchange.abort();
    return { kind: 'broken', status, message: 'the provider answered with a redirect' };
  }
  const body = await exchange.collect(errorBytesMax).catch(() => Buffer.alloc(0));
  const failure = adapter.error(status, body.toString('utf8'));
  return {
    ...failure,
    status,
    retryAfterSeconds: retryAfterSeconds ?? failure.retryAfterSeconds,
  };
}

/** Vendors repeat the key they refuse, and not every key looks like one. */
export function withoutKey(failure: AttemptFailure, { apiKey }: Pick<Candidate, 'apiKey'>): AttemptFailure {
  return apiKey.length < 6 || !failure.message.includes(apiKey)
    ? failure
    : { ...failure, message: failure.message.replaceAll(apiKey, '[key]') };
}

export function unsupported(dropped: readonly string[], candidate: Candidate): GatewayError {
  return new GatewayError(
    'unsupported_parameter',
    `"${candidate.model}" does not support ${dropped.join(', ')}. Leave it out, choose another model, or drop X-Gateway-Strict to have it ignored.`,
    { param: dropped[0] },
  );
}
