import { errorCatalogue, toErrorBody } from '@ai-gateway/shared/errors';
import type { Dialect } from './dialect.ts';
import type { JsonObject } from './neutral.ts';
import { readOpenAiUsage, withOpenAiExtras } from './read-usage.ts';
import { readResponses } from './responses-read.ts';
import { idsOf, ResponsesScanner } from './responses-scan.ts';
import { responsesStream } from './responses-stream.ts';
import { writeResponse } from './responses-write.ts';

/** OpenAI responses. */
export const responses: Dialect = {
  id: 'responses',
  read: readResponses,
  answer: writeResponse,
  stream: responsesStream,
  error: (error) => ({ ...toErrorBody(error) }),
  // OpenAI's own `error` event has the fields at the top; they stand under `error` too, where other clients look. No
  // `response.failed` goes before it: clients that know both would report one failure twice.
  streamError: (error, { number }) => {
    const { message, code, param } = toErrorBody(error).error;
    const body = {
      type: 'error',
      code,
      message,
      param,
      sequence_number: number,
      error: { type: errorCatalogue[error.code].type, code, message, param },
    };
    return `event: error\ndata: ${JSON.stringify(body)}\n\n`;
  },
  scanner: () => new ResponsesScanner(),
  readPlain: (body) => {
    if (body.object !== 'response' || !Array.isArray(body.output) || typeof body.model !== 'string') return undefined;
    if (body.status === 'failed') return undefined;
    return {
      model: body.model,
      usage: withOpenAiExtras(readOpenAiUsage(body.usage), body),
      text: body.output.map(textOf).join(''),
      answerIds: idsOf(body),
    };
  },
};

/** The text of an item, for an estimate where no usage came. */
function textOf(item: unknown): string {
  const { content, summary, arguments: args } = (item ?? {}) as JsonObject;
  if (typeof args === 'string') return args;
  return [summary, content]
    .flatMap((list) => (Array.isArray(list) ? list : []))
    .map((part) => {
      const { text, refusal } = (part ?? {}) as JsonObject;
      return typeof text === 'string' ? text : typeof refusal === 'string' ? refusal : '';
    })
    .join('');
}
