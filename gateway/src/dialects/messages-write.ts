import type { AnswerContext, StreamWriter } from './dialect.ts';
import type { Answer, AnswerPart, FinishReason, JsonObject, StreamEvent, Usage } from './neutral.ts';
import { markSignature } from './signatures.ts';
import { callInput, isArguments } from './tool-arguments.ts';

const stopWords: Record<FinishReason, string> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
};

export function writeMessage(answer: Answer, { requestId }: AnswerContext): JsonObject {
  return {
    id: messageId(requestId),
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content: answer.parts.map(writeBlock),
    ...writeStop(stopWords[answer.finish], answer.stopSequence ?? null),
    diagnostics: null,
    usage: writeUsage(answer.usage ?? zero),
  };
}

const zero: Usage = { inputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 };

/** Fields that only Claude fills are null, as in its own answers: packages with strict decoders know every field. */
function writeStop(reason: string | null, sequence: string | null): JsonObject {
  return { stop_reason: reason, stop_sequence: sequence, stop_details: null, container: null };
}

function messageId(requestId: string): string {
  return `msg_${requestId.replace(/^req_/, '')}`;
}

function writeBlock(part: AnswerPart): JsonObject {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: part.text, citations: null };
    case 'reasoning':
      if (part.redacted !== undefined) return { type: 'redacted_thinking', data: part.redacted };
      return {
        type: 'thinking',
        thinking: part.text,
        signature: part.signature === undefined ? '' : markSignature(part.signature, part.signedBy, 'anthropic'),
      };
    case 'tool-call':
      return writeToolUse(part, callInput(part.arguments));
  }
}

/** Every call is the model's own: none is made by code that it runs. */
function writeToolUse(
  { id, name, signature }: { id: string; name: string; signature?: string | undefined },
  input: unknown,
): JsonObject {
  return {
    type: 'tool_use',
    id,
    name,
    input,
    caller: { type: 'direct' },
    ...(signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } }),
  };
}

function writeUsage(usage: Usage): JsonObject {
  return { ...writeFigures(usage), cache_creation: null, inference_geo: null, service_tier: null, speed: null };
}

function writeFigures(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens - usage.cachedTokens - usage.cacheWriteTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cachedTokens,
    output_tokens: usage.outputTokens,
    output_tokens_details: usage.reasoningTokens === 0 ? null : { thinking_tokens: usage.reasoningTokens },
    server_tool_use: null,
  };
}

/** A block on its way out. Those that wait keep what is still to be written. */
interface Block {
  kind: 'text' | 'reasoning' | 'tool';
  /** The number of a call, -1 for the rest. */
  tool: number;
  start: JsonObject;
  waiting: JsonObject[];
  /** The arguments of a call, so far. */
  arguments: string;
  /** Nothing more belongs to it. */
  closed: boolean;
}

/**
 * Blocks do not overlap in this dialect, while calls of other vendors may grow side by side, with words between their pieces. The
 * first block is written as it comes; what begins while a call's arguments are half said waits until they are whole.
 */
