import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import { type CatalogModel, listModels } from '../models/catalog.ts';
import { vendorOf } from '../providers/providers.ts';
import { billedUsd, type Markup } from '../usage/markup.ts';

/** A model as `GET /v1/models` shows it, in the shape of both vendors' packages. */
export interface ListedModel {
  id: string;
  object: 'model';
  type: 'model';
  display_name: string;
  created: 0;
  created_at: string;
  owned_by: string;
  provider: string;
  context_window: number | null;
  input_usd_per_mtok: number | null;
  output_usd_per_mtok: number | null;
}

/** The description of `auto`, for people who choose it from a list. */
const autos: Readonly<Record<string, string>> = {
  auto: 'The gateway chooses: quality and cost balanced',
  'auto:cost': 'The gateway chooses: small models, lowest cost',
  'auto:balanced': 'The gateway chooses: quality and cost balanced, as auto',
  'auto:quality': 'The gateway chooses: strong models, best quality',
};

/**
 * `auto` first, then models of providers of one's own, then the vendors'. Without accounts, the sandbox answers for all. Prices
 * are what the key's client is billed.
 */
export function listedModels(
  accounts: readonly ProviderAccount[] | undefined,
  { at, markup }: { at: Date; markup: Markup | undefined },
): ListedModel[] {
  const own = (accounts ?? []).flatMap((account) =>
    account.models.map((model) =>
      listed(model.id, {
        owner: account.name,
        vendorName: account.name,
        contextWindow: model.context_window,
        inputUsd: model.input_usd_per_mtok,
        outputUsd: model.output_usd_per_mtok,
        markup,
      }),
    ),
  );
  // A server of one's own comes before a vendor whose model it lists, in a call as in the list.
  const ownIds = new Set(own.map(({ id }) => id));
  const reachable = listModels(at).filter(
    ({ id, vendor }) =>
      !ownIds.has(id) &&
      (accounts === undefined || accounts.some(({ name, kind }) => name === vendor || kind === vendor)),
  );
  return [
    ...Object.entries(autos).map(([id, does]) => ({
      ...listed(id, { owner: 'gateway' }),
      display_name: `${id} · ${does}`,
    })),
    ...own,
    ...reachable.map((entry) => describeModel(entry.id, entry, markup)),
  ];
}

/** A model of the catalogue under the name it was asked for by. */
export function describeModel(id: string, entry: CatalogModel, markup: Markup | undefined): ListedModel {
  return listed(id, {
    owner: entry.vendor,
    vendorName: vendorOf(entry.vendor).name,
    contextWindow: entry.contextWindow,
    inputUsd: entry.inputUsdPerMtok,
    outputUsd: entry.outputUsdPerMtok,
    markup,
  });
}

interface Facts {
  owner: string;
  vendorName?: string | undefined;
  contextWindow?: number | undefined;
  inputUsd?: number | undefined;
  outputUsd?: number | undefined;
  markup?: Markup | undefined;
}

function listed(id: string, { owner, vendorName, contextWindow, markup, ...cost }: Facts): ListedModel {
  const [inputUsd, outputUsd] = [cost.inputUsd, cost.outputUsd].map((usd) =>
    usd === undefined ? undefined : billedUsd(usd, markup),
  );
  const price =
    inputUsd === undefined || outputUsd === undefined ? [] : [`${dollars(inputUsd)} / ${dollars(outputUsd)}`];
  return {
    id,
    object: 'model',
    type: 'model',
    display_name: [id, ...(vendorName === undefined ? [] : [vendorName]), ...price].join(' · '),
    // Anthropic's reference of `created_at`: "May be set to an epoch value if the release date is unknown".
    created: 0,
    created_at: '1970-01-01T00:00:00Z',
    owned_by: owner,
    provider: owner,
    context_window: contextWindow ?? null,
    input_usd_per_mtok: inputUsd ?? null,
    output_usd_per_mtok: outputUsd ?? null,
  };
}

/** `$10`, `$2.50`, and `$0.075` where two decimals say too little. */
function dollars(usd: number): string {
  if (Number.isInteger(usd)) return `$${usd}`;
  const cents = usd.toFixed(2);
  return `$${Number(cents) === usd ? cents : Number(usd.toPrecision(3))}`;
}
