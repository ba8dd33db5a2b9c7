import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import { readFallbacks, writeFallbacks } from '../accounts/workspace-store.ts';
import type { ProviderAccount } from '../accounts/workspace-view.ts';
import type { Context } from '../context.ts';
import { type CatalogModel, findModel, listModels } from '../providers/catalog.ts';
import { isKnownModel } from './route.ts';

export const routingHandlers: Pick<
  Handlers<Context>,
  'fallbacks.get' | 'fallbacks.set' | 'models.list' | 'models.get'
> = {
  'fallbacks.get': async (_input, { caller, services }) => copy(await readFallbacks(services.db, caller.workspaceId)),

  'fallbacks.set': async (input, { caller, services }) => {
    const { accounts } = await services.workspaces.view(caller.workspaceId);
    const unknown = Object.values(input)
      .flat()
      .find((name) => !isKnownModel(name, accounts));
    if (unknown !== undefined)
      throw new GatewayError(
        'model_not_found',
        `There is no model "${unknown}" to fall back on. GET /v1/models lists those this key can use.`,
        { param: unknown },
      );
    await writeFallbacks(services.db, caller.workspaceId, input);
    services.workspaces.forget(caller.workspaceId);
    return input;
  },

  'models.list': async (_input, context) => ({ object: 'list', data: await modelsOf(context) }),

  'models.get': async ({ id }, context) => {
    const listed = (await modelsOf(context)).find((model) => model.id === id);
    if (listed !== undefined) return listed;
    const accounts = await accountsOf(context);
    const ref = findModel(id);
    const account = ref && accounts?.find(({ name }) => name === ref.vendor);
    if (ref?.entry === undefined || (accounts !== undefined && account === undefined)) {
      throw new GatewayError(
        'model_not_found',
        `There is no model "${id}". GET /v1/models lists those this key can use.`,
        { param: 'id' },
      );
    }
    return describe({ ...ref.entry, id }, accounts === undefined ? 'sandbox' : ref.vendor);
  },
};

function copy(fallbacks: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(fallbacks).map(([model, next]) => [model, [...next]]));
}

/** Undefined for test keys: the sandbox answers for everybody. */
async function accountsOf({ caller, services }: Context): Promise<readonly ProviderAccount[] | undefined> {
  return caller.livemode ? (await services.workspaces.view(caller.workspaceId)).accounts : undefined;
}

const autos = ['auto', 'auto:cost', 'auto:balanced', 'auto:quality'];

async function modelsOf(context: Context) {
  const accounts = await accountsOf(context);
  const catalog = listModels();
  const vendors = catalog.filter(
    ({ vendor }) => accounts === undefined || accounts.some(({ name, kind }) => name === vendor || kind === vendor),
  );
  const own = (accounts ?? []).flatMap((account) =>
    account.models.map((model) => ({
      ...blank(model.id, account.name),
      context_window: model.context_window ?? null,
      input_usd_per_mtok: model.input_usd_per_mtok,
      output_usd_per_mtok: model.output_usd_per_mtok,
    })),
  );
  return [
    ...autos.map((id) => blank(id, 'gateway')),
    ...own,
    ...vendors.map((entry) => describe(entry, accounts === undefined ? 'sandbox' : entry.vendor)),
  ];
}

function blank(id: string, provider: string) {
  return {
    id,
    object: 'model' as const,
    created: 0,
    owned_by: provider,
    provider,
    context_window: null as number | null,
    input_usd_per_mtok: null as number | null,
    output_usd_per_mtok: null as number | null,
  };
}

function describe(entry: CatalogModel, provider: string) {
  return {
    ...blank(entry.id, provider),
    owned_by: entry.vendor,
    context_window: entry.contextWindow ?? null,
    input_usd_per_mtok: entry.inputUsdPerMtok ?? null,
    output_usd_per_mtok: entry.outputUsdPerMtok ?? null,
  };
}
