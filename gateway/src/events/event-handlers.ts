import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import { boundTo, ownClient, ownKey, ownPlatform, ownProject, ownScenario } from '../accounts/own-tags.ts';
import { pageOf, readCursor, writeCursor } from '../usage/cursor.ts';
import { billedEventData, type MarkupCache, shownMarkup } from '../usage/markup.ts';
import { selectEvents, viewEvent } from './event-store.ts';
import { eventDataFor } from './scenario-in-event.ts';

interface EventPorts {
  db: Pool;
  policies: MarkupCache;
}

export const eventHandlers: Pick<Handlers<Context<EventPorts>>, 'events.list'> = {
  'events.list': async (input, { caller, services }) => {
    const after = input.after;
    const isId = after?.startsWith('evt_') ?? false;
    const rows = await selectEvents(services.db, {
      workspaceId: caller.workspaceId,
      livemode: caller.livemode,
      types: input.type === undefined ? undefined : [input.type].flat(),
      afterId: isId ? after : undefined,
      afterTime: after === undefined || isId ? undefined : momentOf(after),
      clientId: ownClient(caller, input.client_id),
      project: ownProject(caller, input.project),
      scenarioId: ownScenario(caller, input.scenario_id),
      scenarioPlatform: ownPlatform(caller),
      keyId: ownKey(caller),
      bound: boundTo(caller),
      budgetId: input.budget_id,
      percent: input.percent,
      before: input.cursor === undefined ? undefined : readCursor(input.cursor),
      limit: input.limit + 1,
    });
    const { markups } = await services.policies.of(caller.workspaceId, caller.livemode);
    return pageOf(rows, input.limit, {
      view: (row) => {
        const event = viewEvent(row);
        const data = billedEventData(event.data, shownMarkup(markups, caller, row.clientId));
        return { ...event, data: eventDataFor(caller, data) };
      },
      cursor: ({ createdAtMs, id }) => writeCursor({ createdAt: new Date(createdAtMs).toISOString(), id }),
    });
  },
};

function momentOf(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new GatewayError('invalid_request', '`after` must be an event id (evt_…) or a time.', { param: 'after' });
  return date;
}
