import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from './neutral.ts';
import { responses } from './responses.ts';

const call = responses.read({ model: 'm', input: 'Hi', stream: true });
const event = (data: JsonObject & { type: string }): Buffer =>
  Buffer.from(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`);
const delta = (text: string): JsonObject & { type: string } => ({
  type: 'response.output_text.delta',
  item_id: 'msg_1',
  output_index: 0,
  content_index: 0,
  delta: text,
});
const usage = { input_tokens: 11, output_tokens: 7, output_tokens_details: { reasoning_tokens: 2 } };

describe('a stream of OpenAI’s own, passing through', () => {
  it('ends with the completed or the incomplete response, and gives its model and usage', () => {
    for (const type of ['response.completed', 'response.incomplete']) {
      const scanner = responses.scanner(call);
      expect(scanner.frame(event({ type: 'response.created', response: { model: 'gpt-4o', usage: null } }))).toBe(
        'relay',
      );
      expect(scanner.model).toBe('gpt-4o');
      expect(scanner.usage).toBeUndefined();
      expect(scanner.frame(event(delta('Hi')))).toBe('relay');
      expect(scanner.frame(event({ type, response: { model: 'gpt-4o-2024-08-06', usage } }))).toBe('last');
      expect(scanner.model).toBe('gpt-4o-2024-08-06');
      expect(scanner.usage).toMatchObject({ inputTokens: 11, outputTokens: 7, reasoningTokens: 2 });
    }
  });

  it('a failed response is an error, and what it used is paid for', () => {
    const scanner = responses.scanner(call);
    const response = { model: 'gpt-4o', status: 'failed', error: { code: 'server_error', message: 'Oh.' }, usage };
    expect(scanner.frame(event({ type: 'response.failed', response }))).toBe('error');
    expect(scanner.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 });
  });

  it.each([
    'event: error\ndata: {"type":"error","code":"server_error","message":"Oh.","param":null,"sequence_number":3}\n\n',
    'event: error\ndata: {"error":{"message":"Oh."}}\n\n',
    'data: {"type":"error","code":"server_error","message":"Oh."}\n\n',
    'data: {"error":{"message":"Oh.","type":"server_error"}}\n\n',
  ])('an error is told in any form: %j', (frame) => {
    expect(responses.scanner(call).frame(Buffer.from(frame))).toBe('error');
  });

  it('is read the same without names of events, with other line ends, and with the fields in another order', () => {
    const response = { model: 'gpt-4o', usage };
    for (const frame of [
      `data: ${JSON.stringify({ type: 'response.completed', response })}\n\n`,
      `data: ${JSON.stringify({ response, type: 'response.completed' })}\n\n`,
      `event: response.completed\r\ndata: ${JSON.stringify({ response, type: 'response.completed' })}\r\n\r\n`,
      `id: 7\nevent: response.completed\ndata: ${JSON.stringify({ type: 'response.completed', response })}\n\n`,
    ]) {
      const scanner = responses.scanner(call);
      expect(scanner.frame(Buffer.from(frame))).toBe('last');
      expect(scanner.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 });
    }
  });

  it('whatever the model says, it is kept as said and taken for nothing else', () => {
    const said = string({ unit: 'binary' });
    assert(
      property(said, said, (one, other) => {
        const scanner = responses.scanner(call);
        const texts = [one, 'event: error "type":"response.completed" "delta":"x" "error"', other];
        for (const text of texts) {
          expect(scanner.frame(event(delta(text)))).toBe('relay');
          expect(scanner.frame(Buffer.from(`data: ${JSON.stringify(delta(text))}\n\n`))).toBe('relay');
        }
        // Bytes that are not text in any encoding are replaced by decoding.
        const sent = texts.flatMap((text) => [text, text]).join('');
        expect(scanner.text).toBe(Buffer.from(sent).toString());
      }),
    );
  });

  it('comments, pings and kinds of events nobody has heard of go by', () => {
    const scanner = responses.scanner(call);
    expect(scanner.frame(Buffer.from(': ping\n\n'))).toBe('relay');
    expect(scanner.frame(Buffer.from('event: keepalive\n\n'))).toBe('relay');
    expect(scanner.frame(Buffer.from('event:'))).toBe('relay');
    expect(scanner.frame(Buffer.from('data: nonsense\n\n'))).toBe('relay');
    expect(scanner.frame(event({ type: 'response.surprise', error: 'none' }))).toBe('relay');
  });
});

describe('a plain body of OpenAI’s own, passing through', () => {
  const body = {
    object: 'response',
    status: 'completed',
    id: 'resp_1',
    model: 'gpt-4o',
    usage,
    output: [
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm. ' }] },
      {
        id: 'msg_1',
        type: 'message',
        content: [
          { type: 'output_text', text: 'Hi' },
          { type: 'refusal', refusal: '!' },
        ],
      },
      { type: 'function_call', arguments: '{}' },
      null,
      { type: 'message', content: [null] },
    ],
  };

  it('gives its model, its usage and what it says', () => {
    expect(responses.readPlain(body)).toEqual({
      model: 'gpt-4o',
      usage: { inputTokens: 11, outputTokens: 7, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 2 },
      text: 'Hm. Hi!{}',
      answerIds: ['resp_1', 'msg_1'],
    });
    expect(responses.readPlain({ ...body, usage: null })?.usage).toBeUndefined();
  });

  it('is no answer when it failed, or is something else', () => {
    expect(responses.readPlain({ ...body, status: 'failed' })).toBeUndefined();
    expect(responses.readPlain({ error: { message: 'Oh.' } })).toBeUndefined();
    expect(responses.readPlain({ object: 'chat.completion', model: 'gpt-4o', choices: [] })).toBeUndefined();
  });
});