export function messageStream({ requestId, call, inputTokens = 1 }: AnswerContext): StreamWriter {
  let model = call.model;
  let usage: Usage | undefined;
  let finish: { reason: FinishReason; stopSequence: string | null } = { reason: 'stop', stopSequence: null };
  let begun = false;
  /** The number of the block that is being written. */
  let index = -1;
  /** The block being written, and behind it those that wait. */
  let blocks: Block[] = [];

  // Claude's own first event has the input tokens, and clients keep them (LangChain counts 0 for a call without): the estimate
  // stands there until `message_delta` has the provider's figure, which replaces it, and in both where the provider has none.
  const estimate: Usage = { ...zero, inputTokens: Math.max(1, inputTokens) };
  const begin = (): string => {
    if (begun) return '';
    begun = true;
    const message = {
      id: messageId(requestId),
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      ...writeStop(null, null),
      diagnostics: null,
      usage: writeUsage(usage ?? estimate),
    };
    return frame({ type: 'message_start', message });
  };
  const writeDelta = (delta: JsonObject): string => frame({ type: 'content_block_delta', index, delta });
  /** Begins the first of the waiting blocks, with what it has to say so far. */
  const open = (block: Block): string => {
    index += 1;
    const waiting = block.waiting.map(writeDelta).join('');
    block.waiting = [];
    return frame({ type: 'content_block_start', index, content_block: block.start }) + waiting;
  };
  /** Ends the first block while others wait and it need not be waited for. `all`: no more comes. */
  const advance = (all: boolean): string => {
    let frames = '';
    for (let [first, next] = blocks; first !== undefined; [first, next] = blocks) {
      if (!(all || first.closed || (next !== undefined && isWhole(first)))) break;
      frames += frame({ type: 'content_block_stop', index });
      blocks = blocks.slice(1);
      if (next !== undefined) frames += open(next);
    }
    return frames;
  };
  const start = (kind: Block['kind'], content: JsonObject, tool = -1): string => {
    const block: Block = { kind, tool, start: content, waiting: [], arguments: '', closed: false };
    blocks.push(block);
    const frames = begin();
    return blocks.length === 1 ? frames + open(block) : frames + advance(false);
  };
  const add = (block: Block | undefined, delta: JsonObject): string => {
    if (block === undefined) return '';
    if (block === blocks[0]) return writeDelta(delta);
    block.waiting.push(delta);
    return '';
  };
  const ensure = (kind: 'text' | 'reasoning'): string => {
    const last = blocks.at(-1);
    if (last?.kind === kind && !last.closed) return '';
    return start(
      kind,
      kind === 'text' ? { type: 'text', text: '', citations: null } : { type: 'thinking', thinking: '', signature: '' },
    );
  };
  const close = (block: Block | undefined): string => {
    if (block !== undefined) block.closed = true;
    return advance(false);
  };

  const writeEvent = (event: StreamEvent): string => {
    switch (event.kind) {
      case 'start':
        model = event.model;
        return '';
      case 'text':
      case 'refusal':
        return ensure('text') + add(blocks.at(-1), { type: 'text_delta', text: event.text });
      case 'reasoning':
        return ensure('reasoning') + add(blocks.at(-1), { type: 'thinking_delta', thinking: event.text });
      case 'reasoning-end': {
        if (event.redacted !== undefined) {
          const frames = start('reasoning', { type: 'redacted_thinking', data: event.redacted });
          return frames + close(blocks.at(-1));
        }
        if (event.signature === undefined) return blocks.at(-1)?.kind === 'reasoning' ? close(blocks.at(-1)) : '';
        const signature = markSignature(event.signature, event.signedBy, 'anthropic');
        const frames = ensure('reasoning') + add(blocks.at(-1), { type: 'signature_delta', signature });
        return frames + close(blocks.at(-1));
      }
      case 'tool-call':
        return start('tool', writeToolUse(event, {}), event.index);
      case 'tool-arguments': {
        const block = blocks.find(({ tool }) => tool === event.index);
        if (block !== undefined) block.arguments += event.text;
        const frames = add(block, { type: 'input_json_delta', partial_json: event.text });
        return blocks.length > 1 ? frames + advance(false) : frames;
      }
      case 'finish':
        finish = { reason: event.reason, stopSequence: event.stopSequence ?? null };
        return '';
      case 'usage':
        usage = event.usage;
        return '';
      case 'error':
        return '';
    }
  };
  return {
    push: writeEvent,
    end() {
      const closed = begin() + advance(true);
      const change = writeStop(stopWords[finish.reason], finish.stopSequence);
      const figures = frame({ type: 'message_delta', delta: change, usage: writeFigures(usage ?? estimate) });
      return { frames: closed + figures, last: frame({ type: 'message_stop' }) };
    },
  };
}

/** Is there no more to come? Of a call: its arguments are a whole object. */
function isWhole({ kind, arguments: text }: Block): boolean {
  return kind !== 'tool' || (text.trimEnd().endsWith('}') && isArguments(text));
}

function frame(data: JsonObject & { type: string }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
