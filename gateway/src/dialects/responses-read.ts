import { efforts, markNative, optional, readFunction, readImage, readSchemaFormat } from './chat-read.ts';
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
  needObject,
  needString,
  readBoolean,
  readChoice,
  readDataUrl,
  readList,
  readModel,
  readNumber,
  readObject,
  readString,
  tokensRange,
  without,
  wrong,
} from './read-fields.ts';
import { readSignature } from './signatures.ts';

const read = new Set([
  'model',
  'input',
  'instructions',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'max_output_tokens',
  'temperature',
  'top_p',
  'top_logprobs',
  'include',
  'reasoning',
  'store',
  'background',
  'previous_response_id',
  'conversation',
  'prompt',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'service_tier',
  'truncation',
  'metadata',
  'fallback_models',
]);

/** What stands at OpenAI and nowhere else: without it the call would mean something different. */
const stored = ['previous_response_id', 'conversation', 'prompt'] as const;

export function readResponses(body: JsonObject): NeutralCall {
  const native: string[] = [];
  const model = readModel(body.model);
  if (readBoolean(body.background, 'background') === true) {
    throw wrong(
      'background',
      'left out: a background response is not seen to its end here. Use POST /v1/chat/completions/background, which calls back',
    );
  }
  for (const field of stored) if (body[field] !== undefined && body[field] !== null) markNative(native, field);
  const instructions = readString(body.instructions, 'instructions');
  const text = readObject(body.text, 'text');
  return {
    dialect: 'responses',
    model,
    stream: readBoolean(body.stream, 'stream') ?? false,
    streamUsage: true,
    messages: [
      ...(instructions ? [{ role: 'system' as const, parts: [{ kind: 'text' as const, text: instructions }] }] : []),
      ...readInput(body.input, native),
    ],
    tools: readTools(body.tools, native),
    ...optional({
      toolChoice: readToolChoice(body.tool_choice, native),
      parallelToolCalls: readBoolean(body.parallel_tool_calls, 'parallel_tool_calls'),
      maxTokens: readNumber(body.max_output_tokens, 'max_output_tokens', tokensRange),
      temperature: readNumber(body.temperature, 'temperature', { min: 0, max: 2 }),
      topP: readNumber(body.top_p, 'top_p', { min: 0, max: 1 }),
      logprobs: readIncludes(body.include).includes('message.output_text.logprobs') ? true : undefined,
      topLogprobs: readNumber(body.top_logprobs, 'top_logprobs', { min: 0, max: 20, integer: true }),
      reasoning: readReasoning(body.reasoning),
      user: readString(body.safety_identifier, 'safety_identifier') ?? readString(body.user, 'user'),
      serviceTier: readString(body.service_tier, 'service_tier'),
    }),
    output: readFormat(text),
    stop: [],
    extra: {
      ...without(body, read),
      ...(text?.verbosity === undefined || text.verbosity === null ? {} : { 'text.verbosity': text.verbosity }),
    },
    onlyNative: native,
  };
}

function readIncludes(value: unknown): readonly unknown[] {
  return readList(value, 'include', 100) ?? [];
}

function readReasoning(value: unknown): NeutralCall['reasoning'] {
  const reasoning = readObject(value, 'reasoning');
  const effort = readChoice(reasoning?.effort, 'reasoning.effort', efforts);
  const summary =
    readString(reasoning?.summary, 'reasoning.summary') ??
    readString(reasoning?.generate_summary, 'reasoning.generate_summary');
  if (effort === undefined && summary === undefined) return undefined;
  return { ...(effort === undefined ? {} : { effort }), ...(summary === undefined ? {} : { visible: true }) };
}

function readFormat(text: JsonObject | undefined): OutputFormat {
  const format = readObject(text?.format, 'text.format');
  const type = readChoice(format?.type, 'text.format.type', ['text', 'json_object', 'json_schema']);
  if (format === undefined || type === undefined || type === 'text') return { kind: 'text' };
  return type === 'json_object' ? { kind: 'json' } : readSchemaFormat(format, 'text.format');
}

function readInput(value: unknown, native: string[]): Message[] {
  if (typeof value === 'string' && value !== '') return [{ role: 'user', parts: [{ kind: 'text', text: value }] }];
  const list = readList(value, 'input');
  const fromStore = native.length > 0;
  if (list === undefined || list.length === 0) {
    if (fromStore) return [];
    throw wrong('input', 'text, or a list of at least one item');
  }
  return joinTurns(list.map((item, i) => readItem(needObject(item, `input[${i}]`), `input[${i}]`, native)));
}

/** Reasoning, words and calls of one answer are items of their own here and one turn elsewhere; so are the results. */
function joinTurns(messages: readonly Message[]): Message[] {
  const turns: Message[] = [];
  for (const message of messages) {
    if (message.parts.length === 0) continue;
    const last = turns.at(-1);
    const joins =
      last !== undefined && last.role === message.role && (message.role === 'assistant' || message.role === 'tool');
    if (joins) turns[turns.length - 1] = { ...last, parts: joinSignatures([...last.parts, ...message.parts]) };
    else turns.push({ ...message, parts: joinSignatures(message.parts) });
  }
  return turns;
}

