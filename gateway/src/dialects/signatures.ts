import type { ProviderKind, ReasoningPart } from './neutral.ts';

/**
 * Reasoning comes with a proof only its maker can read. Handed out in another vendor's dialect it is marked with its maker,
 * so that it is known when it comes back; a text without a mark is the dialect's own vendor's.
 */
const mark = /^gw\.(openai|anthropic|gemini)\.(.*)$/s;

export function markSignature(signature: string, signedBy: ProviderKind | undefined, native: ProviderKind): string {
  return signedBy === undefined || signedBy === native ? signature : `gw.${signedBy}.${signature}`;
}

export function readSignature(
  text: string,
  native: ProviderKind,
): Pick<Required<ReasoningPart>, 'signature' | 'signedBy'> {
  const match = mark.exec(text);
  return match === null
    ? { signature: text, signedBy: native }
    : { signature: match[2] ?? '', signedBy: match[1] as ProviderKind };
}

/** Thoughts of models that sign nothing have been handed out with an empty signature, or with a mark that says so. */
export function isProof(signature: unknown): signature is string {
  return typeof signature === 'string' && signature !== '' && !signature.startsWith('gw.unsigned.');
}
