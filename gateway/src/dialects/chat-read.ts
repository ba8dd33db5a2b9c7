import { namesOfFunction, readAllowedTools } from './allowed-tools.ts';
import { exactly } from './exact-json.ts';
import type {
  ImageSource,
  JsonObject,
  Message,
  NeutralCall,
  OutputFormat,
  Part,
  ProviderKind,
  ReasoningPart,
  Tool,
  ToolCallPart,
} from './neutral.ts';
import {
  needMessages,
  needObject,
  needString,
  readBoolean,
  readChoice,
  readDataUrl,
  readList,
  readModel,
  readNumber,
  readObject,
  readStops,
  readString,
  tokensRange,
  without,
  wrong,
} from './read-fields.ts';

export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

const read = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'response_format',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'logprobs',
  'top_logprobs',
  'n',
  'reasoning_effort',
  'user',
  'safety_identifier',
  'service_tier',
  'metadata',
  'fallback_models',
  'response_cache',
]);

/** An OpenAI chat completion request. `metadata` and `fallback_models` are the gateway's own and read elsewhere. */
export function readChat(body: JsonObject): NeutralCall {
  const native: string[] = [];
  const model = readModel(body.model);
  const messages = readMessages(body, native);
  const effort = readEffort(body.reasoning_effort, native);
  return {
    dialect: 'chat',
    model,
    stream: readBoolean(body.stream, 'stream') ?? false,
    streamUsage:
      readBoolean(readObject(body.stream_options, 'stream_options')?.include_usage, 'stream_options.include_usage') ??
      false,
    messages,
    tools: readTools(body, native),
    ...optional({
      ...readToolChoice(body, native),
      parallelToolCalls: readBoolean(body.parallel_tool_calls, 'parallel_tool_calls'),
      maxTokens: larger(
        readNumber(body.max_completion_tokens, 'max_completion_tokens', tokensRange),
        readNumber(body.max_tokens, 'max_tokens', tokensRange),
      ),
      temperature: readNumber(body.temperature, 'temperature', { min: 0, max: 2 }),
      topP: readNumber(body.top_p, 'top_p', { min: 0, max: 1 }),
      seed: readNumber(body.seed, 'seed', {
        min: Number.MIN_SAFE_INTEGER,
        max: Number.MAX_SAFE_INTEGER,
        integer: true,
      }),
      frequencyPenalty: readNumber(body.frequency_penalty, 'frequency_penalty', { min: -2, max: 2 }),
      presencePenalty: readNumber(body.presence_penalty, 'presence_penalty', { min: -2, max: 2 }),
      logprobs: readBoolean(body.logprobs, 'logprobs'),
      topLogprobs: readNumber(body.top_logprobs, 'top_logprobs', { min: 0, max: 20, integer: true }),
      choices: readNumber(body.n, 'n', { min: 1, max: 128, integer: true }),
      reasoning: effort === undefined ? undefined : { effort },
      user: readString(body.safety_identifier, 'safety_identifier') ?? readString(body.user, 'user'),
      serviceTier: readString(body.service_tier, 'service_tier'),
    }),
    output: readFormat(body.response_format, native),
    stop: readStops(body.stop, 'stop'),
    extra: without(body, read),
    onlyNative: native,
  };
}

/** OpenAI takes one of them, other servers either: which one counts there nobody knows. */
function larger(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

/** Leaves out what is undefined, so that "absent" has one form. */
export function optional<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) present[name] = value as Exclude<T[typeof name], undefined>;
  }
  return present;
}

function readMessages(body: JsonObject, native: string[]): Message[] {
  const reading: ChatReadState = { native, functionCalls: new Map() };
  return needMessages(body).map((item, i) =>
    readMessage(needObject(item, `messages[${i}]`), `messages[${i}]`, reading),
  );
}

interface ChatReadState {
  native: string[];
  /** How often each function has been called so far, in the form before tools: its calls have no ids. */
  functionCalls: Map<string, number>;
}

/** The id of the latest call of a function. */
function functionCallId({ functionCalls }: ChatReadState, name: string): string {
  return `call_${name}_${functionCalls.get(name) ?? 0}`;
}

