import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import type { AuditTarget } from '../accounts/audit-entry.ts';
import type { Context } from '../accounts/context.ts';
import type { ProviderAccount, WorkspaceCache, WorkspaceView } from '../accounts/workspace-cache.ts';
import { readFallbacks, writeFallbacks } from '../accounts/workspace-store.ts';
import { withTransaction } from '../db/transaction.ts';
import { type Markup, type MarkupCache, shownMarkup } from '../usage/markup.ts';
import { describeModel, listedModels } from './model-list.ts';
import { type NameContext, readModelName } from './model-name.ts';
import { isKnownModel } from './reachable.ts';

interface RoutingPorts {
  db: Pool;
  now: () => number;
  workspaces: WorkspaceCache;
  policies: MarkupCache;
}

export const routingHandlers: Pick<
  Handlers<Context<RoutingPorts>>,
  'fallbacks.get' | 'fallbacks.set' | 'models.list' | 'models.get'
> = {
  'fallbacks.get': async (_input, { caller, services }) => copy(await readFallbacks(services.db, caller.workspaceId)),

  'fallbacks.set': async (input, { caller, services, audit }) => {
    const names = nameContext(await services.workspaces.view(caller.workspaceId), services.now());
    const unknown = Object.values(input)
      .flat()
      .find((name) => !isKnownModel(name, names));
    if (unknown !== undefined)
      throw new GatewayError(
        'model_not_found',
        `There is no model "${unknown}" to fall back on. GET /v1/models lists the models that this key can use.`,
        { param: unknown },
      );
    await withTransaction(services.db, async (tx) => {
      const before = { fallbacks: await readFallbacks(tx, caller.workspaceId, { forUpdate: true }) };
      await writeFallbacks(tx, caller.workspaceId, input);
      await audit(tx, { target: workspaceOf(caller), before, after: { fallbacks: input } });
    });
    services.workspaces.forget(caller.workspaceId);
    return input;
  },

  'models.list': async (_input, { caller, services }) => {
    const view = await services.workspaces.view(caller.workspaceId);
    const data = listedModels(reachedAccounts(view, caller), {
      at: new Date(services.now()),
      markup: await ownMarkup({ services, caller }),
    });
    return { object: 'list', data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  },

  'models.get': async ({ id }, { caller, services }) => {
    const view = await services.workspaces.view(caller.workspaceId);
    const names = nameContext(view, services.now());
    const markup = await ownMarkup({ services, caller });
    const listed = listedModels(reachedAccounts(view, caller), { at: names.at, markup }).find(
      (model) => model.id === id,
    );
    if (listed !== undefined) return listed;
    const found = readModelName(id, names);
    const isServed = found?.entry?.kind === 'chat' || found?.entry?.kind === 'embedding';
    if (found?.entry === undefined || !isServed || (caller.livemode && found.account === undefined)) {
      throw new GatewayError(
        'model_not_found',
        `There is no model "${id}". GET /v1/models lists the models that this key can use.`,
        { param: 'id' },
      );
    }
    const model = describeModel(id, found.entry, markup);
    // A retired model has its successor's price.
    return found.inPlaceOf === undefined
      ? model
      : { ...model, display_name: `${id} (retired; answered by ${found.model}) · ${afterName(model.display_name)}` };
  },
};

/** A client's own key reads prices as it is billed. */
async function ownMarkup({
  services,
  caller,
}: Pick<Context<RoutingPorts>, 'services' | 'caller'>): Promise<Markup | undefined> {
  const { markups } = await services.policies.of(caller.workspaceId, caller.livemode);
  return shownMarkup(markups, caller, caller.tags.client_id);
}

function workspaceOf({ workspaceId, workspaceName }: Caller): AuditTarget {
  return { type: 'workspace', id: workspaceId, name: workspaceName };
}

function afterName(displayName: string): string {
  return displayName.slice(displayName.indexOf(' · ') + 3);
}

function nameContext({ accounts, pool }: WorkspaceView, nowMs: number): NameContext {
  return { accounts, pool, at: new Date(nowMs) };
}

function copy(fallbacks: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(fallbacks).map(([model, next]) => [model, [...next]]));
}

/** Undefined for test keys: the sandbox answers for everybody. */
function reachedAccounts(
  { accounts }: WorkspaceView,
  { livemode }: Context<RoutingPorts>['caller'],
): readonly ProviderAccount[] | undefined {
  return livemode ? accounts : undefined;
}
