import type { JsonObject, Message, NeutralCall, Part, Tool } from '../dialects/neutral.ts';
import type { Target } from './adapter.ts';
import { anthropicSchema } from './anthropic-schema.ts';
import { droppedExtras, droppedOf } from './dropped.ts';
import { asObject, parseObject } from './openai-answer.ts';

/** Anthropic demands a ceiling; what callers of other dialects leave out is set to what every Claude can answer. */
const defaultMaxTokens = 4_096;
/** The least Anthropic takes as a thinking budget. */
const thinkingMin = 1_024;
/** The tool that carries a schema to models without structured output; its input is the answer. */
export const schemaTool = 'gateway_answer_in_json';

/** How the answer to `output: json-schema` is asked for. */
export type SchemaWay = 'native' | 'tool' | 'none';

/** Claude 4.5 and later take a schema themselves. */
export function schemaWay(call: NeutralCall, model: string): SchemaWay {
  // A tool the caller forces is the answer; the schema has no say in it.
  if (call.output.kind !== 'json-schema' || call.toolChoice?.kind === 'tool') return 'none';
  return /claude-(opus|sonnet|haiku)-(4-[5-9]|[5-9])|claude-fable/.test(model) ? 'native' : 'tool';
}

/** Claude 3.7 and later think. */
function thinks(model: string): boolean {
  return /claude-(3-7|(opus|sonnet|haiku)-[4-9]|fable)/.test(model);
}

/** From Opus 4.7 on Claude decides itself how long to think, takes an effort for a budget, and no sampling parameters. */
function thinksByItself(model: string): boolean {
  return /claude-(opus-4-[7-9]|(opus|sonnet|haiku)-[5-9]|fable)/.test(model);
}

export function messagesRequest(call: NeutralCall, target: Target): { body: JsonObject; dropped: string[] } {
  const way = schemaWay(call, target.model);
  const ceiling = call.maxTokens ?? target.maxOutputTokens ?? defaultMaxTokens;
  const thinking = thinkingOf(call, target.model, ceiling, way);
  const stops = call.stop.filter((stop) => stop.trim() !== '');
  const byItself = thinksByItself(target.model);
  const unsampled = byItself || thinking !== undefined;
  const temperature = call.temperature === undefined || unsampled ? undefined : Math.min(call.temperature, 1);
  const output = {
    ...(way === 'native' && call.output.kind === 'json-schema'
      ? { format: { type: 'json_schema', schema: anthropicSchema(call.output.schema) } }
      : {}),
    ...(byItself && thinking !== undefined ? { effort: effortOf(call) } : {}),
  };
  const system = systemOf(call);
  const body: JsonObject = {
    model: target.model,
    // Thoughts count as answer: a ceiling the caller did not set grows by them, one he did set keeps room beside them.
    max_tokens: thinking === undefined || call.maxTokens !== undefined ? ceiling : ceiling + thinking,
    messages: writeTurns(call.messages),
    ...(system === undefined ? {} : { system }),
    ...toolFields(call, way),
    ...(Object.keys(output).length === 0 ? {} : { output_config: output }),
    ...(temperature === undefined ? {} : { temperature }),
    // Newer Claudes refuse both at once.
    ...(call.topP === undefined || temperature !== undefined || unsampled ? {} : { top_p: call.topP }),
    ...(call.topK === undefined || unsampled ? {} : { top_k: call.topK }),
    ...(stops.length === 0 ? {} : { stop_sequences: stops }),
    ...(thinking === undefined
      ? {}
      : { thinking: byItself ? { type: 'adaptive' } : { type: 'enabled', budget_tokens: thinking } }),
    ...(call.user === undefined ? {} : { metadata: { user_id: call.user } }),
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
    ...(thinking === undefined && call.reasoning?.effort !== 'none' && asksToThink(call)
      ? droppedOf(call, ['reasoning'])
      : []),
    ...(stops.length < call.stop.length ? droppedOf(call, ['stop']) : []),
    ...droppedExtras(call),
  ];
  return { body, dropped };
}

