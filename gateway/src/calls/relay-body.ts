import { type AccountKind, isVendor } from '@ai-gateway/shared/provider-kinds';
import { edit } from '../dialects/edit-json.ts';
import { parseExact, writeExact } from '../dialects/exact-json.ts';
import type { Outline } from '../dialects/json-outline.ts';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';
import { routingFields } from '../dialects/routing-fields.ts';
import { providerOf } from '../providers/providers.ts';
import type { NameRule } from '../providers/tool-names.ts';
import { relayedNames } from './relay-names.ts';
import { withoutForeign } from './strip-foreign.ts';
import { metadataTagNames } from './tags.ts';

export interface Relay {
  body: Buffer;
  /** In the caller's words, the parameters it goes without, or with another value. */
  dropped: readonly string[];
  /** Bytes of the answer as the caller is to see them, where names of tools had to be changed. */
  restore?: ((bytes: Buffer) => Buffer) | undefined;
}

/**
 * The body of a call that goes to a provider of its own dialect: the caller's bytes as they came, but for what is ours
 * (`fallback_models`, `response_cache`, tags in `metadata`), the model's name, usage in streams, which the ledger needs, what would choose another
 * route behind the provider, what the model that gets it does not take, and what the vendor would refuse in a conversation that
 * another has begun.
 */
export function relayBody(options: {
  body: Buffer;
  outline: Outline;
  json: JsonObject;
  call: NeutralCall;
  model: string;
  /** The address of the server. Undefined: any. */
  baseUrl?: string | undefined;
  /** Servers that merely follow OpenAI's dialect may know fields OpenAI does not. Undefined: the body is no conversation. */
  kind: AccountKind | undefined;
  /** The rule for names of tools at the provider, where it is known. */
  toolNames?: NameRule | undefined;
  /** The most tokens of answer to ask for, where the budget says less than the caller. */
  ceiling?: number | undefined;
  /** For the provider's own cache; a key of the caller's own stays. */
  cacheKey?: string | undefined;
}): Relay {
  const { body, outline, json: came, call, model, kind, ceiling } = options;
  const provider = kind && providerOf(kind);
  const set: Record<string, string> = kind !== undefined && isVendor(kind) ? withoutForeign(call, came, model) : {};
  const cleaned = withChanged(came, set);
  const names = options.toolNames === undefined ? undefined : relayedNames(call, cleaned, options.toolNames);
  if (names !== undefined) Object.assign(set, names.set);
  const json = names === undefined ? cleaned : withChanged(cleaned, names.set);
  const remove: string[] = [];
  const dropped: string[] = [];
  if (json.model !== model) set.model = JSON.stringify(model);
  for (const name of ours) if (Object.hasOwn(json, name)) remove.push(name);
  const metadata = withoutTags(json.metadata);
  if (metadata === 'empty') remove.push('metadata');
  else if (metadata !== 'untouched') set.metadata = JSON.stringify(metadata);
  if (call.dialect === 'chat' && call.stream && !call.streamUsage) {
    set.stream_options = JSON.stringify({
      ...(json.stream_options as JsonObject | null | undefined),
      include_usage: true,
    });
  }
  const routing = routingFields(json);
  if (routing !== undefined) {
    remove.push(...routing.remove);
    dropped.push(...routing.names);
    for (const [member, value] of Object.entries(routing.set)) set[member] = writeExact(value);
  }
  const fit = provider?.fit?.({ model, baseUrl: options.baseUrl, json, call, ceiling });
  if (fit !== undefined) {
    Object.assign(set, fit.set);
    remove.push(...fit.remove);
    dropped.push(...fit.dropped);
  }
  if (ceiling !== undefined)
    setCeilings(set, { call, json, tokenLimitField: provider?.tokenLimitField, ceiling, removed: remove });
  if (options.cacheKey !== undefined && !Object.hasOwn(json, 'prompt_cache_key'))
    set.prompt_cache_key = JSON.stringify(options.cacheKey);
  return {
    body: remove.length === 0 && Object.keys(set).length === 0 ? body : edit(body, outline, { set, remove }),
    dropped: dropped.length === 0 ? droppedNothing : dropped,
    restore: names?.restore,
  };
}

/** Top-level members that are for the gateway alone. */
const ours = ['fallback_models', 'response_cache'] as const;

const droppedNothing: readonly string[] = [];

/** The body as it is after the changes made so far. */
function withChanged(json: JsonObject, set: Readonly<Record<string, string>>): JsonObject {
  const members = Object.entries(set);
  return members.length === 0
    ? json
    : { ...json, ...Object.fromEntries(members.map(([member, text]) => [member, parseExact(text)])) };
}

const ceilingFields = {
  chat: ['max_completion_tokens', 'max_tokens'],
  responses: ['max_output_tokens'],
  messages: ['max_tokens'],
} as const;

/** Lowers each ceiling the body has; where it has none it gets the one this server knows. */
function setCeilings(
  set: Record<string, string>,
  options: {
    call: NeutralCall;
    json: JsonObject;
    tokenLimitField: string | undefined;
    ceiling: number;
    removed: readonly string[];
  },
): void {
  const { call, json, tokenLimitField, ceiling, removed } = options;
  const fields: readonly string[] = ceilingFields[call.dialect];
  const given = fields.filter((field) => set[field] !== undefined || (json[field] ?? null) !== null);
  const kept = given.filter((field) => set[field] !== undefined || !removed.includes(field));
  const none = (call.dialect === 'chat' ? tokenLimitField : undefined) ?? fields[0] ?? 'max_tokens';
  for (const field of kept.length === 0 ? [none] : kept) {
    const asked = Number(set[field] ?? json[field] ?? Number.POSITIVE_INFINITY);
    if (!(asked <= ceiling)) set[field] = String(ceiling);
  }
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
