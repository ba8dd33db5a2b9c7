import { fromErrorBody } from '@ai-gateway/shared/errors';
import { isRecord } from '@ai-gateway/shared/json';
import type { INode } from 'n8n-workflow';
import { apiError } from '../api-error.ts';
import { Unreachable } from '../explain-refusal.ts';

/**
 * A failed attempt of an agent’s model, in the words of the node: n8n shows an error of its own kind as it is, and wraps any other with
 * a headline that says too little (`makeN8nLlmFailedAttemptHandler` of @n8n/ai-utilities 0.31).
 */
export function failedAttempt(node: INode): (error: unknown) => void {
  return (error) => {
    const explained = explanationOf(error);
    if (explained !== undefined) throw apiError(node, explained);
  };
}

/** The client of OpenAI keeps the answer’s `error` and its status beside its own message; without a status nothing was answered. */
function explanationOf(error: unknown): unknown {
  if (!isRecord(error)) return undefined;
  const { status, error: body, requestID } = error;
  if (typeof status === 'number')
    return fromErrorBody({ error: body }, { status, requestId: typeof requestID === 'string' ? requestID : undefined });
  return /^connection error|timed out/i.test(String(error.message)) ? new Unreachable(error) : undefined;
}
