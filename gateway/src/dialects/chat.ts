import { toErrorBody } from '@ai-gateway/shared/errors';
import { readOpenAiUsage } from '../providers/read-usage.ts';
import { readChat } from './chat-read.ts';
import { chatStream, writeChat } from './chat-write.ts';
import type { Dialect, RelayScanner } from './dialect.ts';
import type { JsonObject, NeutralCall, Usage } from './neutral.ts';
import { parseFrame, TextCollector } from './scan-frame.ts';

/** OpenAI chat completions. */
export const chat: Dialect = {
  id: 'chat',
  read: readChat,
  answer: writeChat,
  stream: chatStream,
  error: (error) => ({ ...toErrorBody(error) }),
  streamError: (error) => `data: ${JSON.stringify(toErrorBody(error))}\n\n`,
  scanner: (call) => new ChatScanner(call),
  readPlain: (body) => {
    const { choices, model } = body;
    if (!Array.isArray(choices) || typeof model !== 'string') return undefined;
    return { model, usage: readOpenAiUsage(body.usage), text: textOf(choices) };
  },
};

/** What was answered, for an estimate; only looked at when no usage came. */
function textOf(choices: readonly unknown[]): string {
  return choices
    .map((choice) => {
      const message = (choice as { message?: JsonObject } | null)?.message ?? {};
      const calls = Array.isArray(message.tool_calls) ? JSON.stringify(message.tool_calls) : '';
      return (
        [message.reasoning_content, message.content, message.refusal]
          .filter((part) => typeof part === 'string')
          .join('') + calls
      );
    })
    .join('');
}

const done = Buffer.from('[DONE]');
const usageKey = Buffer.from('"usage"');
const noUsage = Buffer.from('"usage":null');
const errorKey = Buffer.from('"error"');
const modelKey = Buffer.from('"model"');

class ChatScanner implements RelayScanner {
  readonly #call: NeutralCall;
  readonly #texts = new TextCollector(['content', 'reasoning_content', 'refusal', 'arguments']);
  usage: Usage | undefined;
  model: string | undefined;

  constructor(call: NeutralCall) {
    this.#call = call;
  }

  get text(): string {
    return this.#texts.text;
  }

  frame(frame: Buffer): ReturnType<RelayScanner['frame']> {
    if (frame.length < 24 && frame.includes(done)) return 'last';
    if (this.model === undefined && frame.includes(modelKey)) this.model = modelOf(parseFrame(frame));
    const at = frame.indexOf(usageKey);
    if (at >= 0 && frame.indexOf(noUsage) !== at) return this.#usageFrame(frame);
    if (frame.length < 4096 && frame.includes(errorKey) && parseFrame(frame)?.error !== undefined) return 'error';
    this.#texts.add(frame);
    return 'relay';
  }

  /** The key may also stand in somebody's text, so the frame is parsed to be sure. */
  #usageFrame(frame: Buffer): 'relay' | 'withhold' {
    this.#texts.add(frame);
    const chunk = parseFrame(frame);
    const usage = readOpenAiUsage(chunk?.usage);
    if (usage !== undefined) this.usage = usage;
    const empty = chunk !== undefined && Array.isArray(chunk.choices) && chunk.choices.length === 0;
    return empty && chunk.usage !== undefined && !this.#call.streamUsage ? 'withhold' : 'relay';
  }
}

function modelOf(chunk: Record<string, unknown> | undefined): string | undefined {
  return typeof chunk?.model === 'string' && chunk.model !== '' ? chunk.model : undefined;
}