function readMessage(message: JsonObject, at: string, reading: ChatReadState): Message {
  const { native } = reading;
  const role = readChoice(message.role, `${at}.role`, ['system', 'developer', 'user', 'assistant', 'tool', 'function']);
  const name = readString(message.name, `${at}.name`);
  const named = name === undefined ? {} : { name };
  switch (role) {
    case 'system':
    case 'developer':
      return {
        role: 'system',
        parts: marked(message, readContent(message.content, `${at}.content`, native, true)),
        ...named,
      };
    case 'user':
      return {
        role: 'user',
        parts: marked(message, readContent(message.content, `${at}.content`, native, true)),
        ...named,
      };
    case 'assistant':
      return { role: 'assistant', parts: marked(message, readAssistant(message, at, reading)), ...named };
    case 'tool': {
      const toolCallId = needString(message.tool_call_id, `${at}.tool_call_id`);
      return {
        role: 'tool',
        parts: [
          {
            kind: 'tool-result',
            toolCallId,
            content: readContent(message.content, `${at}.content`, native, true),
            ...cacheMark(message),
          },
        ],
      };
    }
    case 'function':
      // The form before tools: a result answers the call just before it, and says the function's name only.
      return {
        role: 'tool',
        parts: [
          {
            kind: 'tool-result',
            toolCallId: functionCallId(reading, name ?? ''),
            content: readContent(message.content, `${at}.content`, native, false),
          },
        ],
      };
    default:
      throw wrong(`${at}.role`, 'one of system, developer, user, assistant, tool');
  }
}

/** Anthropic's prompt-cache mark, which clients put on parts, calls, results, tools and whole messages alike. */
function cacheMark({ cache_control: mark }: JsonObject): { cacheControl?: unknown } {
  return mark === undefined || mark === null ? {} : { cacheControl: mark };
}

/** A mark on a message is one on its last part. */
function marked(message: JsonObject, parts: Part[]): Part[] {
  const last = parts.at(-1);
  if (!message.cache_control || last === undefined || last.kind === 'reasoning' || last.kind === 'refusal')
    return parts;
  return [...parts.slice(0, -1), { ...cacheMark(message), ...last }];
}

function readContent(value: unknown, at: string, native: string[], needed: boolean): Part[] {
  if (typeof value === 'string') return [{ kind: 'text', text: value }];
  if (value !== undefined && value !== null && !Array.isArray(value)) throw wrong(at, 'text or a list of parts');
  const list = readList(value, at);
  if (list === undefined) {
    if (needed) throw wrong(at, 'text or a list of parts');
    return [];
  }
  return list.flatMap((item, i) => readPart(needObject(item, `${at}[${i}]`), `${at}[${i}]`, native));
}

function readPart(part: JsonObject, at: string, native: string[]): Part[] {
  const cache = cacheMark(part);
  switch (part.type) {
    case 'text':
      return [{ kind: 'text', text: needString(part.text, `${at}.text`), ...cache }];
    case 'refusal':
      return [{ kind: 'refusal', text: needString(part.refusal, `${at}.refusal`) }];
    case 'image_url': {
      const image = needObject(part.image_url, `${at}.image_url`);
      const detail = readString(image.detail, `${at}.image_url.detail`);
      return [
        {
          kind: 'image',
          source: readImage(needString(image.url, `${at}.image_url.url`), `${at}.image_url.url`),
          ...(detail === undefined ? {} : { detail }),
          ...cache,
        },
      ];
    }
    case 'file': {
      const file = needObject(part.file, `${at}.file`);
      const data = readString(file.file_data, `${at}.file.file_data`);
      if (data === undefined) return markNative(native, 'file_id');
      const url = readDataUrl(data);
      const filename = readString(file.filename, `${at}.file.filename`);
      return [
        {
          kind: 'file',
          mediaType: url?.mediaType ?? 'application/pdf',
          data: url?.data ?? data,
          ...(filename === undefined ? {} : { filename }),
          ...cache,
        },
      ];
    }
    case 'input_audio':
      return [{ ...readAudio(needObject(part.input_audio, `${at}.input_audio`), `${at}.input_audio`), ...cache }];
    default:
      // Servers that follow OpenAI know others (`video_url`).
      if (typeof part.type !== 'string') throw wrong(`${at}.type`, 'the type of a content part');
      return markNative(native, part.type.slice(0, 60));
  }
}

export function readAudio(audio: JsonObject, at: string): Extract<Part, { kind: 'audio' }> {
  const format = needString(audio.format, `${at}.format`).toLowerCase();
  if (!/^[a-z0-9]{2,10}$/.test(format)) throw wrong(`${at}.format`, 'wav or mp3');
  return { kind: 'audio', format, data: needString(audio.data, `${at}.data`) };
}

