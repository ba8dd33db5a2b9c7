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
export function conversationKeyOf(call: ConversationCall): string {
  return keyOf(conversationPartsOf(call));
}

/**
 * The same for a process that only looks for conversations that it has seen itself: no other one needs to come to the same key. For a short
 * text it takes half the time of a digest, and with cold caches a fifth.
 */
export function localConversationKeyOf(call: ConversationCall): string {
  const parts = conversationPartsOf(call);
  let chars = 0;
  for (const part of parts) chars += part.length;
  return chars > quickCharsMax ? keyOf(parts) : quickKeyOf(parts);
}

type ConversationCall = Pick<NeutralCall, 'messages' | 'tools'>;

function conversationPartsOf(call: ConversationCall): string[] {
  const parts = ['conversation', systemTextOf(call)];
  for (const { name } of call.tools) parts.push(name);
  parts.push(firstUserTextOf(call));
  return parts;
}

/** Of longer texts the native digest is the quicker one. */
const quickCharsMax = 2_000;

/**
 * Sixty-four bits, mixed as in cyrb53 (https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js). Somebody who makes two
 * texts of one key has made two conversations of one client share a model, and no more.
 */
function quickKeyOf(parts: readonly string[]): string {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) {
      const code = part.charCodeAt(i);
      high = Math.imul(high ^ code, 2_654_435_761);
      low = Math.imul(low ^ code, 1_597_334_677);
    }
    // Each part goes in with its length behind it, as a number that is no character.
    high = Math.imul(high ^ (part.length + 0x10000), 2_654_435_761);
    low = Math.imul(low ^ (part.length + 0x10000), 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return `${high} ${low}`;
}

/** Sixteen bytes are plenty within a workspace. Each part goes in with its length, so that no two lists read the same. */
function keyOf(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) text += `${part.length}:${part}`;
  return hash('sha256', text, 'hex').slice(0, 32);
}
