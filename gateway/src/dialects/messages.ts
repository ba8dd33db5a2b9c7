import { errorCatalogue, type GatewayError } from '@ai-gateway/shared/errors';
import { readAnthropicUsage } from '../providers/read-usage.ts';
import type { Dialect, RelayScanner } from './dialect.ts';
import { readMessages } from './messages-read.ts';
import { messageStream, writeMessage } from './messages-write.ts';
import type { JsonObject, Usage } from './neutral.ts';
import { parseFrame, TextCollector } from './scan-frame.ts';

/** Anthropic messages. */
export const messages: Dialect = {
  id: 'messages',
  read: readMessages,
  answer: writeMessage,
  stream: messageStream,
  error: errorBody,
  streamError: (error, requestId) => `event: error\ndata: ${JSON.stringify(errorBody(error, requestId))}\n\n`,
  scanner: () => new MessagesScanner(),
  readPlain: (body) => {
    if (body.type !== 'message' || !Array.isArray(body.content) || typeof body.model !== 'string') return undefined;
    return { model: body.model, usage: readAnthropicUsage(body.usage), text: textOf(body.content) };
  },
};

/** Anthropic's shape and words, with our code beside them. */
function errorBody(error: GatewayError, requestId: string): JsonObject {
  return {
    type: 'error',
    error: {
      type: errorCatalogue[error.code].anthropicType,
      message: error.message,
      code: error.code,
      ...(error.param === undefined ? {} : { param: error.param }),
      ...(error.details === undefined ? {} : { details: error.details }),
    },
    request_id: requestId,
  };
}

function textOf(content: readonly unknown[]): string {
  return content
    .map((block) => {
      const { text, thinking, input } = (block ?? {}) as JsonObject;
      if (typeof text === 'string') return text;
      return typeof thinking === 'string' ? thinking : input === undefined ? '' : JSON.stringify(input);
    })
    .join('');
}

const start = Buffer.from('"message_start"');
const change = Buffer.from('"message_delta"');
const stop = Buffer.from('"message_stop"');
const failed = Buffer.from('"error"');

class MessagesScanner implements RelayScanner {
  readonly #texts = new TextCollector(['text', 'thinking', 'partial_json']);
  #raw: JsonObject = {};
  /** What `message_start` says of the output is a beginning; only `message_delta` has the count. */
  #counted = false;
  model: string | undefined;

  get usage(): Usage | undefined {
    return this.#counted ? readAnthropicUsage(this.#raw) : undefined;
  }

  get text(): string {
    return this.#texts.text;
  }

  frame(frame: Buffer): ReturnType<RelayScanner['frame']> {
    // The kind of an event is named at its very beginning; what the model says stands further on.
    const head = frame.subarray(0, 120);
    if (head.includes(stop) && parseFrame(frame)?.type === 'message_stop') return 'last';
    if (head.includes(failed) && parseFrame(frame)?.type === 'error') return 'error';
    if (head.includes(start)) {
      const message = (parseFrame(frame)?.message ?? {}) as JsonObject;
      if (typeof message.model === 'string') this.model = message.model;
      this.#add(message.usage);
    } else if (head.includes(change)) {
      this.#add(parseFrame(frame)?.usage);
      this.#counted = true;
    } else this.#texts.add(frame);
    return 'relay';
  }

  /** Counts are cumulative: later ones take the place of earlier ones. */
  #add(usage: unknown): void {
    if (typeof usage !== 'object' || usage === null) return;
    for (const [name, value] of Object.entries(usage)) if (value !== null) this.#raw[name] = value;
  }
}
