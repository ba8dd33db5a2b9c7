import type { ProviderKind } from '../dialects/neutral.ts';
import { providerOf } from '../providers/providers.ts';
import { findModel } from './catalog.ts';

/** The most tokens a model answers when nobody sets a ceiling, or undefined where that is unknown. */
export function answerCeiling(kind: ProviderKind, model: string): number | undefined {
  // The sandbox answers for every model at that model's price.
  const answering = kind === 'sandbox' ? findModel(model)?.vendor : kind;
  return answering && providerOf(answering).answerCeiling(model);
}