/** In the words Claude's newer models take; a budget becomes the nearest. */
function effortOf({ reasoning }: NeutralCall): string {
  const { effort, budgetTokens = 0 } = reasoning ?? {};
  if (effort !== undefined && effort !== 'none') return effort === 'minimal' ? 'low' : effort;
  return budgetTokens < 4_096 ? 'low' : budgetTokens < 16_384 ? 'medium' : 'high';
}

function asksToThink({ reasoning }: NeutralCall): boolean {
  return reasoning?.effort !== undefined || reasoning?.budgetTokens !== undefined;
}

const budgets = {
  none: undefined,
  minimal: 1_024,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_000,
} as const;

/**
 * The thinking budget, or undefined for none: a model that cannot, a forced tool (Anthropic refuses both together), a ceiling
 * too low to think below, or a conversation whose last tool call came without the thoughts that led to it.
 */
function thinkingOf(call: NeutralCall, model: string, ceiling: number, way: SchemaWay): number | undefined {
  if (!asksToThink(call) || !thinks(model) || way === 'tool') return undefined;
  if (call.toolChoice?.kind === 'tool' || call.toolChoice?.kind === 'required') return undefined;
  const wanted = call.reasoning?.budgetTokens ?? budgets[call.reasoning?.effort ?? 'none'];
  if (wanted === undefined || continuesToolCallWithoutThoughts(call)) return undefined;
  if (call.maxTokens === undefined) return Math.max(thinkingMin, wanted);
  // A fifth at least is left for the answer itself.
  const most = Math.min(ceiling - 1, Math.floor(ceiling * 0.8));
  return most < thinkingMin ? undefined : Math.max(thinkingMin, Math.min(wanted, most));
}

function continuesToolCallWithoutThoughts({ messages }: NeutralCall): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant');
  const endsWithResult = messages.at(-1)?.parts.some(({ kind }) => kind === 'tool-result') ?? false;
  return (
    endsWithResult &&
    last !== undefined &&
    !last.parts.some((part) => part.kind === 'reasoning' && part.signedBy === 'anthropic')
  );
}

function systemOf(call: NeutralCall): string | JsonObject[] | undefined {
  const parts = call.messages.flatMap(({ role, parts }) => (role === 'system' ? parts : []));
  const texts = parts.flatMap((part) => (part.kind === 'text' && part.text !== '' ? [part] : []));
  const json =
    call.output.kind === 'json'
      ? ['Answer with one JSON object and nothing else: no code fence, no words around it.']
      : [];
  if (texts.length + json.length === 0) return undefined;
  if (texts.every(({ cacheControl }) => cacheControl === undefined))
    return [...texts.map(({ text }) => text), ...json].join('\n\n');
  return [
    ...texts.map(({ text, cacheControl }) => ({ type: 'text', text, ...cached(cacheControl) })),
    ...json.map((text) => ({ type: 'text', text })),
  ];
}

/** User and assistant turns in strict alternation, beginning with the user; results of tools stand first in the user's turn. */
function writeTurns(messages: readonly Message[]): JsonObject[] {
  const turns: { role: 'user' | 'assistant'; content: JsonObject[] }[] = [];
  for (const message of messages) {
    if (message.role === 'system') continue;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const blocks = message.parts.flatMap(writeBlock);
    if (blocks.length === 0) continue;
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else turns.push({ role, content: blocks });
  }
  for (const turn of turns) {
    if (turn.role === 'user')
      turn.content.sort((a, b) => Number(b.type === 'tool_result') - Number(a.type === 'tool_result'));
  }
  if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [{ type: 'text', text: '.' }] });
  const final = turns.at(-1);
  const text = final?.content.at(-1);
  // A prefilled answer must not end in white space.
  if (final?.role === 'assistant' && text?.type === 'text') text.text = String(text.text).trimEnd();
  return turns;
}