/** As pictures are: passed on. */
export function readFileUrl(
  url: string,
  filename: string | undefined,
  at: string,
): Extract<Part, { kind: 'file-url' }> {
  if (!/^https?:\/\//i.test(url)) throw wrong(at, 'an http(s) URL');
  return { kind: 'file-url', url, ...(filename === undefined ? {} : { filename }) };
}

/** Pictures are passed on, never fetched by the gateway. */
export function readImage(url: string, at: string): ImageSource {
  const data = readDataUrl(url);
  if (data !== undefined) return { kind: 'data', ...pictureOnly(data, at) };
  if (!/^https?:\/\//i.test(url)) throw wrong(at, 'an http(s) URL, or a data URL with base64');
  return { kind: 'url', url };
}

/** A film under the name of a picture would be counted, and paid, as one. */
export function pictureOnly<Data extends { mediaType: string }>(data: Data, at: string): Data {
  if (!/^image\//i.test(data.mediaType)) throw wrong(at, 'a picture: its media type begins with image/');
  return data;
}

export function markNative(native: string[], feature: string): [] {
  if (!native.includes(feature)) native.push(feature);
  return [];
}

function readAssistant(message: JsonObject, at: string, reading: ChatReadState): Part[] {
  const { native, functionCalls } = reading;
  const calls = readList(message.tool_calls, `${at}.tool_calls`) ?? [];
  const legacy = readObject(message.function_call, `${at}.function_call`);
  const refusal = readString(message.refusal, `${at}.refusal`);
  const parts: Part[] = [
    ...readReasoning(message, at),
    ...readContent(message.content, `${at}.content`, native, false).filter(
      (part) => part.kind !== 'text' || part.text !== '',
    ),
    ...(refusal === undefined ? [] : [{ kind: 'refusal' as const, text: refusal }]),
    ...calls.flatMap((call, i) =>
      readToolCall(needObject(call, `${at}.tool_calls[${i}]`), `${at}.tool_calls[${i}]`, native),
    ),
  ];
  if (legacy !== undefined) {
    const name = needString(legacy.name, `${at}.function_call.name`);
    functionCalls.set(name, (functionCalls.get(name) ?? 0) + 1);
    parts.push({
      kind: 'tool-call',
      id: functionCallId(reading, name),
      name,
      arguments: readArguments(legacy.arguments, `${at}.function_call.arguments`),
    });
  }
  return parts;
}

function readToolCall(call: JsonObject, at: string, native: string[]): ToolCallPart[] {
  const type = readString(call.type, `${at}.type`);
  if (type !== undefined && type !== 'function') return markNative(native, `tool type ${type.slice(0, 40)}`);
  const fn = needObject(call.function, `${at}.function`);
  const signature = readString(
    readObject(readObject(call.extra_content, `${at}.extra_content`)?.google, `${at}.extra_content.google`)
      ?.thought_signature,
    `${at}.extra_content.google.thought_signature`,
  );
  return [
    {
      kind: 'tool-call',
      id: needString(call.id, `${at}.id`),
      name: needString(fn.name, `${at}.function.name`),
      arguments: readArguments(fn.arguments, `${at}.function.arguments`),
      ...(signature === undefined ? {} : { signature }),
      ...cacheMark(call),
    },
  ];
}

/** Text, or the object some clients make of it. */
export function readArguments(value: unknown, at: string): string {
  if (typeof value === 'object' && value !== null) return JSON.stringify(exactly(needObject(value, at)));
  return readString(value, at) || '{}';
}

/**
 * `reasoning_details`, as OpenRouter has them, carry the proofs; `reasoning_content` alone is text nobody can prove, and no
 * provider wants it back.
 */
function readReasoning(message: JsonObject, at: string): ReasoningPart[] {
  const details = readList(message.reasoning_details, `${at}.reasoning_details`) ?? [];
  return details.flatMap((item, i): ReasoningPart[] => {
    const detail = needObject(item, `${at}.reasoning_details[${i}]`);
    const signedBy = makerOf(detail.format);
    if (signedBy === undefined) return [];
    if (detail.type === 'reasoning.encrypted')
      return [
        {
          kind: 'reasoning',
          text: '',
          redacted: needString(detail.data, `${at}.reasoning_details[${i}].data`),
          signedBy,
        },
      ];
    const signature = readString(detail.signature, `${at}.reasoning_details[${i}].signature`);
    return [
      {
        kind: 'reasoning',
        text: readString(detail.text, `${at}.reasoning_details[${i}].text`) ?? '',
        signedBy,
        ...(signature ? { signature } : {}),
      },
    ];
  });
}

const makers: Readonly<Record<string, ProviderKind>> = {
  'anthropic-claude-v1': 'anthropic',
  'google-gemini-v1': 'gemini',
  'openai-responses-v1': 'openai',
};

function makerOf(format: unknown): ProviderKind | undefined {
  return typeof format === 'string' && Object.hasOwn(makers, format) ? makers[format] : undefined;
}

export function formatOf(signedBy: ProviderKind | undefined): string {
  return Object.entries(makers).find(([, kind]) => kind === signedBy)?.[0] ?? 'unknown';
}

function readTools(body: JsonObject, native: string[]): Tool[] {
  const tools = (readList(body.tools, 'tools', 1_000) ?? []).flatMap((item, i): Tool[] => {
    const tool = needObject(item, `tools[${i}]`);
    if (needString(tool.type, `tools[${i}].type`) !== 'function') return markNative(native, `tools[${i}].type`);
    return [
      {
        ...readFunction(needObject(tool.function, `tools[${i}].function`), `tools[${i}].function`),
        ...(tool.cache_control ? { cacheControl: tool.cache_control } : {}),
      },
    ];
  });
  const legacy = (readList(body.functions, 'functions', 1_000) ?? []).map((item, i) =>
    readFunction(needObject(item, `functions[${i}]`), `functions[${i}]`),
  );
  return [...tools, ...legacy];
}

/** Also the flat form of the responses dialect. */
export function readFunction(fn: JsonObject, at: string): Tool {
  const description = readString(fn.description, `${at}.description`);
  const strict = readBoolean(fn.strict, `${at}.strict`);
  return {
    name: needString(fn.name, `${at}.name`),
    parameters: readObject(fn.parameters, `${at}.parameters`) ?? { type: 'object', properties: {} },
    ...(description === undefined ? {} : { description }),
    ...(strict === undefined ? {} : { strict }),
  };
}

function readToolChoice(body: JsonObject, native: string[]): Pick<NeutralCall, 'toolChoice' | 'allowedTools'> {
  const choice = body.tool_choice ?? body.function_call;
  if (choice === undefined || choice === null) return {};
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { toolChoice: { kind: choice } };
  const param = body.tool_choice === undefined ? 'function_call' : 'tool_choice';
  if (typeof choice === 'string') throw wrong(param, 'auto, none, required, or a function to call');
  const object = needObject(choice, param);
  if (param === 'function_call')
    return { toolChoice: { kind: 'tool', name: needString(object.name, 'function_call.name') } };
  if (object.type === 'allowed_tools') {
    const allowed = readAllowedTools(needObject(object.allowed_tools, 'tool_choice.allowed_tools'), namesOfFunction);
    if (allowed !== undefined) return allowed;
  }
  if (object.type !== 'function') {
    markNative(native, 'tool_choice');
    return {};
  }
  const name = needString(needObject(object.function, 'tool_choice.function').name, 'tool_choice.function.name');
  return { toolChoice: { kind: 'tool', name } };
}

/** Every server has words of its own for it; an unknown word is for servers of this dialect. */
function readEffort(value: unknown, native: string[]): (typeof efforts)[number] | undefined {
  const word = readString(value, 'reasoning_effort');
  const effort = efforts.find((known) => known === word);
  if (word !== undefined && effort === undefined) markNative(native, 'reasoning_effort');
  return effort;
}

function readFormat(value: unknown, native: string[]): OutputFormat {
  const format = readObject(value, 'response_format');
  if (format === undefined) return { kind: 'text' };
  switch (needString(format.type, 'response_format.type')) {
    case 'text':
      return { kind: 'text' };
    case 'json_object':
      return { kind: 'json' };
    case 'json_schema':
      return readSchemaFormat(
        needObject(format.json_schema, 'response_format.json_schema'),
        'response_format.json_schema',
      );
    default:
      markNative(native, 'response_format');
      return { kind: 'text' };
  }
}

const schemaTypes = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];

/** A value that is no schema is refused before it is paid for; the provider judges the rest. */
function readSchema(schema: JsonObject, at: string): JsonObject {
  const { type } = schema;
  const types: unknown[] = type === undefined ? [] : Array.isArray(type) ? type : [type];
  if (!types.every((one) => schemaTypes.includes(one as string)))
    throw wrong(`${at}.type`, `one of ${schemaTypes.join(', ')}: it is to be a JSON schema`);
  return schema;
}

export function readSchemaFormat(format: JsonObject, at: string): OutputFormat {
  const strict = readBoolean(format.strict, `${at}.strict`);
  const description = readString(format.description, `${at}.description`);
  return {
    kind: 'json-schema',
    name: needString(format.name, `${at}.name`),
    schema: readSchema(readObject(format.schema, `${at}.schema`) ?? {}, `${at}.schema`),
    ...(strict === undefined ? {} : { strict }),
    ...(description === undefined ? {} : { description }),
  };
}
