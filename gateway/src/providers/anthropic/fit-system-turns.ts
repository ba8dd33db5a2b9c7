import { isRecord } from '@ai-gateway/shared/json';
import { changesIn, type ToolChange } from '../../dialects/messages-tools.ts';
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
  const config = turn?.output_config;
  return isRecord(config) ? config.effort : undefined;
}

/** The tools that are there after all changes by turns of the system; undefined where they change none. */
export function toolsAfter({ tools, messages }: JsonObject): JsonObject[] | undefined {
  if (!Array.isArray(messages)) return undefined;
  const changes = changesIn((messages as JsonObject[]).filter(({ role }) => role === 'system'));
  if (changes.length === 0) return undefined;
  const list = new Map<unknown, JsonObject>();
  for (const tool of Array.isArray(tools) ? (tools as JsonObject[]) : []) list.set(tool.name ?? tool, tool);
  for (const { name, definition } of changes) if (definition !== undefined) list.set(name, definition);
  const last = new Map<unknown, ToolChange>(changes.map((change) => [change.name, change]));
  return [...list].flatMap(([name, tool]) => {
    const change = last.get(name);
    if (change === undefined) return [tool];
    const { defer_loading: _, ...loaded } = tool;
    return change.offered ? [loaded] : [];
  });
}

function blocksOf(content: unknown): JsonObject[] {
  if (Array.isArray(content)) return content as JsonObject[];
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : [];
}
