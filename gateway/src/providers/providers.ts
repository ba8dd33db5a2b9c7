import { type AccountKind, isVendor, type Vendor, vendors as vendorKinds } from '@ai-gateway/shared/provider-kinds';
import type { ProviderKind } from '../dialects/neutral.ts';
import { anthropic } from './anthropic/anthropic.ts';
import type { Provider, VendorProvider } from './define-provider.ts';
import { gemini } from './gemini/gemini.ts';
import { mistral } from './mistral/mistral.ts';
import { openai } from './openai/openai.ts';
import { openAiCompatible } from './openai-compatible/openai-compatible.ts';

const defined = {
  openai,
  anthropic,
  gemini,
  mistral,
  'openai-compatible': openAiCompatible,
} satisfies { [Kind in AccountKind]: Kind extends Vendor ? VendorProvider<Kind> : Provider<Kind> };

/** In the order they are tried. */
export const vendors: readonly VendorProvider[] = vendorKinds.map((vendor) => defined[vendor]);

/** Stands where a model is no vendor's: a server that follows OpenAI. */
export const ownServer = openAiCompatible.kind;

export function providerOf(kind: AccountKind): Provider {
  return defined[kind];
}

export function vendorOf(vendor: Vendor): VendorProvider {
  return defined[vendor];
}

/** Undefined for the sandbox, which answers inside the process, and for a server that is no vendor's. */
export function findVendor(kind: ProviderKind | string): VendorProvider | undefined {
  return isVendor(kind) ? defined[kind] : undefined;
}

/** A provider as people write it: `OpenAI` for `openai`. An account with a name of the workspace's own keeps that name. */
export function providerName(id: string): string {
  return findVendor(id)?.name ?? id;
}

/** Names for people: `OpenAI, Anthropic and Google`. */
export function listNames(some: readonly string[], last: 'and' | 'or'): string {
  return some.length < 2 ? some.join('') : `${some.slice(0, -1).join(', ')} ${last} ${some.at(-1)}`;
}
