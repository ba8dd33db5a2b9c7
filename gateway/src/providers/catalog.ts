import type { ModelInfo } from '@pydantic/genai-prices';
import { matches, priceAt, vendorModels } from './genai-prices.ts';
import type { Price } from './price.ts';

export type Vendor = 'openai' | 'anthropic' | 'gemini';
export type Strength = 'strong' | 'small';

export interface CatalogModel {
  /** The catalogue's name for it; a call keeps the name the caller used. */
  id: string;
  vendor: Vendor;
  kind: 'chat' | 'embedding' | 'other';
  strength: Strength;
  contextWindow: number | undefined;
  price: Price | undefined;
  inputUsdPerMtok: number | undefined;
  outputUsdPerMtok: number | undefined;
  abilities: { images: boolean; tools: boolean; jsonSchema: boolean };
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

const sourceOf = { openai: 'openai', anthropic: 'anthropic', gemini: 'google' } as const;
const rememberedMax = 2_000;
const remembered = new Map<string, ModelRef | undefined>();
const entries = new Map<ModelInfo, CatalogModel>();

/** `gpt-4o`, `openai/gpt-4o`. Undefined for a bare name no vendor's rules know. */
export function findModel(name: string): ModelRef | undefined {
  if (remembered.has(name)) return remembered.get(name);
  const found = lookUp(name);
  // Names come from callers: what is remembered of them is bounded.
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(name, found);
  return found;
}

function lookUp(name: string): ModelRef | undefined {
  const slash = name.indexOf('/');
  const prefix = vendors.find((vendor) => name.slice(0, slash) === vendor);
  if (prefix !== undefined) {
    const model = name.slice(slash + 1);
    return model === '' ? undefined : { vendor: prefix, model, entry: entryOf(prefix, model) };
  }
  for (const vendor of vendors) {
    const entry = entryOf(vendor, name);
    if (entry !== undefined) return { vendor, model: name, entry };
  }
  return undefined;
}

function entryOf(vendor: Vendor, name: string): CatalogModel | undefined {
  const models = ownModels(vendor);
  const info = models.find(({ id }) => id === name) ?? models.find(({ match }) => matches(match, name));
  if (info === undefined) return undefined;
  let entry = entries.get(info);
  if (entry === undefined) {
    entry = describe(vendor, info);
    entries.set(info, entry);
  }
  return entry;
}

/** Google sells Claude too, on a service that is not the Gemini API. */
function ownModels(vendor: Vendor): readonly ModelInfo[] {
  return vendorModels(sourceOf[vendor]).filter(({ id }) => vendor !== 'gemini' || !id.startsWith('claude-'));
}

/** Chat models people can choose, for lists and drop-downs; the representatives stand first. */
export function listModels(): CatalogModel[] {
  const chosen = vendors.flatMap((vendor) =>
    (['strong', 'small'] as const).flatMap((strength) => {
      const id = representatives[strength][vendor];
      const entry = entryOf(vendor, id);
      return entry === undefined ? [] : [{ ...entry, id }];
    }),
  );
  const rest = vendors.flatMap((vendor) =>
    ownModels(vendor)
      .filter(
        ({ id, deprecated }) => deprecated !== true && !/[:*]|-$/.test(id) && chosen.every((model) => model.id !== id),
      )
      .flatMap(({ id }) => entryOf(vendor, id) ?? []),
  );
  return [...chosen, ...rest].filter(({ kind, price }) => kind === 'chat' && price !== undefined);
}

/**
 * The package has prices and windows but no abilities and no classes. Kinds and abilities are read off the families' names;
 * strength is a matter of price: what answers at $4 or more per million tokens is its vendor's strong class (in 2026 the
 * small models stand at 0.3 to 4, the strong ones at 5 to 75).
 */
function describe(vendor: Vendor, info: ModelInfo): CatalogModel {
  const price = priceAt(info, new Date());
  const output = price?.tiers[0] && Number(price.tiers[0].output) / 1e6;
  const kind = kindOf(info.id);
  return {
    id: info.id,
    vendor,
    kind,
    strength: output !== undefined && output >= 4 ? 'strong' : 'small',
    contextWindow: info.context_window,
    price,
    inputUsdPerMtok: price?.tiers[0] && Number(price.tiers[0].input) / 1e6,
    outputUsdPerMtok: output,
    abilities: abilitiesOf(info.id),
  };
}

function kindOf(id: string): CatalogModel['kind'] {
  if (/embedding/.test(id)) return 'embedding';
  if (
    /image|audio|realtime|transcribe|tts|whisper|moderation|live|omni|instruct|^(ada|babbage|curie|davinci)$|^text-|computer-use/.test(
      id,
    )
  )
    return 'other';
  return 'chat';
}

/** Families from before a feature existed; everything newer has it. */
function abilitiesOf(id: string): CatalogModel['abilities'] {
  const old = /^(gpt-3\.5|gpt-4($|-32k|-0)|claude-(2|v1|instant)|gemini-(1\.0|pro$)|gemma-)/.test(id);
  const blind = old || /^(o1-mini|o1-preview|o3-mini|gpt-oss)/.test(id);
  const toolless = /^(o1-mini|o1-preview|chatgpt-4o|claude-(2|v1|instant)|gemma-)/.test(id);
  return { images: !blind, tools: !toolless, jsonSchema: !old && !/^(gpt-4-turbo|gpt-4-vision)/.test(id) };
}
