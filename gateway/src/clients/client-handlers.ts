import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';
import { ownClient } from '../accounts/own-tags.ts';
import type { Context } from '../context.ts';
import { tellGuards } from '../limits/guard-store.ts';
import type { Services } from '../services.ts';
import { pageOf, readTexts, writeParts } from '../usage/cursor.ts';
import { type ClientRow, saveClient, selectClients, unsetClient } from './client-store.ts';
import { ownIds } from './own-ids.ts';
import { selectTags } from './tag-store.ts';

export const clientHandlers: Pick<
  Handlers<Context>,
  'clients.list' | 'clients.get' | 'clients.set' | 'projects.list'
> = {
  'clients.list': async (input, { caller, services }) => {
    await services.tags.flush();
    const [name = '', id = ''] = input.cursor === undefined ? [] : readTexts(input.cursor, 2);
    const rows = await selectClients(services.db, {
      workspaceId: caller.workspaceId,
      livemode: caller.livemode,
      ids: await ownIds(services, caller, 'client'),
      search: input.search,
      after: input.cursor === undefined ? undefined : { name, id },
      limit: input.limit + 1,
    });
    return pageOf(rows, input.limit, {
      // Who only calls models picks clients by name; how they are billed is the workspace's business.
      view: (row: ClientRow) => describe(caller.role === 'caller' ? nameOf(row) : row),
      cursor: (last) => writeParts([(last.name ?? last.id).toLowerCase(), last.id]),
    });
  },

  'clients.get': async ({ id }, { caller, services }) => {
    await services.tags.flush();
    const row = await find(services, caller, id);
    if (row === undefined) throw unknownClient(id);
    return describe(row);
  },

  'clients.set': async ({ id, ...given }, { caller, services }) => {
    const { workspaceId, livemode } = caller;
    const known = await find(services, caller, id);
    const old = known ?? { id, firstCallAt: null, ...unsetClient };
    const row: ClientRow = {
      ...old,
      name: given.name ?? old.name,
      markupPercent: given.markup_percent ?? old.markupPercent,
      currency: given.currency ?? old.currency,
      exchangeRate: given.exchange_rate ?? old.exchangeRate,
      billingEmail: given.billing_email === undefined ? old.billingEmail : given.billing_email,
      rateLimit: given.rate_limit === undefined ? old.rateLimit : given.rate_limit,
      notes: given.notes === undefined ? old.notes : given.notes,
    };
    await saveClient(services.db, { workspaceId, livemode, id }, row);
    await tellGuards(services.db, workspaceId);
    services.guards.forget(workspaceId);
    return describe(row);
  },

  'projects.list': async (input, { caller, services }) => {
    await services.tags.flush();
    const [after] = input.cursor === undefined ? [] : readTexts(input.cursor, 1);
    const rows = await selectTags(services.db, {
      workspaceId: caller.workspaceId,
      livemode: caller.livemode,
      kind: 'project',
      search: input.search,
      ids: await ownIds(services, caller, 'project'),
      after,
      limit: input.limit + 1,
    });
    return pageOf(rows, input.limit, {
      view: ({ id, firstCallAt }) => ({ id, name: id, first_call_at: firstCallAt.toISOString() }),
      cursor: ({ id }) => writeParts([id]),
    });
  },
};

/** Throws `tag_forbidden` or `not_found` for one that is none of a key's with locked tags. */
async function find(services: Services, caller: Caller, id: string): Promise<ClientRow | undefined> {
  ownClient(caller, id);
  const ids = await ownIds(services, caller, 'client');
  if (ids !== undefined && !ids.includes(id)) throw unknownClient(id);
  const { workspaceId, livemode } = caller;
  const [row] = await selectClients(services.db, { workspaceId, livemode, id, limit: 1 });
  return row;
}

function unknownClient(id: string): GatewayError {
  return new GatewayError('not_found', `No client "${id}" ever called or was set up here.`, { param: 'id' });
}

function nameOf({ id, name }: ClientRow): ClientRow {
  return { ...unsetClient, id, name, firstCallAt: null };
}

function describe(row: ClientRow) {
  const { rateLimit } = row;
  return {
    id: row.id,
    name: row.name ?? row.id,
    markup_percent: row.markupPercent,
    currency: row.currency,
    exchange_rate: row.exchangeRate,
    billing_email: row.billingEmail,
    rate_limit:
      rateLimit === null
        ? null
        : {
            ...(rateLimit.calls_per_minute == null ? {} : { calls_per_minute: rateLimit.calls_per_minute }),
            ...(rateLimit.tokens_per_minute == null ? {} : { tokens_per_minute: rateLimit.tokens_per_minute }),
            ...(rateLimit.concurrent == null ? {} : { concurrent: rateLimit.concurrent }),
          },
    notes: row.notes,
    first_call_at: row.firstCallAt?.toISOString() ?? null,
  };
}
