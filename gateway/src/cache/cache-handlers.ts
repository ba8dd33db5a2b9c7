import type { Handlers } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import { withTransaction } from '../db/transaction.ts';
import { sumAll } from '../usage/usage-sum-store.ts';
import { deleteAnswers, raiseEpoch, sumAnswers } from './cached-answer-store.ts';
import { cacheQuota, type ResponseCache } from './response-cache.ts';

interface CachePorts {
  db: Pool;
  now: () => number;
  responseCache: ResponseCache;
  workspaces: { forget(workspaceId: string): void };
}

const daysMs = 30 * 86_400_000;

export const cacheHandlers: Pick<Handlers<Context<CachePorts>>, 'cache.clear' | 'cache.stats'> = {
  'cache.clear': async (input, { caller, services, audit }) => {
    const { workspaceId, livemode } = caller;
    const place = { workspaceId, livemode };
    const { client_id: clientId, project, prompt_id: promptId, model } = input;
    const isAll = Object.values(input).every((value) => value === undefined);
    await withTransaction(services.db, async (tx) => {
      if (isAll) await raiseEpoch(tx, place);
      const deleted = await deleteAnswers(tx, place, { clientId, project, promptId, model });
      await audit(tx, {
        target: { type: 'cache', id: isAll ? 'all' : 'some' },
        before: { answers: deleted, ...input },
      });
    });
    // The others hear of it from the database.
    services.workspaces.forget(workspaceId);
    services.responseCache.forget(workspaceId);
    return null;
  },

  'cache.stats': async (_input, { caller, services }) => {
    const { workspaceId, livemode } = caller;
    const to = new Date(services.now());
    const range = { workspaceId, livemode, from: new Date(to.getTime() - daysMs), to };
    const [kept, sums] = await Promise.all([
      sumAnswers(services.db, { workspaceId, livemode }),
      sumAll(services.db, range),
    ]);
    return {
      entries: kept.entries,
      max_entries: cacheQuota.entries,
      bytes: kept.bytes,
      max_bytes: cacheQuota.bytes,
      entry_hits: kept.hits,
      oldest_at: kept.oldestAt?.toISOString() ?? null,
      last_30_days: {
        requests: sums.requests,
        cache_hits: sums.cacheHits,
        saved_usd: toUsd(sums.savedByHitsNanos),
      },
    };
  },
};
