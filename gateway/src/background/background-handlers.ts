import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import { isRecord } from '@ai-gateway/shared/json';
import type { Pool } from 'pg';
import type { KeyTags } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { carriesLocks, seesMargin } from '../accounts/own-tags.ts';
import { takeCost } from '../clients/hide-cost.ts';
import { billedUsd, type MarkupCache, shownMarkup } from '../usage/markup.ts';
import { type BackgroundOutcome, keyTagsOf, readRequest, unsealFor } from './background.ts';
import { type BackgroundRow, findBackground } from './background-store.ts';

interface BackgroundPorts {
  db: Pool;
  secret: string;
  policies: MarkupCache;
}

export const backgroundHandlers: Pick<Handlers<Context<BackgroundPorts>>, 'background.get'> = {
  'background.get': async ({ id }, { caller, services }) => {
    const row = await findBackground(services.db, { workspaceId: caller.workspaceId, id, livemode: caller.livemode });
    // A key that only calls models sees what it asked for itself; one with locked tags what was asked under them.
    if (
      row === undefined ||
      (caller.role === 'caller' && row.keyId !== caller.keyId) ||
      !carriesLocks(caller, tagsOf(services.secret, row))
    ) {
      throw new GatewayError('not_found', `Unknown background completion "${id}".`, { param: 'id' });
    }
    const { billed: isBilled, ...outcome }: BackgroundOutcome =
      row.sealedOutcome === undefined
        ? {}
        : (JSON.parse(unsealFor(services.secret, row, 'outcome', row.sealedOutcome)) as BackgroundOutcome);
    if (!seesMargin(caller) && isRecord(outcome.response)) takeCost(outcome.response);
    if (isBilled !== true) {
      const { markups } = await services.policies.of(caller.workspaceId, caller.livemode);
      const markup = shownMarkup(markups, caller, tagsOf(services.secret, row).client_id);
      for (const name of ['cost_usd', 'budget_remaining_usd', 'saved_usd'] as const) {
        const usd = outcome[name];
        if (usd !== undefined) outcome[name] = billedUsd(usd, markup);
      }
    }
    return { id, status: row.state, ...outcome } as OutputOf<'background.get'>;
  },
};

function tagsOf(secret: string, row: BackgroundRow): KeyTags {
  if (row.tags !== undefined) return row.tags;
  if (row.sealedRequest === undefined) return {};
  return keyTagsOf(readRequest(unsealFor(secret, row, 'request', row.sealedRequest)).tags);
}
