import type { AccountKind, Vendor } from '@ai-gateway/shared/provider-kinds';
import type { DialectId, JsonObject, NeutralCall } from '../dialects/neutral.ts';
import { readOpenAiUsage, withOpenAiExtras } from '../dialects/read-usage.ts';
import type { Adapter, ProviderRequest, Target } from './adapter.ts';
import type { EmbeddingAdapter } from './embedding-adapter.ts';
import type { Fit, FitOptions } from './fitting.ts';
import type { Media } from './media.ts';
import type { Retirement } from './retirement.ts';
import { openAiNames } from './tool-names.ts';

/** The tokenizers of OpenAI that are public. */
export type Encoding = 'o200k_base' | 'cl100k_base';

export type Strength = 'strong' | 'small';

export type ModelKind = 'chat' | 'embedding' | 'other';

export interface Abilities {
  images: boolean;
  tools: boolean;
  jsonSchema: boolean;
}

/** A vendor's own facts of one of its models; the families of model-families.ts fill in the rest. */
export interface ModelFacts {
  kind?: ModelKind;
  abilities?: Partial<Abilities>;
  /** Whether calls may use this name of the catalogue. */
  isListed?: boolean;
}

/**
 * The most tokens a picture gets anywhere: GPT-4o mini makes 2,833 tokens of it and 5,667 more of each tile, of which a picture
 * scaled to 768 × 2048 has eight. (GPT-4o: 1,445; Claude: under 5,000; Gemini 3: 2,240; GPT-5.4 in full: some 12,000.)
 */
export const pictureTokensMax = 48_169;

/** The facts of every kind of provider; members with a default may be left out of a definition. */
export interface Provider<Kind extends AccountKind = AccountKind> {
  readonly kind: Kind;
  /** As people write it. */
  readonly name: string;
  /** Dialects it speaks itself: such calls are relayed byte for byte. */
  readonly native: readonly DialectId[];
  /** Parts of a conversation that not every vendor takes, and this one does. Default: none. */
  readonly takes: readonly Media[];
  readonly adapter: Adapter;
  /** The adapter of one call to one model. */
  adapterFor(call: NeutralCall, model: string): Adapter;
  /** The changes that a body of its own dialect needs for one model. Undefined: bodies stay as they came. */
  readonly fit: ((options: FitOptions) => Fit | undefined) | undefined;
  /** A feature of a call in the provider's own dialect that this model does not have. Default: none. */
  lost(call: NeutralCall, model: string): string | undefined;
  /** Undefined: the provider has none. */
  readonly embeddings: EmbeddingAdapter | undefined;
  /** The cheapest request that tells whether a key is taken: a list of models. Default: OpenAI's. */
  modelsRequest(account: Pick<Target, 'baseUrl' | 'apiKey'>): { url: string; headers: Record<string, string> };
  /** Where it counts the tokens of a call of the messages dialect. Undefined: the gateway counts. */
  readonly tokenCount: ((target: Target) => Omit<ProviderRequest, 'body'>) | undefined;
  /** The ceiling's field in a relayed chat completion whose caller set none. Default: `max_tokens`, which every server knows. */
  readonly tokenLimitField: 'max_tokens' | 'max_completion_tokens';
  /**
   * The most tokens a model answers when nobody sets a ceiling, or undefined where that is unknown. By hand, from the vendors' pages
   * of models: what is written into a request must not pass it.
   */
  answerCeiling(model: string): number | undefined;
  /** Whether a model may think without being asked to. Default: every model may. */
  thinksUnasked(model: string): boolean;
  /** How fast its fastest model writes, our own estimate. Default: 250. */
  readonly tokensPerSecond: number;
  /** The tokenizer of a model, where it is public. Default: it is not. */
  encodingOf(model: string): Encoding | undefined;
  /** The most tokens a model makes of one picture. Default: the most that any model makes. */
  pictureTokens(model: string): number;
  /** The same in low detail, where that is less. */
  readonly lowDetailTokens: number | undefined;
  /** The hint that helps its own prompt cache: a key beside the prompt, or marks inside it. Default: none. */
  readonly cacheHint: 'key' | 'marks' | undefined;
  /** For how many minutes it keeps the beginning of a prompt. Default: 5. */
  cacheMinutes(model: string): number;
  /** Sound costs as much as text where the catalogue has no price for it. Default: such a call has no price. */
  readonly soundCostsAsText: boolean;
  /** The price of a model at an address of the vendor's, in hundredths of its usual one. Default: the usual one. */
  rateHundredths(at: Pick<Target, 'baseUrl' | 'model'>): number;
}

