import { efforts, markNative, optional } from './chat-read.ts';
import { citationWishes, readBlocks } from './messages-blocks.ts';
import { readTools } from './messages-tools.ts';
import type { JsonObject, Message, NeutralCall, OutputFormat, Part, ToolChoice } from './neutral.ts';
import {
  needMessages,
  needObject,
  needString,
  readBoolean,
  readChoice,
  readModel,
  readNumber,
  readObject,
  readStops,
  readString,
  tokensRange,
  without,
  wrong,
} from './read-fields.ts';
import { clearing, setsEffort } from './system-turns.ts';

const read = new Set([
  'model',
  'messages',
  'system',
  'stream',
  'tools',
  'tool_choice',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
  'service_tier',
  'fallback_models',
  'response_cache',
  'thread',
]);

/** An Anthropic messages request. Of `metadata`, `user_id` is Anthropic's; the rest is the gateway's tags, read elsewhere. */
export function readMessages(body: JsonObject): NeutralCall {
  const native: string[] = [];
  const model = readModel(body.model);
  const list = needMessages(body);
  const turns = list.map((item, i) => needObject(item, `messages[${i}]`));
  const isCleared = clearing(turns);
  const messages = turns.flatMap((turn, i) =>
    turn.role === 'system'
      ? isCleared(turn, i)
        ? []
        : readSystemTurn(turn.content, `messages[${i}].content`, native)
      : [readMessage(turn, `messages[${i}]`, native)],
  );
  // A thread's earlier messages are kept by Anthropic: without it, the rest of the conversation would be missing.
  if (readObject(body.thread, 'thread') !== undefined) markNative(native, 'thread');
  const maxTokens = readMaxTokens(body.max_tokens);
  const system = readSystem(body.system, native);
  return {
    dialect: 'messages',
    model,
    stream: readBoolean(body.stream, 'stream') ?? false,
    streamUsage: true,
    messages: [...system, ...messages],
    tools: readTools(body.tools, list, native),
    maxTokens,
    ...optional({
      ...readToolChoice(body.tool_choice),
      temperature: readNumber(body.temperature, 'temperature', { min: 0, max: 1 }),
      topP: readNumber(body.top_p, 'top_p', { min: 0, max: 1 }),
      topK: readNumber(body.top_k, 'top_k', { min: 0, max: 1_000_000, integer: true }),
      reasoning: readThinking(body, turns),
      user: readString(readObject(body.metadata, 'metadata')?.user_id, 'metadata.user_id'),
      serviceTier: readString(body.service_tier, 'service_tier'),
    }),
    output: readFormat(body),
    stop: readStops(body.stop_sequences, 'stop_sequences'),
    extra: { ...without(body, read), ...furtherConfig(body), ...citationWishes(list) },
    onlyNative: native,
  };
}

/** Anthropic takes 0 for "put the prompt into the cache": relayed as it came, it is the least there is to all others. */
function readMaxTokens(value: unknown): number {
  const maxTokens = readNumber(value, 'max_tokens', { ...tokensRange, min: 0 });
  if (maxTokens === undefined) throw wrong('max_tokens', 'given: it is the maximum length of the answer');
  return Math.max(1, maxTokens);
}

function readSystem(value: unknown, native: string[]): Message[] {
  if (value === undefined || value === null || value === '') return [];
  const parts =
    typeof value === 'string' ? [{ kind: 'text' as const, text: value }] : readBlocks(value, 'system', native);
  return parts.length === 0 ? [] : [{ role: 'system', parts }];
}

/** Instructions in the midst of a conversation: besides text they may have changes of tools and an effort, which are read elsewhere. */
function readSystemTurn(content: unknown, at: string, native: string[]): Message[] {
  const parts: Part[] =
    content === undefined || content === null
      ? []
      : typeof content === 'string'
        ? [{ kind: 'text', text: content }]
        : readBlocks(content, at, native);
  return parts.length === 0 ? [] : [{ role: 'system', parts }];
}

