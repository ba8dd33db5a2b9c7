import type { ModelInfo } from '@pydantic/genai-prices';
import { matches, priceAt, vendorModels } from './genai-prices.ts';
import { type Abilities, abilitiesOf, isServed, kindOf, type ModelKind } from './model-families.ts';
import type { Price } from './price.ts';

export type Vendor = 'openai' | 'anthropic' | 'gemini';
export type Strength = 'strong' | 'small';

/** A model as it stands at one time: its price, and with it its class, may change from a date on. */
export interface CatalogModel {
  /** The catalogue's name for it; a call keeps the name the caller used. */
  id: string;
  vendor: Vendor;
  kind: ModelKind;
  strength: Strength;
  contextWindow: number | undefined;
  price: Price | undefined;
  inputUsdPerMtok: number | undefined;
  outputUsdPerMtok: number | undefined;
  abilities: Abilities;
}

/** What a model's name leads to. `entry` is missing for a name the catalogue does not know but its prefix names a vendor. */
export interface ModelRef {
  vendor: Vendor;
  /** As the provider wants to hear it. */
  model: string;
  entry: CatalogModel | undefined;
}

/** The models that stand for a class where the caller leaves the choice to us, by vendor in the order they are tried. */
export const representatives: Record<Strength, Record<Vendor, string>> = {
  strong: { openai: 'gpt-4o', anthropic: 'claude-3-5-sonnet-20241022', gemini: 'gemini-1.5-pro' },
  small: { openai: 'gpt-4o-mini', anthropic: 'claude-3-haiku-20240307', gemini: 'gemini-1.5-flash' },
};

export const vendors: readonly Vendor[] = ['openai', 'anthropic', 'gemini'];

interface Place {
  vendor: Vendor;
  model: string;
  info: ModelInfo | undefined;
}

/** The model that stands for a class at a vendor. */
export function findRepresentative(strength: Strength, vendor: Vendor, at: Date): ModelRef {
  const model = representatives[strength][vendor];
  const info = representativeInfos[strength][vendor];
  return { vendor, model, entry: info && describe(vendor, info, at) };
}

/** Longer than any model's name; what is longer is not worth remembering. */
const nameMax = 200;
const rememberedMax = 2_000;
const remembered = new Map<string, Place | undefined>();

/** `gpt-4o`, `openai/gpt-4o`, `models/gemini-1.5-pro`. Undefined for a bare name no vendor's rules know. */
export function findModel(name: string, at: Date = new Date()): ModelRef | undefined {
  const place = placeOf(name);
  if (place === undefined) return undefined;
  const { vendor, model, info } = place;
  return { vendor, model, entry: info && describe(vendor, info, at) };
}

function placeOf(name: string): Place | undefined {
  if (remembered.has(name)) return remembered.get(name);
  if (name.length > nameMax) return undefined;
  const found = lookUp(name);
  // Names come from callers: what is remembered of them is bounded.
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(name, found);
  return found;
}

function lookUp(name: string): Place | undefined {
  const slash = name.indexOf('/');
  const prefix = vendors.find((vendor) => name.slice(0, slash) === vendor);
  if (prefix !== undefined) {
    const model = withoutPath(prefix, name.slice(slash + 1));
    return model === '' ? undefined : { vendor: prefix, model, info: infoOf(prefix, model) };
  }
  for (const vendor of vendors) {
    const model = withoutPath(vendor, name);
    const info = infoOf(vendor, model);
    if (info !== undefined) return { vendor, model, info };
  }
  return undefined;
}

/** Google's own lists name their models `models/gemini-…`. */
function withoutPath(vendor: Vendor, model: string): string {
  return vendor === 'gemini' ? model.replace(/^models\//, '') : model;
}

function infoOf(vendor: Vendor, name: string): ModelInfo | undefined {
  const models = ownModels[vendor];
  return models.find(({ id }) => id === name) ?? models.find(({ match }) => matches(match, name));
}

/** Google sells Claude too, on a service that is not the Gemini API. */
const ownModels: Record<Vendor, readonly ModelInfo[]> = {
  openai: vendorModels('openai'),
  anthropic: vendorModels('anthropic'),
  gemini: vendorModels('google').filter(({ id }) => !id.startsWith('claude-')),
};

const representativeInfos: Record<Strength, Record<Vendor, ModelInfo | undefined>> = {
  strong: infosOf(representatives.strong),
  small: infosOf(representatives.small),
};

function infosOf({ openai, anthropic, gemini }: Record<Vendor, string>): Record<Vendor, ModelInfo | undefined> {
  return {
    openai: infoOf('openai', openai),
    anthropic: infoOf('anthropic', anthropic),
    gemini: infoOf('gemini', gemini),
  };
}

/** Chat models people can choose, for lists and drop-downs; the representatives stand first, each in its entry's place. */
export function listModels(at: Date = new Date()): CatalogModel[] {
  const chosen = vendors.flatMap((vendor) =>
    (['strong', 'small'] as const).flatMap((strength) => {
      const id = representatives[strength][vendor];
      const info = representativeInfos[strength][vendor];
      return info === undefined ? [] : [{ vendor, info, id }];
    }),
  );
  const rest = vendors.flatMap((vendor) =>
    ownModels[vendor]
      .filter((info) => info.deprecated !== true && isServed(info.id) && chosen.every((one) => one.info !== info))
      .map((info) => ({ vendor, info, id: info.id })),
  );
  return [...chosen, ...rest]
    .map(({ vendor, info, id }) => ({ ...describe(vendor, info, at), id }))
    .filter(({ kind, price }) => kind === 'chat' && price !== undefined);
}

const described = new Map<ModelInfo, CatalogModel>();

/** Written anew only when another price has come into force. */
function describe(vendor: Vendor, info: ModelInfo, at: Date): CatalogModel {
  const price = priceAt(info, at);
  const known = described.get(info);
  if (known !== undefined && known.price === price) return known;
  const inputUsdPerMtok = price?.tiers[0] && Number(price.tiers[0].input) / 1e6;
  const outputUsdPerMtok = price?.tiers[0] && Number(price.tiers[0].output) / 1e6;
  const model: CatalogModel = {
    id: info.id,
    vendor,
    kind: kindOf(info.id),
    strength: strengthOf(inputUsdPerMtok, outputUsdPerMtok),
    contextWindow: info.context_window,
    price,
    inputUsdPerMtok,
    outputUsdPerMtok,
    abilities: abilitiesOf(info.id),
  };
  described.set(info, model);
  return model;
}

/**
 * Strong is what costs as much as Gemini 1.5 Pro, the cheapest model that was its vendor's best. Both prices count: by the
 * output's alone Claude Haiku 4.5 ($1 and $5) would be strong, by the input's alone GPT-3.5 ($3 and $4).
 */
function strengthOf(inputUsdPerMtok = 0, outputUsdPerMtok = 0): Strength {
  return inputUsdPerMtok >= 1.25 && outputUsdPerMtok >= 5 ? 'strong' : 'small';
}