function writeBlock(part: Part): JsonObject[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      // Empty text blocks are refused.
      return part.text.trim() === ''
        ? []
        : [{ type: 'text', text: part.text, ...cached('cacheControl' in part ? part.cacheControl : undefined) }];
    case 'image': {
      const source =
        part.source.kind === 'url'
          ? { type: 'url', url: part.source.url }
          : { type: 'base64', media_type: part.source.mediaType, data: part.source.data };
      return [{ type: 'image', source, ...cached(part.cacheControl) }];
    }
    case 'file':
      // Only PDF goes as base64; plain text goes as text.
      if (part.mediaType === 'text/plain') {
        const data = Buffer.from(part.data, 'base64').toString('utf8');
        return [
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data }, ...cached(part.cacheControl) },
        ];
      }
      return [
        {
          type: 'document',
          source: { type: 'base64', media_type: part.mediaType, data: part.data },
          ...(part.filename === undefined ? {} : { title: part.filename }),
          ...cached(part.cacheControl),
        },
      ];
    case 'reasoning':
      if (part.signedBy !== 'anthropic') return [];
      if (part.redacted !== undefined) return [{ type: 'redacted_thinking', data: part.redacted }];
      return part.signature === undefined ? [] : [{ type: 'thinking', thinking: part.text, signature: part.signature }];
    case 'tool-call':
      // Arguments that are not JSON (a cut answer) are handed back as what they are: text.
      return [
        {
          type: 'tool_use',
          id: toolId(part.id),
          name: part.name,
          input: parseObject(part.arguments) ?? { arguments: part.arguments },
          ...cached(part.cacheControl),
        },
      ];
    case 'tool-result': {
      const content = part.content.flatMap(writeBlock);
      return [
        {
          type: 'tool_result',
          tool_use_id: toolId(part.toolCallId),
          ...(content.length === 0 ? {} : { content }),
          ...(part.isError ? { is_error: true } : {}),
          ...cached(part.cacheControl),
        },
      ];
    }
  }
}

/** Anthropic takes letters, digits, `_` and `-` in ids of tool calls. */
function toolId(id: string): string {
  return id.replace(/[^a-zA-Z0-9_-]/g, '_');
}

function cached(cacheControl: unknown): JsonObject {
  return cacheControl === undefined || cacheControl === null ? {} : { cache_control: cacheControl };
}

function toolFields(call: NeutralCall, way: SchemaWay): JsonObject {
  const tools = call.tools.map(writeTool);
  if (way === 'tool' && call.output.kind === 'json-schema') {
    const description =
      'Gives the final answer. Call this tool, with the answer as its input, instead of answering in text.';
    tools.push({ name: schemaTool, description, input_schema: objectSchema(call.output.schema) });
    // With tools of the caller's own the model must be free to call those first.
    return { tools, tool_choice: call.tools.length === 0 ? { type: 'tool', name: schemaTool } : { type: 'any' } };
  }
  if (tools.length === 0) return {};
  const single = call.parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  const choice = call.toolChoice ?? (call.parallelToolCalls === false ? { kind: 'auto' as const } : undefined);
  if (choice === undefined) return { tools };
  switch (choice.kind) {
    case 'none':
      return { tools, tool_choice: { type: 'none' } };
    case 'auto':
      return { tools, tool_choice: { type: 'auto', ...single } };
    case 'required':
      return { tools, tool_choice: { type: 'any', ...single } };
    case 'tool':
      return { tools, tool_choice: { type: 'tool', name: choice.name, ...single } };
  }
}

function writeTool(tool: Tool): JsonObject {
  return {
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    input_schema: objectSchema(tool.parameters),
    ...cached(tool.cacheControl),
  };
}

/** Anthropic wants `type: object` at the top. */
function objectSchema(schema: JsonObject): JsonObject {
  return asObject(schema)?.type === 'object' ? schema : { ...schema, type: 'object' };
}
