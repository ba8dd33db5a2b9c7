import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { NeutralCall, Part } from '../dialects/neutral.ts';
import { likelyInputTokens } from '../models/count-tokens.ts';
import type { Strength } from '../providers/define-provider.ts';
import { type Guess, guessType, instructionsOf } from './guess-type.ts';
import { isShallow } from './schema-shape.ts';
import { type TaskType, unclear } from './task-types.ts';
import { TopicHead, type TopicsFile } from './topic-head.ts';

/** The kind of work a call asks for, and the class that does it where nobody has measured. */
export interface Work {
  /** The id of a task type. */
  topic: string;
  /** As people read it: "classification goes to small models". */
  label: string;
  class: Strength;
}

export type WorkCall = Pick<NeutralCall, 'messages' | 'tools' | 'toolChoice' | 'output' | 'reasoning' | 'onlyNative'>;

/** Longer than this is work for the strong class, whatever is asked. */
const longTokens = 4_000;
/** A rewriting, a translation or a correction of a longer text is not short. */
const shortTokens = 1_500;
const ofWholeText: readonly string[] = ['translate', 'rewrite', 'proofread', 'reformat'];
/** The least probability that a text asks for something small; chosen on templates that are held out. */
export const surely = 0.75;
/** The least probability of a single type. */
const likely = 0.5;

/** Pure; asked once for each call to `auto`. */
export function workOf(call: WorkCall, inputTokensMax: number): Work {
  const tokens = likelyInputTokens(call, inputTokensMax);
  const found = guessType(shippedHead, instructionsOf(call));
  const { type } = found;
  const hard = (label: string): Work => ({ topic: type.id, label, class: 'strong' });
  if (tokens > longTokens) return hard('a long text');
  if (isThinking(call)) return hard('a task with reasoning');
  if (call.onlyNative.length > 0) return hard('work with hosted tools');
  if (hasMedia(call)) return hard('work on pictures and documents');
  if (call.tools.length > 0 && call.toolChoice?.kind !== 'none') return workWithTools(call, found);
  if (call.output.kind === 'json-schema' && type.class === 'strong' && (type === unclear || found.probability < likely))
    return isShallow(call.output.schema)
      ? { topic: 'extract', label: 'extraction into a schema', class: 'small' }
      : hard('a deep schema');
  if (type.class === 'strong' || found.smallProbability < surely)
    return ofType(type.class === 'strong' ? type : unclear);
  if (ofWholeText.includes(type.id) && tokens > shortTokens) return hard('a long text');
  return ofType(type);
}

/** One tool with plain arguments is filled in like a form; more of them are work in several steps. */
function workWithTools({ tools: [tool, ...more] }: WorkCall, { type, probability }: Guess): Work {
  if (tool === undefined || more.length > 0 || !isShallow(tool.parameters))
    return { topic: 'agent', label: 'work in several steps', class: 'strong' };
  if (type.class === 'strong' && type !== unclear && probability >= likely) return ofType(type);
  return { topic: 'tool', label: 'work with one simple tool', class: 'small' };
}

function ofType({ id, label, class: strength }: TaskType): Work {
  return { topic: id, label, class: strength };
}

export const shippedHead = new TopicHead(
  JSON.parse(readFileSync(fileURLToPath(new URL('./topics.json', import.meta.url)), 'utf8')) as TopicsFile,
);

/** The caller asks the model to think: such a task is not an easy one to them. */
export function isThinking({ reasoning }: Pick<NeutralCall, 'reasoning'>): boolean {
  if (reasoning === undefined) return false;
  const { effort, budgetTokens } = reasoning;
  return effort === undefined
    ? budgetTokens !== undefined && budgetTokens > 0
    : effort !== 'none' && effort !== 'minimal' && effort !== 'low';
}

function hasMedia(call: Pick<NeutralCall, 'messages'>): boolean {
  return call.messages.some(({ parts }) => parts.some(isMedia));
}

function isMedia(part: Part): boolean {
  if (part.kind === 'tool-result') return part.content.some(isMedia);
  return part.kind === 'image' || part.kind === 'file' || part.kind === 'file-url' || part.kind === 'audio';
}