/** Results of tools stand in a user's turn; a turn of nothing else is a turn of the tools. */
function readMessage(message: JsonObject, at: string, native: string[]): Message {
  const role = readChoice(message.role, `${at}.role`, ['user', 'assistant']);
  if (role === undefined) throw wrong(`${at}.role`, 'user or assistant');
  const { content } = message;
  const parts: Part[] =
    typeof content === 'string' ? [{ kind: 'text', text: content }] : readBlocks(content, `${at}.content`, native);
  const onlyResults = parts.length > 0 && parts.every(({ kind }) => kind === 'tool-result');
  return { role: onlyResults ? 'tool' : role, parts };
}

function readToolChoice(value: unknown): { toolChoice?: ToolChoice; parallelToolCalls?: boolean } {
  const choice = readObject(value, 'tool_choice');
  if (choice === undefined) return {};
  const type = readChoice(choice.type, 'tool_choice.type', ['auto', 'any', 'tool', 'none']);
  if (type === undefined) throw wrong('tool_choice.type', 'one of auto, any, tool, none');
  const single = readBoolean(choice.disable_parallel_tool_use, 'tool_choice.disable_parallel_tool_use');
  const toolChoice: ToolChoice =
    type === 'tool'
      ? { kind: 'tool', name: needString(choice.name, 'tool_choice.name') }
      : { kind: type === 'any' ? 'required' : type };
  return { toolChoice, ...(single === true ? { parallelToolCalls: false } : {}) };
}

function readThinking(body: JsonObject, turns: readonly JsonObject[]): NeutralCall['reasoning'] {
  const thinking = readObject(body.thinking, 'thinking');
  const setAt = turns.findLastIndex(setsEffort);
  const effort = readEffort(turns[setAt], `messages[${setAt}].output_config`) ?? readEffort(body, 'output_config');
  const type = readChoice(thinking?.type, 'thinking.type', ['enabled', 'disabled', 'adaptive', 'between_tools']);
  if (type === undefined && effort === undefined) return undefined;
  // Where there is no thinking between calls of tools, Anthropic takes such a wish for `disabled` too.
  if (type === 'disabled' || type === 'between_tools') return { effort: 'none' };
  const budgetTokens = readNumber(thinking?.budget_tokens, 'thinking.budget_tokens', tokensRange);
  if (type === 'enabled' && budgetTokens === undefined)
    throw wrong('thinking.budget_tokens', 'given, with thinking enabled');
  return {
    ...(effort !== undefined ? { effort } : type === 'adaptive' ? { effort: 'medium' as const } : {}),
    ...(budgetTokens === undefined ? {} : { budgetTokens }),
    ...(type === undefined || thinking?.display === 'omitted' ? {} : { visible: true }),
  };
}

function readEffort(owner: JsonObject | undefined, at: string): (typeof efforts)[number] | undefined {
  return readChoice(readObject(owner?.output_config, at)?.effort, `${at}.effort`, efforts);
}

/** `output_config.task_budget`, and whatever else Anthropic comes to know. */
function furtherConfig(body: JsonObject): JsonObject {
  const { effort: _e, format: _f, ...rest } = readObject(body.output_config, 'output_config') ?? {};
  const given = Object.entries(rest).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([name, value]) => [`output_config.${name}`, value]));
}

function readFormat(body: JsonObject): OutputFormat {
  const format =
    readObject(body.output_format, 'output_format') ??
    readObject(readObject(body.output_config, 'output_config')?.format, 'output_config.format');
  if (format === undefined) return { kind: 'text' };
  if (format.type !== 'json_schema') throw wrong('output_config.format.type', 'json_schema');
  return {
    kind: 'json-schema',
    name: 'answer',
    schema: needObject(format.schema, 'output_config.format.schema'),
    strict: true,
  };
}
