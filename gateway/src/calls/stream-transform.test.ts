import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatScanner } from '../dialects/chat-scan.ts';
import type { RelayScanner } from '../dialects/dialect.ts';
import { MessagesScanner } from '../dialects/messages-scan.ts';
import { ResponsesScanner } from '../dialects/responses-scan.ts';
import { relayTransform } from './stream-transform.ts';

const words = fc.oneof(
  fc.constantFrom(
    ' word',
    'ha',
    'ha',
    '[DONE]',
    '"usage":{"a":1}',
    'a\n\nb',
    '',
    'Grüße 株式会社 🎉',
    '\\"content\\":',
  ),
  fc.constantFrom('an error', 'message_stop', 'response.completed'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
const named = (event: { type: string }) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const unnamed = (fields: object) => `data: ${JSON.stringify(fields)}\n\n`;

interface Stream {
  scanner: () => RelayScanner;
  first: string;
  saying: (words: string, at: number) => string;
  counted: string;
  ends: readonly string[];
}

const chat = (fields: object) => unnamed({ id: 'c', model: 'gpt-4o', ...fields });
const streams: Record<string, Stream> = {
  chat: {
    scanner: () => new ChatScanner({ streamUsage: false }),
    first: chat({ choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] }),
    saying: (said, at) =>
      chat({
        choices: [{ index: 0, delta: at % 3 === 0 ? { reasoning: said, reasoning_content: said } : { content: said } }],
      }),
    counted: chat({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 5 } }),
    ends: ['data: [DONE]\n\n', 'data: {"error":{"message":"overloaded"}}\n\n', ''],
  },
  messages: {
    scanner: () => new MessagesScanner(),
    first: named({
      type: 'message_start',
      ...{ message: { id: 'msg_1', model: 'claude-haiku-4-5', usage: { input_tokens: 3, output_tokens: 1 } } },
    }),
    saying: (text, at) =>
      (at % 3 === 0 ? unnamed : named)({
        type: 'content_block_delta',
        ...{
          index: 0,
          delta: at % 2 === 0 ? { type: 'text_delta', text } : { type: 'thinking_delta', thinking: text },
        },
      }),
    counted: named({ type: 'message_delta', ...{ delta: {}, usage: { output_tokens: 5 } } }),
    ends: [
      named({ type: 'message_stop' }),
      named({ type: 'error', ...{ error: { type: 'overloaded_error', message: 'Overloaded' } } }),
      '',
    ],
  },
  responses: {
    scanner: () => new ResponsesScanner(),
    first: named({ type: 'response.created', ...{ response: { id: 'resp_1', model: 'gpt-4o' }, sequence_number: 0 } }),
    saying: (delta, at) =>
      (at % 3 === 0 ? unnamed : named)({ type: 'response.output_text.delta', ...{ delta, sequence_number: at } }),
    counted: named({ type: 'response.in_progress', ...{ response: {}, sequence_number: 99 } }),
    ends: [
      named({
        type: 'response.completed',
        ...{ response: { model: 'gpt-4o', usage: { input_tokens: 3, output_tokens: 5 } } },
      }),
      named({ type: 'response.failed', ...{ response: { error: { message: 'Oh.' } } } }),
      '',
    ],
  },
};

/** The stream that comes out, cut at these places. */
function relayed({ scanner: made }: Stream, text: string, cuts: readonly number[], skims: boolean) {
  const scanner = made();
  const skim = scanner.skim?.bind(scanner);
  let skimmed = 0;
  const counting = (frames: Buffer) => {
    const is = skim?.(frames) === true;
    if (is) skimmed += 1;
    return is;
  };
  Object.defineProperty(scanner, 'skim', { value: skims ? counting : undefined });
  const transform = relayTransform(scanner, () => false);
  const bytes = Buffer.from(text);
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces = [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
  const out = pieces.flatMap((piece) => transform.push(piece)).map((piece) => Buffer.from(piece));
  const { state, errorBody, usage, begun, model, nextNumber, answerIds } = transform;
  const read = { state, errorBody, usage, begun, model, nextNumber, answerIds, text: transform.text };
  return { result: { ...read, last: transform.last?.toString(), out: Buffer.concat(out).toString() }, skimmed };
}

describe('a relayed stream', () => {
  it.each(Object.entries(streams))(
    'of %s is the same, with the same text and usage, however it is cut and whether its frames are looked at together or alone',
    (_dialect, stream) => {
      const frame = fc.oneof(
        { weight: 8, arbitrary: words.map((said) => ({ said })) },
        { weight: 1, arbitrary: fc.constantFrom({ raw: ': a comment\n\n' }, { raw: stream.counted }) },
        { weight: 1, arbitrary: words.map((said) => ({ said, crlf: true })) },
      );
      let skimmed = 0;
      fc.assert(
        fc.property(
          fc.array(frame, { maxLength: 20 }),
          fc.constantFrom(...stream.ends),
          fc.array(fc.nat(5_000), { maxLength: 6 }),
          (frames, ending, cuts) => {
            const texts = frames.map((one, at) => {
              if ('raw' in one) return one.raw;
              const text = stream.saying(one.said, at + 1);
              return 'crlf' in one ? text.replaceAll('\n', '\r\n') : text;
            });
            const text = stream.first + texts.join('') + ending;
            const together = relayed(stream, text, cuts, true);
            skimmed += together.skimmed;
            expect(together.result).toEqual(relayed(stream, text, [], false).result);
          },
        ),
        { numRuns: 500 },
      );
      expect(skimmed).toBeGreaterThan(100);
    },
  );
});
