import { randomUUID } from 'node:crypto';
import type { Answer, AnswerPart, FinishReason, JsonObject, StreamEvent, Usage } from '../../dialects/neutral.ts';
import { readAnthropicUsage } from '../../dialects/read-usage.ts';
import { argumentsText } from '../../dialects/tool-arguments.ts';
import type { StreamReader } from '../adapter.ts';
import { brokenArguments, brokenCall, lostCall, namelessCall } from '../broken-call.ts';
import { cleanMessage } from '../failure.ts';
import { unreadable, unreadableEvent } from '../openai-compatible/openai-answer.ts';
import { asArray, asObject, asText, parseObject } from '../read-json.ts';
import { schemaTool } from './anthropic-request.ts';

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
  // Some servers that follow Anthropic write an answer of words alone as a text.
  const content = typeof message?.content === 'string' ? [message.content] : asArray(message?.content);
  if (message === undefined || content === undefined || message.type !== 'message') throw unreadable(message);
  const explanation = explanationOf(message.stop_details);
  const parts = [
    ...content.flatMap((block) =>
      readBlock(typeof block === 'string' ? { type: 'text', text: block } : (asObject(block) ?? {})),
    ),
    ...(explanation === undefined ? [] : [{ kind: 'refusal' as const, text: explanation }]),
  ];
  const saysNothing = !parts.some((part) => part.kind === 'tool-call' || isWords(part));
  if (message.stop_reason === 'tool_use' && saysNothing) throw brokenCall(lostCall);
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

function isWords(part: { kind: string; text?: unknown }): boolean {
  return (part.kind === 'text' || part.kind === 'refusal') && part.text !== '';
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

/** Unknown kinds of blocks are passed over. */
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
      const args = argumentsText(block.input);
      const name = asText(block.name) || undefined;
      if (name === undefined) throw brokenCall(namelessCall);
      if (args === undefined) throw brokenCall(brokenArguments);
      if (name === schemaTool) return [{ kind: 'text', text: args }];
      return [{ kind: 'tool-call', id: asText(block.id) || ownId(), name, arguments: args }];
    }
    default:
      return [];
  }
}

/** Servers that follow Anthropic may forget it; results find their calls by it. */
function ownId(): string {
  return `toolu_${randomUUID().replaceAll('-', '')}`;
}

interface OpenBlock {
  type: string;
  name: string | undefined;
  /** The number of a call among the calls of the answer. */
  call: number;
  signature: string;
  /** The content that the block's start gave already: all of it, from servers that send no deltas. */
  input: unknown;
  written: boolean;
}

export function messageStreamReader(): StreamReader {
  let usage: JsonObject = {};
  let tools = 0;
  let spoke = false;
  let complete = false;
  let finish: { reason: unknown; stopSequence: string | undefined } | undefined;
  /** By the number the event gives: blocks may overlap. */
  const blocks = new Map<unknown, OpenBlock>();
  let latest: unknown;

  const start = (data: JsonObject): StreamEvent[] => {
    const message = asObject(data.message) ?? {};
    // The input is counted here, the output not yet: `message_delta` completes it.
    usage = withoutNulls(asObject(message.usage) ?? {});
    const begun = readAnthropicUsage({ output_tokens: 0, ...usage });
    return [
      { kind: 'start', id: asText(message.id) ?? '', model: asText(message.model) ?? '' },
      ...(begun === undefined ? [] : [{ kind: 'usage' as const, usage: begun, isPartial: true }]),
    ];
  };

  const startBlock = (data: JsonObject): StreamEvent[] => {
    const content = asObject(data.content_block) ?? {};
    const type = asText(content.type) ?? '';
    // A number that comes a second time ends its first block.
    const ended = stopBlock(data.index);
    latest = data.index;
    return [...ended, ...openBlock(content, type)];
  };

  const openBlock = (content: JsonObject, type: string): StreamEvent[] => {
    const name = asText(content.name) || undefined;
    const signature = asText(content.signature) ?? '';
    blocks.set(latest, { type, name, call: tools, signature, input: content.input, written: false });
    if (type === 'redacted_thinking')
      return [{ kind: 'reasoning-end', redacted: asText(content.data) ?? '', signedBy: 'anthropic' }];
    if (type === 'text') return textEvents('text', content.text);
    if (type === 'thinking') return textEvents('reasoning', content.thinking);
    if (type !== 'tool_use' || name === schemaTool) return [];
    if (name === undefined) return [{ kind: 'error', message: namelessCall }];
    return [{ kind: 'tool-call', index: tools++, id: asText(content.id) || ownId(), name }];
  };

  const delta = (data: JsonObject): StreamEvent[] => {
    const change = asObject(data.delta) ?? {};
    const block = blocks.get(data.index ?? latest);
    switch (change.type) {
      case 'text_delta':
        return textEvents('text', change.text);
      case 'thinking_delta':
        return textEvents('reasoning', change.thinking);
      case 'signature_delta':
        if (block) block.signature += asText(change.signature) ?? '';
        return [];
      case 'input_json_delta': {
        const said = change.partial_json;
        // Some servers give the whole input as the object it is.
        const text = said === undefined || said === null ? '' : (asText(said) ?? argumentsText(said));
        if (text === '') return [];
        if (text === undefined) return [{ kind: 'error', message: brokenArguments }];
        if (block === undefined) return [{ kind: 'error', message: unreadableEvent }];
        // Of Anthropic's own tools (`server_tool_use`), which no caller of another dialect has.
        if (block.type !== 'tool_use') return [];
        block.written = true;
        return inputEvents(block, text);
      }
      default:
        return [];
    }
  };

  const stopBlock = (index: unknown): StreamEvent[] => {
    const ended = blocks.get(index);
    blocks.delete(index);
    if (ended?.type === 'thinking')
      return [
        {
          kind: 'reasoning-end',
          signedBy: 'anthropic',
          ...(ended.signature === '' ? {} : { signature: ended.signature }),
        },
      ];
    if (ended?.type !== 'tool_use' || ended.written) return [];
    // A call without arguments streams none, or an empty string.
    const text = argumentsText(ended.input);
    if (text === undefined) return [{ kind: 'error', message: brokenArguments }];
    return ended.name === schemaTool && text === '{}' ? [] : inputEvents(ended, text);
  };

  const read = (data: string): StreamEvent[] => {
    if (data.trim() === '' || data.trim() === '[DONE]') return [];
    const event = parseObject(data);
    if (event === undefined) return [{ kind: 'error', message: unreadableEvent }];
    switch (event.type) {
      case 'message_start':
        return start(event);
      case 'content_block_start':
        return startBlock(event);
      case 'content_block_delta':
        return delta(event);
      case 'content_block_stop':
        return stopBlock(event.index ?? latest);
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
  };

  return {
    push({ data }) {
      const events = read(data);
      spoke ||= events.some(isWords);
      return events;
    },
    end() {
      if (!complete) return { complete, events: [] };
      const ended = [...blocks.keys()].flatMap(stopBlock);
      const saysNothing = !spoke && tools === 0 && !ended.some(isWords);
      if (finish?.reason === 'tool_use' && saysNothing)
        return { complete, events: [{ kind: 'error', message: lostCall }] };
      const stopSequence = finish?.stopSequence;
      return {
        complete,
        events: [
          ...ended,
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

function inputEvents({ name, call }: OpenBlock, text: string): StreamEvent[] {
  return [name === schemaTool ? { kind: 'text', text } : { kind: 'tool-arguments', index: call, text }];
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
