import type { OutputOf } from '@ai-gateway/shared/contract';
import type { Caller } from '../accounts/api-key.ts';
import { seesMargin } from '../accounts/own-tags.ts';
import { unseal } from '../accounts/seal.ts';

/** The score of a call as it is stored. */
export interface StoredOpinion {
  call_id: string;
  name: string;
  score: number;
  sealed_comment: Buffer | null;
  key_id: string;
  /** Of the key or the person. */
  by_name: string | null;
  at: Date;
}

/** The context that a comment is sealed with: it opens at its own call and name only. */
export function commentContext(place: { workspaceId: string; callId: string; name: string }): string[] {
  return ['feedback', place.workspaceId, place.callId, place.name];
}

/** The workspace reads all comments and who sent them; a key of a client, or one that only calls models, reads what it sent itself. */
export function describeOpinion(
  secret: string,
  caller: Caller,
  { call_id: callId, name, score, sealed_comment: sealed, key_id: keyId, by_name: byName, at }: StoredOpinion,
): OutputOf<'usage.request'>['feedback'][number] {
  const isShown = seesMargin(caller) || keyId === caller.keyId;
  const context = commentContext({ workspaceId: caller.workspaceId, callId, name });
  const comment = isShown && sealed !== null ? unseal(secret, sealed, context).toString('utf8') : null;
  return { name, score, comment, by: isShown ? { id: keyId, name: byName } : null, created_at: at.toISOString() };
}
