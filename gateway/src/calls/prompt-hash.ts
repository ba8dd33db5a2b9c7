import { createHash, hash } from 'node:crypto';
import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject } from '../dialects/neutral.ts';
import type { CallDecision } from '../usage/call-record.ts';
import type { ModelCall } from './model-call.ts';

/**
 * The decision of a call with the hash of its messages, by which a job sees that the same text came again. Only calls with a
 * task have one, and of those the ones that say whom they are for (a session, an end user or a scenario): two people who say "Hi" repeat nothing. The
 * secret is part of what is hashed, so nobody can guess a text from it; a quarter of the hash is kept, so nothing can be added to it either.
 */
export function withPromptHash(
  { secret }: { secret: string },
  decision: CallDecision | undefined,
  { body, outline, tags, wishes, json }: Pick<ModelCall, 'body' | 'outline' | 'tags' | 'wishes' | 'json'>,
): CallDecision | undefined {
  if (decision?.task === undefined) return decision;
  const prompt = outline.members.get('messages') ?? outline.members.get('input');
  if (prompt === undefined) return decision;
  const asker = wishes?.session || endUserOf(json);
  if (asker === undefined && tags.scenario === undefined) return decision;
  const begin = `${secret} ${decision.task} ${asker === undefined ? 'null' : JSON.stringify(asker)} `;
  return { ...decision, promptHash: hashOf(begin, body, prompt).slice(0, 16) };
}

/** Longer messages go into the hash as they came, without a copy beside them; of short ones a copy is the quicker way. */
const shortBytes = 16 * 1024;

function hashOf(
  begin: string,
  body: Buffer,
  { valueStart, valueEnd }: { valueStart: number; valueEnd: number },
): string {
  if (valueEnd - valueStart > shortBytes)
    return createHash('sha256').update(begin).update(body.subarray(valueStart, valueEnd)).digest('hex');
  const beginBytes = Buffer.byteLength(begin);
  const bytes = Buffer.allocUnsafe(beginBytes + valueEnd - valueStart);
  bytes.write(begin);
  body.copy(bytes, beginBytes, valueStart, valueEnd);
  return hash('sha256', bytes, 'hex');
}

/** The end user as vendors let a call name one: `safety_identifier` and `user` of OpenAI, `metadata.user_id` of Anthropic. */
function endUserOf({ safety_identifier: identifier, user, metadata }: JsonObject): string | undefined {
  return nameIn(identifier) ?? nameIn(user) ?? (isRecord(metadata) ? nameIn(metadata.user_id) : undefined);
}

function nameIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
