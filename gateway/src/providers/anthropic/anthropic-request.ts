import { createHash } from 'node:crypto';
import type { JsonObject, NeutralCall, Tool, ToolChoice } from '../../dialects/neutral.ts';
import type { Target } from '../adapter.ts';
import { droppedExtras, droppedOf, droppedStrict } from '../dropped.ts';
import { asObject } from '../read-json.ts';
import { type ClaudeModel, claudeModel } from './anthropic-model.ts';
import { anthropicSchema, fitsAnthropic } from './anthropic-schema.ts';
import { expectsThoughts, planThinking } from './anthropic-thinking.ts';
import { anthropicTurns, cacheMark } from './anthropic-turns.ts';

/** Anthropic demands a ceiling. Callers of other dialects who give none expect an answer that is not cut: it is set to a long one. */
const defaultMaxTokens = 16_384;
/** Room for thoughts beside the answer, where the caller set no ceiling. */
const thoughtsRoom = 16_384;
/** The tool that carries a schema to models without structured output; its input is the answer. */
export const schemaTool = 'gateway_answer_in_json';

/** How the answer to `output: json-schema` is asked for. */
type SchemaWay = 'native' | 'tool' | 'words' | 'none';

function schemaWay(call: NeutralCall, { schemas, forcedTools }: ClaudeModel): SchemaWay {
  // A tool the caller forces is the answer; the schema has no say in it.
  if (call.output.kind !== 'json-schema' || call.toolChoice?.kind === 'tool') return 'none';
  if (schemas && fitsAnthropic(call.output.schema)) return 'native';
  if (!forcedTools) return 'words';
  // Nor where one of the caller's own must be called: the schema's tool would do as well as any.
  return call.toolChoice?.kind === 'required' && call.tools.length > 0 ? 'none' : 'tool';
}

/** Anthropic makes one grammar of all strict schemas, and refuses the call where it grows too large: seven small tools did. */
const strictToolsMax = 5;

/** Can Claude be held to the schema of every tool that asks for it? */
function keepsStrictly({ tools, output }: NeutralCall, way: SchemaWay, { schemas }: ClaudeModel): boolean {
  const strict = tools.flatMap((tool) => (tool.strict ? [objectSchema(tool.parameters)] : []));
  if (!schemas || strict.length === 0 || strict.length > strictToolsMax) return false;
  return fitsAnthropic(...strict, ...(way === 'native' && output.kind === 'json-schema' ? [output.schema] : []));
}

export function messagesRequest(call: NeutralCall, target: Target): { body: JsonObject; dropped: string[] } {
  const model = claudeModel(target.model);
  const way = schemaWay(call, model);
  const strict = keepsStrictly(call, way, model);
  const tools = toolFields(call, { way, strict, model });
  const ceiling = ceilingOf(call, model);
  const plan = planThinking(call, model, { forced: tools.forced, ceiling });
  const stops = call.stop.filter((stop) => stop.trim() !== '');
  const unsampled = !model.sampling || plan.thinks;
  const temperature = call.temperature === undefined || unsampled ? undefined : Math.min(call.temperature, 1);
  const output = {
    ...(way === 'native' && call.output.kind === 'json-schema'
      ? { format: { type: 'json_schema', schema: anthropicSchema(call.output.schema) } }
      : {}),
    ...(plan.effort === undefined ? {} : { effort: plan.effort }),
  };
  const system = systemOf(call, way);
  const body: JsonObject = {
    model: target.model,
    max_tokens: ceiling,
    messages: anthropicTurns(call.messages, model),
    ...(system === undefined ? {} : { system }),
    ...tools.fields,
    ...(Object.keys(output).length === 0 ? {} : { output_config: output }),
    ...(temperature === undefined ? {} : { temperature }),
    // Newer Claudes refuse both at once.
    ...(call.topP === undefined || temperature !== undefined || unsampled ? {} : { top_p: call.topP }),
    ...(call.topK === undefined || unsampled ? {} : { top_k: call.topK }),
    ...(stops.length === 0 ? {} : { stop_sequences: stops }),
    ...(plan.thinking === undefined ? {} : { thinking: plan.thinking }),
    ...(call.user === undefined ? {} : { metadata: { user_id: shortUser(call.user) } }),
    ...(call.stream ? { stream: true } : {}),
  };
  const dropped = [
    ...droppedOf(call, [
      'seed',
      'frequencyPenalty',
      'presencePenalty',
      'logprobs',
      'topLogprobs',
      'choices',
      'serviceTier',
    ]),
    ...(unsampled
      ? droppedOf(call, ['temperature', 'topP', 'topK'])
      : temperature !== call.temperature
        ? droppedOf(call, ['temperature'])
        : []),
    ...(temperature !== undefined ? droppedOf(call, ['topP']) : []),
    ...(call.output.kind === 'json-schema' && way === 'none' ? droppedOf(call, ['output']) : []),
    ...(plan.honoured ? [] : droppedOf(call, ['reasoning'])),
    ...(tools.honoured ? [] : droppedOf(call, ['toolChoice'])),
    ...(strict ? [] : droppedStrict(call, call.tools)),
    ...(stops.length < call.stop.length ? droppedOf(call, ['stop']) : []),
    ...droppedExtras(call),
  ];
  return { body, dropped };
}

