import { detailsOf, errorCatalogue, type GatewayError } from '@ai-gateway/shared/errors';
import type { Dialect } from './dialect.ts';
import { readMessages } from './messages-read.ts';
import { MessagesScanner } from './messages-scan.ts';
import { messageStream, writeMessage } from './messages-write.ts';
import type { JsonObject } from './neutral.ts';
import { readAnthropicUsage } from './read-usage.ts';

/** Anthropic messages. */
export const messages: Dialect = {
  id: 'messages',
  read: readMessages,
  answer: writeMessage,
  stream: messageStream,
  error: errorBody,
  streamError: (error, { requestId }) => `event: error\ndata: ${JSON.stringify(errorBody(error, requestId))}\n\n`,
  scanner: () => new MessagesScanner(),
  readPlain: (body) => {
    if (body.type !== 'message' || !Array.isArray(body.content) || typeof body.model !== 'string') return undefined;
    return {
      model: body.model,
      usage: readAnthropicUsage(body.usage),
      text: textOf(body.content),
      answerIds: typeof body.id === 'string' ? [body.id] : [],
    };
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
      details: detailsOf(error),
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
