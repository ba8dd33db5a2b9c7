import type { NeutralCall, ProviderKind } from '../dialects/neutral.ts';
import type { CatalogModel } from '../models/catalog.ts';
import { likelyInputTokens } from '../models/count-tokens.ts';
import { mediaOf } from '../providers/media.ts';
import { providerOf } from '../providers/providers.ts';

/** The features that a call needs of its model. */
export type Needs = Pick<NeutralCall, 'dialect' | 'onlyNative' | 'tools' | 'output' | 'messages'>;

interface ModelFacts {
  kind: ProviderKind;
  entry: CatalogModel | undefined;
  contextWindow: number | undefined;
}

/**
 * Hard gates: a model is not asked for a feature that it lacks. Of a model nobody knows, nothing is held against it; and of
 * a call's length only what it likely is, since by its upper bound most calls would fit nowhere.
 */
export function fits({ entry, contextWindow }: ModelFacts, call: Needs, inputTokensMax: number): boolean {
  if (entry !== undefined) {
    if (!entry.abilities.images && hasPictures(call)) return false;
    if (!entry.abilities.tools && call.tools.length > 0) return false;
    if (!entry.abilities.jsonSchema && call.output.kind === 'json-schema') return false;
  }
  // The bound alone settles nearly every call, without a second look at its messages.
  if (contextWindow === undefined || inputTokensMax <= contextWindow) return true;
  return likelyInputTokens(call, inputTokensMax) <= contextWindow;
}

function hasPictures({ messages }: Needs): boolean {
  return messages.some(({ parts }) =>
    parts.some((part) =>
      part.kind === 'tool-result' ? part.content.some(({ kind }) => kind === 'image') : part.kind === 'image',
    ),
  );
}

/** Features nobody else has (`previous_response_id`, hosted tools) need a provider that speaks the call's own dialect. */
export function honours(kind: ProviderKind, call: Needs): boolean {
  if (kind === 'sandbox') return true;
  const { native, takes } = providerOf(kind);
  if (call.onlyNative.length > 0 && !native.includes(call.dialect)) return false;
  const media = mediaOf(call);
  return media.length === 0 || media.every((one) => takes.includes(one));
}
