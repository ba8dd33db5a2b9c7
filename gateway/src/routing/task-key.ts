import { hash } from 'node:crypto';
import type { CallTags } from '../accounts/call-tags.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import { firstUserTextOf, systemTextOf } from './call-texts.ts';

/**
 * The unit of learning. No-code traffic names its task: by its prompt, else by what stays the same from call to call (system text,
 * tools, schema), else by the place it comes from (scenario and node). In hex; undefined where the call has none of these.
 */
export function taskKeyOf({
  call,
  prompt,
  tags,
}: {
  call: Pick<NeutralCall, 'messages' | 'tools' | 'output'>;
  prompt: { id: string } | undefined;
  tags: Pick<CallTags, 'scenario' | 'node'>;
}): string | undefined {
  if (prompt !== undefined) return taskOfPrompt(prompt.id);
  const system = systemTextOf(call);
  const { tools, output } = call;
  if (system !== '' || tools.length > 0 || output.kind === 'json-schema') {
    const schema = output.kind === 'json-schema' ? JSON.stringify(output.schema) : '';
    return keyOf(['text', system, ...tools.map(({ name }) => name), schema]);
  }
  if (tags.scenario !== undefined) return keyOf(['place', tags.scenario, tags.node ?? '']);
  return undefined;
}

export function taskOfPrompt(id: string): string {
  const known = tasksOfPrompts.get(id);
  if (known !== undefined) return known;
  const task = keyOf(['prompt', id]);
  if (tasksOfPrompts.size >= rememberedMax) tasksOfPrompts.clear();
  tasksOfPrompts.set(id, task);
  return task;
}

/** The same in every workspace: every call with a prompt asks for one. */
const tasksOfPrompts = new Map<string, string>();
const rememberedMax = 10_000;

/** Names the conversation where its caller does not: by what stays the same over its turns. */
export function conversationKeyOf(call: Pick<NeutralCall, 'messages' | 'tools'>): string {
  return keyOf(['conversation', systemTextOf(call), ...call.tools.map(({ name }) => name), firstUserTextOf(call)]);
}

/** Sixteen bytes are plenty within a workspace. Each part goes in with its length, so that no two lists read the same. */
function keyOf(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) text += `${part.length}:${part}`;
  return hash('sha256', text, 'hex').slice(0, 32);
}
