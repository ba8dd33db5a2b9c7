import { isRecord } from '@ai-gateway/shared/json';
import { givenTools } from '../dialects/given-tools.ts';
import type { CallExtras, JsonObject, NeutralCall, Part, ProviderKind } from '../dialects/neutral.ts';
import { providerOf } from '../providers/providers.ts';
import type { Price } from './price.ts';

/**
 * The costs of a call beside its tokens, or undefined for most calls. Read off the request, since the use of a vendor's own tools
 * is known nowhere else before the answer.
 */
export function extrasOf(call: NeutralCall, json: JsonObject): CallExtras | undefined {
  const { onlyNative, extra } = call;
  const sound = asksForSound(extra) || hasSound(call);
  const compacts = asksToCompact(extra);
  if (!sound && !compacts && onlyNative.length === 0 && extra.prediction === undefined && !reachesServers(extra))
    return undefined;
  const uses = toolUses(call.dialect, json);
  const predictedTokens = isRecord(extra.prediction) ? Buffer.byteLength(JSON.stringify(extra.prediction)) : 0;
  const unpriced = [...uses.unpriced, ...serverFields.filter((name) => isGiven(extra[name]))];
  const { webSearches, fileSearches } = uses;
  if (webSearches + fileSearches + predictedTokens === 0 && !sound && !compacts && unpriced.length === 0)
    return undefined;
  return { webSearches, fileSearches, sound, predictedTokens, compacts, unpriced };
}

/** Fields by which a vendor searches or runs what it charges for. */
const serverFields = ['web_search_options', 'search_parameters', 'plugins'];

function reachesServers(extra: JsonObject): boolean {
  return serverFields.some((name) => isGiven(extra[name]));
}

/** Both of Anthropic's ways: an edit of the context (`compact_20260112`), and `compaction` itself. */
function asksToCompact({ context_management: management, compaction }: JsonObject): boolean {
  if (isGiven(compaction)) return true;
  const edits: readonly unknown[] =
    isRecord(management) && Array.isArray(management.edits) ? (management.edits as unknown[]) : none;
  return edits.some((edit) => isRecord(edit) && String(edit.type).startsWith('compact'));
}

function asksForSound({ modalities, audio }: JsonObject): boolean {
  return isGiven(audio) || (Array.isArray(modalities) && modalities.includes('audio'));
}

/** By hand, not with `some`: this is done for every call. */
function hasSound({ messages }: Pick<NeutralCall, 'messages'>): boolean {
  for (const { parts } of messages) {
    for (const part of parts) {
      if (isSound(part)) return true;
      if (part.kind === 'tool-result') for (const inner of part.content) if (isSound(inner)) return true;
    }
  }
  return false;
}

/** A film has sound too. */
function isSound(part: Part): boolean {
  return part.kind === 'audio' || (part.kind === 'file' && /^(audio|video)\//i.test(part.mediaType));
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Where a call does not say how often a vendor's tool may be used, a blocking budget says it. */
export const toolUsesMax = 10;

/** Tools that cost their tokens alone: the caller runs them, or the vendor asks no fee (https://docs.claude.com/en/docs/about-claude/pricing). */
const freeTools =
  /^(function|custom|mcp|local_shell|apply_patch|tool_search|namespace|computer|bash|text_editor|memory|web_fetch|mcp_toolset)/;

function toolUses(
  dialect: NeutralCall['dialect'],
  json: JsonObject,
): { webSearches: number; fileSearches: number; unpriced: string[] } {
  const found = { webSearches: 0, fileSearches: 0, unpriced: [] as string[] };
  const calls = typeof json.max_tool_calls === 'number' ? json.max_tool_calls : toolUsesMax;
  for (const tool of givenTools(dialect, json)) {
    const type = String(tool.type ?? 'function');
    if (type.startsWith('web_search')) {
      const own = typeof tool.max_uses === 'number' ? tool.max_uses : toolUsesMax;
      found.webSearches = dialect === 'messages' ? found.webSearches + own : calls;
    } else if (type === 'file_search') found.fileSearches = calls;
    else if (!freeTools.test(type)) found.unpriced.push(type.slice(0, 60));
  }
  return found;
}

/** Models that search for every answer, at a fee for each that stands in no catalogue. */
const searchModels = /search-(preview|api)/;

/** The parts of a call without a price at a candidate; empty where all have one. */
export function unpricedAt(
  extras: CallExtras | undefined,
  { kind, model, price }: { kind: ProviderKind; model: string; price: Price | undefined },
): readonly string[] {
  const searches = searchModels.test(model) ? ['web search of the model'] : none;
  if (extras === undefined || price === undefined) return searches;
  const { webSearches, fileSearches, sound, unpriced } = extras;
  return [
    ...searches,
    ...unpriced,
    ...(webSearches > 0 && price.webSearchNanos === undefined ? ['web_search'] : []),
    ...(fileSearches > 0 && price.fileSearchNanos === undefined ? ['file_search'] : []),
    ...(sound && price.sound === undefined && !soundCostsAsText(kind) ? ['audio'] : []),
  ];
}

function soundCostsAsText(kind: ProviderKind): boolean {
  return kind !== 'sandbox' && providerOf(kind).soundCostsAsText;
}

const none: readonly never[] = [];

/** The most the extras of a call cost beside its input and its answer. */
export function extrasNanos(extras: CallExtras | undefined, price: Price): bigint {
  if (extras === undefined) return 0n;
  let output = 0n;
  for (const tier of price.tiers) if (tier.output > output) output = tier.output;
  return (
    BigInt(extras.webSearches) * (price.webSearchNanos ?? 0n) +
    BigInt(extras.fileSearches) * (price.fileSearchNanos ?? 0n) +
    // A prediction the answer does not follow is billed as answer, beside the ceiling.
    (BigInt(extras.predictedTokens) * output + 999n) / 1000n
  );
}
