import type { NeutralCall, ProviderKind } from '../dialects/neutral.ts';
import type { Adapter } from './adapter.ts';
import { anthropic } from './anthropic/anthropic.ts';
import { claudeModel, isClaude } from './anthropic/anthropic-model.ts';
import { gemini } from './gemini/gemini.ts';
import { mediaOf } from './media.ts';
import { openai } from './openai/openai.ts';
import { needsResponses } from './openai/openai-model.ts';
import { openAiResponses } from './openai/openai-responses.ts';
import { openAiCompatible } from './openai-compatible/openai-compatible.ts';

const adapters: Record<Exclude<ProviderKind, 'sandbox'>, Adapter> = {
  openai,
  anthropic,
  gemini,
  'openai-compatible': openAiCompatible,
};

/** OpenAI's chat endpoint takes no address of a document, its responses endpoint does. Only Claude's dialect brings one here. */
function hasAddresses(call: NeutralCall): boolean {
  return call.dialect === 'messages' && mediaOf(call).includes('file-url');
}

/** Claudes that take no schema are held to one by a tool, which is translation's work. */
const translatingAnthropic: Adapter = { ...anthropic, native: [] };

/** How a vendor's errors are read, and its answers where the call is not at hand. */
export function adapterOf(kind: Exclude<ProviderKind, 'sandbox'>): Adapter {
  return adapters[kind];
}

/** Who translates, or relays, one call to one model. The sandbox answers inside the process and has no adapter. */
export function adapterFor(kind: Exclude<ProviderKind, 'sandbox'>, call: NeutralCall, model: string): Adapter {
  const adapter = adapters[kind];
  // What only the dialect itself knows is lost in translation.
  if (call.onlyNative.length > 0) return adapter;
  if (kind === 'openai' && call.dialect !== 'responses' && (needsResponses(call, model) || hasAddresses(call)))
    return openAiResponses;
  if (kind === 'anthropic' && call.dialect === 'messages' && call.output.kind === 'json-schema')
    return isClaude(model) && !claudeModel(model).schemas ? translatingAnthropic : adapter;
  return adapter;
}
