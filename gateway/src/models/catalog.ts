import { type Vendor, vendors } from '@ai-gateway/shared/provider-kinds';
import type { ModelInfo } from '@pydantic/genai-prices';
import type { Abilities, ModelFacts, ModelKind, Strength, VendorProvider } from '../providers/define-provider.ts';
import { vendorOf } from '../providers/providers.ts';
import { matches, priceAt, vendorModels } from './genai-prices.ts';
import { abilitiesOf, isServed, kindOf } from './model-families.ts';
import type { Price } from './price.ts';
import { isRetired, type Retirement, retirementOf } from './retirements.ts';

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

/** The model that a name leads to. `entry` is missing where the prefix names a vendor and the catalogue does not know the name. */
export interface ModelRef {
  vendor: Vendor;
  /** As the provider wants to hear it. */
  model: string;
  entry: CatalogModel | undefined;
  /** Where the vendor stops serving it, whether that day has come or not. */
  retirement: Retirement | undefined;
}

/**
 * The classes: where the caller leaves the choice to us, these answer. By vendor in the order they are tried, and of a vendor
 * newest first; the next one answers where the vendor does not know the one before. Chosen on 2026-11-29 among the models that
 * the vendors serve, that `@pydantic/genai-prices` prices, and whose prices are of a size, so that what is held for a call does
 * not grow by its fallbacks. A test fails as soon as a retirement of one is announced.
 */
export function classOf(vendor: Vendor, strength: Strength): readonly string[] {
  return vendorOf(vendor).vendor.classes[strength];
}

export const strengths: readonly Strength[] = ['strong', 'small'];

interface ModelEntry {
  vendor: Vendor;
  model: string;
  info: ModelInfo | undefined;
  retirement: Retirement | undefined;
}

/** The models of a class at a vendor that it serves at that time, newest first. */
export function modelsOfClass(strength: Strength, vendor: Vendor, at: Date): ModelRef[] {
  return classPlaces[vendor][strength].filter((place) => !hasGone(place, at)).map((place) => refOf(place, at));
}

/** Is that a name its vendor refuses by now? */
export function hasGone({ retirement }: Pick<ModelRef, 'retirement'>, at: Date): boolean {
  return retirement !== undefined && isRetired(retirement, at);
}

/**
 * The replacement of a retired model: the one its vendor names, else the first of its class there. Itself where neither is
 * to be had, and where it is no chat model, since vectors of another model mean something else.
 */
export function successorOf(ref: ModelRef, at: Date): ModelRef {
  const { vendor, entry, retirement } = ref;
  if (!hasGone(ref, at) || (entry !== undefined && entry.kind !== 'chat')) return ref;
  const named = retirement?.successor && findModel(`${vendor}/${retirement.successor}`, at);
  if (named !== undefined && named !== '' && named.entry !== undefined) {
    if (!hasGone(named, at)) return named;
    // The successor may have gone too; the table names nobody as the successor of itself, so that this ends.
    return successorOf(named, at);
  }
  return modelsOfClass(entry?.strength ?? 'strong', vendor, at)[0] ?? ref;
}

/** Longer than any model's name; a longer text is not remembered. */
const nameMax = 200;
const rememberedMax = 2_000;
const remembered = new Map<string, ModelEntry | undefined>();

/** `gpt-4o`, `openai/gpt-4o`, `models/gemini-1.5-pro`. Undefined for a bare name no vendor's rules know. */
export function findModel(name: string, at: Date = new Date()): ModelRef | undefined {
  const place = placeOf(name);
  if (place === undefined) return undefined;
  return refOf(place, at);
}

function refOf({ vendor, model, info, retirement }: ModelEntry, at: Date): ModelRef {
  return { vendor, model, entry: info && describe(vendor, info, at), retirement };
}

function placeOf(name: string): ModelEntry | undefined {
  if (remembered.has(name)) return remembered.get(name);
  if (name.length > nameMax) return undefined;
  const found = lookUp(name);
  // Names come from callers: what is remembered of them is bounded.
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(name, found);
  return found;
}

function lookUp(name: string): ModelEntry | undefined {
  const slash = name.indexOf('/');
  const prefix = vendors.find((vendor) => name.slice(0, slash) === vendor);
  if (prefix !== undefined) {
    const model = shortName(prefix, name.slice(slash + 1));
    return model === '' ? undefined : placeAt(prefix, model);
  }
  for (const vendor of vendors) {
    const place = placeAt(vendor, shortName(vendor, name));
    // A vendor's own list of the retired names a few that the package has forgotten.
    if (place.info !== undefined || place.retirement !== undefined) return place;
  }
  return undefined;
}

