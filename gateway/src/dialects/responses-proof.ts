import type { ProviderKind, ReasoningPart } from './neutral.ts';
import { markSignature, readSignature } from './signatures.ts';

/**
 * The `encrypted_content` of a reasoning item. OpenAI's own is kept as it is; a proof of others is marked with its maker
 * (`gw.anthropic.…`), and behind that mark stands
 *
 *     <signature>                   of thoughts
 *     redacted.<data>               Anthropic's thoughts that nobody may read
 *     call.<call id>.<signature>    Gemini's signature of a call, for which OpenAI's calls have no place
 */
export type Proof =
  | { kind: 'signature'; signature: string; signedBy: ProviderKind }
  | { kind: 'redacted'; data: string; signedBy: ProviderKind }
  | { kind: 'call'; callId: string; signature: string }
  | { kind: 'none' };

/**
 * Thoughts nobody signed carry this. Without any `encrypted_content` OpenAI, handed them in a later turn, would look for an
 * item of that id among its own and refuse the call; by the mark they are known as somebody else's and left out.
 */
const unsigned = 'gw.unsigned.';

export function writeProof(part: Pick<ReasoningPart, 'signature' | 'signedBy' | 'redacted'>): string {
  const proof = part.redacted === undefined ? part.signature : `redacted.${part.redacted}`;
  return proof === undefined ? unsigned : markSignature(proof, part.signedBy, 'openai');
}

export function writeCallProof(callId: string, signature: string): string {
  return markSignature(`call.${callId}.${signature}`, 'gemini', 'openai');
}

export function readProof(text: string | undefined): Proof {
  if (text === undefined || text === '' || text === unsigned) return { kind: 'none' };
  const { signature, signedBy } = readSignature(text, 'openai');
  if (signedBy === 'anthropic' && signature.startsWith('redacted.'))
    return { kind: 'redacted', data: signature.slice('redacted.'.length), signedBy };
  // Signatures are base64, without a dot; ids of calls may be anything.
  const call = signedBy === 'gemini' ? /^call\.(.*)\.([^.]*)$/s.exec(signature) : null;
  if (call !== null) return { kind: 'call', callId: call[1] ?? '', signature: call[2] ?? '' };
  return { kind: 'signature', signature, signedBy };
}
