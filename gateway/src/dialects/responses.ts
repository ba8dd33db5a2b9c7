import { errorCatalogue, toErrorBody } from '@ai-gateway/shared/errors';
import { readOpenAiUsage } from '../providers/read-usage.ts';
import type { Dialect, RelayScanner } from './dialect.ts';
import type { JsonObject, Usage } from './neutral.ts';
import { readResponses } from './responses-read.ts';
import { responsesStream } from './responses-stream.ts';
import { writeResponse } from './responses-write.ts';
import { parseFrame, TextCollector } from './scan-frame.ts';

/** OpenAI responses. */
export const responses: Dialect = {
  id: 'responses',
  read: readResponses,
  answer: writeResponse,
  stream: responsesStream,
  error: (error) => ({ ...toErrorBody(error) }),
  // OpenAI's own `error` event has the fields at the top; they stand under `error` too, where other clients look.
  streamError: (error) => {
    const { message, code, param } = toErrorBody(error).error;
    const body = {
      type: 'error',
      code,
      message,
      param,
      sequence_number: 0,
      error: { type: errorCatalogue[error.code].type, code, message, param },
    };
    return `event: error\ndata: ${JSON.stringify(body)}\n\n`;
  },
  scanner: () => new ResponsesScanner(),
  readPlain: (body) => {
    if (body.object !== 'response' || !Array.isArray(body.output) || typeof body.model !== 'string') return undefined;
    if (body.status === 'failed') return undefined;
    return { model: body.model, usage: readOpenAiUsage(body.usage), text: textOf(body.output) };
  },
};

function textOf(output: readonly unknown[]): string {
  return output
    .map((item) => {
      const { content, arguments: args } = (item ?? {}) as JsonObject;
      if (typeof args === 'string') return args;
      const parts = Array.isArray(content) ? (content as JsonObject[]) : [];
      return parts
        .map(({ text, refusal }) => (typeof text === 'string' ? text : typeof refusal === 'string' ? refusal : ''))
        .join('');
    })
    .join('');
}

const endings: Readonly<Record<string, 'last' | 'error'>> = {
  'response.completed': 'last',
  'response.incomplete': 'last',
  'response.failed': 'error',
};
const markers = ['response.completed', 'response.incomplete', 'response.failed', '"error"', 'response.created'].map(
  (marker) => Buffer.from(marker),
);

class ResponsesScanner implements RelayScanner {
  readonly #texts = new TextCollector(['delta']);
  usage: Usage | undefined;
  model: string | undefined;

  get text(): string {
    return this.#texts.text;
  }

  frame(frame: Buffer): ReturnType<RelayScanner['frame']> {
    // An event names its kind first; what a model writes can hold the same words further on.
    const head = frame.subarray(0, 160);
    if (!markers.some((marker) => head.includes(marker))) {
      this.#texts.add(frame);
      return 'relay';
    }
    const event = parseFrame(frame);
    if (event?.type === 'error') return 'error';
    const response = (event?.response ?? {}) as JsonObject;
    if (typeof response.model === 'string') this.model = response.model;
    const usage = readOpenAiUsage(response.usage);
    if (usage !== undefined) this.usage = usage;
    const type = typeof event?.type === 'string' ? event.type : '';
    return Object.hasOwn(endings, type) ? (endings[type] ?? 'relay') : 'relay';
  }
}
