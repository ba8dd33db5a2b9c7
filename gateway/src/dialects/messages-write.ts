import type { AnswerContext, StreamWriter } from './dialect.ts';
import type { Answer, AnswerPart, FinishReason, JsonObject, StreamEvent, Usage } from './neutral.ts';
import { markSignature } from './signatures.ts';

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
    stop_reason: stopWords[answer.finish],
    stop_sequence: answer.stopSequence ?? null,
    usage: writeUsage(answer.usage ?? zero),
  };
}

const zero: Usage = { inputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 };

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
      return {
        type: 'tool_use',
        id: part.id,
        name: part.name,
        input: readInput(part.arguments),
        ...signatureField(part.signature),
      };
  }
}

/** Arguments a model broke off are handed on as text; a tool's input must be an object. */
function readInput(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : { arguments: value };
  } catch {
    return { arguments: text };
  }
}

function signatureField(signature: string | undefined): JsonObject {
  return signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } };
}

function writeUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens - usage.cachedTokens - usage.cacheWriteTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cachedTokens,
    output_tokens: usage.outputTokens,
    output_tokens_details: usage.reasoningTokens === 0 ? null : { thinking_tokens: usage.reasoningTokens },
  };
}

type OpenBlock = { index: number; kind: 'text' | 'reasoning' | 'tool'; tool: number };

export function messageStream({ requestId, call, inputTokens = 1 }: AnswerContext): StreamWriter {
  let model = call.model;
  let usage: Usage | undefined;
  let finish: { reason: FinishReason; stopSequence: string | null } = { reason: 'stop', stopSequence: null };
  let begun = false;
  let blocks = 0;
  let open: OpenBlock | undefined;

  const begin = (): string => {
    if (begun) return '';
    begun = true;
    const message = {
      id: messageId(requestId),
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      // Claude's own first event has the input tokens, and clients keep them (LangChain counts 0 for a call without): the estimate
      // stands here until `message_delta` has the provider's figure, which replaces it.
      usage: writeUsage(usage ?? { ...zero, inputTokens: Math.max(1, inputTokens) }),
    };
    return frame({ type: 'message_start', message });
  };
  const close = (): string => {
    if (open === undefined) return '';
    const { index } = open;
    open = undefined;
    return frame({ type: 'content_block_stop', index });
  };
  const start = (kind: OpenBlock['kind'], block: JsonObject, tool = -1): string => {
    const closed = begin() + close();
    open = { index: blocks++, kind, tool };
    return closed + frame({ type: 'content_block_start', index: open.index, content_block: block });
  };
  const delta = (change: JsonObject): string =>
    frame({ type: 'content_block_delta', index: open?.index ?? 0, delta: change });
  const ensure = (kind: 'text' | 'reasoning'): string => {
    if (open?.kind === kind) return '';
    return start(
      kind,
      kind === 'text' ? { type: 'text', text: '' } : { type: 'thinking', thinking: '', signature: '' },
    );
  };

  const writeEvent = (event: StreamEvent): string => {
    switch (event.kind) {
      case 'start':
        model = event.model;
        return '';
      case 'text':
      case 'refusal':
        return ensure('text') + delta({ type: 'text_delta', text: event.text });
      case 'reasoning':
        return ensure('reasoning') + delta({ type: 'thinking_delta', thinking: event.text });
      case 'reasoning-end': {
        if (event.redacted !== undefined)
          return start('reasoning', { type: 'redacted_thinking', data: event.redacted }) + close();
        if (event.signature === undefined) return open?.kind === 'reasoning' ? close() : '';
        const signature = markSignature(event.signature, event.signedBy, 'anthropic');
        return ensure('reasoning') + delta({ type: 'signature_delta', signature }) + close();
      }
      case 'tool-call':
        return start(
          'tool',
          { type: 'tool_use', id: event.id, name: event.name, input: {}, ...signatureField(event.signature) },
          event.index,
        );
      case 'tool-arguments':
        // Blocks do not overlap in this dialect; words for a call that was closed already would belong to none.
        return open?.tool === event.index ? delta({ type: 'input_json_delta', partial_json: event.text }) : '';
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
      const closed = begin() + close();
      const change = { stop_reason: stopWords[finish.reason], stop_sequence: finish.stopSequence };
      const figures = frame({ type: 'message_delta', delta: change, usage: writeUsage(usage ?? zero) });
      return { frames: closed + figures, last: frame({ type: 'message_stop' }) };
    },
  };
}

function frame(data: JsonObject & { type: string }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
