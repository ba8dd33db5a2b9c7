import { GatewayError } from '@ai-gateway/shared/errors';
import { markNative, readArguments, readAudio, readFileUrl, readImage } from './chat-read.ts';
import { sendItems } from './foreign-forms.ts';
import type { JsonObject, Message, Part, ReasoningPart } from './neutral.ts';
import { needObject, needString, readChoice, readDataUrl, readList, readString, wrong } from './read-fields.ts';
import { isOwnId } from './responses-items.ts';
import { type Proof, readProof } from './responses-proof.ts';
import { customArguments, joinedName } from './responses-tools.ts';

/**
 * `continues`: the conversation so far lies at OpenAI, and there may be nothing to add to it. `hasMessages`: the body has the field of
 * chat completions.
 */
export function readInput(
  value: unknown,
  options: { native: string[]; continues: boolean; hasMessages: boolean },
): Message[] {
  if (typeof value === 'string' && value !== '') return [{ role: 'user', parts: [{ kind: 'text', text: value }] }];
  const isNone = value === undefined || value === null || value === '';
  if (!isNone && !Array.isArray(value)) throw wrong('input', 'text, or a list of items');
  const list = isNone ? [] : (readList(value, 'input') ?? []);
  if (list.length === 0) {
    if (options.continues) return [];
    const elsewhere = options.hasMessages ? ', and `messages` is a field of POST /v1/chat/completions' : '';
    throw wrong('input', `text, or a list of at least one item${elsewhere}`);
  }
  const reading: InputReadState = { native: options.native, callSignatures: new Map() };
  const messages = list.map((item, i) => readItem(needObject(item, `input[${i}]`), `input[${i}]`, reading));
  return joinTurns(messages).map((message) => signCalls(message, reading.callSignatures));
}

interface InputReadState {
  native: string[];
  /** Gemini's signatures of calls, by the id of the call: they come in items of their own. */
  callSignatures: Map<string, string>;
}

/** Reasoning, words and calls of one answer are items of their own here and one turn elsewhere; so are the results. */
function joinTurns(messages: readonly Message[]): Message[] {
  const turns: Message[] = [];
  for (const message of messages) {
    if (message.parts.length === 0) continue;
    const last = turns.at(-1);
    if (last?.role === message.role && (message.role === 'assistant' || message.role === 'tool'))
      turns[turns.length - 1] = { ...last, parts: [...last.parts, ...message.parts] };
    else turns.push(message);
  }
  return turns;
}

function signCalls(message: Message, signatures: ReadonlyMap<string, string>): Message {
  if (signatures.size === 0 || message.role !== 'assistant') return message;
  const parts = message.parts.map((part): Part => {
    const signature = part.kind === 'tool-call' ? signatures.get(part.id) : undefined;
    return part.kind === 'tool-call' && signature !== undefined ? { ...part, signature } : part;
  });
  return { ...message, parts };
}

function readItem(item: JsonObject, at: string, reading: InputReadState): Message {
  switch (item.type) {
    case undefined:
    case null:
    case 'message':
      return readMessage(item, at, reading.native);
    case 'function_call':
      return { role: 'assistant', parts: [readCall(item, at)] };
    case 'custom_tool_call': {
      const input = needString(item.input, `${at}.input`);
      return { role: 'assistant', parts: [readCall({ ...item, arguments: customArguments(input) }, at)] };
    }
    case 'custom_tool_call_output':
    case 'function_call_output': {
      const toolCallId = readString(item.call_id, `${at}.call_id`);
      // Of a tool that OpenAI has called without the caller, by its name.
      if (toolCallId === undefined && typeof item.name === 'string')
        return { role: 'tool', parts: markNative(reading.native, 'function_call_output') };
      if (toolCallId === undefined) throw wrong(`${at}.call_id`, 'given, as text');
      const content = readContent(item.output, `${at}.output`, reading.native);
      return { role: 'tool', parts: [{ kind: 'tool-result', toolCallId, content }] };
    }
    case 'reasoning':
      return { role: 'assistant', parts: readThought(item, at, reading) };
    case 'additional_tools':
    case 'configuration_update':
      // Read with the tools and the settings of the request.
      return { role: 'system', parts: [] };
    case 'item_reference':
      return { role: 'assistant', parts: readReference(item, at, reading.native) };
    default:
      // Calls of OpenAI's own tools and their results.
      if (typeof item.type !== 'string') throw wrong(`${at}.type`, 'the type of an input item');
      return { role: 'user', parts: markNative(reading.native, item.type.slice(0, 60)) };
  }
}

function readMessage(item: JsonObject, at: string, native: string[]): Message {
  const role = readChoice(item.role, `${at}.role`, ['user', 'assistant', 'system', 'developer']);
  if (role === undefined) throw wrong(`${at}.role`, 'one of user, assistant, system, developer');
  return { role: role === 'developer' ? 'system' : role, parts: readContent(item.content, `${at}.content`, native) };
}

