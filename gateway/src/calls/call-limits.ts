import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';
import type { LimitKind, RateLimit } from '../accounts/rate-limit.ts';
import type { CallPolicy } from '../limits/policy-store.ts';
import type { Excess, Limited, LimitHeaders } from '../limits/rate-limiter.ts';

const unlimited: readonly Limited[] = [];

/** The rate limits that a call counts under. */
export function limitsFor({ rateLimits }: CallPolicy, caller: Caller, tags: CallTags): readonly Limited[] {
  const { key, client, scenario } = rateLimits;
  if (key.size === 0 && client.size === 0 && scenario.size === 0 && caller.rateLimit === undefined) return unlimited;
  const found: Limited[] = [];
  const add = (kind: LimitKind, id: string | undefined, own?: RateLimit | undefined): void => {
    if (id === undefined) return;
    const limit = rateLimits[kind].get(id) ?? rateLimits[kind].get('*');
    if (limit === undefined && own === undefined) return;
    const name = `${kind} ${caller.workspaceId} ${caller.livemode ? 'live' : 'test'} ${id}`;
    if (limit !== undefined) found.push({ key: name, kind, limit });
    if (own !== undefined) found.push({ key: `own ${name}`, kind, limit: own });
  };
  add('key', caller.keyId, caller.rateLimit);
  add('client', tags.client);
  add('scenario', tags.scenario);
  return found;
}

export function rateLimited({ kind, what, most, retryAfterSeconds }: Excess, headers: LimitHeaders): GatewayError {
  const limit = {
    calls_per_minute: 'calls per minute',
    tokens_per_minute: 'tokens per minute',
    concurrent: 'concurrent calls',
  }[what];
  return new GatewayError(
    'rate_limited',
    `This ${kind} may make at most ${most} ${limit}. Try again in ${retryAfterSeconds} ${retryAfterSeconds === 1 ? 'second' : 'seconds'}.`,
    { details: { limit: what, of: kind, most }, retryAfterSeconds, headers },
  );
}
