import { describe, expect, it } from 'vitest';
import type { JsonObject, StreamEvent } from '../../dialects/neutral.ts';
import { readResponse } from './openai-responses-answer.ts';
import { responsesStreamReader } from './openai-responses-stream.ts';

function read(...events: JsonObject[]): { events: StreamEvent[]; complete: boolean } {
  const reader = responsesStreamReader();
  const read = events.flatMap((event) => reader.push({ data: JSON.stringify(event) }));
  const end = reader.end();
  return { events: [...read, ...end.events], complete: end.complete };
}

const response = { id: 'resp_1', object: 'response', model: 'gpt-5.4', status: 'in_progress', output: [] };
const created = { type: 'response.created', response };
const completed = {
  type: 'response.completed',
  response: { ...response, status: 'completed', usage: { input_tokens: 5, output_tokens: 3 } },
};
const start = { kind: 'start', id: 'resp_1', model: 'gpt-5.4' };
const usage = { kind: 'usage', usage: expect.objectContaining({ inputTokens: 5, outputTokens: 3 }) };
const call = (n: number, args = '') => ({
  type: 'function_call',
  id: `fc_${n}`,
  call_id: `call_${n}`,
  name: `f${n}`,
  arguments: args,
});
const added = (n: number, item: JsonObject) => ({ type: 'response.output_item.added', output_index: n, item });
const done = (n: number, item: JsonObject) => ({ type: 'response.output_item.done', output_index: n, item });
const piece = (n: number, delta: string) => ({
  type: 'response.function_call_arguments.delta',
  output_index: n,
  item_id: `fc_${n}`,
  delta,
});

describe('a stream of /v1/responses', () => {
  it('keeps calls apart whose pieces interleave, by the number of their item', () => {
    const { events, complete } = read(
      created,
      added(0, call(0)),
      added(1, call(1)),
      piece(0, '{"x":'),
      piece(1, '{"y":2}'),
      piece(0, '1}'),
      done(0, call(0, '{"x":1}')),
      done(1, call(1, '{"y":2}')),
      completed,
    );
    const said = (index: number) =>
      events.flatMap((event) => (event.kind === 'tool-arguments' && event.index === index ? event.text : [])).join('');
    expect([said(0), said(1), complete]).toEqual(['{"x":1}', '{"y":2}', true]);
    expect(events.at(-1)).toEqual({ kind: 'finish', reason: 'tool-calls' });
  });

  it('says once what comes whole, without a piece before', () => {
    const message = { type: 'message', content: [{ type: 'output_text', text: 'Hi' }] };
    const thought = { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'proof' };
    expect(read(created, done(0, thought), done(1, message), done(2, call(2)), completed).events).toEqual([
      start,
      { kind: 'reasoning', text: 'Hm.' },
      { kind: 'reasoning-end', signature: 'proof', signedBy: 'openai' },
      { kind: 'text', text: 'Hi' },
      { kind: 'tool-call', index: 0, id: 'call_2', name: 'f2' },
      { kind: 'tool-arguments', index: 0, text: '{}' },
      usage,
      { kind: 'finish', reason: 'tool-calls' },
    ]);
  });

  it('parts the paragraphs of a summary, and ends thoughts that showed nothing with their proof', () => {
    const text = (summary_index: number, delta: string) => [
      { type: 'response.reasoning_summary_part.added', output_index: 0, summary_index },
      { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index, delta },
    ];
    const shown = read(created, added(0, { type: 'reasoning' }), ...text(0, 'One.'), ...text(1, 'Two.'), completed);
    expect(shown.events.flatMap((event) => (event.kind === 'reasoning' ? event.text : [])).join('')).toBe(
      'One.\n\nTwo.',
    );
    const silent = read(created, done(0, { type: 'reasoning', summary: [], encrypted_content: 'proof' }), completed);
    expect(silent.events[1]).toEqual({ kind: 'reasoning-end', signature: 'proof', signedBy: 'openai' });
  });

  it.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content-filter'],
  ])('that ends for %s is cut', (reason, finish) => {
    const cut = { ...response, status: 'incomplete', incomplete_details: { reason } };
    const { events, complete } = read(created, { type: 'response.incomplete', response: cut });
    expect([events.at(-1), complete]).toEqual([{ kind: 'finish', reason: finish }, true]);
  });

  it.each([
    [
      'response.failed',
      { response: { ...response, status: 'failed', error: { code: 'server_error', message: 'It broke.' } } },
    ],
    ['error', { code: 'server_error', message: 'It broke.', param: null }],
  ])('that says %s has failed, with the words of OpenAI', (type, more) => {
    const { events, complete } = read(created, { type, ...more });
    expect(events.at(-1)).toMatchObject({ kind: 'error', message: 'It broke.' });
    expect(complete).toBe(false);
  });

  it('that breaks off is not whole', () => {
    expect(read(created, added(0, call(0)), piece(0, '{"x"')).complete).toBe(false);
  });
});

describe('a plain response', () => {
  const whole = { ...response, status: 'completed' };

  it('cites as chat completions do', () => {
    const annotation = { type: 'url_citation', url: 'https://x', title: 'X', start_index: 0, end_index: 2 };
    const { type, ...citation } = annotation;
    const content = [{ type: 'output_text', text: 'Hi', annotations: [annotation] }];
    expect(readResponse({ ...whole, output: [{ type: 'message', content }] }).parts).toEqual([
      { kind: 'text', text: 'Hi', annotations: [{ type, url_citation: citation }] },
    ]);
  });

  it.each([
    [{ x: 1 }, '{"x":1}'],
    ['', '{}'],
    [null, '{}'],
  ])('calls a tool with what it was given: %j', (args, said) => {
    const output = [{ ...call(0), arguments: args }];
    expect(readResponse({ ...whole, output }).parts).toMatchObject([{ kind: 'tool-call', arguments: said }]);
  });

  it.each<[error: object | null, kind: string, code?: string]>([
    [{ code: 'rate_limit_exceeded', message: 'Slow down.' }, 'busy'],
    [{ code: 'server_error', message: 'It broke.' }, 'broken'],
    [{ code: 'invalid_prompt', message: 'No.' }, 'caller'],
    [null, 'broken'],
    [{ code: 'bio_policy', message: 'No.' }, 'caller', 'content_policy_violation'],
    [{ code: 'image_content_policy_violation', message: 'No.' }, 'caller', 'content_policy_violation'],
  ])('that failed with %j is a failure of kind %s', (error, kind, code) => {
    const failure = code === undefined ? { kind } : { kind, code };
    expect(() => readResponse({ ...response, status: 'failed', error })).toThrow(
      expect.objectContaining({ failure: expect.objectContaining(failure) }),
    );
  });
});