function readCall(item: JsonObject, at: string): Part {
  return {
    kind: 'tool-call',
    id: needString(item.call_id, `${at}.call_id`),
    name: joinedName(readString(item.namespace, `${at}.namespace`), needString(item.name, `${at}.name`)),
    arguments: readArguments(item.arguments, `${at}.arguments`),
  };
}

function readContent(value: unknown, at: string, native: string[]): Part[] {
  if (typeof value === 'string') return [{ kind: 'text', text: value }];
  if (!Array.isArray(value)) throw wrong(at, 'text or a list of parts');
  return (readList(value, at) ?? []).flatMap((entry, i) =>
    readPart(needObject(entry, `${at}[${i}]`), `${at}[${i}]`, native),
  );
}

function readPart(part: JsonObject, at: string, native: string[]): Part[] {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return [{ kind: 'text', text: needString(part.text, `${at}.text`) }];
    case 'refusal':
      return [{ kind: 'refusal', text: needString(part.refusal, `${at}.refusal`) }];
    case 'input_image':
      return readPicture(part, at, native);
    case 'input_file':
      return readFile(part, at, native);
    case 'input_audio':
      return [readAudio(needObject(part.input_audio, `${at}.input_audio`), `${at}.input_audio`)];
    default:
      throw wrong(`${at}.type`, 'one of input_text, output_text, input_image, input_file, refusal');
  }
}

function readPicture(part: JsonObject, at: string, native: string[]): Part[] {
  const url = readString(part.image_url, `${at}.image_url`);
  const detail = readString(part.detail, `${at}.detail`);
  if (url !== undefined) {
    const source = readImage(url, `${at}.image_url`);
    return [{ kind: 'image', source, ...(detail === undefined ? {} : { detail }) }];
  }
  if (readString(part.file_id, `${at}.file_id`) !== undefined) return markNative(native, 'input_image.file_id');
  throw wrong(`${at}.image_url`, 'an http(s) URL, or a data URL with base64');
}

function readFile(part: JsonObject, at: string, native: string[]): Part[] {
  const data = readString(part.file_data, `${at}.file_data`);
  if (data === undefined) {
    if (readString(part.file_id, `${at}.file_id`) !== undefined) return markNative(native, 'input_file.file_id');
    const address = readString(part.file_url, `${at}.file_url`);
    if (address !== undefined)
      return [readFileUrl(address, readString(part.filename, `${at}.filename`), `${at}.file_url`)];
    throw wrong(`${at}.file_data`, 'the file, in base64 or as a data URL');
  }
  const url = readDataUrl(data);
  if (url === undefined && data.startsWith('data:')) throw wrong(`${at}.file_data`, 'a data URL with base64');
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

function readThought(item: JsonObject, at: string, { callSignatures }: InputReadState): ReasoningPart[] {
  const proof = readProof(readString(item.encrypted_content, `${at}.encrypted_content`));
  const id = readString(item.id, `${at}.id`);
  const identified = id === undefined ? {} : { id };
  // Open models tell their thoughts whole, in `content`; the others tell a summary.
  const text = [...readTexts(item.summary, `${at}.summary`), ...readTexts(item.content, `${at}.content`)].join('\n\n');
  if (proof.kind === 'call') {
    callSignatures.set(proof.callId, proof.signature);
    return [];
  }
  return [{ kind: 'reasoning', ...provenBy(proof, text), ...identified }];
}

function provenBy(proof: Exclude<Proof, { kind: 'call' }>, text: string): Omit<ReasoningPart, 'kind'> {
  switch (proof.kind) {
    case 'signature':
      return { text, signature: proof.signature, signedBy: proof.signedBy };
    case 'redacted':
      return { text: '', redacted: proof.data, signedBy: proof.signedBy };
    case 'none':
      return { text };
  }
}

function readTexts(value: unknown, at: string): string[] {
  return (readList(value, at) ?? []).map((entry, i) =>
    needString(needObject(entry, `${at}[${i}]`).text, `${at}[${i}].text`),
  );
}

/**
 * OpenAI looks a reference up among what it stored. The gateway stores no answers: thoughts of its own answers can be done
 * without, as every provider takes a conversation that lacks them, and words cannot.
 */
function readReference(item: JsonObject, at: string, native: string[]): [] {
  const id = needString(item.id, `${at}.id`);
  if (!isOwnId(id)) return markNative(native, 'item_reference');
  if (id.startsWith('rs_')) return [];
  throw new GatewayError(
    'unsupported_parameter',
    `\`${at}\` refers to an item of an answer that is not stored here. ${sendItems}`,
    { param: at },
  );
}