function placeAt(vendor: Vendor, model: string): ModelEntry {
  return { vendor, model, info: infoOf(vendor, model), retirement: retirementOf(vendor, model) };
}

function shortName(vendor: Vendor, model: string): string {
  return vendorOf(vendor).vendor.shortName(model);
}

function infoOf(vendor: Vendor, name: string): ModelInfo | undefined {
  const models = ownModels[vendor];
  return models.find(({ id }) => id === name) ?? models.find(({ match }) => matches(match, name));
}

const ownModels = forVendors(({ catalogue, sells }) => vendorModels(catalogue).filter(({ id }) => sells(id)));

const classPlaces = forVendors(({ classes }, vendor) => ({
  strong: classes.strong.map((model) => placeAt(vendor, model)),
  small: classes.small.map((model) => placeAt(vendor, model)),
}));

function forVendors<T>(make: (facts: VendorProvider['vendor'], vendor: Vendor) => T): Record<Vendor, T> {
  return Object.fromEntries(vendors.map((vendor) => [vendor, make(vendorOf(vendor).vendor, vendor)])) as Record<
    Vendor,
    T
  >;
}

/** Chat models people can choose, for lists and drop-downs: the classes' first, in their order, and none that has retired. */
export function listModels(at: Date = new Date()): CatalogModel[] {
  const chosen = vendors.flatMap((vendor) => strengths.flatMap((strength) => classPlaces[vendor][strength]));
  const rest = offered.filter(({ vendor, model }) =>
    chosen.every((place) => place.vendor !== vendor || place.model !== model),
  );
  return [...chosen, ...rest]
    .filter((place) => !hasGone(place, at))
    .flatMap(({ vendor, info }) => (info === undefined ? [] : [describe(vendor, info, at)]))
    .filter(({ kind, price }) => kind === 'chat' && price !== undefined);
}

/** Models that turn texts into vectors. No list shows them; messages name some. */
export function listEmbeddings(at: Date): CatalogModel[] {
  return offered
    .filter((place) => !hasGone(place, at))
    .flatMap(({ vendor, info }) => (info === undefined ? [] : [describe(vendor, info, at)]))
    .filter(({ kind, price }) => kind === 'embedding' && price !== undefined);
}

const offered: readonly ModelEntry[] = vendors.flatMap((vendor) =>
  ownModels[vendor]
    .filter(({ id, deprecated }) => deprecated !== true && isServed(id) && factsOf(vendor, id).isListed !== false)
    .map((info) => ({ vendor, info, model: info.id, retirement: retirementOf(vendor, info.id) })),
);

const described = new Map<ModelInfo, CatalogModel>();

/** Described again only when another price has come into force. */
function describe(vendor: Vendor, info: ModelInfo, at: Date): CatalogModel {
  const price = priceAt(info, at);
  const known = described.get(info);
  if (known !== undefined && known.price === price) return known;
  const inputUsdPerMtok = price?.tiers[0] && Number(price.tiers[0].input) / 1e6;
  const outputUsdPerMtok = price?.tiers[0] && Number(price.tiers[0].output) / 1e6;
  const facts = factsOf(vendor, info.id);
  const model: CatalogModel = {
    id: info.id,
    vendor,
    kind: facts.kind ?? kindOf(info.id),
    strength: strengthIn(vendor, info.id) ?? strengthOf(inputUsdPerMtok, outputUsdPerMtok),
    contextWindow: info.context_window,
    price,
    inputUsdPerMtok,
    outputUsdPerMtok,
    abilities: { ...abilitiesOf(info.id), ...facts.abilities },
  };
  described.set(info, model);
  return model;
}

function factsOf(vendor: Vendor, model: string): ModelFacts {
  return vendorOf(vendor).vendor.describe(model);
}

function strengthIn(vendor: Vendor, model: string): Strength | undefined {
  return strengths.find((strength) => classOf(vendor, strength).includes(model));
}

/**
 * Strong is what costs as much as Gemini 1.5 Pro, the cheapest model that was its vendor's best. Both prices count: by the
 * output's alone Claude Haiku 4.5 ($1 and $5) would be strong, by the input's alone GPT-3.5 ($3 and $4).
 */
function strengthOf(inputUsdPerMtok = 0, outputUsdPerMtok = 0): Strength {
  return inputUsdPerMtok >= 1.25 && outputUsdPerMtok >= 5 ? 'strong' : 'small';
}
