import type { JsonObject, Message, NeutralCall, ReasoningEffort } from '../../dialects/neutral.ts';
import type { ClaudeModel, ClaudeThinking } from './anthropic-model.ts';

/** A call's wish for reasoning, in the words of one Claude. */
export interface ThinkingPlan {
  /** Will it think? Then the answer shares its ceiling with thoughts, and sampling is not the caller's. */
  thinks: boolean;
  /** False where the caller asked for what this model, or this call, does not allow. */
  honoured: boolean;
  thinking?: JsonObject;
  effort?: string;
}

/** `forced`: a call of a tool is forced, which Anthropic refuses together with thinking that was asked for. */
export function planThinking(
  call: NeutralCall,
  { thinking }: Pick<ClaudeModel, 'thinking'>,
  { forced, ceiling }: { forced: boolean; ceiling: number },
): ThinkingPlan {
  const none = call.reasoning?.effort === 'none';
  const asked = asksToThink(call);
  if (thinking.kind === 'none') return { thinks: false, honoured: !asked };
  if (thinking.kind === 'budget') {
    if (!asked) return { thinks: false, honoured: true };
    const hindered = forced || isPrefilled(call) || continuesCallWithoutThoughts(call);
    const budget = hindered ? undefined : budgetOf(call, ceiling);
    if (budget === undefined) return { thinks: false, honoured: false };
    return { thinks: true, honoured: true, thinking: { type: 'enabled', budget_tokens: budget } };
  }
  if (none) return withoutThoughts(thinking.off);
  const byDefault = thinking.off !== 'unasked';
  if (!asked || (forced && !byDefault)) return { thinks: byDefault, honoured: !asked };
  return {
    thinks: true,
    honoured: true,
    effort: effortOf(call, thinking.xhigh),
    // Newer ones leave the words of their thoughts out unless asked for them.
    ...(forced ? {} : { thinking: { type: 'adaptive', display: 'summarized' } }),
  };
}

/** Will thoughts take their share of the answer's tokens? Asked before the ceiling, on which a budget depends, is known. */
export function expectsThoughts(call: NeutralCall, { thinking }: Pick<ClaudeModel, 'thinking'>): boolean {
  if (thinking.kind === 'none' || call.reasoning?.effort === 'none') return false;
  return asksToThink(call) || (thinking.kind === 'adaptive' && thinking.off !== 'unasked');
}

function asksToThink({ reasoning }: NeutralCall): boolean {
  if (reasoning?.effort === 'none') return false;
  return reasoning?.effort !== undefined || reasoning?.budgetTokens !== undefined;
}

function withoutThoughts(off: Extract<ClaudeThinking, { kind: 'adaptive' }>['off']): ThinkingPlan {
  switch (off) {
    case 'unasked':
      return { thinks: false, honoured: true };
    case 'disabled':
      return { thinks: false, honoured: true, thinking: { type: 'disabled' } };
    case 'between_tools':
      // The least there is: short notes between calls of tools, no thought before the answer.
      return { thinks: true, honoured: true, thinking: { type: 'between_tools' } };
    case 'never':
      return { thinks: true, honoured: false, effort: 'low' };
  }
}

/** The least Anthropic takes as a thinking budget. */
const budgetMin = 1_024;
const budgets: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 1_024,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_000,
};

/** Undefined under a ceiling too low to think below; a fifth of it at least is left for the answer itself. */
function budgetOf({ reasoning }: NeutralCall, ceiling: number): number | undefined {
  const wanted = reasoning?.budgetTokens ?? budgets[reasoning?.effort ?? 'none'];
  const most = Math.floor(ceiling * 0.8);
  return most < budgetMin ? undefined : Math.max(budgetMin, Math.min(wanted, most));
}

/** Anthropic refuses thinking together with the beginning of an answer. */
function isPrefilled({ messages }: NeutralCall): boolean {
  return messages.findLast(({ role }) => role !== 'system')?.role === 'assistant';
}

/**
 * "When `thinking` is enabled, a final `assistant` message must start with a thinking block": a turn that called tools and
 * whose thoughts were lost, or another vendor's, can only be finished without thinking. A turn is all that is said and called
 * up to the user's next words; Claude thinks at its beginning, and need not before its later calls.
 */
export function continuesCallWithoutThoughts({ messages }: Pick<NeutralCall, 'messages'>): boolean {
  let turn: Message[] = [];
  let hasResults = false;
  for (const message of messages) {
    if (message.role === 'system') continue;
    if (message.role === 'assistant') {
      turn.push(message);
      hasResults = false;
    } else if (message.parts.some(({ kind }) => kind === 'tool-result')) hasResults = true;
    else if (!hasResults) turn = [];
  }
  return hasResults && turn.length > 0 && !turn.some(hasThoughts);
}

/** Only what Claude itself has signed counts. */
function hasThoughts({ parts }: Message): boolean {
  return parts.some(
    (part) =>
      part.kind === 'reasoning' &&
      part.signedBy === 'anthropic' &&
      (part.signature !== undefined || part.redacted !== undefined),
  );
}

function effortOf({ reasoning }: NeutralCall, xhigh: boolean): string {
  const { effort, budgetTokens = 0 } = reasoning ?? {};
  if (effort === undefined) return budgetTokens < 4_096 ? 'low' : budgetTokens < 16_384 ? 'medium' : 'high';
  if (effort === 'minimal') return 'low';
  return effort === 'xhigh' && !xhigh ? 'high' : effort;
}
