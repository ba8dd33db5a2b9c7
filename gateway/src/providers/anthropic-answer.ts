import type { Answer, AnswerPart, FinishReason, JsonObject, StreamEvent, Usage } from '../dialects/neutral.ts';
import type { StreamReader } from './adapter.ts';
import { schemaTool } from './anthropic-request.ts';
import { cleanMessage } from './failure.ts';
import { asArray, asObject, asText, parseObject, unreadable } from './openai-answer.ts';
import { readAnthropicUsage } from './read-usage.ts';

const finishes: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop-sequence',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'refusal',
  pause_turn: 'pause',
};

export function readMessage(body: unknown): Answer {
  const message = asObject(body);
  const content = asArray(message?.content);
  if (message === undefined || content === undefined || message.type !== 'message') throw unreadable(message);
  const explanation = explanationOf(message.stop_details);
  const parts = [
    ...content.flatMap((block) => readBlock(asObject(block) ?? {})),
    ...(explanation === undefined ? [] : [{ kind: 'refusal' as const, text: explanation }]),
  ];
  const usage = readAnthropicUsage(message.usage);
  const stopSequence = asText(message.stop_sequence);
  return {
    id: asText(message.id) ?? '',
    model: asText(message.model) ?? '',
    parts,
    finish: finishOf(
      message.stop_reason,
      parts.some(({ kind }) => kind === 'tool-call'),
    ),
    ...(stopSequence === undefined ? {} : { stopSequence }),
    ...(usage && { usage }),
  };
}

/** `tool_use` for the schema's tool alone is the end of an answer. */
function finishOf(reason: unknown, calledTools: boolean): FinishReason {
  const finish = typeof reason === 'string' && Object.hasOwn(finishes, reason) ? finishes[reason] : undefined;
  return finish === 'tool-calls' && !calledTools ? 'stop' : (finish ?? 'stop');
}

/** Why Claude refuses, in words for people. */
function explanationOf(stopDetails: unknown): string | undefined {
  return asText(asObject(stopDetails)?.explanation) || undefined;
}

/** Kinds of blocks nobody has heard of yet are passed over. */
function readBlock(block: JsonObject): AnswerPart[] {
  switch (block.type) {
    case 'text':
      return [{ kind: 'text', text: asText(block.text) ?? '' }];
    case 'thinking': {
      const signature = asText(block.signature);
      return [
        {
          kind: 'reasoning',
          text: asText(block.thinking) ?? '',
          signedBy: 'anthropic',
          ...(signature === undefined ? {} : { signature }),
        },
      ];
    }
    case 'redacted_thinking':
      return [{ kind: 'reasoning', text: '', redacted: asText(block.data) ?? '', signedBy: 'anthropic' }];
    case 'tool_use': {
      const args = JSON.stringify(block.input ?? {});
      if (block.name === schemaTool) return [{ kind: 'text', text: args }];
      return [{ kind: 'tool-call', id: asText(block.id) ?? '', name: asText(block.name) ?? '', arguments: args }];
    }
    default:
      return [];
  }
}

export function messageStreamReader(): StreamReader {
  let usage: JsonObject = {};
  let tools = 0;
  let complete = false;
  let finish: { reason: unknown; stopSequence: string | undefined } | undefined;
  let block:
    | { type: string; name?: string | undefined; index: number; signature: string; written: boolean }
    | undefined;

  const start = (data: JsonObject): StreamEvent[] => {
    const message = asObject(data.message) ?? {};
    // The input is counted here, the output not yet: `message_delta` completes it.
    usage = withoutNulls(asObject(message.usage) ?? {});
    return [{ kind: 'start', id: asText(message.id) ?? '', model: asText(message.model) ?? '' }];
  };

  const startBlock = (data: JsonObject): StreamEvent[] => {
    const content = asObject(data.content_block) ?? {};
    const type = asText(content.type) ?? '';
    const name = asText(content.name);
    block = { type, name, index: tools, signature: asText(content.signature) ?? '', written: false };
    if (type === 'redacted_thinking')
      return [{ kind: 'reasoning-end', redacted: asText(content.data) ?? '', signedBy: 'anthropic' }];
    if (type === 'text' && asText(content.text)) return [{ kind: 'text', text: asText(content.text) ?? '' }];
    if (type === 'thinking' && asText(content.thinking))
      return [{ kind: 'reasoning', text: asText(content.thinking) ?? '' }];
    if (type !== 'tool_use' || name === schemaTool) return [];
    tools += 1;
    return [{ kind: 'tool-call', index: block.index, id: asText(content.id) ?? '', name: name ?? '' }];
  };

  const delta = (data: JsonObject): StreamEvent[] => {
    const change = asObject(data.delta) ?? {};
    switch (change.type) {
      case 'text_delta':
        return textEvents('text', change.text);
      case 'thinking_delta':
        return textEvents('reasoning', change.thinking);
      case 'signature_delta':
        if (block) block.signature += asText(change.signature) ?? '';
        return [];
      case 'input_json_delta': {
        const text = asText(change.partial_json) ?? '';
        if (text === '' || block === undefined) return [];
        block.written = true;
        return block.name === schemaTool
          ? [{ kind: 'text', text }]
          : [{ kind: 'tool-arguments', index: block.index, text }];
      }
      default:
        return [];
    }
  };

  const stopBlock = (): StreamEvent[] => {
    const ended = block;
    block = undefined;
    if (ended?.type === 'thinking')
      return [
        {
          kind: 'reasoning-end',
          signedBy: 'anthropic',
          ...(ended.signature === '' ? {} : { signature: ended.signature }),
        },
      ];
    // A call without arguments streams none, or an empty string.
    if (ended?.type === 'tool_use' && !ended.written && ended.name !== schemaTool)
      return [{ kind: 'tool-arguments', index: ended.index, text: '{}' }];
    return [];
  };

  return {
    push({ data }) {
      const event = parseObject(data);
      switch (event?.type) {
        case 'message_start':
          return start(event);
        case 'content_block_start':
          return startBlock(event);
        case 'content_block_delta':
          return delta(event);
        case 'content_block_stop':
          return stopBlock();
        case 'message_delta': {
          const change = asObject(event.delta) ?? {};
          finish = { reason: change.stop_reason, stopSequence: asText(change.stop_sequence) };
          // Counts are cumulative; newer versions repeat the input's, older ones give the output's alone.
          usage = { ...usage, ...withoutNulls(asObject(event.usage) ?? {}) };
          return [...textEvents('refusal', explanationOf(change.stop_details)), ...usageEvent(usage)];
        }
        case 'message_stop':
          complete = true;
          return [];
        case 'error':
          return [{ kind: 'error', message: cleanMessage(asObject(event.error)?.message, 500) }];
        default:
          return [];
      }
    },
    end() {
      if (!complete) return { complete, events: [] };
      const stopSequence = finish?.stopSequence;
      return {
        complete,
        events: [
          {
            kind: 'finish',
            reason: finishOf(finish?.reason, tools > 0),
            ...(stopSequence === undefined ? {} : { stopSequence }),
          },
        ],
      };
    },
  };
}

function textEvents(kind: 'text' | 'reasoning' | 'refusal', value: unknown): StreamEvent[] {
  return typeof value === 'string' && value !== '' ? [{ kind, text: value }] : [];
}

function usageEvent(usage: JsonObject): StreamEvent[] {
  const read: Usage | undefined = readAnthropicUsage(usage);
  return read === undefined ? [] : [{ kind: 'usage', usage: read }];
}

function withoutNulls(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null && entry !== undefined));
}
