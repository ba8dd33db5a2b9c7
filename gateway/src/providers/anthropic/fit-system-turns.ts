import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject } from '../../dialects/neutral.ts';
import { clearing, setsEffort } from '../../dialects/system-turns.ts';
import { resultsFirst } from './anthropic-turns.ts';

/** Their text is the user's, where it stands: at the head of the conversation, it would make the vendor's cache of all that follows useless. */
export function withoutSystemTurns(turns: JsonObject[]): JsonObject[] {
  if (!turns.some(({ role }) => role === 'system')) return turns;
  const fitted: JsonObject[] = [];
  const isCleared = clearing(turns);
  for (const { role, content } of turns.filter((turn, i) => !isCleared(turn, i))) {
    const blocks = blocksOf(content).filter(({ type }) => role !== 'system' || type === 'text');
    const owner = role === 'system' ? 'user' : role;
    const last = fitted.at(-1);
    if (blocks.length === 0) continue;
    if (last !== undefined && last.role === owner) last.content = resultsFirst([...blocksOf(last.content), ...blocks]);
    else fitted.push({ role: owner, content: blocks });
  }
  return fitted;
}

/** The effort the last turn with one sets. */
export function effortSetIn(turns: unknown): unknown {
  const turn = Array.isArray(turns) ? (turns as JsonObject[]).findLast(setsEffort) : undefined;
  return isRecord(turn?.output_config) ? turn.output_config.effort : undefined;
}

function blocksOf(content: unknown): JsonObject[] {
  if (Array.isArray(content)) return content as JsonObject[];
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : [];
}