/** The facts of a vendor beside: its address, its variables of the environment, and the models it sells. */
interface VendorFacts {
  /** `<NAME>_API_KEY`; `<NAME>_BASE_URL` is derived from it. */
  readonly envKey: `${string}_API_KEY`;
  /** As the vendor's own SDK means it. */
  readonly baseUrl: string;
  /** The vendor's id in `@pydantic/genai-prices`: the one source of model names, prices and context windows. */
  readonly catalogue: string;
  /** The models that answer where the caller leaves the choice to the gateway, newest first. */
  readonly classes: Readonly<Record<Strength, readonly string[]>>;
  /** `gen_ai.provider.name` of OpenTelemetry's conventions, where it is another name than the kind. */
  readonly otelName?: string;
  /** The announced ends of its models. */
  readonly retirements?: readonly Retirement[];
  /** A name of a model without what the vendor's own lists put before it. */
  readonly shortName?: (model: string) => string;
  /** Whether a model of the vendor's catalogue is sold by this API. */
  readonly sells?: (model: string) => boolean;
  /** Default: nothing, so that the families decide. */
  readonly describe?: (model: string) => ModelFacts;
}

export interface VendorProvider<Kind extends Vendor = Vendor> extends Provider<Kind> {
  readonly vendor: Required<VendorFacts> & { readonly envUrl: string };
}

type NeededOfAdapter = 'request' | 'response' | 'stream' | 'error';
type NeededOfProvider = 'kind' | 'name' | 'native';

/** An adapter as a definition gives it: four translations, and what differs from the defaults. */
export type DefinedAdapter = Pick<Adapter, NeededOfAdapter> & Partial<Adapter>;

type Definition<Kind extends AccountKind> = Pick<Provider<Kind>, NeededOfProvider> &
  Partial<Omit<Provider<Kind>, NeededOfProvider | 'adapter' | 'adapterFor'>> & {
    readonly adapter: DefinedAdapter;
    /** Undefined: `adapter`. */
    adapterFor?(call: NeutralCall, model: string): Adapter | undefined;
  } & (Kind extends Vendor ? VendorFacts : unknown);

/**
 * A provider, said once: kinds, environment variables, model classes, base URLs, dialects and limits are all read off it.
 *
 *     export const acme = defineProvider({
 *       kind: 'acme', name: 'Acme', native: [],
 *       envKey: 'ACME_API_KEY', baseUrl: 'https://api.acme.example/v1', catalogue: 'acme',
 *       classes: { strong: ['acme-large'], small: ['acme-small'] },
 *       adapter: { request, response, stream, error },
 *     });
 */
export function defineProvider<const Kind extends AccountKind>(
  definition: Definition<Kind>,
): Kind extends Vendor ? VendorProvider<Kind> : Provider<Kind> {
  const { kind, native, adapter: parts } = definition;
  const adapter = completeAdapter({ kind, native, ...parts });
  const provider = {
    ...defaults,
    ...definition,
    adapter,
    adapterFor: (call: NeutralCall, model: string) => definition.adapterFor?.(call, model) ?? adapter,
  };
  const defined = isVendorsOwn(definition) ? { ...provider, vendor: vendorOf(kind, definition) } : provider;
  // The type follows the kind, which a spread cannot show.
  return defined as unknown as Kind extends Vendor ? VendorProvider<Kind> : Provider<Kind>;
}

export function completeAdapter(parts: DefinedAdapter & Pick<Adapter, 'kind' | 'native'>): Adapter {
  return { ...adapterDefaults, ...parts };
}

function isVendorsOwn(definition: object): definition is VendorFacts {
  return 'envKey' in definition;
}

function vendorOf(kind: AccountKind, facts: VendorFacts): VendorProvider['vendor'] {
  return {
    otelName: kind,
    retirements: [],
    shortName: (model) => model,
    sells: () => true,
    describe: () => ({}),
    ...facts,
    envUrl: facts.envKey.replace(/_API_KEY$/, '_BASE_URL'),
  };
}

const adapterDefaults = {
  toolNames: openAiNames,
  keepsToJson: false,
  allowsTools: () => false,
  usageIn: (body: JsonObject) => withOpenAiExtras(readOpenAiUsage(body.usage), body),
  relay: () => {
    throw new Error('the provider speaks no dialect of the gateway');
  },
} satisfies Partial<Adapter>;

const defaults = {
  takes: [],
  fit: undefined,
  lost: () => undefined,
  embeddings: undefined,
  modelsRequest: ({ baseUrl, apiKey }) => ({
    url: `${baseUrl}/models`,
    headers: { authorization: `Bearer ${apiKey}` },
  }),
  tokenCount: undefined,
  tokenLimitField: 'max_tokens',
  answerCeiling: () => undefined,
  thinksUnasked: () => true,
  tokensPerSecond: 250,
  encodingOf: () => undefined,
  pictureTokens: () => pictureTokensMax,
  lowDetailTokens: undefined,
  cacheHint: undefined,
  cacheMinutes: () => 5,
  soundCostsAsText: false,
  rateHundredths: () => 100,
} satisfies Partial<Provider>;
