import { efforts, markNative, optional, pictureOnly, readFileUrl, readImage } from './chat-read.ts';
import { exactly } from './exact-json.ts';
import type {
  JsonObject,
  Message,
  NeutralCall,
  OutputFormat,
  Part,
  ReasoningPart,
  Tool,
  ToolChoice,
} from './neutral.ts';
import {
  needMessages,
  needObject,
  needString,
  readBoolean,
  readChoice,
  readList,
  readModel,
  readNumber,
  readObject,
  readStops,
  readString,
  tokensRange,
  usualMediaType,
  without,
  wrong,
} from './read-fields.ts';
import { isProof, readSignature } from './signatures.ts';

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
  const messages = needMessages(body).map((item, i) =>
    readMessage(needObject(item, `messages[${i}]`), `messages[${i}]`, native),
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
    tools: readTools(body.tools, native),
    maxTokens,
    ...optional({
      ...readToolChoice(body.tool_choice),
      temperature: readNumber(body.temperature, 'temperature', { min: 0, max: 1 }),
      topP: readNumber(body.top_p, 'top_p', { min: 0, max: 1 }),
      topK: readNumber(body.top_k, 'top_k', { min: 0, max: 1_000_000, integer: true }),
      reasoning: readThinking(body),
      user: readString(readObject(body.metadata, 'metadata')?.user_id, 'metadata.user_id'),
      serviceTier: readString(body.service_tier, 'service_tier'),
    }),
    output: readFormat(body),
    stop: readStops(body.stop_sequences, 'stop_sequences'),
    extra: without(body, read),
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

/** Results of tools stand in a user's turn; a turn of nothing else is a turn of the tools. */
function readMessage(message: JsonObject, at: string, native: string[]): Message {
  const role = readChoice(message.role, `${at}.role`, ['user', 'assistant', 'system']);
  if (role === undefined) throw wrong(`${at}.role`, 'user or assistant');
  const { content } = message;
  const parts: Part[] =
    typeof content === 'string' ? [{ kind: 'text', text: content }] : readBlocks(content, `${at}.content`, native);
  const onlyResults = parts.length > 0 && parts.every(({ kind }) => kind === 'tool-result');
  return { role: onlyResults ? 'tool' : role, parts };
}

function readBlocks(value: unknown, at: string, native: string[]): Part[] {
  const list = Array.isArray(value) ? readList(value, at) : undefined;
  if (list === undefined) throw wrong(at, 'text or a list of blocks');
  return list.flatMap((item, i) => readBlock(needObject(item, `${at}[${i}]`), `${at}[${i}]`, native));
}

function readBlock(block: JsonObject, at: string, native: string[]): Part[] {
  const cache =
    block.cache_control === undefined || block.cache_control === null ? {} : { cacheControl: block.cache_control };
  switch (block.type) {
    case 'text':
      return [{ kind: 'text', text: needString(block.text, `${at}.text`), ...cache }];
    case 'image':
      return readImageBlock(needObject(block.source, `${at}.source`), `${at}.source`, native).map((source) => ({
        kind: 'image',
        source,
        ...cache,
      }));
    case 'document':
      return readDocument(block, at, native).map((part) => ({ ...part, ...cache }));
    case 'thinking':
      return [readThought(block, at)];
    case 'redacted_thinking':
      return [{ kind: 'reasoning', text: '', redacted: needString(block.data, `${at}.data`), signedBy: 'anthropic' }];
    case 'tool_use': {
      const signature = readString(
        readObject(readObject(block.extra_content, `${at}.extra_content`)?.google, `${at}.extra_content.google`)
          ?.thought_signature,
        `${at}.extra_content`,
      );
      return [
        {
          kind: 'tool-call',
          id: needString(block.id, `${at}.id`),
          name: needString(block.name, `${at}.name`),
          arguments: JSON.stringify(exactly(needObject(block.input, `${at}.input`))),
          ...(signature === undefined ? {} : { signature }),
          ...cache,
        },
      ];
    }
    case 'tool_result': {
      const content =
        block.content === undefined || block.content === null
          ? []
          : typeof block.content === 'string'
            ? [{ kind: 'text' as const, text: block.content }]
            : readBlocks(block.content, `${at}.content`, native);
      const isError = readBoolean(block.is_error, `${at}.is_error`);
      return [
        {
          kind: 'tool-result',
          toolCallId: needString(block.tool_use_id, `${at}.tool_use_id`),
          content,
          ...(isError ? { isError } : {}),
          ...cache,
        },
      ];
    }
    default:
      // Blocks of Anthropic's own tools (search, code) mean something to Anthropic alone.
      if (typeof block.type !== 'string') throw wrong(`${at}.type`, 'the type of a content block');
      return markNative(native, block.type.slice(0, 60));
  }
}

function readImageBlock(source: JsonObject, at: string, native: string[]) {
  if (source.type === 'base64')
    return [
      pictureOnly(
        {
          kind: 'data' as const,
          mediaType: usualMediaType(needString(source.media_type, `${at}.media_type`)),
          data: needString(source.data, `${at}.data`),
        },
        `${at}.media_type`,
      ),
    ];
  if (source.type === 'url') return [readImage(needString(source.url, `${at}.url`), `${at}.url`)];
  return markNative(native, 'image.source');
}

function readDocument(block: JsonObject, at: string, native: string[]): Part[] {
  const source = needObject(block.source, `${at}.source`);
  const filename = readString(block.title, `${at}.title`);
  const named = filename === undefined ? {} : { filename };
  if (source.type === 'base64')
    return [
      {
        kind: 'file',
        mediaType: usualMediaType(needString(source.media_type, `${at}.source.media_type`)),
        data: needString(source.data, `${at}.source.data`),
        ...named,
      },
    ];
  if (source.type === 'text') return [{ kind: 'text', text: needString(source.data, `${at}.source.data`) }];
  if (source.type === 'url')
    return [readFileUrl(needString(source.url, `${at}.source.url`), filename, `${at}.source.url`)];
  if (source.type === 'content') {
    const { content } = source;
    return typeof content === 'string'
      ? [{ kind: 'text', text: content }]
      : readBlocks(content, `${at}.source.content`, native);
  }
  return markNative(native, 'document.source');
}

function readThought(block: JsonObject, at: string): ReasoningPart {
  const text = needString(block.thinking, `${at}.thinking`);
  const signature = readString(block.signature, `${at}.signature`);
  return { kind: 'reasoning', text, ...(isProof(signature) ? readSignature(signature, 'anthropic') : {}) };
}

function readTools(value: unknown, native: string[]): Tool[] {
  return (readList(value, 'tools', 1_000) ?? []).flatMap((item, i): Tool[] => {
    const tool = needObject(item, `tools[${i}]`);
    const type = readString(tool.type, `tools[${i}].type`);
    if (type !== undefined && type !== 'custom') return markNative(native, type.slice(0, 60));
    const description = readString(tool.description, `tools[${i}].description`);
    const strict = readBoolean(tool.strict, `tools[${i}].strict`);
    return [
      {
        name: needString(tool.name, `tools[${i}].name`),
        parameters: needObject(tool.input_schema, `tools[${i}].input_schema`),
        ...(description === undefined ? {} : { description }),
        ...(strict === undefined ? {} : { strict }),
        ...(tool.cache_control === undefined || tool.cache_control === null
          ? {}
          : { cacheControl: tool.cache_control }),
      },
    ];
  });
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

function readThinking(body: JsonObject): NeutralCall['reasoning'] {
  const thinking = readObject(body.thinking, 'thinking');
  const effort = readChoice(readObject(body.output_config, 'output_config')?.effort, 'output_config.effort', efforts);
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
    ...(type === undefined ? {} : { visible: true }),
  };
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
