import { likelyInputTokens } from '../models/count-tokens.ts';
import type { Decision } from '../routing/decide.ts';
import type { CompletionPorts } from './completion-ports.ts';
import type { RunningCall } from './settle-call.ts';

/** Remembers the model that answers a conversation, so that `auto` goes on with it. */
export function noteSession(
  { callSessions }: Pick<CompletionPorts, 'callSessions'>,
  { auto }: Pick<Decision, 'auto'>,
  { candidate, call, createdAtMs }: Pick<RunningCall, 'candidate' | 'call' | 'createdAtMs'>,
  inputTokensMax: number,
): void {
  if (auto === undefined || candidate === undefined) return;
  const { account, model } = candidate;
  const inputTokens = likelyInputTokens(call, inputTokensMax);
  callSessions.note(auto.sessionKey, { account, model, inputTokens, atMs: createdAtMs });
}
