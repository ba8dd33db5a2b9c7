import { edit, type Outline } from '../dialects/json-outline.ts';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';
import { isClaude } from '../providers/anthropic-model.ts';
import { continuesCallWithoutThoughts } from '../providers/anthropic-thinking.ts';
import { withoutForeign } from './strip-foreign.ts';
import { metadataTagNames } from './tags.ts';

export interface Relay {
  body: Buffer;
  /** In the caller's words, the parameters it goes without. */
  dropped: readonly string[];
}

/**
 * The body of a call that goes to a provider of its own dialect: the caller's bytes as they came, but for what is ours
 * (`fallback_models`, tags in `metadata`), the model's name, usage in streams, which the ledger needs, and what the vendor would
 * refuse in a conversation that another has begun.
 */
export function relayBody(options: {
  body: Buffer;
  outline: Outline;
  json: JsonObject;
  call: NeutralCall;
  model: string;
  /** Servers that merely follow OpenAI's dialect may know fields OpenAI does not. */
  vendorItself: boolean;
  /** The most tokens of answer to ask for, where the budget says less than the caller. */
  ceiling?: number | undefined;
}): Relay {
  const { body, outline, json, call, model, vendorItself, ceiling } = options;
  const set: Record<string, string> = vendorItself ? withoutForeign(call, json, model) : {};
  const remove: string[] = [];
  if (json.model !== model) set.model = JSON.stringify(model);
  if (Object.hasOwn(json, 'fallback_models')) remove.push('fallback_models');
  const metadata = withoutTags(json.metadata);
  if (metadata === 'empty') remove.push('metadata');
  else if (metadata !== 'untouched') set.metadata = JSON.stringify(metadata);
  if (call.dialect === 'chat' && call.stream && !call.streamUsage) {
    set.stream_options = JSON.stringify({
      ...(json.stream_options as JsonObject | null | undefined),
      include_usage: true,
    });
  }
  if (ceiling !== undefined) set[ceilingField(call, json, vendorItself)] = String(ceiling);
  const thinking = thinkingAllowed({ call, json, model, ceiling });
  if (thinking !== undefined) set.thinking = thinking;
  return {
    body: remove.length === 0 && Object.keys(set).length === 0 ? body : edit(body, outline, { set, remove }),
    dropped: thinking === withoutThinking ? droppedThinking : droppedNothing,
  };
}

const droppedNothing: readonly string[] = [];
const droppedThinking: readonly string[] = ['thinking'];

/** Where the dialect says how long an answer may be: the field the caller used, else the one this server knows. */
function ceilingField({ dialect }: NeutralCall, json: JsonObject, vendorItself: boolean): string {
  if (dialect === 'messages') return 'max_tokens';
  if (dialect === 'responses') return 'max_output_tokens';
  for (const field of ['max_completion_tokens', 'max_tokens'])
    if (json[field] !== undefined && json[field] !== null) return field;
  return vendorItself ? 'max_completion_tokens' : 'max_tokens';
}

const withoutThinking = JSON.stringify({ type: 'disabled' });

/**
 * `thinking` as JSON text, where it may not go as the caller gave it: Anthropic refuses it in a turn that called tools without,
 * and a thinking budget that is not below `max_tokens`, or below 1,024.
 */
function thinkingAllowed(options: {
  call: NeutralCall;
  json: JsonObject;
  model: string;
  ceiling: number | undefined;
}): string | undefined {
  const { call, json, model, ceiling } = options;
  const thinking = json.thinking as { type?: unknown; budget_tokens?: unknown } | null | undefined;
  if (call.dialect !== 'messages' || thinking?.type !== 'enabled') return undefined;
  if (isClaude(model) && continuesCallWithoutThoughts(call)) return withoutThinking;
  if (ceiling === undefined || typeof thinking.budget_tokens !== 'number' || thinking.budget_tokens < ceiling)
    return undefined;
  const least = 1_024;
  return ceiling > 2 * least
    ? JSON.stringify({ ...thinking, budget_tokens: Math.floor(ceiling / 2) })
    : withoutThinking;
}

/** OpenAI refuses `metadata` on calls it does not store, so what was there for us alone goes altogether. */
function withoutTags(metadata: unknown): JsonObject | 'untouched' | 'empty' {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return 'untouched';
  // OpenAI takes no `metadata`, not even an empty one, where nothing is stored.
  if (Object.keys(metadata).length === 0) return 'empty';
  const kept = Object.entries(metadata).filter(([name]) => !metadataTagNames.includes(name));
  if (kept.length === Object.keys(metadata).length) return 'untouched';
  return kept.length === 0 ? 'empty' : Object.fromEntries(kept);
}