/** The marker the writer put before a call of Gemini's hands its signature back to the call. */
function joinSignatures(parts: readonly Part[]): Part[] {
  return parts.flatMap((part, i): Part[] => {
    const before = parts[i - 1];
    const next = parts[i + 1];
    if (
      part.kind === 'tool-call' &&
      before?.kind === 'reasoning' &&
      isCallMarker(before) &&
      before.signature !== undefined
    )
      return [{ ...part, signature: before.signature }];
    return part.kind === 'reasoning' && isCallMarker(part) && next?.kind === 'tool-call' ? [] : [part];
  });
}

/** Reasoning without a word that Gemini signed belongs to the call that follows. */
function isCallMarker(part: ReasoningPart): boolean {
  return part.signedBy === 'gemini' && part.text === '';
}

function readItem(item: JsonObject, at: string, native: string[]): Message {
  switch (item.type) {
    case undefined:
    case null:
    case 'message':
      return readMessage(item, at, native);
    case 'function_call':
      return {
        role: 'assistant',
        parts: [
          {
            kind: 'tool-call',
            id: needString(item.call_id, `${at}.call_id`),
            name: needString(item.name, `${at}.name`),
            arguments: needString(item.arguments, `${at}.arguments`) || '{}',
          },
        ],
      };
    case 'function_call_output': {
      const content: Part[] =
        typeof item.output === 'string'
          ? [{ kind: 'text', text: item.output }]
          : readContent(item.output, `${at}.output`, native);
      return {
        role: 'tool',
        parts: [{ kind: 'tool-result', toolCallId: needString(item.call_id, `${at}.call_id`), content }],
      };
    }
    case 'reasoning':
      return { role: 'assistant', parts: [readThought(item, at)] };
    default:
      if (typeof item.type !== 'string') throw wrong(`${at}.type`, 'the type of an input item');
      return { role: 'user', parts: markNative(native, item.type.slice(0, 60)) };
  }
}

function readMessage(item: JsonObject, at: string, native: string[]): Message {
  const role = readChoice(item.role, `${at}.role`, ['user', 'assistant', 'system', 'developer']);
  if (role === undefined) throw wrong(`${at}.role`, 'one of user, assistant, system, developer');
  const parts =
    typeof item.content === 'string'
      ? [{ kind: 'text' as const, text: item.content }]
      : readContent(item.content, `${at}.content`, native);
  return { role: role === 'developer' ? 'system' : role, parts };
}

function readContent(value: unknown, at: string, native: string[]): Part[] {
  const list = readList(value, at);
  if (list === undefined) throw wrong(at, 'text or a list of parts');
  return list.flatMap((entry, i) => readPart(needObject(entry, `${at}[${i}]`), `${at}[${i}]`, native));
}

function readPart(part: JsonObject, at: string, native: string[]): Part[] {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return [{ kind: 'text', text: needString(part.text, `${at}.text`) }];
    case 'refusal':
      return [{ kind: 'refusal', text: needString(part.refusal, `${at}.refusal`) }];
    case 'input_image': {
      const url = readString(part.image_url, `${at}.image_url`);
      if (url === undefined) return markNative(native, 'input_image.file_id');
      const detail = readString(part.detail, `${at}.detail`);
      return [
        { kind: 'image', source: readImage(url, `${at}.image_url`), ...(detail === undefined ? {} : { detail }) },
      ];
    }
    case 'input_file': {
      const data = readString(part.file_data, `${at}.file_data`);
      if (data === undefined) return markNative(native, 'input_file.file_id');
      const url = readDataUrl(data);
      const filename = readString(part.filename, `${at}.filename`);
      return [
        {
          kind: 'file',
          mediaType: url?.mediaType ?? 'application/pdf',
          data: url?.data ?? data,
          ...(filename === undefined ? {} : { filename }),
        },
      ];
    }
    case 'input_audio':
      return markNative(native, 'input_audio');
    default:
      throw wrong(`${at}.type`, 'one of input_text, output_text, input_image, input_file, refusal');
  }
}

function readThought(item: JsonObject, at: string): ReasoningPart {
  const summary = (readList(item.summary, `${at}.summary`) ?? []).map((entry, i) =>
    needString(needObject(entry, `${at}.summary[${i}]`).text, `${at}.summary[${i}].text`),
  );
  const encrypted = readString(item.encrypted_content, `${at}.encrypted_content`);
  const id = readString(item.id, `${at}.id`);
  const text = summary.join('\n\n');
  if (!encrypted) return { kind: 'reasoning', text, signedBy: 'openai', ...(id === undefined ? {} : { id }) };
  const { signature, signedBy } = readSignature(encrypted, 'openai');
  // Anthropic's redacted thinking is all proof and no text.
  if (signedBy === 'anthropic' && signature.startsWith('redacted.'))
    return { kind: 'reasoning', text: '', redacted: signature.slice('redacted.'.length), signedBy };
  return { kind: 'reasoning', text, signature, signedBy, ...(id === undefined ? {} : { id }) };
}

function readTools(value: unknown, native: string[]): Tool[] {
  return (readList(value, 'tools', 1_000) ?? []).flatMap((item, i): Tool[] => {
    const tool = needObject(item, `tools[${i}]`);
    return tool.type === 'function'
      ? [readFunction(tool, `tools[${i}]`)]
      : markNative(native, String(tool.type).slice(0, 60));
  });
}

function readToolChoice(value: unknown, native: string[]): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === 'auto' || value === 'none' || value === 'required') return { kind: value };
  const choice = needObject(value, 'tool_choice');
  if (choice.type === 'function') return { kind: 'tool', name: needString(choice.name, 'tool_choice.name') };
  markNative(native, 'tool_choice');
  return undefined;
}
