import type { ProviderKind } from '../dialects/neutral.ts';
import type { Adapter } from './adapter.ts';
import { anthropic } from './anthropic.ts';
import { gemini } from './gemini.ts';
import { openai } from './openai.ts';
import { openAiCompatible } from './openai-compatible.ts';

const adapters: Record<Exclude<ProviderKind, 'sandbox'>, Adapter> = {
  openai,
  anthropic,
  gemini,
  'openai-compatible': openAiCompatible,
};

/** The sandbox answers inside the process and has no adapter. */
export function adapterOf(kind: Exclude<ProviderKind, 'sandbox'>): Adapter {
  return adapters[kind];
}