/** Anthropic takes an id of at most 256 characters; a hash still tells people apart. */
function shortUser(user: string): string {
  return user.length <= 256 ? user : createHash('sha256').update(user).digest('hex');
}

/** Thoughts count as answer: a ceiling the caller did not set has room for them, one he did set keeps room beside them. */
function ceilingOf(call: NeutralCall, model: ClaudeModel): number {
  const thoughts = expectsThoughts(call, model) ? Math.max(thoughtsRoom, call.reasoning?.budgetTokens ?? 0) : 0;
  return Math.min(call.maxTokens ?? defaultMaxTokens + thoughts, model.answerTokensMax);
}

function systemOf(call: NeutralCall, way: SchemaWay): string | JsonObject[] | undefined {
  const parts = call.messages.flatMap(({ role, parts }) => (role === 'system' ? parts : []));
  const texts = parts.flatMap((part) => (part.kind === 'text' && part.text !== '' ? [part] : []));
  const json = jsonWords(call, way);
  if (texts.length + json.length === 0) return undefined;
  if (texts.every(({ cacheControl }) => cacheControl === undefined))
    return [...texts.map(({ text }) => text), ...json].join('\n\n');
  return [
    ...texts.map(({ text, cacheControl }) => ({ type: 'text', text, ...cacheMark(cacheControl) })),
    ...json.map((text) => ({ type: 'text', text })),
  ];
}

const onlyJson = 'Answer with one JSON object and nothing else: no code fence, no words around it.';

function jsonWords({ output }: NeutralCall, way: SchemaWay): string[] {
  if (output.kind === 'json') return [onlyJson];
  return output.kind === 'json-schema' && way === 'words'
    ? [`${onlyJson} It must be valid by this JSON Schema: ${JSON.stringify(output.schema)}`]
    : [];
}

interface ToolFields {
  fields: JsonObject;
  /** A call is forced. */
  forced: boolean;
  /** False where the caller forces a call and this Claude lets nobody. */
  honoured: boolean;
}

function toolFields(
  call: NeutralCall,
  { way, strict, model: { forcedTools } }: { way: SchemaWay; strict: boolean; model: ClaudeModel },
): ToolFields {
  const tools = call.tools.map((tool) => writeTool(tool, strict && tool.strict === true));
  if (way === 'tool' && call.output.kind === 'json-schema') {
    const description =
      'Gives the final answer. Call this tool, with the answer as its input, instead of answering in text.';
    tools.push({ name: schemaTool, description, input_schema: objectSchema(call.output.schema) });
    // With tools of the caller's own the model must be free to call those first, unless it may call none.
    const choice =
      call.tools.length === 0 || call.toolChoice?.kind === 'none'
        ? { type: 'tool', name: schemaTool, disable_parallel_tool_use: true }
        : { type: 'any', ...single(call) };
    return { fields: { tools, tool_choice: choice }, forced: true, honoured: true };
  }
  if (tools.length === 0) return { fields: {}, forced: false, honoured: true };
  const choice = call.toolChoice ?? (call.parallelToolCalls === false ? { kind: 'auto' as const } : undefined);
  const forced = choice?.kind === 'required' || choice?.kind === 'tool';
  const honoured = forcedTools || !forced;
  return {
    fields: { tools, ...(choice === undefined ? {} : { tool_choice: writeChoice(call, choice, honoured) }) },
    forced: forced && honoured,
    honoured,
  };
}

function writeChoice(call: NeutralCall, choice: ToolChoice, honoured: boolean): JsonObject {
  if (choice.kind === 'none') return { type: 'none' };
  if (choice.kind === 'auto' || !honoured) return { type: 'auto', ...single(call) };
  return choice.kind === 'tool'
    ? { type: 'tool', name: choice.name, ...single(call) }
    : { type: 'any', ...single(call) };
}

function single({ parallelToolCalls }: NeutralCall): JsonObject {
  return parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
}

function writeTool(tool: Tool, strict: boolean): JsonObject {
  const schema = objectSchema(tool.parameters);
  return {
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    input_schema: strict ? anthropicSchema(schema) : schema,
    ...(strict ? { strict } : {}),
    ...cacheMark(tool.cacheControl),
  };
}

/** Anthropic wants `type: object` at the top. */
function objectSchema(schema: JsonObject): JsonObject {
  return asObject(schema)?.type === 'object' ? schema : { ...schema, type: 'object' };
}
