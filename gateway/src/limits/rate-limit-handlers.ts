import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import { listKeys } from '../accounts/key-store.ts';
import { type Bound, isOwn } from '../accounts/own-tags.ts';
import { type LimitKind, type RateLimit, readRateLimit } from '../accounts/rate-limit.ts';
import { withTransaction } from '../db/transaction.ts';
import type { PolicyCache } from './policy-cache.ts';
import { lockRateLimit, saveRateLimit } from './policy-store.ts';

interface RateLimitPorts {
  db: Pool;
  policies: PolicyCache;
}

export const rateLimitHandlers: Pick<Handlers<Context<RateLimitPorts>>, 'rate-limits.set' | 'rate-limits.list'> = {
  'rate-limits.set': async (input, { caller, services, audit }) => {
    const { workspaceId, livemode } = caller;
    const subject = subjectOf(input);
    if (!isOwn(caller, scopeOf(subject)))
      throw new GatewayError(
        'tag_forbidden',
        `This key is locked to its ${caller.lockedTags.join(', ')} and cannot limit the calls of others.`,
        { param: `${subject.kind}_id` },
      );
    if (subject.kind === 'key' && subject.id !== '*') {
      const keys = await listKeys(services.db, workspaceId, livemode);
      if (!keys.some(({ id }) => id === subject.id))
        throw new GatewayError('not_found', `There is no key "${subject.id}" here.`, { param: 'key_id' });
    }
    const limit = readRateLimit(input) ?? {};
    await withTransaction(services.db, async (tx) => {
      const old = await lockRateLimit(tx, { workspaceId, livemode, ...subject });
      await saveRateLimit(tx, { workspaceId, livemode, ...subject }, limit);
      const target = { type: `${subject.kind} rate limit`, id: subject.id };
      await audit(tx, { target, before: old && describe(subject, old), after: describe(subject, limit) });
    });
    services.policies.forget(workspaceId);
    return describe(subject, limit);
  },

  'rate-limits.list': async (_input, { caller, services }) => {
    const { rateLimits } = await services.policies.of(caller.workspaceId, caller.livemode);
    const rows = (['key', 'client', 'scenario'] as const).flatMap((kind) =>
      [...rateLimits[kind]]
        .filter(([id]) => isOwn(caller, { [`${kind}_id`]: id }))
        .map(([id, limit]) => describe({ kind, id }, limit)),
    );
    return { data: rows, next_cursor: null };
  },
};

interface Subject {
  kind: LimitKind;
  id: string;
}

function subjectOf(input: {
  key_id?: string | undefined;
  client_id?: string | undefined;
  scenario_id?: string | undefined;
}): Subject {
  if (input.key_id !== undefined) return { kind: 'key', id: input.key_id };
  if (input.client_id !== undefined) return { kind: 'client', id: input.client_id };
  return { kind: 'scenario', id: input.scenario_id ?? '*' };
}

/** Keys, its own among them, are for their maker to limit: to a key bound to a tag none is its own. */
function scopeOf({ kind, id }: Subject): Bound {
  return kind === 'key' ? {} : { [`${kind}_id`]: id };
}

function describe({ kind, id }: Subject, limit: RateLimit) {
  return {
    key_id: kind === 'key' ? id : null,
    client_id: kind === 'client' ? id : null,
    scenario_id: kind === 'scenario' ? id : null,
    calls_per_minute: limit.callsPerMinute ?? null,
    tokens_per_minute: limit.tokensPerMinute ?? null,
    concurrent: limit.concurrent ?? null,
  };
}
