import { hash } from 'node:crypto';
import type { CallDecision } from '../usage/call-record.ts';
import type { ModelCall } from './model-call.ts';

/**
 * The decision of a call with the hash of its messages, by which a job sees that the same text came again. Only calls with a task have one. The
 * secret is part of what is hashed, so nobody can guess a text from it; a quarter of the hash is kept, so nothing can be added to it either.
 */
export function withPromptHash(
  { secret }: { secret: string },
  decision: CallDecision | undefined,
  { body, outline }: Pick<ModelCall, 'body' | 'outline'>,
): CallDecision | undefined {
  if (decision?.task === undefined) return decision;
  const prompt = outline.members.get('messages') ?? outline.members.get('input');
  if (prompt === undefined) return decision;
  const messages = body.subarray(prompt.valueStart, prompt.valueEnd);
  const keyed = Buffer.concat([Buffer.from(`${secret} ${decision.task} `), messages]);
  const promptHash = hash('sha256', keyed, 'hex').slice(0, 16);
  return { ...decision, promptHash };
}
