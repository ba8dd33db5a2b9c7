/*
 * The kinds of provider accounts.
 *
 * ```ts
 * import { isVendor, vendors } from '@ai-gateway/shared/provider-kinds';
 *
 * console.log(vendors.map((vendor) => `${vendor.toUpperCase()}_API_KEY`)); // ['OPENAI_API_KEY', …]
 * console.log(isVendor('openai'), isVendor('openai-compatible')); // true false
 * ```
 */

/**
 * The vendors the gateway knows by name, in the order it tries them. The gateway's folder `providers/<vendor>` says the rest of
 * each: its keys, its models, what it takes.
 */
export const vendors = ['openai', 'anthropic', 'gemini', 'mistral'] as const;

/** The API of a provider account: a vendor's own, or OpenAI's as another server follows it. */
export const providerKinds = [...vendors, 'openai-compatible'] as const;

export type Vendor = (typeof vendors)[number];
export type AccountKind = (typeof providerKinds)[number];

export function isVendor(name: string): name is Vendor {
  return vendors.some((vendor) => vendor === name);
}

export function isProviderKind(name: string): name is AccountKind {
  return providerKinds.some((kind) => kind === name);
}
