import { hash } from 'node:crypto';
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
  // As text, a character for each byte, it goes into the hash without a copy beside it.
  const messages = body.toString('latin1', prompt.valueStart, prompt.valueEnd);
  const keyed = `${secret} ${decision.task} ${JSON.stringify(asker ?? null)} ${messages}`;
  const promptHash = hash('sha256', keyed, 'hex').slice(0, 16);
  return { ...decision, promptHash };
}

/** The end user as vendors let a call name one: `safety_identifier` and `user` of OpenAI, `metadata.user_id` of Anthropic. */
function endUserOf({ safety_identifier: identifier, user, metadata }: JsonObject): string | undefined {
  const named = [identifier, user, isRecord(metadata) ? metadata.user_id : undefined];
  return named.find((one): one is string => typeof one === 'string' && one !== '');
}
