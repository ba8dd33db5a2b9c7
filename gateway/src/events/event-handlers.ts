import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { EventType } from '@ai-gateway/shared/operations/events';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import { type Bound, boundTo, ownClient, ownKey, ownPlatform, ownProject, ownScenario } from '../accounts/own-tags.ts';
import { selectNamed } from '../clients/tag-store.ts';
import { pageOf, readCursor, writeCursor } from '../usage/cursor.ts';
import { billedEventData, type MarkupCache, shownMarkup } from '../usage/markup.ts';
import { isOfScenario } from './event.ts';
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
    const types = input.type === undefined ? undefined : [input.type].flat();
    const tags = { client_id: ownClient(caller, input.client_id), project: ownProject(caller, input.project) };
    const rows = await selectEvents(services.db, {
      workspaceId: caller.workspaceId,
      livemode: caller.livemode,
      types,
      afterId: isId ? after : undefined,
      afterTime: after === undefined || isId ? undefined : momentOf(after),
      clientId: tags.client_id,
      project: tags.project,
      concernedScenarios: await scenariosOf(services, caller, { types, tags }),
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
        return { ...event, data: eventDataFor(caller, { ...row, data }) };
      },
      cursor: ({ createdAtMs, id }) => writeCursor({ createdAt: new Date(createdAtMs).toISOString(), id }),
    });
  },
};

/** Those whose pause for all calls concerns the tags that are asked for; undefined where none are, or no such event is. */
async function scenariosOf(
  { db }: EventPorts,
  { workspaceId, livemode }: Context<EventPorts>['caller'],
  { types, tags }: { types: readonly EventType[] | undefined; tags: Bound },
): Promise<string[] | undefined> {
  if (tags.client_id === undefined && tags.project === undefined) return undefined;
  if (types?.some(isOfScenario) === false) return undefined;
  return selectNamed(db, { workspaceId, livemode, kind: 'scenario', bound: tags });
}

function momentOf(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new GatewayError('invalid_request', '`after` must be an event id (evt_…) or a time.', { param: 'after' });
  return date;
}
